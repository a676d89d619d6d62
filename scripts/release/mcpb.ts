/**
 * Builds an MCP bundle (.mcpb) of the program: a single file that a desktop
 * client such as Claude Desktop installs when a person opens it. It needs
 * nothing else on the machine.
 *
 * It contains Deno itself, as its makers publish and sign it on npm, so there
 * is one bundle for each system. A bundle of the type "node" would be smaller
 * and the same for all systems. But clients run that type in their own Node.js,
 * where this program cannot run and npx is often not found.
 *
 * @module
 */
import { FAILED, OK } from "../../src/cli/exit.ts";
import { toStderr } from "../../src/logging/log.ts";
import { catalog } from "../../src/tools/catalog.ts";
import { IDENTITY, VERSION } from "../../src/version.ts";
import config from "../../deno.json" with { type: "json" };
import { type Command, runCommand } from "../command.ts";
import { root } from "../program.ts";

/** The tool that checks the manifest and packs the files. */
const MCPB = "@anthropic-ai/mcpb@2.1.2";

/** The systems that have bundles, with the name of Deno's package for each. */
export const platforms = {
  "darwin-arm64": "@deno/darwin-arm64",
  "darwin-x64": "@deno/darwin-x64",
  "linux-arm64": "@deno/linux-arm64-glibc",
  "linux-x64": "@deno/linux-x64-glibc",
  "win32-arm64": "@deno/win32-arm64",
  "win32-x64": "@deno/win32-x64",
} as const;

/** A system. */
export type Platform = keyof typeof platforms;

/** The bundle of a system. */
export function fileName(platform: Platform): string {
  return `qontak-mcp-${platform}.mcpb`;
}

/** The permissions of the program, as flags of deno. */
const PERMISSIONS = [
  `--allow-net=${config.permissions.qontak.net.join()}`,
  `--allow-env=${config.permissions.qontak.env.allow.join()}`,
  "--ignore-env",
];

/** The arguments of deno that start the program, after `run`. */
const RUN = [
  "--quiet",
  "--no-prompt",
  "--no-config",
  "--unstable-kv",
  ...PERMISSIONS,
  "${__dirname}/server/qontak-mcp.js",
];

/**
 * Starts the program on systems with a shell. Deno KV is where all versions of
 * the program have it, and no other files can be used. A permission has no word
 * for a person's folder, so the shell finds it. On Windows, Deno chooses.
 *
 * Claude Desktop for macOS unpacks files without the execute permission
 * (modelcontextprotocol/mcpb, issue 294).
 */
const START = [
  'chmod u+x "$0"',
  'case "$(uname)" in Darwin) d="Library/Application Support" ;; *) d=.local/share ;; esac',
  'QONTAK_DATA_DIR="${XDG_DATA_HOME:-$HOME/$d}/qontak-mcp"',
  "export QONTAK_DATA_DIR",
  'exec "$0" run --allow-read="$QONTAK_DATA_DIR" --allow-write="$QONTAK_DATA_DIR" "$@"',
].join("; ");

/**
 * The manifest of a bundle, in the format MCPB 0.3.
 *
 * @param platform The system of the bundle.
 */
export function manifestFor(platform: Platform) {
  const [os] = platform.split("-") as [string];
  const deno = `server/deno${os === "win32" ? ".exe" : ""}`;
  const path = `\${__dirname}/${deno}`;
  const start = os === "win32"
    ? { command: path, args: ["run", ...RUN] }
    : { command: "/bin/sh", args: ["-c", START, path, ...RUN] };
  return {
    manifest_version: "0.3",
    name: IDENTITY.name,
    display_name: IDENTITY.title,
    version: VERSION,
    description:
      "Work in your Qontak CRM: contacts, companies, deals, tickets and the rest.",
    long_description:
      "Every write is checked against your company's own fields before it is sent, and the answer says what Qontak stored. Qontak CRM is a product of Mekari; this bundle is not.",
    author: { name: "The @qontak/mcp maintainers" },
    homepage: IDENTITY.websiteUrl,
    documentation: IDENTITY.websiteUrl,
    icon: "icon.png",
    license: config.license,
    keywords: ["crm", "qontak", "mekari"],
    server: {
      type: "binary",
      entry_point: deno,
      mcp_config: {
        ...start,
        env: {
          QONTAK_REFRESH_TOKEN: "${user_config.refresh_token}",
          QONTAK_READ_ONLY: "${user_config.read_only}",
        },
      },
    },
    tools: catalog.map(({ name, description }) => ({ name, description })),
    user_config: {
      refresh_token: {
        type: "string",
        title: "Qontak refresh token",
        description:
          "Made at https://crm.qontak.com/crm/api_token/. The newest one that Qontak gives in its place is kept on this machine",
        sensitive: true,
        required: true,
      },
      read_only: {
        type: "boolean",
        title: "Read only",
        description: "Offer only tools that change nothing",
        default: false,
        required: false,
      },
    },
    compatibility: { platforms: [os] },
  };
}

