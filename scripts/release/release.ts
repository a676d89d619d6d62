/**
 * Builds the files of a release: the program as a single file for each system,
 * their checksums, and a bill of materials. It writes all of them or none.
 *
 * Unless it is a rehearsal, it uses no stand-ins of tests/std, and no runtime
 * from anywhere but Deno's own host.
 *
 * @module
 */
import { resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import config from "../../deno.json" with { type: "json" };
import { FAILED } from "../../src/cli/exit.ts";
import type { FlagTable } from "../../src/cli/parse.ts";
import { ConfigError } from "../../src/errors.ts";
import { toStderr } from "../../src/logging/log.ts";
import { VERSION } from "../../src/version.ts";
import { type Command, type Flags, print, runCommand } from "../command.ts";
import { root, stdFlags } from "../program.ts";
import { type Bom, makeBom } from "./sbom.ts";

/** The systems of a release. */
export const TARGETS: readonly string[] = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
];

/** Environment variables that would substitute parts of a release. */
const SUBSTITUTES = ["JSR_URL", "DENORT_BIN"];

const releaseFlags = {
  tag: {
    type: "string",
    value: `v${VERSION}`,
    help: "Refuse unless this is the tag of the version",
  },
  target: {
    type: "string",
    multiple: true,
    value: "NAME",
    help: `Only this system; may be repeated. By default all: ${
      TARGETS.join(", ")
    }`,
  },
  out: { type: "string", value: "PATH", help: "Where to, instead of dist" },
  rehearsal: {
    type: "boolean",
    help:
      "Take JSR_URL and DENORT_BIN as they are, and put what comes of it in dist/rehearsal: it is not for publishing",
  },
} as const satisfies FlagTable;

type ReleaseFlags = Flags<typeof releaseFlags>;

/** Why the release is refused: one sentence for each reason. */
class Refused extends Error {
  override readonly name = "Refused";
  constructor(readonly reasons: readonly string[]) {
    super(reasons.join("; "));
  }
}

/**
 * Reads the flags that a task of deno.json passes to the deno command of the
 * same name. They are written only there, so a release is what the tasks build.
 *
 * @param task The task.
 * @returns The flags, without the stand-ins and the output, and the source
 * file.
 */
export function partsOf(
  task: "bundle" | "compile",
): { readonly flags: string[]; readonly from: string } {
  const { command } = config.tasks[task];
  const found = new RegExp(`deno ${task} (.*) -o \\S+ (\\S+)$`).exec(command);
  if (!found) {
    throw new Error(`The task ${task} of deno.json has no -o: ${command}`);
  }
  const [, flags, from] = found as unknown as [string, string, string];
  return {
    flags: flags.replace(/\$\(.*\)/, "").split(" ").filter((one) => one !== ""),
    from,
  };
}

const command: Command<typeof releaseFlags> = {
  task: "release",
  about: "Makes the files of a release in dist: all of them, or none",
  flags: releaseFlags,
  async run(flags) {
    const { target: targets = TARGETS } = flags;
    const unknown = targets.filter((target) => !TARGETS.includes(target));
    if (unknown.length > 0) {
      throw new ConfigError([
        `--target must be one of ${TARGETS.join(", ")}, not ${
          unknown.join(", ")
        }`,
      ]);
    }
    const out = flags.out ?? (flags.rehearsal ? "dist/rehearsal" : "dist");
    try {
      await check(flags);
      const names = await release(targets, resolve(out));
      return print(names.map((name) => `${out}/${name}`).join("\n"));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      toStderr("release: nothing was made");
      for (const reason of error.reasons) toStderr(`  ${reason}`);
      return FAILED;
    }
  },
};

