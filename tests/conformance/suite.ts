/**
 * Runs MCP's conformance suite, which is a program on npm, and compares its
 * results with a baseline of checks that may fail.
 *
 * @module
 */

/** The suite's result for one check. */
interface Check {
  readonly id: string;
  readonly status: "SUCCESS" | "FAILURE" | "WARNING" | "INFO" | "SKIPPED";
  readonly errorMessage?: string;
}

/** The checks of each scenario, by its name. */
export type Results = ReadonlyMap<string, readonly Check[]>;

/** The result of a run of the suite. */
export interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly results: Results;
}

/** How long one run may take, in ms. */
const LIMIT = 60_000;

/** The program of a version, outside of any folder with a package.json. */
async function conformance(version: string, args: readonly string[]) {
  const cwd = await Deno.makeTempDir();
  try {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-q",
        "-A",
        `npm:@modelcontextprotocol/conformance@${version}`,
        ...args,
      ],
      cwd,
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      signal: AbortSignal.timeout(LIMIT),
    }).output();
    const [out, err] = [stdout, stderr].map((b) => new TextDecoder().decode(b));
    return { code, stdout: out!, stderr: err!, results: await read(cwd) };
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

/**
 * Says why a version cannot run here.
 *
 * @param version The version on npm.
 * @returns The reason; empty if it can.
 */
export async function whyNot(version: string): Promise<string> {
  const { code, stderr } = await conformance(version, ["--version"]);
  if (code === 0) return "";
  const [line] = stderr.trim().split("\n");
  return `version ${version} cannot be loaded: ${line || `code ${code}`}`;
}

/**
 * Runs the suite against a server.
 *
 * @param version The version on npm.
 * @param url Where the server speaks MCP.
 * @param baseline The file that says what may fail.
 * @param args Which scenarios to run.
 */
export async function runSuite(
  version: string,
  url: string,
  baseline: URL,
  args: readonly string[],
): Promise<Outcome> {
  const { code, stdout, stderr, results } = await conformance(version, [
    "server",
    "--url",
    url,
    "--expected-failures",
    baseline.pathname,
    "--output-dir",
    ".",
    ...args,
  ]);
  // The end has the summary.
  return { code, output: `${stdout}${stderr}`.slice(-6000), results };
}

/** Reads the results of a run: one folder for each scenario. */
async function read(dir: string): Promise<Results> {
  const results = new Map<string, Check[]>();
  for await (const { name } of Deno.readDir(dir)) {
    const scenario = /^server-(.+)-\d{4}-\d\d-\d\dT/.exec(name)?.[1];
    if (scenario === undefined) continue;
    results.set(scenario, await readChecks(`${dir}/${name}/checks.json`));
  }
  return results;
}

async function readChecks(file: string): Promise<Check[]> {
  try {
    return JSON.parse(await Deno.readTextFile(file));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    // The suite writes it at the end of a scenario.
    return [{ id: END, status: "FAILURE", errorMessage: "it broke off" }];
  }
}

/**
 * The entries of a baseline: `scenario`, or `scenario:check`.
 *
 * @param file The file, in the format that the suite reads.
 */
export async function readBaseline(file: URL): Promise<string[]> {
  const yaml = await Deno.readTextFile(file);
  return [...yaml.matchAll(/^ +- ([^\s#]+)/gm)].map(([, entry]) => entry!);
}

/**
 * Tasks, an extension that neither server offers. The suite runs it, but does
 * not score it.
 */
const EXTENSION = /^tasks-/;

/** Whether all messages have the form of the protocol. */
const WIRE = "wire-schema-valid";

/** Whether a scenario ran to its end. */
const END = "end";

/**
 * Finds the problems of a run. It is stricter than the suite: it counts checks
 * that are not scored as well, and refuses an entry that did not run, or a
 * whole scenario if a part of it passes.
 *
 * @param results The results of the suite.
 * @param baseline The checks that may fail.
 * @returns A sentence for each problem; empty if there are none.
 */
export function judge(
  results: Results,
  baseline: readonly string[],
): string[] {
  const problems: string[] = [];
  const used = new Set<string>();
  for (const [scenario, checks] of results) {
    if (EXTENSION.test(scenario)) continue;
    const isWhole = baseline.includes(scenario);
    for (const { id, status, errorMessage } of checks) {
      const entry = isWhole ? scenario : `${scenario}:${id}`;
      if (status === "FAILURE" || status === "WARNING") {
        used.add(entry);
        if (id === WIRE || id === END || !baseline.includes(entry)) {
          problems.push(`${scenario}:${id} fails: ${errorMessage ?? status}`);
        }
      } else if (status === "SUCCESS" && isWhole && id !== WIRE) {
        problems.push(`${scenario}:${id} passes: name the others one by one`);
      }
    }
  }
  for (const entry of baseline.filter((entry) => !used.has(entry))) {
    problems.push(`${entry} is in the baseline but passes, or did not run`);
  }
  return problems;
}