/** The parts of a bundle. */
export interface Parts {
  /** The system of the bundle. */
  readonly platform: Platform;
  /** The program as a single file, from `deno task bundle`. */
  readonly program: string;
  /** The Deno executable for that system. */
  readonly deno: string;
  /** The path of the bundle to write. */
  readonly out: string;
}

/**
 * Writes a bundle. It validates the manifest first.
 *
 * @param parts The parts of the bundle.
 * @throws {Error} With the output of the packing tool, if that fails.
 */
export async function makeBundle(
  { platform, program, deno, out }: Parts,
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "mcpb-" });
  try {
    const manifest = manifestFor(platform);
    await Deno.mkdir(`${dir}/server`);
    await Deno.writeTextFile(
      `${dir}/manifest.json`,
      `${JSON.stringify(manifest, null, 2)}\n`,
    );
    await Deno.copyFile(`${root}LICENSE`, `${dir}/LICENSE`);
    await Deno.copyFile(`${root}scripts/release/icon.png`, `${dir}/icon.png`);
    await Deno.copyFile(program, `${dir}/server/qontak-mcp.js`);
    await Deno.copyFile(deno, `${dir}/${manifest.server.entry_point}`);
    await Deno.chmod(`${dir}/${manifest.server.entry_point}`, 0o755);
    await run("npx", ["-y", MCPB, "pack", dir, out]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Fetches Deno for a system with npm, in the version that runs this script. */
async function fetchDeno(platform: Platform, dir: string): Promise<string> {
  const [os, cpu] = platform.split("-") as [string, string];
  const name = platforms[platform];
  await run("npm", [
    "install",
    `--prefix=${dir}`,
    `--os=${os}`,
    `--cpu=${cpu}`,
    "--force",
    "--no-save",
    "--ignore-scripts",
    `${name}@${Deno.version.deno}`,
  ]);
  return `${dir}/node_modules/${name}/deno${os === "win32" ? ".exe" : ""}`;
}

/** Runs a Node.js program until it ends. */
async function run(command: string, args: readonly string[]): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    stdin: "null",
  }).output();
  if (success) return;
  const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  throw new Error(`${command} ${args.join(" ")} failed: ${said.join("")}`);
}

/** The system of this machine. */
function here(): Platform {
  const { os, arch } = Deno.build;
  const cpu = arch === "aarch64" ? "arm64" : "x64";
  return `${os === "windows" ? "win32" : os}-${cpu}` as Platform;
}

/** Builds the bundle of a system in dist. */
async function make(platform: Platform): Promise<void> {
  const name = fileName(platform);
  const dir = await Deno.makeTempDir({ prefix: "deno-" });
  try {
    await makeBundle({
      platform,
      program: `${root}dist/qontak-mcp.js`,
      deno: await fetchDeno(platform, dir),
      out: `${root}dist/${name}`,
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
  toStderr(`dist/${name}`);
}

const known = Object.keys(platforms) as Platform[];

const command: Command<Record<never, never>> = {
  task: "mcpb",
  about:
    "Makes an MCP bundle for this system, for those that are named, or for all",
  flags: {},
  words: {
    name: "[system…]",
    problem: (word) =>
      word === "all" || Object.hasOwn(platforms, word)
        ? undefined
        : `There is no bundle for ${word}: name all, or some of ${
          known.join(", ")
        }`,
  },
  async run(_, words) {
    const chosen = words.includes("all")
      ? known
      : words.length === 0
      ? [here()]
      : words as Platform[];
    try {
      for (const platform of chosen) await make(platform);
    } catch (error) {
      toStderr(`mcpb: ${error instanceof Error ? error.message : error}`);
      return FAILED;
    }
    return OK;
  },
};

if (import.meta.main) await runCommand(command);
