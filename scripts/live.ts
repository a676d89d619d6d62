/**
 * The live test: tries the project against a real Qontak account and reports
 * which of its assumptions hold. It reads every endpoint; with `--write` it
 * also makes, changes and deletes records of its own.
 *
 * @module
 */
import { ConfigError, QontakError, UnreachableError } from "../src/errors.ts";
import { readEnvironment } from "../src/app/environment.ts";
import { readSettings } from "../src/app/settings.ts";
import { isLoopback } from "../src/net/address.ts";
import { toStderr } from "../src/logging/log.ts";
import type { Finding } from "./live/fact.ts";
import { probe } from "./live/facts.ts";
import { type Flags, help, readFlags } from "./live/flags.ts";
import { createLab, type Lab } from "./live/lab.ts";
import { type Cleanup, cleanUp, findLeftovers } from "./live/ledger.ts";
import { readAll, readEndpoints, type ReadRow } from "./live/reads.ts";
import { cleanupLines, type Run, toJson, toMarkdown } from "./live/report.ts";
import { carryOut, type StepRow } from "./live/steps.ts";
import { deleteAll, geolocationSteps, writeSteps } from "./live/story.ts";
import { Stopped } from "./live/wire.ts";

/** Exit codes: all worked, something did not, asked for wrongly. */
const OK = 0, FAILED = 1, MISUSED = 2;

async function main(args: readonly string[]): Promise<number> {
  try {
    const flags = readFlags(args);
    if (flags.help) return print(help());
    const settings = readSettings({
      ...readEnvironment().variables,
      QONTAK_AUTH: "oauth",
    });
    if (!settings.QONTAK_REFRESH_TOKEN) {
      return print(
        "skipped: QONTAK_REFRESH_TOKEN is not set. Make a token at https://crm.qontak.com/crm/api_token/ to try this project against your account; QONTAK_BASE_URL may name another place, such as that of deno task sandbox",
      );
    }
    const { QONTAK_BASE_URL: baseUrl } = settings;
    if (!isLoopback(new URL(baseUrl).hostname) && !flags["save-token"]) {
      throw new ConfigError([
        "--save-token PATH is needed: Qontak may replace the refresh token at the first request, the old one would be worthless then, and the new one is never printed. It is kept in PATH, readable by you only; use what stands there from then on",
      ]);
    }
    await using lab = await createLab(settings, flags);
    using _signals = stopOnSignals(lab);
    return flags.clean ? await clean(lab) : await run(lab, baseUrl, flags);
  } catch (error) {
    if (error instanceof ConfigError) {
      for (const problem of error.problems) toStderr(`test:live: ${problem}`);
      toStderr("deno task test:live --help lists the flags");
      return MISUSED;
    }
    throw error;
  }
}

function print(text: string, exitCode = OK): number {
  // deno-lint-ignore no-console -- the report is what the command is for
  console.log(text);
  return exitCode;
}

/** Ctrl+C ends the run early, and what it has made is removed all the same. */
function stopOnSignals({ wire }: Lab): Disposable {
  const stop = () => {
    if (wire.stopped !== undefined) Deno.exit(FAILED);
    toStderr("Stopping, and cleaning up first. Once more ends it at once");
    wire.stop("it was stopped by hand");
  };
  const signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT"]
    : ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, stop);
  return {
    [Symbol.dispose]() {
      for (const signal of signals) Deno.removeSignalListener(signal, stop);
    },
  };
}

/** Removes what earlier runs have left. */
async function clean(lab: Lab): Promise<number> {
  const notes: string[] = [];
  try {
    notes.push(...await findLeftovers(lab));
  } catch (error) {
    notes.push(`not everything was looked through: ${wordOf(error)}`);
  }
  const cleanup = await cleanUp(lab);
  const all = { ...cleanup, notes: [...notes, ...cleanup.notes] };
  const complete = all.left.length === 0 && notes.length === 0;
  return print(
    lab.flags.json
      ? JSON.stringify(all, null, 2)
      : cleanupLines(all).join("\n"),
    complete ? OK : FAILED,
  );
}

async function run(
  lab: Lab,
  baseUrl: string,
  flags: Flags,
): Promise<number> {
  const findings = new Map<string, Finding>();
  let reads: ReadRow[] = [];
  const steps: StepRow[] = [];
  let cleanup: Cleanup;
  let stopped: string | undefined;
  try {
    reads = await readAll(lab);
    await probe(lab, "read", findings);
    if (flags.write) {
      steps.push(...await carryOut(lab, writeSteps));
      if (flags.geolocation) {
        steps.push(...await carryOut(lab, geolocationSteps));
      }
      await probe(lab, "write", findings);
      reads = await readAgain(lab, reads);
      steps.push(...await deleteAll(lab));
    }
    await probe(lab, "log", findings);
  } finally {
    // The cleaning up lets requests out again.
    ({ stopped } = lab.wire);
    cleanup = await cleanUp(lab);
    for (const line of cleanup.left) toStderr(line);
  }
  await probe(lab, "last", findings);
  const kept = lab.tokens.flush();
  const failed = [...reads, ...steps].some(({ result }) => result === "failed");
  const exitCode =
    failed || stopped !== undefined || cleanup.left.length > 0 || !kept
      ? FAILED
      : OK;
  const outcome: Run = {
    run: lab.run,
    baseUrl,
    flags: Object.entries(flags).flatMap(([name, value]) =>
      value ? [`--${name}`] : []
    ),
    requests: lab.wire.requests,
    limitHeaders: [...lab.wire.limitHeaders],
    stopped,
    reads,
    steps,
    findings,
    cleanup,
    exitCode,
  };
  return print(flags.json ? toJson(outcome) : toMarkdown(outcome), exitCode);
}

/** With our own records there, more can be read than before. */
async function readAgain(lab: Lab, rows: ReadRow[]): Promise<ReadRow[]> {
  const missing = new Set(
    rows.filter(({ result }) => result === "not tried")
      .map(({ endpoint }) => endpoint),
  );
  const again = await readAll(
    lab,
    readEndpoints.filter(({ method, path }) =>
      missing.has(`${method} ${path}`)
    ),
  );
  return rows.map((row) =>
    again.find(({ endpoint }) => endpoint === row.endpoint) ?? row
  );
}

function wordOf(error: unknown): string {
  if (error instanceof Stopped) return error.message;
  if (error instanceof QontakError || error instanceof UnreachableError) {
    return error.name;
  }
  throw error;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
