/**
 * Reads answers whose form is not certain, and describes their form without
 * their content.
 *
 * @module
 */
import { isObject, type JsonObject } from "../../src/values/json.ts";

/** The objects in a list; other values are ignored. */
export function objectsIn(list: unknown): JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}

/** A single record; accepts a list with one record. */
export function recordIn(response: unknown): JsonObject {
  const record = Array.isArray(response) ? response[0] : response;
  return isObject(record) ? record : {};
}

/** The type of a JSON value in one word. */
export function typeName(value: unknown): string {
  if (value === undefined) return "absent";
  if (value === null) return "null";
  return Array.isArray(value) ? "list" : typeof value;
}

/** The types of several values, each named once: `null or string`. */
export function typeNames(values: readonly unknown[], nameOf = typeName) {
  return [...new Set(values.map(nameOf))].sort().join(" or ");
}

/** Deeper keys than this are not listed. */
const DEPTH = 5;

/** The shape of a value: `{meta{status number}, response[25]{id number}}`. */
export function shapeOf(value: unknown): string {
  return shapeOfAll([value], 0);
}

/** The shape that several values at one place in an answer have together. */
function shapeOfAll(values: readonly unknown[], depth: number): string {
  return [...new Set(values.map(typeName))].sort().map((type) => {
    if (type === "object") return keysOf(objectsIn(values), depth);
    if (type !== "list") return type;
    const lists = values.filter(Array.isArray);
    const entries = lists.flat();
    const longest = Math.max(...lists.map(({ length }) => length));
    return `[${longest}]${shapeOfAll(entries, depth)}`;
  }).join("|");
}

function keysOf(objects: readonly JsonObject[], depth: number): string {
  if (depth >= DEPTH) return "{…}";
  const valuesOf = Map.groupBy(
    objects.flatMap(Object.entries<unknown>),
    // A key that is not a plain word may be a name, an address or a number.
    ([key]) => /^[A-Za-z_][\w-]{0,40}$/.test(key) ? key : "(key)",
  );
  const parts = [...valuesOf].map(([key, entries]) => {
    // Every answer has the same meta, which the facts describe once.
    if (depth === 0 && key === "meta") return key;
    const text = shapeOfAll(entries.map(([, value]) => value), depth + 1);
    return /^[[{]/.test(text) ? `${key}${text}` : `${key} ${text}`;
  });
  return `{${parts.join(", ")}}`;
}
