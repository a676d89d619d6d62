/**
 * Stores many records of one kind in little memory. It stores them by column:
 * each distinct value once, and a numeric code for it in every row. An empty
 * field takes only the code.
 *
 * @module
 */
import { isEmpty, isObject, type JsonObject, toId } from "../values/json.ts";

/** The code of an empty field. */
const NONE = 0;

/** Roughly how much memory a value takes in addition to its text, in bytes. */
const PER_VALUE = 64;

/** The initial capacity of a table, in rows. */
const FIRST = 64;

/** One column. */
export interface Column {
  /** The distinct values; code 0 is the empty value. */
  readonly values: readonly unknown[];
  /** The code of a row's value; 0 if the record has none. */
  code(row: number): number;
}

interface Growing extends Column {
  codes: Uint32Array<ArrayBuffer>;
  readonly known: Map<string, number>;
  readonly values: unknown[];
}

/** The column name of a custom field, for its value or its label. */
export function customColumn(id: number, part: "value" | "label"): string {
  return part === "value" ? `#${id}` : `#${id} label`;
}

/** Records of one kind. */
export interface Table {
  /** How many records there are. */
  readonly size: number;
  /** Roughly how much memory they take, in bytes. */
  readonly bytes: number;
  /** The rows of all records, in the order in which they were added. */
  rows(): Iterable<number>;
  /** The ids of all records. */
  ids(): Iterable<number>;
  /** The row of the record with this id. */
  rowOf(id: number): number | undefined;
  /**
   * The column of a key, or of a custom field: see {@linkcode customColumn}.
   */
  column(name: string): Column | undefined;
  /** The names of all columns. */
  columns(): Iterable<string>;
  /** The value of a column in a row; undefined if the record has none. */
  value(row: number, name: string): unknown;
  /** How many records were replaced or removed since the table was made. */
  readonly replaced: number;
  /** Adds a record, or replaces the one with the same id. */
  put(id: number, record: JsonObject): void;
  /** Removes the record with this id. */
  remove(id: number): void;
  /**
   * Rebuilds a record.
   *
   * @param withEmpty Whether to show the fields that are empty in it, as null.
   */
  record(row: number, withEmpty?: boolean): JsonObject;
  /** Makes a copy whose rows stay as they are now. It shares the values. */
  copy(): Table;
}

/** What a table consists of. */
interface Parts {
  readonly columns: Map<string, Growing>;
  /** The names of all custom fields. */
  readonly names: Map<number, string>;
  /** The keys of all records, even if they were always empty. */
  readonly keys: Set<string>;
  readonly rowOf: Map<number, number>;
  /** Rows of removed records, for reuse. */
  readonly free: number[];
  readonly capacity: number;
  readonly used: number;
  readonly bytes: number;
}

/** Makes an empty table. */
export function createTable(): Table {
  return tableOf({
    columns: new Map(),
    names: new Map(),
    keys: new Set(),
    rowOf: new Map(),
    free: [],
    capacity: FIRST,
    used: 0,
    bytes: 0,
  });
}

function tableOf(parts: Parts): Table {
  const { columns, names, keys, rowOf, free } = parts;
  let { capacity, used, bytes } = parts;
  let replaced = 0;

  function columnFor(name: string): Growing {
    const known = columns.get(name);
    if (known) return known;
    const codes = new Uint32Array(capacity);
    const column: Growing = {
      codes,
      values: [undefined],
      known: new Map(),
      code: (row) => column.codes[row]!,
    };
    bytes += codes.byteLength;
    columns.set(name, column);
    return column;
  }

  function nextRow(): number {
    const again = free.pop();
    if (again !== undefined) return again;
    if (used === capacity) {
      capacity *= 2;
      for (const column of columns.values()) {
        const codes = new Uint32Array(capacity);
        codes.set(column.codes);
        bytes += codes.byteLength - column.codes.byteLength;
        column.codes = codes;
      }
    }
    return used++;
  }

  function set(row: number, name: string, value: unknown): void {
    if (isEmpty(value)) return;
    const column = columnFor(name);
    const text = typeof value === "string"
      ? `"${value}`
      : JSON.stringify(value);
    let code = column.known.get(text);
    if (code === undefined) {
      code = column.values.length;
      column.known.set(text, code);
      column.values.push(value);
      bytes += text.length * 2 + PER_VALUE;
    }
    column.codes[row] = code;
  }

  return {
    get size() {
      return rowOf.size;
    },
    get bytes() {
      return bytes;
    },
    rows: () => rowOf.values(),
    ids: () => [...rowOf.keys()],
    rowOf: (id) => rowOf.get(id),
    get replaced() {
      return replaced;
    },
    column: (name) => columns.get(name),
    value(row, name) {
      const column = columns.get(name);
      return column?.values[column.codes[row]!];
    },
    columns: () => columns.keys(),
    put(id, record) {
      let row = rowOf.get(id);
      if (row === undefined) {
        row = nextRow();
        rowOf.set(id, row);
      } else replaced++;
      for (const column of columns.values()) column.codes[row] = NONE;
      for (const [key, value] of Object.entries(record)) {
        if (key !== "additional_fields" || !Array.isArray(value)) {
          keys.add(key);
          set(row, key, value);
          continue;
        }
        for (const entry of value) {
          const id = isObject(entry) ? toId(entry.id) : null;
          if (id === null) continue;
          if (typeof entry.name === "string") names.set(id, entry.name);
          set(row, customColumn(id, "value"), entry.value);
          set(row, customColumn(id, "label"), entry.value_name);
        }
      }
    },
    remove(id) {
      const row = rowOf.get(id);
      if (row === undefined) return;
      rowOf.delete(id);
      free.push(row);
      replaced++;
    },
    record(row, withEmpty = false) {
      const record: JsonObject = {};
      const custom = new Map<number, JsonObject>();
      if (withEmpty) {
        for (const key of keys) record[key] = null;
        for (const [id, name] of names) {
          custom.set(id, { id, name, value: null, value_name: null });
        }
      }
      for (const [name, column] of columns) {
        const code = column.codes[row]!;
        if (code === NONE) continue;
        const value = column.values[code];
        const [, digits, label] = /^#(\d+)( label)?$/.exec(name) ?? [];
        if (digits === undefined) {
          record[name] = value;
          continue;
        }
        const id = Number(digits);
        const entry = custom.get(id) ?? { id, name: names.get(id) ?? "" };
        entry[label ? "value_name" : "value"] = value;
        custom.set(id, entry);
      }
      if (custom.size > 0) record.additional_fields = [...custom.values()];
      return record;
    },
    copy: () =>
      tableOf({
        columns: new Map(
          Array.from(columns, ([name, { values, known, codes }]) => {
            const column: Growing = {
              values,
              known,
              codes: codes.slice(),
              code: (row) => column.codes[row]!,
            };
            return [name, column];
          }),
        ),
        names: new Map(names),
        keys: new Set(keys),
        rowOf: new Map(rowOf),
        free: [...free],
        capacity,
        used,
        bytes,
      }),
  };
}
