/**
 * Prints the flags that deno needs for this project, whether or not JSR can be
 * reached.
 *
 * - `--lock=.deno/deno.lock`: a copy of the lock file. It pins what comes from
 *   npm, and takes the entries of JSR that deno adds while it runs. So no task
 *   changes the file in the repository, and none depends on what an earlier
 *   one found on JSR.
 * - `--import-map=…`: only where JSR does not answer and its packages are not
 *   cached. It maps `@std/*` to the stand-ins under tests/std.
 *
 * The tasks of deno.json put the output on deno's own command line: `deno test
 * $(deno run -q -A --no-lock scripts/std.ts)`. Nothing else changes: the tests
 * import `@std/*` by their own names in both cases.
 *
 * @module
 */

/** How long JSR may take to answer before the stand-ins are used, in ms. */
const TIMEOUT = 4_000;

/** The specifiers that the project imports from JSR, and their stand-ins. */
const STAND_INS: Readonly<Record<string, string>> = {
  "@std/assert": "assert.ts",
  "@std/dotenv/stringify": "dotenv.ts",
  "@std/testing/time": "time.ts",
};

const root = new URL("../", import.meta.url);
const config = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root)));
const imports: Record<string, string> = config.imports;

/** `@std/dotenv/stringify` → `jsr:@std/dotenv@^0.225.5/stringify`. */
function expand(specifier: string): string {
  const [scope, name, ...path] = specifier.split("/");
  return [imports[`${scope}/${name}`], ...path].join("/");
}

/**
 * Whether every package from JSR loads within {@linkcode TIMEOUT}. The
 * specifiers are computed, so that deno does not load them before this program
 * runs: a host that drops packets would block it for minutes.
 */
async function jsrAnswers(): Promise<boolean> {
  const loaded = Promise.all(
    Object.keys(STAND_INS).map((name) => import(expand(name))),
  ).then(() => true, () => false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), TIMEOUT);
  });
  const answer = await Promise.race([loaded, late]);
  clearTimeout(timer);
  return answer;
}

/** The imports of deno.json, with the stand-ins replacing the jsr: entries. */
function withStandIns(): Record<string, string> {
  const map: Record<string, string> = {};
  for (const [name, target] of Object.entries(imports)) {
    if (target.startsWith("jsr:")) continue;
    map[name] = target;
    // An import map from a flag does not extend to subpaths automatically.
    map[`${name}/`] = target.replace(/^npm:/, "npm:/") + "/";
  }
  for (const [name, file] of Object.entries(STAND_INS)) {
    map[name] = new URL(`tests/std/${file}`, root).href;
  }
  return map;
}

/**
 * Copies the lock file to a place where deno may change it; undefined if it
 * cannot.
 */
function copyLock(): string | undefined {
  const folder = new URL(".deno/", root);
  const copy = new URL("deno.lock", folder);
  // Renamed into place, because several tasks may run at the same time.
  const own = new URL(`deno.lock.${Deno.pid}`, folder);
  try {
    Deno.mkdirSync(folder, { recursive: true });
    Deno.copyFileSync(new URL("deno.lock", root), own);
    Deno.renameSync(own, copy);
    return fromFileUrl(copy);
  } catch {
    return undefined;
  }
}

/** A path for the command line of a task; undefined if it contains spaces. */
function fromFileUrl(url: URL): string | undefined {
  const path = decodeURIComponent(url.pathname).replace(/^\/([A-Z]:)/i, "$1");
  return /\s/.test(path) ? undefined : path;
}

const lock = copyLock();
const flags = [lock === undefined ? "--no-lock" : `--lock=${lock}`];
if (!await jsrAnswers()) {
  const map = encodeURIComponent(JSON.stringify({ imports: withStandIns() }));
  flags.push(`--import-map=data:application/json,${map}`);
}
await Deno.stdout.write(new TextEncoder().encode(flags.join(" ")));
// A hanging import must not keep the process alive.
Deno.exit(0);
