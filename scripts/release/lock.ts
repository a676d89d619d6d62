/**
 * Completes the lock file on a machine that can reach JSR. The repository's
 * lock file is made on one that cannot: it pins the packages from npm, which
 * are all that the program runs. These entries must not change. The packages
 * from JSR, which the tests import, are added, and the result is written to
 * dist/deno.lock.
 *
 * @module
 */
import { stripVTControlCharacters } from "node:util";
import { FAILED } from "../../src/cli/exit.ts";
import { toStderr } from "../../src/logging/log.ts";

/** The subpaths that are imported from JSR packages, if not the main module. */
const PATHS: Readonly<Record<string, string>> = {
  "@std/dotenv": "/stringify",
  "@std/testing": "/time",
};

/** The entries of a lock file that are read here. */
export interface Pinned {
  readonly specifiers?: Readonly<Record<string, string>>;
  readonly npm?: Readonly<Record<string, { readonly integrity?: string }>>;
  readonly jsr?: Readonly<Record<string, { readonly integrity?: string }>>;
}

/**
 * Finds forbidden changes in a completed lock file.
 *
 * @param before The lock file of the repository.
 * @param after The completed lock file.
 * @returns One sentence for each change; empty if only JSR entries were added.
 */
export function changesOf(before: Pinned, after: Pinned): string[] {
  const changes: string[] = [];
  const compare = (
    what: string,
    old: Readonly<Record<string, unknown>> = {},
    now: Readonly<Record<string, unknown>> = {},
  ) => {
    for (const key of new Set([...Object.keys(old), ...Object.keys(now)])) {
      if (what !== "npm" && key.startsWith("jsr:") && !(key in old)) continue;
      if (JSON.stringify(old[key]) === JSON.stringify(now[key])) continue;
      const how = !(key in old) ? "new" : !(key in now) ? "gone" : "other";
      changes.push(`${what} ${key} is ${how} in the completed lock file`);
    }
  };
  compare("npm", before.npm, after.npm);
  compare("specifier", before.specifiers, after.specifiers);
  for (const [key, pin] of Object.entries(before.jsr ?? {})) {
    if (after.jsr?.[key]?.integrity !== pin.integrity) {
      changes.push(`jsr ${key} is other in the completed lock file`);
    }
  }
  if (Object.keys(after.jsr ?? {}).length === 0) {
    changes.push("The completed lock file has nothing from JSR");
  }
  return changes;
}

/**
 * Completes the lock file.
 *
 * @param root The folder of the project, with a slash at the end.
 * @param env The environment of deno, with the address of JSR.
 * @returns Why it could not be completed; undefined on success.
 */
export async function completeLock(
  root: string,
  env: Readonly<Record<string, string>> = Deno.env.toObject(),
): Promise<string[]> {
  const path = `${root}dist/deno.lock`;
  await Deno.mkdir(`${root}dist`, { recursive: true });
  const before = await Deno.readTextFile(`${root}deno.lock`);
  await Deno.writeTextFile(path, before);
  const { imports } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  const fromJsr = Object.entries<string>(imports)
    .filter(([, target]) => target.startsWith("jsr:"))
    .map(([name, target]) => target + (PATHS[name] ?? ""));
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["cache", "--frozen=false", `--lock=${path}`, "mod.ts", ...fromJsr],
    cwd: root,
    env: { ...env, NO_COLOR: "1" },
    clearEnv: true,
  }).output();
  const after = JSON.parse(await Deno.readTextFile(path));
  const problems = success ? changesOf(JSON.parse(before), after) : [
    `deno cache failed: ${
      stripVTControlCharacters(new TextDecoder().decode(stderr))
        .replace(/Stack backtrace:.*/s, "").replace(/\s+/g, " ").trim()
    }`,
  ];
  if (problems.length > 0) await Deno.remove(path);
  return problems;
}

if (import.meta.main) {
  const { pathname } = new URL("../../", import.meta.url);
  const problems = await completeLock(decodeURIComponent(pathname));
  for (const problem of problems) toStderr(`lock: ${problem}`);
  if (problems.length > 0) Deno.exit(FAILED);
  toStderr("lock: dist/deno.lock pins what comes from npm and from JSR");
}
