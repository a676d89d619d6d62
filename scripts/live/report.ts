/**
 * The report of a run: as Markdown, for pasting into an issue, and as JSON.
 *
 * @module
 */
import { VERSION } from "../../src/version.ts";
import { markdownTable } from "../figures.ts";
import type { Cleanup } from "./cleanup.ts";
import { NEEDS_WRITE } from "./fact.ts";
import { facts, type Verdict } from "./facts.ts";
import type { Lab } from "./lab.ts";
import type { Row } from "./verdict.ts";

/** The results of a run. */
export interface Results {
  readonly reads: readonly Row[];
  readonly steps: readonly Row[];
  readonly verdicts: ReadonlyMap<string, Verdict>;
  readonly cleanup: Cleanup;
  /** Why the run ended early, if it did. */
  readonly stopped: string | undefined;
  readonly exitCode: number;
}

/** Names the host only if it is Qontak's own: another may name a company. */
function nameHost({ loopback, baseUrl }: Lab): string {
  if (loopback) return "this machine";
  const { hostname } = new URL(baseUrl);
  const isQontak = /(^|\.)(qontak\.com|mekari\.com|mekari\.io)$/.test(hostname);
  return isQontak ? hostname : "another host";
}

/** The report as data. */
export function toData(lab: Lab, { verdicts, ...results }: Results) {
  const { run, flags, wire } = lab;
  return {
    version: VERSION,
    date: new Date().toISOString().slice(0, 10),
    host: nameHost(lab),
    run,
    flags: Object.entries(flags).flatMap(([name, value]) =>
      value ? `--${name}` : []
    ),
    requests: wire.requests,
    limitHeaders: [...wire.limitHeaders],
    ...results,
    facts: facts.map(({ id, question, assumed, code, how, ...probe }) => {
      const why = "write" in probe ? NEEDS_WRITE : "the run did not come to it";
      const notTried = { verdict: "not tried", detail: results.stopped ?? why };
      const verdict = verdicts.get(id) ?? notTried;
      return { id, question, assumed, code, how, ...verdict };
    }),
  };
}

/** The report as Markdown. */
export function toMarkdown(run: ReturnType<typeof toData>): string {
  const { reads, steps, stopped, limitHeaders } = run;
  const count = (wanted: string) =>
    run.facts.filter(({ verdict }) => verdict === wanted).length;
  const flags = run.flags.join(" ") || "only reading";
  const sections = [
    "# Live test of @qontak/mcp",
    `Version ${run.version}, ${run.date}, against ${run.host}, ${flags}. ${run.requests} requests. Personal data is left out: only types, statuses, keys and what this program itself sent is shown.`,
    limitHeaders.length > 0 &&
    `Headers about limits were seen: ${limitHeaders.join(", ")}.`,
    stopped !== undefined && `**Ended early**: ${stopped}.`,
    "## Facts",
    ["as assumed", "otherwise", "not tried"]
      .map((verdict) => `${count(verdict)} ${verdict}`).join(", ") + ".",
    table(
      ["fact", "question", "assumed, and where", "result"],
      run.facts.map(({ id, question, assumed, code, how, verdict, detail }) => [
        id,
        question,
        `${assumed} (\`${code}\`)`,
        verdict === "otherwise"
          ? `**otherwise: ${detail}** (${how})`
          : withDetail(verdict, detail),
      ]),
    ),
    "## Endpoints that read",
    table(
      ["endpoint", "result", "HTTP", "ms"],
      reads.map(({ name, result, detail, http = "", ms = "" }) => [
        `\`${name}\``,
        withDetail(result, detail),
        String(http),
        String(ms),
      ]),
    ),
    steps.length > 0 && "## Writes",
    steps.length > 0 && table(
      ["step", "result"],
      steps.map(({ name, result, detail }) => [
        name,
        withDetail(result, detail),
      ]),
    ),
    cleanupLines(run.cleanup).join("\n"),
    "<details><summary>Shapes of the answers</summary>",
    reads.filter(({ shape }) => shape !== undefined)
      .map(({ name, shape }) => `- \`${name}\` \`${shape}\``)
      .join("\n"),
    "</details>",
  ];
  return sections.filter((section) => section !== false).join("\n\n");
}

const withDetail = (result: string, detail: string) =>
  detail === "" ? result : `${result}: ${detail}`;

/** The removed and remaining records, one line each. */
export function cleanupLines({ removed, left, notes }: Cleanup): string[] {
  const counts = Object.entries(removed)
    .map(([kind, count]) => `${count} ${kind}`).join(", ");
  return [
    left.length > 0
      ? `**${left.length} not cleaned up:**`
      : `${withDetail("Cleaned up", counts)}.`,
    ...[...left, ...notes].map((line) => `- ${line}`),
  ];
}

function table(head: string[], body: readonly string[][]): string {
  const escaped = body.map((cells) =>
    cells.map((cell) => cell.replaceAll("|", "\\|"))
  );
  return markdownTable(head, escaped);
}
