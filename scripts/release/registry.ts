/**
 * Writes dist/server.json, which describes a release to the MCP registry.
 *
 * The registry knows no packages of JSR. It takes bundles (.mcpb) among the
 * files of a release on GitHub, and servers that run somewhere: those are what
 * is listed.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { toStderr } from "../../src/logging/log.ts";
import { IDENTITY, VERSION } from "../../src/version.ts";
import { fileName, type Platform, platforms } from "./mcpb.ts";
import { root } from "../program.ts";

/** The form that is written. */
const SCHEMA =
  "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json";

const HELP = `Writes dist/server.json for the MCP registry.

Usage: deno task registry --repository owner/name [--remote URL]

  --repository  The repository on GitHub whose release v${VERSION} holds the
                bundles of dist (deno task mcpb); GITHUB_REPOSITORY otherwise
  --remote      The address of a server that runs, such as
                https://crm.example.com/mcp`;

/** A bundle among the files of a release. */
export interface Bundle {
  /** Its name. */
  readonly name: string;
  /** Its SHA-256 hash, in hex. */
  readonly hash: string;
}

/** What a release offers. */
export interface Release {
  /** The repository on GitHub, as owner/name. */
  readonly repository: string;
  /** The bundles among its files. */
  readonly bundles: readonly Bundle[];
  /** The address of a server that runs. */
  readonly remote?: string;
}

/**
 * Describes a release to the registry.
 *
 * @param release What it offers.
 * @throws {TypeError} When the repository or the address is malformed, or there
 * is nothing to install.
 */
export function serverJson({ repository, bundles, remote }: Release) {
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository)) {
    throw new TypeError(
      `--repository must be owner/name, not ${JSON.stringify(repository)}`,
    );
  }
  if (remote !== undefined && !isPublic(remote)) {
    throw new TypeError(
      "--remote must be an address that everybody can reach, and start with https://",
    );
  }
  if (bundles.length === 0 && remote === undefined) {
    throw new TypeError(
      "There is nothing to install: make bundles with deno task mcpb, or give --remote",
    );
  }
  const [owner] = repository.split("/");
  const url = `https://github.com/${repository}`;
  return {
    $schema: SCHEMA,
    name: `io.github.${owner}/${IDENTITY.name}`,
    title: IDENTITY.title,
    description:
      "Qontak CRM: every write is checked against your company's own fields before it is sent",
    version: VERSION,
    websiteUrl: IDENTITY.websiteUrl,
    repository: { url, source: "github" },
    icons: [{
      src:
        `https://raw.githubusercontent.com/${repository}/v${VERSION}/scripts/release/icon.png`,
      mimeType: "image/png",
      sizes: ["512x512"],
    }],
    ...(bundles.length === 0 ? {} : {
      packages: bundles.map(({ name, hash }) => ({
        registryType: "mcpb",
        identifier: `${url}/releases/download/v${VERSION}/${name}`,
        version: VERSION,
        fileSha256: hash,
        transport: { type: "stdio" },
      })),
    }),
    ...(remote === undefined ? {} : {
      remotes: [{
        type: "streamable-http",
        url: remote,
        headers: [{
          name: "Authorization",
          description:
            "Bearer, a space, and the key that its operator gave you",
          isRequired: true,
          isSecret: true,
        }],
      }],
    }),
  };
}

function isPublic(address: string): boolean {
  return URL.canParse(address) && new URL(address).protocol === "https:";
}

/** The bundles in a folder. */
async function bundlesIn(dir: string): Promise<Bundle[]> {
  const bundles: Bundle[] = [];
  for (const platform of Object.keys(platforms) as Platform[]) {
    const name = fileName(platform);
    const bytes = await Deno.readFile(`${dir}/${name}`).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    });
    if (!bytes) continue;
    const digest = await crypto.subtle.digest("SHA-256", bytes);
    bundles.push({ name, hash: new Uint8Array(digest).toHex() });
  }
  return bundles;
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        repository: { type: "string" },
        remote: { type: "string" },
        help: { type: "boolean" },
      },
    });
    if (values.help) {
      toStderr(HELP);
      return 0;
    }
    const repository = values.repository ?? Deno.env.get("GITHUB_REPOSITORY");
    if (!repository) {
      throw new TypeError(
        "--repository owner/name is needed: it names the server, and whose release holds the bundles",
      );
    }
    const release = serverJson({
      repository,
      bundles: await bundlesIn(`${root}dist`),
      ...(values.remote === undefined ? {} : { remote: values.remote }),
    });
    await Deno.mkdir(`${root}dist`, { recursive: true });
    await Deno.writeTextFile(
      `${root}dist/server.json`,
      `${JSON.stringify(release, null, 2)}\n`,
    );
    toStderr("dist/server.json");
    return 0;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    toStderr(`registry: ${error.message}`);
    return 2;
  }
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);
