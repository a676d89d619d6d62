/**
 * The report of a run: as Markdown, for pasting into an issue, and as JSON.
 *
 * @module
 */
import { isLoopback } from "../../src/net/address.ts";
import { VERSION } from "../../src/version.ts";
import { markdownTable } from "../figures.ts";
import type { Cleanup } from "./cleanup.ts";
import type { Claim } from "./fact.ts";
import { facts } from "./facts.ts";
import type { ReadRow } from "./reads.ts";
import type { StepRow } from "./story.ts";
import type { Finding } from "./verdict.ts";

/** The results of a run. */
export interface Run {
  /** The id of the run; part of the names of its records. */
  readonly run: string;
  /** The address of Qontak. */
  readonly baseUrl: string;
  /** The flags on the command line. */
  readonly flags: readonly string[];
  /** The number of requests that were sent. */
  readonly requests: number;
  /** The names of the rate limit headers that were seen. */
  readonly limitHeaders: readonly string[];
  /** Why the run ended early, if it did. */
  readonly stopped: string | undefined;
  readonly reads: readonly ReadRow[];
  readonly steps: readonly StepRow[];
  readonly findings: ReadonlyMap<string, Finding>;
  readonly cleanup: Cleanup;
  readonly exitCode: number;
}

/** A fact with its result. */
type FactRow = Claim & Finding;

/** Every fact with its result. */
function rows({ findings, stopped }: Run): FactRow[] {
  return facts.map(({ id, question, assumed, code, how, phase }) => {
    const detail = stopped ??
      (phase === "write" ? "it needs --write" : "the run did not come to it");
    const finding = findings.get(id) ?? { verdict: "not tried", detail };
    return { id, question, assumed, code, how, ...finding };
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
  const { baseUrl, findings: _, ...rest } = run;
  const head = { version: VERSION, date: today(), host: nameHost(baseUrl) };
  return JSON.stringify({ ...head, ...rest, facts: rows(run) }, null, 2);
}

/** The report as Markdown. */
export function toMarkdown(run: Run): string {
  const all = rows(run);
  const count = (verdict: string) =>
    all.filter((row) => row.verdict === verdict).length;
  const { reads, steps, cleanup, stopped, limitHeaders, flags } = run;
  return [
    "# Live test of @qontak/mcp",
    "",
    `Version ${VERSION}, ${today()}, against ${nameHost(run.baseUrl)}, ${
      flags.length > 0 ? flags.join(" ") : "only reading"
    }. ${run.requests} requests. Personal data is left out: only types, statuses, keys and what this program itself sent is shown.`,
    ...(limitHeaders.length > 0
      ? ["", `Headers about limits were seen: ${limitHeaders.join(", ")}.`]
      : []),
    ...(stopped === undefined ? [] : ["", `**Ended early**: ${stopped}.`]),
    "",
    "## Facts",
    "",
    `${count("as assumed")} as assumed, ${count("otherwise")} otherwise, ${
      count("not tried")
    } not tried.`,
    "",
    table(
      ["fact", "question", "assumed, and where", "result"],
      all.map((row) => [
        row.id,
        row.question,
        `${row.assumed} (\`${row.code}\`)`,
        resultOf(row),
      ]),
    ),
    "",
    "## Endpoints that read",
    "",
    table(
      ["endpoint", "result", "HTTP", "ms"],
      reads.map(({ endpoint, result, why, status, ms }) => [
        `\`${endpoint}\``,
        why === undefined ? result : `${result}: ${why}`,
        String(status ?? ""),
        String(ms ?? ""),
      ]),
    ),
    ...(steps.length === 0 ? [] : [
      "",
      "## Writes",
      "",
      table(
        ["step", "result"],
        steps.map(({ step, result, detail }) => [
          step,
          detail === "" ? result : `${result}: ${detail}`,
        ]),
      ),
    ]),
    "",
    ...cleanupLines(cleanup),
    "",
    "<details><summary>Shapes of the answers</summary>",
    "",
    ...reads.flatMap(({ endpoint, shape }) =>
      shape === undefined ? [] : `- \`${endpoint}\` \`${shape}\``
    ),
    "",
    "</details>",
  ].join("\n");
}

function resultOf({ verdict, detail, how }: FactRow): string {
  if (verdict === "as assumed") {
    return detail === "" ? verdict : `${verdict} (${detail})`;
  }
  return verdict === "otherwise"
    ? `**otherwise: ${detail}** (${how})`
    : `not tried: ${detail}`;
}

/** The removed and remaining records, one line each. */
export function cleanupLines({ removed, left, notes }: Cleanup): string[] {
  const counts = Object.entries(removed).map(([kind, count]) =>
    `${count} ${kind}`
  );
  return [
    left.length > 0
      ? `**${left.length} not cleaned up:**`
      : `Cleaned up${counts.length > 0 ? `: ${counts.join(", ")}` : ""}.`,
    ...[...left, ...notes].map((line) => `- ${line}`),
  ];
}

function table(head: string[], body: readonly string[][]): string {
  const escaped = body.map((cells) =>
    cells.map((cell) => cell.replaceAll("|", "\\|"))
  );
  return markdownTable(head, escaped);
}
