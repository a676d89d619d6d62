/**
 * Writes dist/server.json, which describes a release to the MCP registry.
 *
 * The registry does not support JSR packages. It lists bundles (.mcpb) among
 * the files of a GitHub release, and running servers, so this file lists those.
 *
 * @module
 */
import { OK } from "../../src/cli/exit.ts";
import type { FlagTable } from "../../src/cli/parse.ts";
import { ConfigError } from "../../src/errors.ts";
import { toStderr } from "../../src/logging/log.ts";
import { defined } from "../../src/values/json.ts";
import { IDENTITY, VERSION } from "../../src/version.ts";
import { type Command, runCommand } from "../command.ts";
import { fileName, type Platform, platforms } from "./mcpb.ts";
import { root } from "../program.ts";

/** The schema of the file. */
const SCHEMA =
  "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json";

const registryFlags = {
  repository: {
    type: "string",
    value: "owner/name",
    help:
      `The repository on GitHub whose release v${VERSION} holds the bundles of dist (deno task mcpb); GITHUB_REPOSITORY otherwise`,
  },
  remote: {
    type: "string",
    value: "URL",
    help:
      "The address of a server that runs, such as https://crm.example.com/mcp",
  },
} as const satisfies FlagTable;

/** A bundle among the files of a release. */
export interface Bundle {
  /** Its name. */
  readonly name: string;
  /** Its SHA-256 hash, in hex. */
  readonly hash: string;
}

/** The contents of a release. */
export interface Release {
  /** The repository on GitHub, as owner/name. */
  readonly repository: string;
  /** The bundles among its files. */
  readonly bundles: readonly Bundle[];
  /** The address of a running server. */
  readonly remote?: string;
}

/**
 * Describes a release to the registry.
 *
 * @param release The contents of the release.
 * @throws {ConfigError} When the repository or the address is malformed, or
 * there is nothing to install.
 */
export function serverJson({ repository, bundles, remote }: Release) {
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository)) {
    throw new ConfigError([
      `--repository must be owner/name, not ${JSON.stringify(repository)}`,
    ]);
  }
  if (remote !== undefined && !isPublic(remote)) {
    throw new ConfigError([
      "--remote must be an address that everybody can reach, and start with https://",
    ]);
  }
  if (bundles.length === 0 && remote === undefined) {
    throw new ConfigError([
      "There is nothing to install: make bundles with deno task mcpb, or give --remote",
    ]);
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

const command: Command<typeof registryFlags> = {
  task: "registry",
  about: "Writes dist/server.json for the MCP registry",
  flags: registryFlags,
  async run({ repository = Deno.env.get("GITHUB_REPOSITORY"), remote }) {
    if (!repository) {
      throw new ConfigError([
        "--repository owner/name is needed: it names the server, and whose release holds the bundles",
      ]);
    }
    const bundles = await bundlesIn(`${root}dist`);
    const entry = serverJson({ repository, bundles, ...defined({ remote }) });
    await Deno.mkdir(`${root}dist`, { recursive: true });
    await Deno.writeTextFile(
      `${root}dist/server.json`,
      `${JSON.stringify(entry, null, 2)}\n`,
    );
    toStderr("dist/server.json");
    return OK;
  },
};

if (import.meta.main) await runCommand(command);
