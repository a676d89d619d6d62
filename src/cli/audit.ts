/**
 * Shows the changes that were made in Qontak.
 *
 * @module
 */
import { advise } from "../app/advice.ts";
import { open, type Program } from "../app/open.ts";
import type { Settings } from "../app/settings.ts";
import { readWhole, whole } from "../values/rules.ts";
import type { AuditRecord } from "../audit/record.ts";
import type { AuditStore } from "../audit/store.ts";
import { keyIdIn } from "../auth/stored_keys.ts";
import { ConfigError, InputError, sentenceOf, StoreError } from "../errors.ts";
import { createZone, type Zone } from "../values/zone.ts";
import { outlines } from "../tools/outlines.ts";
import { didYouMean } from "../values/words.ts";
import { type Run, settingsHere } from "./command.ts";
import { OK } from "./exit.ts";
import { type Flags, flags } from "./flags.ts";
import { complain, lineOf, say, sayJson, table } from "./output.ts";

/** The largest value of --limit. */
const MOST = 100_000;

/** What to show. */
interface Question {
  /** The filter for records. */
  readonly tenant: string | undefined;
  readonly tool: string | undefined;
  readonly record: number | undefined;
  /** The earliest time, in ms since 1970. */
  readonly since: number;
  readonly limit: number;
}

/** Shows the records, the newest first. */
export const audit: Run = async ({ flags: given }) => {
  const settings = await settingsHere(given);
  const zone = createZone(given.utc ? "UTC" : settings.QONTAK_TIME_ZONE);
  const question = readQuestion(given, zone);
  if (question.tool !== undefined) warnOfTool(question.tool);
  await using program = await open(settings);
  const { audits: store } = program;
  if (!store) {
    throw new ConfigError([
      settings.QONTAK_AUDIT === "off"
        ? "QONTAK_AUDIT=off records nothing: set it to kv or redis to keep records that can be shown"
        : "QONTAK_AUDIT=stderr keeps no records: they are in the log of the server, where its stderr goes. Set it to kv or redis to keep records that can be shown",
    ]);
  }
  const { records, isAll, unreadable } = await find(store, question);
  if (unreadable > 0) {
    complain(
      `records that are not shown: ${unreadable}. They are damaged, or TOKEN_ENCRYPTION_KEY does not hold the key that they are sealed with, or they are not sealed though it is set: qontak-mcp seal shows those, and seals them`,
    );
  }
  const labels = await readLabels(program, records);
  const shown = records.map((record): Shown => {
    const label = labels.get(record.principal);
    return label ? { ...record, label } : record;
  });
  if (given.json) sayJson(shown, 2);
  else {
    say(
      `${show(shown, zone)}\n\n${
        isAll ? "" : `The newest ${records.length}: --limit shows more. `
      }${describe(store, settings)}`,
    );
  }
  return OK;
};

/** Names a tool that there is none of; earlier versions may have had it. */
function warnOfTool(tool: string): void {
  const names = outlines.map(({ name }) => name);
  if (names.includes(tool)) return;
  complain(
    `${lineOf(JSON.stringify(tool))} is not a tool of this version${
      didYouMean(tool, names)
    }`,
  );
}

/** A record, and what is known about its caller. */
type Shown = AuditRecord & {
  /** The label of the key that called. */
  readonly label?: string;
};

/**
 * Reads the labels of the keys that called, by the names of the callers. A
 * revoked key has none any more.
 */
async function readLabels(
  program: Program,
  records: readonly AuditRecord[],
): Promise<ReadonlyMap<string, string>> {
  const names = [...new Set(records.map(({ principal }) => principal))]
    .filter((name) => keyIdIn(name) !== undefined);
  const labels = new Map<string, string>();
  if (names.length === 0) return labels;
  const problems = new Set<string>();
  const note = (error: unknown) => {
    if (!(error instanceof StoreError || error instanceof ConfigError)) {
      throw error;
    }
    problems.add(String(sentenceOf(error, advise)));
  };
  try {
    const { keys } = program;
    await Promise.all(names.map(async (name) => {
      const found = await keys?.read(keyIdIn(name)!).catch(note);
      if (found) labels.set(name, found.key.label);
    }));
  } catch (error) {
    note(error);
  }
  for (const problem of problems) {
    complain(`labels of keys are missing. ${problem}`);
  }
  return labels;
}

