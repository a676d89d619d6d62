/**
 * A column of a table: each value that repeats is stored once, and every row has
 * a numeric code for its value.
 *
 * @module
 */

/** The code of an empty field. */
export const NONE = 0;

/** Roughly how much memory a value takes in addition to its text, in bytes. */
const PER_VALUE = 80;

/** How much a number takes in addition, in bytes. */
const PER_NUMBER = 8;

/**
 * After how many values it is decided whether the values of a column repeat at
 * all, and how many must have repeated by then. To look for each of thousands of
 * different values takes long, and a map for that takes memory.
 */
const ENOUGH = 512, REPEATS = 16;

/** One column, to read. */
export interface Column {
  /**
   * The values; code 0 is the empty value. Values that repeat have one code; a
   * column whose values hardly repeat may have several codes for one.
   */
  readonly values: readonly unknown[];
  /** The code of a row's value; 0 if the record has none. */
  code(row: number): number;
}

/** The codes of a column, as narrow as its number of values allows. */
type Codes = Uint8Array | Uint16Array | Uint32Array;

/** One column, to write. */
export interface Growing extends Column {
  readonly values: unknown[];
  codes: Codes;
  /** The largest code that there is room for. */
  most: number;
  /** The codes of plain values, and of lists and objects by their JSON. */
  readonly plain: Map<unknown, number>;
  readonly nested: Map<string, number>;
  /** How many values had a code already. */
  repeats: number;
  /** Whether values hardly repeat, so that each gets a code of its own. */
  isVaried: boolean;
  /** Roughly how much memory its values take, in bytes. */
  bytes: number;
}

/**
 * Makes an empty column.
 *
 * @param capacity How many rows it has room for.
 */
export function createColumn(capacity: number): Growing {
  const column: Growing = {
    codes: new Uint8Array(capacity),
    most: 2 ** 8 - 1,
    values: [undefined],
    plain: new Map(),
    nested: new Map(),
    repeats: 0,
    isVaried: false,
    bytes: 0,
    code: (row) => column.codes[row]!,
  };
  return column;
}

/** Makes a copy of a column, whose rows change on their own. */
export function copyColumn(from: Growing): Growing {
  const column: Growing = {
    ...from,
    codes: from.codes.slice(),
    code: (row) => column.codes[row]!,
  };
  return column;
}

/**
 * Gives a column room for more rows, and for the codes of all values.
 *
 * @param column The column.
 * @param capacity How many rows it has room for.
 */
export function widen(column: Growing, capacity: number): void {
  const most = column.values.length;
  const codes: Codes = most < 2 ** 8
    ? new Uint8Array(capacity)
    : most < 2 ** 16
    ? new Uint16Array(capacity)
    : new Uint32Array(capacity);
  codes.set(column.codes);
  column.codes = codes;
  column.most = 2 ** (8 * codes.BYTES_PER_ELEMENT) - 1;
}

/**
 * Stores the value of a row.
 *
 * @param column The column.
 * @param row The row, for which there is room.
 * @param value The value; not an empty one.
 */
export function setValue(column: Growing, row: number, value: unknown): void {
  const code = codeOf(column, value);
  if (code > column.most) widen(column, column.codes.length);
  column.codes[row] = code;
}

/** The code of a value that is not empty. */
function codeOf(column: Growing, value: unknown): number {
  const { plain, nested, values } = column;
  let text: string | undefined;
  if (!column.isVaried) {
    if (typeof value === "object") text = textOf(value as object);
    const known = text === undefined ? plain.get(value) : nested.get(text);
    if (known !== undefined) {
      column.repeats++;
      return known;
    }
  }
  const code = values.push(value) - 1;
  column.bytes += PER_VALUE + sizeOf(value, text);
  if (column.isVaried) return code;
  if (code === ENOUGH && column.repeats < REPEATS) {
    column.isVaried = true;
    plain.clear();
    nested.clear();
  } else if (text === undefined) plain.set(value, code);
  else nested.set(text, code);
  return code;
}

/**
 * The text by which equal lists and objects are found: their JSON, or a shorter
 * one for the most frequent, lists of one id or one name.
 */
function textOf(value: object): string {
  if (Array.isArray(value) && value.length === 1) {
    const [only] = value;
    if (typeof only === "number") return String(only);
    // No JSON of a list or an object begins with a quotation mark.
    if (typeof only === "string") return `"${only}`;
  }
  return JSON.stringify(value);
}

/**
 * Roughly how much memory a value takes, in bytes.
 *
 * @param value The value.
 * @param text What a list or an object was looked up by, if it was.
 */
function sizeOf(value: unknown, text: string | undefined): number {
  return typeof value === "string"
    ? value.length
    : typeof value === "object"
    ? 3 * (text ?? textOf(value as object)).length
    : PER_NUMBER;
}
