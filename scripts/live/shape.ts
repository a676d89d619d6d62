/**
 * Describes the form of an answer without its content: the keys, and the types
 * of their values.
 *
 * @module
 */
import { isObject } from "../../src/values/json.ts";

/** The shape at one place in an answer, merged over all its values. */
interface Shape {
  readonly types: Set<string>;
  readonly keys: Map<string, Shape>;
  /** The shape of a list's entries. */
  item?: Shape;
  /** The largest number of entries in a list. */
  entries: number;
}

/** Deeper keys than this are not listed. */
const DEPTH = 5;

/** The type of a JSON value in one word. */
export function typeName(value: unknown): string {
  if (value === undefined) return "absent";
  if (value === null) return "null";
  return Array.isArray(value) ? "list" : typeof value;
}

/** The types of several values, each named once: `null or string`. */
export function typeNames(values: Iterable<unknown>, nameOf = typeName) {
  return [...new Set([...values].map(nameOf))].sort().join(" or ");
}

/** The shape of a value: `{meta{status number}, response[25]{id number}}`. */
export function shapeOf(value: unknown): string {
  const shape = empty();
  merge(shape, value);
  return render(shape, 0);
}

function empty(): Shape {
  return { types: new Set(), keys: new Map(), entries: 0 };
}

function merge(shape: Shape, value: unknown): void {
  shape.types.add(typeName(value));
  if (Array.isArray(value)) {
    shape.entries = Math.max(shape.entries, value.length);
    for (const entry of value) merge(shape.item ??= empty(), entry);
  } else if (isObject(value)) {
    for (const [key, inner] of Object.entries(value)) {
      // A key that is not a plain word may be a name, an address or a number.
      const name = /^[A-Za-z_][\w-]{0,40}$/.test(key) ? key : "(key)";
      const known = shape.keys.get(name) ?? empty();
      shape.keys.set(name, known);
      merge(known, inner);
    }
  }
}

function render(shape: Shape, depth: number): string {
  return [...shape.types].sort().map((type) => {
    if (type === "list") {
      return `[${shape.entries}]${shape.item ? render(shape.item, depth) : ""}`;
    }
    return type === "object" ? renderKeys(shape, depth) : type;
  }).join("|");
}

function renderKeys({ keys }: Shape, depth: number): string {
  if (depth >= DEPTH) return "{…}";
  const parts = [...keys].map(([key, inner]) => {
    // Every answer has the same meta, which the facts describe once.
    if (depth === 0 && key === "meta") return key;
    const text = render(inner, depth + 1);
    return /^[[{]/.test(text) ? `${key}${text}` : `${key} ${text}`;
  });
  return `{${parts.join(", ")}}`;
}
