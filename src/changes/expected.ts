/**
 * What a row of a run was checked against, in few bytes, and whether it is
 * still the same.
 *
 * @module
 */
import { isSame, valuesOf } from "../fields/readback.ts";
import { argumentOf } from "../qontak/resources.ts";
import { defined, isEmpty, isObject, type JsonObject } from "../values/json.ts";
import { flat, VOLATILE, withoutQuery } from "./carry_out_plan.ts";
import type { Prepared } from "./change.ts";
import type { Expected } from "./runs.ts";

/** How many keys a sentence names. */
const NAMED = 10;

/**
 * Notes what a change was checked against. It holds no value of the record.
 *
 * @param prepared The change.
 */
export function expectedOf({ body, before }: Prepared): Expected {
  const stamp = before?.updated_at;
  return {
    body,
    ...defined({ stamp: typeof stamp === "string" ? stamp : undefined }),
    ...(before ? { hashes: hashesOf(before) } : {}),
  };
}

/**
 * Says what has changed since a row was planned. The record of a plan may come
 * from a list, which can show less: only keys that both have are compared, and
 * none if Qontak says that the record was not changed.
 *
 * @param expected What the row was checked against.
 * @param now The same change, prepared again.
 * @returns A sentence; undefined if nothing has changed.
 */
export function driftSince(
  { body, stamp, hashes }: Expected,
  now: Prepared,
): string | undefined {
  const changed = now.before && hashes &&
      (stamp === undefined || stamp !== now.before.updated_at)
    ? differing(hashes, hashesOf(now.before))
    : [];
  const meant = bodiesDiffer(body, now.body)
    ? ["what the values given mean"]
    : [];
  const names = [
    ...changed.map((key) => now.resource ? argumentOf(now.resource, key) : key),
    ...meant,
  ];
  if (names.length === 0) return undefined;
  const more = names.length - NAMED;
  return `it was not sent, because this has changed since the plan was made: ${
    names.slice(0, NAMED).join(", ")
  }${more > 0 ? ` and ${more} more` : ""}`;
}

function differing(one: JsonObject, other: JsonObject): string[] {
  return Object.keys(one).filter((key) =>
    Object.hasOwn(other, key) && one[key] !== other[key]
  );
}

function bodiesDiffer(one: JsonObject, other: JsonObject): boolean {
  const [a, b] = [valuesOf(one), valuesOf(other)];
  return a.length !== b.length || a.some(({ key, value }) => {
    const same = b.find((found) => found.key === key);
    return !same || !isSame(value, same.value);
  });
}

function hashesOf(record: JsonObject): JsonObject {
  return Object.fromEntries(
    [...flat(record)].filter(([key]) => !VOLATILE.has(key))
      .map(([key, value]) => [
        key,
        // Lists of records do not tell what is empty in which way.
        isEmpty(value) ? "" : hash(ordered(value)),
      ]),
  );
}

/** The value as JSON, with the keys of its objects in order. */
function ordered(value: unknown): string {
  return JSON.stringify(
    value ?? null,
    (key, one) =>
      isObject(one)
        ? Object.fromEntries(Object.entries(one).sort())
        : withoutQuery(key, one),
  );
}

/** FNV-1a with 32 bits: it finds changes, and hides nothing. */
function hash(text: string): string {
  let sum = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
  }
  return (sum >>> 0).toString(36);
}
