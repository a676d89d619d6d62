/**
 * Prints nothing where JSR answers (or its packages are already cached), and
 * otherwise the one flag that maps `@std/*` to the stand-ins under tests/std.
 *
 * The tasks of deno.json put the answer on the command line of deno itself:
 * `deno test $(deno run -q -A scripts/std.ts)`. Nothing else changes: code and
 * tests import `@std/*` by their own names in both cases.
 *
 * @module
 */

/** How long JSR may take to answer before the stand-ins are used, in ms. */
const PATIENCE = 4_000;

/** The specifiers that the project imports from JSR, and what stands in. */
const STAND_INS: Readonly<Record<string, string>> = {
  "@std/assert": "assert.ts",
  "@std/dotenv/parse": "dotenv.ts",
  "@std/testing/time": "time.ts",
};

const root = new URL("../", import.meta.url);
const config = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root)));
const imports: Record<string, string> = config.imports;

/** `@std/dotenv/parse` → `jsr:@std/dotenv@^0.225.5/parse`. */
function expand(specifier: string): string {
  const [scope, name, ...path] = specifier.split("/");
  return [imports[`${scope}/${name}`], ...path].join("/");
}

/**
 * Whether every package from JSR loads within {@linkcode PATIENCE}. The
 * specifiers are computed, so that deno does not wait for them before this
 * program runs: a host that swallows packets would hold it for minutes.
 */
async function jsrAnswers(): Promise<boolean> {
  const loaded = Promise.all(
    Object.keys(STAND_INS).map((name) => import(expand(name))),
  ).then(() => true, () => false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), PATIENCE);
  });
  const answer = await Promise.race([loaded, late]);
  clearTimeout(timer);
  return answer;
}

/** The imports of deno.json with the stand-ins in place of the jsr: entries. */
function withStandIns(): Record<string, string> {
  const map: Record<string, string> = {};
  for (const [name, target] of Object.entries(imports)) {
    if (target.startsWith("jsr:")) continue;
    map[name] = target;
    // An import map given by flag does not extend to sub-paths on its own.
    map[`${name}/`] = target.replace(/^npm:/, "npm:/") + "/";
  }
  for (const [name, file] of Object.entries(STAND_INS)) {
    map[name] = new URL(`tests/std/${file}`, root).href;
  }
  return map;
}

if (!await jsrAnswers()) {
  const map = encodeURIComponent(JSON.stringify({ imports: withStandIns() }));
  await Deno.stdout.write(
    new TextEncoder().encode(`--import-map=data:application/json,${map}`),
  );
}
// An import that hangs must not hold the process.
Deno.exit(0);
