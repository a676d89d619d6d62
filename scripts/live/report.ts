/**
 * The report of a run: as Markdown, for pasting into an issue, and as JSON.
 *
 * @module
 */
import { isLoopback } from "../../src/net/address.ts";
import { VERSION } from "../../src/version.ts";
import { markdownTable } from "../figures.ts";
import type { Cleanup } from "./cleanup.ts";
import { type Claim, NEEDS_WRITE } from "./fact.ts";
import { facts, type Verdict } from "./facts.ts";
import type { ReadRow } from "./reads.ts";
import type { StepRow } from "./story.ts";

/** The results of a run. */
export interface Run {
  /** The id of the run; part of the names of its records. */
  readonly run: string;
  readonly baseUrl: string;
  readonly flags: readonly string[];
  readonly requests: number;
  readonly limitHeaders: readonly string[];
  /** Why the run ended early, if it did. */
  readonly stopped: string | undefined;
  readonly reads: readonly ReadRow[];
  readonly steps: readonly StepRow[];
  readonly verdicts: ReadonlyMap<string, Verdict>;
  readonly cleanup: Cleanup;
  readonly exitCode: number;
}

/** A fact with its result. */
type FactRow = Claim & Verdict & { readonly id: string };

/** Every fact with its result. */
function rows({ verdicts, stopped }: Run): FactRow[] {
  return facts.map(({ id, question, assumed, code, how, ...probe }) => {
    const detail = stopped ??
      ("write" in probe ? NEEDS_WRITE : "the run did not come to it");
    const verdict = verdicts.get(id) ?? { verdict: "not tried", detail };
    return { id, question, assumed, code, how, ...verdict };
  });
}

/** Names the host only if it is Qontak's own. */
function nameHost(baseUrl: string): string {
  const { hostname } = new URL(baseUrl);
  if (isLoopback(hostname)) return "this machine";
  return /(^|\.)(qontak\.com|mekari\.com|mekari\.io)$/.test(hostname)
    ? hostname
    : "another host";
}

const today = () => new Date().toISOString().slice(0, 10);

/** The report as data. */
export function toJson(run: Run): string {
  const { baseUrl, verdicts: _, ...rest } = run;
  const head = { version: VERSION, date: today(), host: nameHost(baseUrl) };
  return JSON.stringify({ ...head, ...rest, facts: rows(run) }, null, 2);
}

/** The report as Markdown. */
export function toMarkdown(run: Run): string {
  const all = rows(run);
  const count = (wanted: string) =>
    all.filter(({ verdict }) => verdict === wanted).length;
  const { reads, steps, cleanup, stopped, limitHeaders } = run;
  const flags = run.flags.join(" ") || "only reading";
  const sections = [
    "# Live test of @qontak/mcp",
    `Version ${VERSION}, ${today()}, against ${
      nameHost(run.baseUrl)
    }, ${flags}. ${run.requests} requests. Personal data is left out: only types, statuses, keys and what this program itself sent is shown.`,
    limitHeaders.length > 0 &&
    `Headers about limits were seen: ${limitHeaders.join(", ")}.`,
    stopped !== undefined && `**Ended early**: ${stopped}.`,
    "## Facts",
    ["as assumed", "otherwise", "not tried"]
      .map((verdict) => `${count(verdict)} ${verdict}`).join(", ") + ".",
    table(
      ["fact", "question", "assumed, and where", "result"],
      all.map((row) => [
        row.id,
        row.question,
        `${row.assumed} (\`${row.code}\`)`,
        resultOf(row),
      ]),
    ),
    "## Endpoints that read",
    table(
      ["endpoint", "result", "HTTP", "ms"],
      reads.map(({ endpoint, result, why = "", http = "", ms = "" }) => [
        `\`${endpoint}\``,
        withDetail(result, why),
        String(http),
        String(ms),
      ]),
    ),
    steps.length > 0 && "## Writes",
    steps.length > 0 && table(
      ["step", "result"],
      steps.map(({ step, result, detail }) => [
        step,
        withDetail(result, detail),
      ]),
    ),
    cleanupLines(cleanup).join("\n"),
    "<details><summary>Shapes of the answers</summary>",
    reads.filter(({ shape }) => shape !== undefined)
      .map(({ endpoint, shape }) => `- \`${endpoint}\` \`${shape}\``)
      .join("\n"),
    "</details>",
  ];
  return sections.filter((section) => section !== false).join("\n\n");
}

const withDetail = (result: string, detail: string) =>
  detail === "" ? result : `${result}: ${detail}`;

function resultOf({ verdict, detail, how }: FactRow): string {
  if (verdict === "otherwise") return `**otherwise: ${detail}** (${how})`;
  if (verdict === "not tried") return `not tried: ${detail}`;
  return detail === "" ? verdict : `${verdict} (${detail})`;
}

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
