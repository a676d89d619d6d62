/**
 * The report of a run: as Markdown, to be pasted into an issue, and as JSON.
 *
 * @module
 */
import { isLoopback } from "../../src/net/address.ts";
import { VERSION } from "../../src/version.ts";
import type { Fact, Finding } from "./fact.ts";
import { facts } from "./facts.ts";
import type { Cleanup } from "./ledger.ts";
import type { ReadRow } from "./reads.ts";
import type { StepRow } from "./steps.ts";

/** What a run came to. */
export interface Run {
  /** Names the run's records. */
  readonly run: string;
  /** Where Qontak is. */
  readonly baseUrl: string;
  /** The flags that were given. */
  readonly flags: readonly string[];
  /** How many requests were sent. */
  readonly requests: number;
  /** Names of headers about limits that were seen. */
  readonly limitHeaders: readonly string[];
  /** Why it ended early, if it did. */
  readonly stopped: string | undefined;
  readonly reads: readonly ReadRow[];
  readonly steps: readonly StepRow[];
  readonly findings: ReadonlyMap<string, Finding>;
  readonly cleanup: Cleanup;
  readonly exitCode: number;
}

/** A fact with what was found. */
export interface Row extends Omit<Fact, "probe" | "phase">, Finding {}

/** Every fact with what was found. */
function rows({ findings, stopped }: Run): Row[] {
  return facts.map(({ id, question, assumed, code, how, phase }) => {
    const why = stopped ??
      (phase === "write" ? "it needs --write" : "the run did not come to it");
    const { verdict, detail } = findings.get(id) ??
      { verdict: "not tried", detail: why };
    return { id, question, assumed, code, how, verdict, detail };
  });
}

/** Names the host only where it is Qontak's own. */
function nameHost(baseUrl: string): string {
  const { hostname } = new URL(baseUrl);
  if (isLoopback(hostname)) return "this machine";
  return /(^|\.)(qontak\.com|mekari\.com|mekari\.io)$/.test(hostname)
    ? hostname
    : "another host";
}

/**
 * The report as data.
 *
 * @param run What the run came to.
 */
export function toJson(run: Run): string {
  const { baseUrl, findings: _, ...rest } = run;
  return JSON.stringify(
    {
      version: VERSION,
      date: new Date().toISOString().slice(0, 10),
      host: nameHost(baseUrl),
      ...rest,
      facts: rows(run),
    },
    null,
    2,
  );
}

/**
 * The report as Markdown.
 *
 * @param run What the run came to.
 */
export function toMarkdown(run: Run): string {
  const all = rows(run);
  const count = (verdict: string) =>
    all.filter((row) => row.verdict === verdict).length;
  const { reads, steps, cleanup, stopped, limitHeaders } = run;
  return [
    "# Live test of @qontak/mcp",
    "",
    `Version ${VERSION}, ${new Date().toISOString().slice(0, 10)}, against ${
      nameHost(run.baseUrl)
    }, ${
      run.flags.length > 0 ? run.flags.join(" ") : "only reading"
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
    ...(steps.length > 0
      ? [
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
      ]
      : []),
    "",
    ...cleanupLines(cleanup),
    "",
    "<details><summary>Shapes of the answers</summary>",
    "",
    ...reads.filter(({ shape }) => shape !== undefined).map((
      { endpoint, shape },
    ) => `- \`${endpoint}\` \`${shape}\``),
    "",
    "</details>",
  ].join("\n");
}

function resultOf({ verdict, detail, how }: Row): string {
  if (verdict === "as assumed") {
    return detail === "" ? "as assumed" : `as assumed (${detail})`;
  }
  return verdict === "otherwise"
    ? `**otherwise: ${detail}** (${how})`
    : `not tried: ${detail}`;
}

/**
 * What was removed and what is left, a line each.
 *
 * @param cleanup How the cleaning up went.
 */
export function cleanupLines(cleanup: Cleanup): string[] {
  const removed = Object.entries(cleanup.removed)
    .map(([kind, count]) => `${count} ${kind}`);
  return [
    cleanup.left.length > 0
      ? `**${cleanup.left.length} not cleaned up:**`
      : `Cleaned up${removed.length > 0 ? `: ${removed.join(", ")}` : ""}.`,
    ...cleanup.left.map((line) => `- ${line}`),
    ...cleanup.notes.map((line) => `- ${line}`),
  ];
}

function table(head: readonly string[], body: readonly string[][]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...body.map(line)].join(
    "\n",
  );
}