async function find(store: AuditStore, question: Question) {
  const { tenant, tool, record, since, limit } = question;
  const records: AuditRecord[] = [];
  let unreadable = 0;
  for await (const one of store.list()) {
    if (!one) {
      unreadable++;
      continue;
    }
    if (Date.parse(one.time) < since) break;
    if (tenant !== undefined && one.tenant !== tenant) continue;
    if (tool !== undefined && one.tool !== tool) continue;
    if (record !== undefined && one.record !== record) continue;
    if (records.length === limit) return { records, unreadable, isAll: false };
    records.push(one);
  }
  return { records, unreadable, isAll: true };
}

function readQuestion(given: Flags, zone: Zone): Question {
  const problems: string[] = [];
  const read = <T>(
    name: "record" | "since" | "limit",
    parse: (text: string) => T,
    otherwise?: string,
  ): T | undefined => {
    const text = given[name] ?? otherwise;
    if (text === undefined) return undefined;
    try {
      return parse(String(text));
    } catch (error) {
      problems.push(`--${name} ${(error as Error).message}`);
      return undefined;
    }
  };
  const word = (name: "tenant" | "tool") =>
    given[name] === undefined ? undefined : String(given[name]);
  const question = {
    tenant: word("tenant"),
    tool: word("tool"),
    record: read("record", readWhole(whole(0, Number.MAX_SAFE_INTEGER))),
    since: read("since", (text) => readSince(text, zone)) ?? 0,
    limit: read("limit", readWhole(whole(1, MOST)), flags.limit.value) ?? 0,
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return question;
}

/** The units after a number, in ms. */
const UNITS: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A time in the past, in ms since 1970; dates without a zone are in this one. */
function readSince(text: string, zone: Zone): number {
  const [, count, unit = ""] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (count !== undefined) return Date.now() - Number(count) * UNITS[unit]!;
  const isDate =
    /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/
      .test(text);
  const isLocal = !/T.*[Z+-]/.test(text);
  const hasTime = text.includes("T");
  const time = isDate
    ? Date.parse(isLocal && hasTime ? `${text}Z` : text)
    : NaN;
  if (!Number.isNaN(time)) return isLocal ? zone.whenShown(time) : time;
  throw new InputError(
    `must be like 30m, 2h or 7d, or a date like 2026-11-30 or 2026-11-30T08:00 (${zone.name}), not ${
      JSON.stringify(text)
    }`,
  );
}

/** The columns of the table. */
const COLUMNS: readonly (readonly [
  (zone: Zone) => string,
  (record: Shown, zone: Zone) => string,
])[] = [
  [({ name }) => `time (${name})`, ({ time }, zone) => timeIn(zone, time)],
  [
    () => "outcome",
    ({ outcome, status }) => [outcome, status].join(" ").trim(),
  ],
  [() => "tool", ({ tool }) => tool],
  [() => "record", ({ record }) => String(record ?? "-")],
  [() => "tenant", ({ tenant }) => tenant],
  [
    () => "by",
    ({ principal, label }) => label ? `${principal} (${label})` : principal,
  ],
  [() => "plan", ({ plan }) => plan ?? "-"],
  [() => "undo", ({ undo }) => undo ?? "-"],
  [() => "sent", ({ sent }) => Object.keys(sent).join(",") || "-"],
];

/** A time for people, to the second. A text that is not a time stays as it is. */
function timeIn(zone: Zone, time: string): string {
  const epoch = Date.parse(time);
  if (!(Math.abs(epoch) < LATEST)) return time;
  return new Date(zone.clockAt(epoch)).toISOString().slice(0, 19)
    .replace("T", " ");
}

/** No record has a later time, in ms since 1970: the end of the year 9999. */
const LATEST = Date.UTC(10_000, 0) - 86_400_000;

function show(records: readonly Shown[], zone: Zone): string {
  if (records.length === 0) return "no records match";
  return table([
    COLUMNS.map(([title]) => title(zone)),
    ...records.map((record) => COLUMNS.map(([, read]) => read(record, zone))),
  ]);
}

function describe(
  { name }: AuditStore,
  { QONTAK_AUDIT_DAYS, QONTAK_AUDIT_VALUES }: Settings,
): string {
  const values = QONTAK_AUDIT_VALUES === "keep"
    ? "the values"
    : "hashes of the values";
  return `Kept in ${name} for ${QONTAK_AUDIT_DAYS} days, with ${values} that were sent (--json shows them). Not recorded: reads, and writes that were refused before they were sent.`;
}
