/**
 * What an answer looks like, without anything of what it says: keys and the
 * types of their values.
 *
 * @module
 */
import { isObject } from "../../src/values/json.ts";

/** The shape of one place in an answer, merged over all that stood there. */
interface Shape {
  readonly types: Set<string>;
  readonly keys: Map<string, Shape>;
  /** What the entries of lists look like. */
  item?: Shape;
  /** The most entries that a list had. */
  entries: number;
}

/** Keys deeper than this are not listed. */
const DEPTH = 5;

/**
 * The type of a value in one word.
 *
 * @param value Any JSON value.
 */
export function typeName(value: unknown): string {
  if (value === undefined) return "absent";
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  return typeof value;
}

/**
 * The types of several values, each named once: `string or null`.
 *
 * @param values Any JSON values.
 */
export function typeNames(values: Iterable<unknown>): string {
  return [...new Set([...values].map(typeName))].sort().join(" or ");
}

/**
 * The shape of a JSON value: `{meta{status number}, response[25]{id number}}`.
 *
 * @param value Any JSON value.
 */
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
      const name = safeKey(key);
      let known = shape.keys.get(name);
      if (!known) shape.keys.set(name, known = empty());
      merge(known, inner);
    }
  }
}

/** Where a key is no plain word, it may be a name, an address or a number. */
function safeKey(key: string): string {
  return /^[A-Za-z_][A-Za-z0-9_-]{0,40}$/.test(key) ? key : "(key)";
}

function render(shape: Shape, depth: number): string {
  return [...shape.types].sort().map((type) => {
    if (type === "list") {
      const item = shape.item ? renderInner(shape.item, depth) : "";
      return `[${shape.entries}]${item}`;
    }
    if (type === "object") return renderInner(shape, depth, true);
    return type;
  }).join("|");
}

function renderInner(shape: Shape, depth: number, asObject = false): string {
  if (!asObject && !shape.types.has("object")) return render(shape, depth);
  if (depth >= DEPTH) return "{…}";
  const keys = [...shape.keys].map(([key, inner]) => {
    // Every answer has the same meta; it is told once, in the facts.
    if (depth === 0 && key === "meta") return key;
    const text = render(inner, depth + 1);
    return /^[[{]/.test(text) ? `${key}${text}` : `${key} ${text}`;
  });
  return `{${keys.join(", ")}}`;
}