/** Refuses to release from an unsuitable state. */
async function check({ tag, rehearsal }: ReleaseFlags): Promise<void> {
  const reasons: string[] = [];
  if (config.version !== VERSION) {
    reasons.push(
      `deno.json says version ${config.version} and src/version.ts ${VERSION}: make them the same`,
    );
  }
  if (tag !== undefined && tag !== `v${config.version}`) {
    reasons.push(
      `The tag ${tag} is not that of version ${config.version}: it would be v${config.version}`,
    );
  }
  const substitutes = rehearsal
    ? []
    : SUBSTITUTES.filter((name) => Deno.env.get(name));
  for (const name of substitutes) {
    reasons.push(
      `${name} is set: a release has its libraries from JSR and its runtime from Deno. Unset it, or add --rehearsal`,
    );
  }
  if (
    reasons.length === 0 &&
    (await stdFlags()).some((flag) => flag.startsWith("--import-map"))
  ) {
    reasons.push(
      "JSR could not be reached: the stand-ins of tests/std would get into the release. Make https://jsr.io reachable",
    );
  }
  if (reasons.length > 0) throw new Refused(reasons);
}

/**
 * Builds everything in a temporary folder, and moves it to `out` once complete.
 */
async function release(
  targets: readonly string[],
  out: string,
): Promise<string[]> {
  await Deno.mkdir(out, { recursive: true });
  // On the same disk, so that moving a file is atomic.
  const aside = await Deno.makeTempDir({ dir: out, prefix: ".release-" });
  try {
    const lock = `${aside}/deno.lock`;
    await Deno.copyFile(`${root}deno.lock`, lock);
    const bundle = `${aside}/qontak-mcp.js`;
    const { flags, from } = partsOf("bundle");
    await deno(["bundle", ...flags, "--lock", lock, "-o", bundle, from]);
    const names: string[] = [];
    const reasons: string[] = [];
    for (const target of targets) {
      const exe = target.includes("windows") ? ".exe" : "";
      const name = `qontak-mcp-${VERSION}-${target}${exe}`;
      try {
        await compile(bundle, target, `${aside}/${name}`);
        names.push(name);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        reasons.push(`${target}: ${error.message}`);
      }
    }
    if (reasons.length > 0) throw new Refused(reasons);
    const bom = `qontak-mcp-${VERSION}.cdx.json`;
    const bill = await makeBill(lock);
    await Deno.writeTextFile(
      `${aside}/${bom}`,
      `${JSON.stringify(bill, null, 2)}\n`,
    );
    names.push(bom);
    await Deno.writeTextFile(`${aside}/SHA256SUMS`, await sums(aside, names));
    names.push("SHA256SUMS");
    for (const name of names) {
      await Deno.rename(`${aside}/${name}`, `${out}/${name}`);
    }
    return names;
  } finally {
    await Deno.remove(aside, { recursive: true });
  }
}

/** Compiles the program into a single file for a system. */
async function compile(
  bundle: string,
  target: string,
  path: string,
): Promise<void> {
  const flags = [...partsOf("compile").flags, "--target", target];
  await deno(["compile", ...flags, "-o", path, bundle]);
}

/**
 * Builds the bill of materials for the files.
 *
 * @param lock The path of the lock file.
 */
export async function makeBill(lock: string): Promise<Bom> {
  const info = await deno([
    "info",
    "--json",
    "--lock",
    lock,
    partsOf("bundle").from,
  ]);
  return await makeBom({
    program: config,
    info: JSON.parse(info),
    lock: JSON.parse(await Deno.readTextFile(lock)),
    jsr: Deno.env.get("JSR_URL") ?? "https://jsr.io/",
  });
}

/** The checksums of files, in the format of `sha256sum --check`. */
async function sums(dir: string, names: readonly string[]): Promise<string> {
  const lines: string[] = [];
  for (const name of names) {
    const bytes = await Deno.readFile(`${dir}/${name}`);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    lines.push(`${hash.toHex()}  ${name}\n`);
  }
  return lines.join("");
}

/**
 * Runs a command of deno in the folder of the project.
 *
 * @returns Its output on stdout.
 * @throws {Refused} When it fails, with its output on stderr.
 */
async function deno(args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout);
  const said = stripVTControlCharacters(decoder.decode(stderr))
    .replace(/Stack backtrace:.*/s, "");
  // The error follows other lines, such as downloads and file names.
  const reason = said.slice(Math.max(0, said.search(/^error/m)));
  throw new Refused([
    `deno ${args[0]} failed: ${reason.replace(/\s+/g, " ").trim()}`,
  ]);
}

if (import.meta.main) await runCommand(command);
