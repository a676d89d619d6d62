/**
 * Measures a cold start of the deploy entry point: from the start of the
 * process until it has answered /health, and until it has answered a first
 * tools/call, which needs an access token from the CRM. A bare Deno.serve
 * alternates with it in the same run, so that the ratio is comparable between
 * machines.
 *
 * @module
 */
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { callTool } from "../../tests/support/call.ts";
import {
  bearer,
  keyEntry,
  startDeployed,
} from "../../tests/support/deployed.ts";
import { print } from "../command.ts";
import { median, ms, row } from "../figures.ts";

/** Runs of each; the median is printed. */
const RUNS = 11;

const KEY = "of-the-benchmark";

/** The first request to a process that has not answered any request yet. */
const questions: Readonly<Record<string, (url: string) => Promise<unknown>>> = {
  async "/health"(url) {
    const response = await fetch(new URL("/health", url));
    if (!response.ok) throw new Error(`/health answered ${response.status}`);
    await response.body?.cancel();
  },
  async "tools/call"(url) {
    const { status, isError, text } = await callTool(
      url,
      "list_pipelines",
      {},
      bearer(KEY),
    );
    // The bare server answers, but does not speak MCP.
    const isFine = text === "" || !isError;
    if (status !== 200 || !isFine) throw new Error(`It answered: ${text}`);
  },
};

const subjects: Readonly<Record<string, string>> = {
  "bare Deno.serve": "scripts/bench/bare_http.ts",
  "the deploy entry": "src/deploy.ts",
};

/** Milliseconds until the answer. */
async function measure(
  entry: string,
  ask: (url: string) => Promise<unknown>,
): Promise<number> {
  // A refresh token works only once.
  await using sandbox = serveSandbox();
  const env = {
    QONTAK_BASE_URL: sandbox.url,
    QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
    MCP_API_KEYS: await keyEntry(KEY),
  };
  const start = performance.now();
  await using server = await startDeployed(env, { entry });
  await ask(server.url);
  return performance.now() - start;
}

const times = new Map<string, number[]>();
const of = (subject: string, question: string) => {
  const name = `${subject} ${question}`;
  const found = times.get(name) ?? [];
  times.set(name, found);
  return found;
};
// The first run warms the disk caches, and does not count.
for (let run = -1; run < RUNS; run++) {
  for (const [question, ask] of Object.entries(questions)) {
    for (const [subject, entry] of Object.entries(subjects)) {
      const time = await measure(entry, ask);
      if (run >= 0) of(subject, question).push(time);
    }
  }
}
const widths = [24, 16];
const names = Object.keys(questions);
const [bare, ours] = Object.keys(subjects);
const report = [
  `From the start of the process to its first answer, median of ${RUNS}, alternating`,
  row(widths, "", ...names),
  ...Object.keys(subjects).map((subject) =>
    row(
      widths,
      subject,
      ...names.map((name) => ms(median(of(subject, name)))),
    )
  ),
  row(
    widths,
    "ratio",
    ...names.map((name) =>
      (median(of(ours!, name)) / median(of(bare!, name))).toFixed(2)
    ),
  ),
];
print(report.join("\n"));
Deno.exit(0);
