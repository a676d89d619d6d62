/**
 * Reports the outcome of a write: reads the record back and compares it with
 * what was sent.
 *
 * @module
 */
import {
  type Difference,
  isSame,
  type ReadBack,
  readBack,
} from "../fields/readback.ts";
import { presentRecord } from "../fields/present.ts";
import { labelsFor, showRecord } from "../fields/shown.ts";
import { recordOf } from "../qontak/envelope.ts";
import { argumentOf, type Resource } from "../qontak/resources.ts";
import { isEmpty, type JsonObject, show } from "../values/json.ts";
import type { Sent } from "./change.ts";
import type { ChangeContext } from "./context.ts";
import { type Comparison, differencesOf, setByQontak } from "./differences.ts";

/**
 * Reads the current state of a record.
 *
 * @param context The company's CRM.
 * @param resource The kind of record.
 * @param id The record's id.
 */
export async function readRecord(
  { crm, signal }: ChangeContext,
  { endpoints: { get } }: Resource,
  id: number,
): Promise<JsonObject> {
  const { response } = await crm.call(get, { path: { id }, signal });
  return recordOf(get, response, id);
}

/** The outcome for each value, by the names of the tool's arguments. */
function presentOutcome(resource: Resource, outcome: ReadBack): JsonObject {
  const named = (list: readonly Difference[]) =>
    list.map((one) => ({ ...one, key: argumentOf(resource, one.key) }));
  const { applied, ignored, stored_differently, not_shown } = outcome;
  return {
    applied: applied.map((key) => argumentOf(resource, key)),
    ignored: named(ignored),
    stored_differently: named(stored_differently),
    ...(not_shown.length > 0
      ? { not_shown: not_shown.map((key) => argumentOf(resource, key)) }
      : {}),
  };
}

/** Notes that a total which was not sent does not match its parts. */
function noteTotal(
  { name, total }: Resource,
  body: JsonObject,
  stored: JsonObject,
  previous: JsonObject | undefined,
): string[] {
  if (!total || body[total.key] !== undefined) return [];
  const parts = total.of.filter((key) => !isEmpty(body[key]));
  const now = stored[total.key];
  const stays = isEmpty(now) || (previous && isSame(now, previous[total.key]));
  if (parts.length === 0 || !stays) return [];
  return [
    `${total.key} ${
      isEmpty(now) ? "is empty" : `is still ${show(now)}`
    }: Qontak did not work it out from ${
      parts.join(" and ")
    }. Set it with update_${name}`,
  ];
}

/** The record that a write concerns. */
export interface WrittenTo {
  /** The kind of record. */
  readonly resource: Resource;
  /** The keys that identify a record to a reader. */
  readonly summary: readonly string[];
}

/** A write that Qontak has accepted. */
export interface Written {
  /** The record's id. */
  readonly written: number;
  /** What was sent. */
  readonly body: JsonObject;
  /** The record in Qontak's answer to the write, if it was there. */
  readonly made?: JsonObject | undefined;
  /** The record before an update. */
  readonly previous?: JsonObject | undefined;
  /** What else the reader should know. */
  readonly notes?: readonly string[];
  /** Notes on the record as it is after the write, if it could be read. */
  readonly noteStored?: (stored: JsonObject | undefined) => readonly string[];
}

/** What an update changed, and what Qontak set by itself. */
async function reportDifferences(
  { setup }: ChangeContext,
  comparison: Comparison,
): Promise<JsonObject> {
  const { before, resource } = comparison;
  // What a write returns may be less than the record, and in another shape.
  if (resource?.readsOtherwise) return {};
  const byQontak = await setByQontak(setup, comparison);
  const set_by_qontak = byQontak.length > 0 ? { set_by_qontak: byQontak } : {};
  if (!before) return set_by_qontak;
  const { changed, cleared, removed } = await differencesOf(setup, comparison);
  return {
    changed,
    ...(cleared.length > 0 ? { cleared } : {}),
    ...(removed.length > 0 ? { removed } : {}),
    ...set_by_qontak,
  };
}

/** A record as answers show it. */
async function recordFor(
  { setup }: ChangeContext,
  resource: Resource,
  record: JsonObject,
): Promise<JsonObject> {
  return showRecord(record, await labelsFor(setup, resource, [record]));
}

/**
 * Reads a record back after a write, and reports the outcome for each value.
 *
 * @param context The company's CRM.
 * @param write The kind of record, and the keys that identify a record.
 * @param written What was written.
 */
export async function reportWrite(
  context: ChangeContext,
  write: WrittenTo,
  { written, made, body, previous, notes = [], noteStored }: Written,
): Promise<Sent> {
  const allNotes = [...notes];
  let stored = made;
  let outcome = made && readBack(body, made, previous);
  const settled = outcome && outcome.ignored.length === 0 &&
    outcome.not_shown.length === 0 && outcome.stored_differently.length === 0;
  if (!settled && !(made && write.resource.readsOtherwise)) {
    // The record decides: the answer to an update lacks the record, and some
    // custom fields in the answer to a create are still empty. Values that the
    // record does not show come from the answer.
    try {
      const now = await readRecord(context, write.resource, written);
      stored = { ...made, ...now };
      outcome = readBack(body, stored, previous);
    } catch (error) {
      allNotes.push(
        `The write was accepted, but reading it back failed: ${
          context.explain(error)
        }`,
      );
    }
  }
  if (stored) {
    allNotes.push(...noteTotal(write.resource, body, stored, previous));
  }
  if (noteStored) allNotes.push(...noteStored(stored));
  const keys = new Set([...write.summary, ...Object.keys(body)]);
  keys.delete("additional_fields");
  const custom = Array.isArray(body.additional_fields)
    ? body.additional_fields.map((entry: JsonObject) => String(entry.id))
    : [];
  const { resource } = write;
  const comparison = { resource, before: previous, body, after: stored };
  const report = {
    id: written,
    ...(stored
      ? {
        record: await recordFor(
          context,
          write.resource,
          presentRecord(stored, [...keys, ...custom], false).record,
        ),
      }
      : {}),
    ...(outcome ? presentOutcome(write.resource, outcome) : {
      applied: [],
      ignored: [],
      stored_differently: [],
      unconfirmed: Object.keys(body)
        .map((key) => argumentOf(write.resource, key)),
    }),
    ...(stored ? await reportDifferences(context, comparison) : {}),
    ...(allNotes.length > 0 ? { notes: allNotes } : {}),
  };
  return { report, id: written, after: stored };
}
