/**
 * The live test: tries the project with a real Qontak account, and reports
 * which of its assumptions hold. It reads every endpoint; with `--write` it
 * also creates, changes and deletes its own records.
 *
 * @module
 */
import { readEnvironment } from "../../src/app/environment.ts";
import { readSettings } from "../../src/app/settings.ts";
import { FAILED, OK } from "../../src/cli/exit.ts";
import { ConfigError } from "../../src/errors.ts";
import { toStderr } from "../../src/logging/log.ts";
import { isLoopback } from "../../src/net/address.ts";
import { type Command, print, runCommand } from "../command.ts";
import { type Cleanup, cleanUp } from "./cleanup.ts";
import { probe, type Verdict } from "./facts.ts";
import { liveFlags } from "./flags.ts";
import { createLab, type Lab } from "./lab.ts";
import { readAll } from "./reads.ts";
import { cleanupLines, toData, toMarkdown } from "./report.ts";
import { deleteAll, makeAll } from "./story.ts";
import type { Row } from "./verdict.ts";

const command: Command<typeof liveFlags> = {
  task: "test:live",
  about:
    `Tries this project against a real Qontak account and reports which of its
assumptions hold. Without flags it only reads. QONTAK_REFRESH_TOKEN names the
account; it is taken from the environment or from .env, as the server does.`,
  flags: liveFlags,
  async run(flags) {
    if (flags.geolocation && !flags.write) {
      throw new ConfigError(["--geolocation is for --write: give both"]);
    }
    if (flags.clean && (flags.write || flags["probe-rotation"])) {
      throw new ConfigError([
        "--clean only removes: give it without the flags that try",
      ]);
    }
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
        "--save-token PATH is needed: Qontak may replace the refresh token at the first request, the old one would no longer work, and the new one is never printed. It is kept in PATH, readable by you only; use that one from then on",
      ]);
    }
    const lab = await createLab(settings, flags);
    using _signals = stopOnSignals(lab);
    try {
      return await (flags.clean ? clean(lab) : tryAll(lab));
    } finally {
      await lab.close();
    }
  },
};

/** Ctrl+C ends the run early; the records that it created are still removed. */
function stopOnSignals({ wire }: Lab): Disposable {
  const stop = () => {
    if (wire.stopped !== undefined) Deno.exit(FAILED);
    toStderr("Stopping, and cleaning up first. Once more ends it at once");
    wire.stop("it was stopped by hand");
  };
  const signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT"]
    : ["SIGINT", "SIGTERM"];
  const stopping = new DisposableStack();
  for (const signal of signals) {
    Deno.addSignalListener(signal, stop);
    stopping.defer(() => Deno.removeSignalListener(signal, stop));
  }
  return stopping;
}

const toJson = (value: unknown) => JSON.stringify(value, null, 2);

/** Removes the records that earlier runs left behind. */
async function clean(lab: Lab): Promise<number> {
  const all = await cleanUp(lab, true);
  return print(
    lab.flags.json ? toJson(all) : cleanupLines(all).join("\n"),
    all.left.length + all.notes.length === 0 ? OK : FAILED,
  );
}

/** Tries everything that the flags allow, and reports it. */
async function tryAll(lab: Lab): Promise<number> {
  const { flags, tokens, wire } = lab;
  const verdicts = new Map<string, Verdict>();
  let reads: Row[] = [];
  const steps: Row[] = [];
  let cleanup: Cleanup;
  let stopped: string | undefined;
  try {
    reads = await readAll(lab);
    await probe(lab, "read", verdicts);
    if (flags.write) {
      steps.push(...await makeAll(lab));
      await probe(lab, "write", verdicts);
      // With our own records in place, more can be read than before.
      reads = await readAll(lab, reads);
      steps.push(...await deleteAll(lab));
    }
    await probe(lab, "log", verdicts);
  } finally {
    // The cleanup allows requests again, so `stopped` is read first.
    ({ stopped } = wire);
    cleanup = await cleanUp(lab);
    for (const line of cleanup.left) toStderr(line);
  }
  await probe(lab, "last", verdicts);
  // Closing saves pending data.
  await lab.close();
  const hasFailed = stopped !== undefined || cleanup.left.length > 0 ||
    [...reads, ...steps].some(({ result }) => result === "failed") ||
    !await tokens.isKept();
  const exitCode = hasFailed ? FAILED : OK;
  const results = { reads, steps, verdicts, cleanup, stopped, exitCode };
  const data = toData(lab, results);
  return print(flags.json ? toJson(data) : toMarkdown(data), exitCode);
}

if (import.meta.main) await runCommand(command);
