/**
 * Stores many records of one kind in little memory. It stores them by column:
 * each value that repeats once, and a numeric code for it in every row. An empty
 * field takes only the code.
 *
 * @module
 */
import { isEmpty, isObject, type JsonObject, toId } from "../values/json.ts";

/** The code of an empty field. */
const NONE = 0;

/** Roughly how much memory a value takes in addition to its text, in bytes. */
const PER_VALUE = 80;

/** How much a number takes in addition, in bytes. */
const PER_NUMBER = 8;

/** The initial capacity of a table, in rows. */
const FIRST = 64;

/**
 * The most rows to make room for before they come. A count that is wrong must
 * not take memory.
 */
const MOST_EXPECTED = 20_000;

/**
 * After how many values it is decided whether the values of a column repeat at
 * all, and how many must have repeated by then. To look for each of thousands of
 * different values takes long, and a map for that takes memory.
 */
const ENOUGH = 512, REPEATS = 16;

/** How much larger the capacity becomes when it is used up. */
const GROWTH = 1.25;

/** The key of a record that holds its custom fields. */
const CUSTOM = "additional_fields";

/** The name of a column of a custom field: see {@linkcode customColumn}. */
const COLUMN = /^#(\d+)( label)?$/;

/** One column. */
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

interface Growing extends Column {
  codes: Codes;
  /** The codes of plain values, and of lists and objects by their JSON. */
  readonly plain: Map<unknown, number>;
  readonly nested: Map<string, number>;
  readonly values: unknown[];
  /** How many values had a code already. */
  repeats: number;
  /** Whether values hardly repeat, so that each gets a code of its own. */
  isVaried: boolean;
}

/** Makes room for codes up to a number. */
function createCodes(most: number, capacity: number): Codes {
  return most < 2 ** 8
    ? new Uint8Array(capacity)
    : most < 2 ** 16
    ? new Uint16Array(capacity)
    : new Uint32Array(capacity);
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
  /**
   * Whether records show a key, or a custom field by the name of its column,
   * even if it is empty in all of them. Until a record is added, any may.
   */
  shows(name: string): boolean;
  /** The value of a column in a row; undefined if the record has none. */
  value(row: number, name: string): unknown;
  /** How many records were replaced or removed since the table was made. */
  readonly replaced: number;
  /** Makes room for a number of records, so that it need not grow often. */
  expect(count: number): void;
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

/** Where a key's values are stored; it has no column while all are empty. */
interface Place {
  readonly name: string;
  column: Growing | undefined;
}

/** A custom field, and where its values and their labels are stored. */
interface CustomField {
  readonly id: number;
  readonly name: string;
  readonly value: Place;
  readonly label: Place;
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

/** What a table consists of. */
interface Parts {
  readonly columns: Map<string, Growing>;
  /** All custom fields, with the names of their columns. */
  readonly fields: Map<number, CustomField>;
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
    fields: new Map(),
    keys: new Set(),
    rowOf: new Map(),
    free: [],
    capacity: FIRST,
    used: 0,
    bytes: 0,
  });
}

/**
 * Makes a table that shows only some rows of another.
 *
 * @param table The other table.
 * @param ids The ids of its records to show.
 */
export function viewOf(table: Table, ids: readonly number[]): Table {
  // One may have been removed from a table that is copied later.
  const rows = ids.map((id) => table.rowOf(id)).filter((row) =>
    row !== undefined
  );
  return {
    ...table,
    size: rows.length,
    rows: () => rows,
    ids: () => ids,
    copy: () => viewOf(table.copy(), ids),
  };
}

function tableOf(parts: Parts): Table {
  const { columns, fields, keys, rowOf, free } = parts;
  let { capacity, used, bytes } = parts;
  let replaced = 0;
  // Records of a list have the same keys and fields in the same order, so the
  // places of the last record are nearly always those of the next.
  const lastPlaces: Place[] = [];
  const lastFields: CustomField[] = [];

  function columnFor(name: string): Growing {
    const known = columns.get(name);
    if (known) return known;
    const column: Growing = {
      codes: createCodes(0, capacity),
      values: [undefined],
      plain: new Map(),
      nested: new Map(),
      repeats: 0,
      isVaried: false,
      code: (row) => column.codes[row]!,
    };
    bytes += column.codes.byteLength;
    columns.set(name, column);
    return column;
  }

  /** Gives a column room for more codes. */
  function widen(column: Growing): void {
    const codes = createCodes(column.values.length, capacity);
    codes.set(column.codes);
    bytes += codes.byteLength - column.codes.byteLength;
    column.codes = codes;
  }

  function nextRow(): number {
    const again = free.pop();
    if (again !== undefined) return again;
    if (used === capacity) growTo(Math.ceil(capacity * GROWTH));
    return used++;
  }

  function growTo(rows: number): void {
    capacity = rows;
    for (const column of columns.values()) widen(column);
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
    bytes += PER_VALUE + sizeOf(value, text);
    if (code === 2 ** 8 || code === 2 ** 16) widen(column);
    if (column.isVaried) return code;
    if (code === ENOUGH && column.repeats < REPEATS) {
      column.isVaried = true;
      plain.clear();
      nested.clear();
    } else if (text === undefined) plain.set(value, code);
    else nested.set(text, code);
    return code;
  }

  const placeOf = (name: string): Place => ({
    name,
    column: columns.get(name),
  });

  /** The place of a key, which is at this position in its record. */
  function placeFor(position: number, key: string): Place {
    const last = lastPlaces[position];
    if (last?.name === key) return last;
    keys.add(key);
    return lastPlaces[position] = placeOf(key);
  }

  /** The custom field of an entry, which is at this position in its record. */
  function fieldFor(position: number, entry: JsonObject): CustomField | null {
    const last = lastFields[position];
    if (last !== undefined && last.id === entry.id) return last;
    const id = toId(entry.id);
    if (id === null) return null;
    let field = fields.get(id);
    if (!field) {
      field = {
        id,
        name: typeof entry.name === "string" ? entry.name : "",
        value: placeOf(customColumn(id, "value")),
        label: placeOf(customColumn(id, "label")),
      };
      fields.set(id, field);
    }
    return lastFields[position] = field;
  }

  function clear(row: number): void {
    for (const column of columns.values()) column.codes[row] = NONE;
  }

  function set(row: number, place: Place, value: unknown): void {
    // Most values are these, and a call for each would take longer.
    if (value === null || value === "" || isEmpty(value)) return;
    const column = place.column ??= columnFor(place.name);
    // A new code may give the column other codes.
    const code = codeOf(column, value);
    column.codes[row] = code;
  }

  function setCustom(row: number, entries: readonly unknown[]): void {
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i];
      if (!isObject(entry)) continue;
      const field = fieldFor(i, entry);
      if (!field) continue;
      set(row, field.value, entry.value);
      set(row, field.label, entry.value_name);
    }
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
    shows(name) {
      if (keys.size === 0) return true;
      const [, id] = COLUMN.exec(name) ?? [];
      return id === undefined ? keys.has(name) : fields.has(Number(id));
    },
    expect(count) {
      const rows = Math.min(count, MOST_EXPECTED);
      if (rows > capacity) growTo(rows);
    },
    put(id, record) {
      let row = rowOf.get(id);
      if (row !== undefined) {
        replaced++;
        clear(row);
      } else {
        row = nextRow();
        rowOf.set(id, row);
      }
      const names = Object.keys(record);
      const values = Object.values(record);
      for (let i = 0; i < names.length; i++) {
        const key = names[i]!;
        const value = values[i];
        if (key === CUSTOM && Array.isArray(value)) {
          keys.add(CUSTOM);
          setCustom(row, value);
        } else set(row, placeFor(i, key), value);
      }
    },
    remove(id) {
      const row = rowOf.get(id);
      if (row === undefined) return;
      rowOf.delete(id);
      clear(row);
      free.push(row);
      replaced++;
    },
    record(row, withEmpty = false) {
      const record: JsonObject = {};
      const custom = new Map<number, JsonObject>();
      if (withEmpty) {
        for (const key of keys) if (key !== CUSTOM) record[key] = null;
        for (const [id, { name }] of fields) {
          custom.set(id, { id, name, value: null, value_name: null });
        }
      }
      for (const [name, column] of columns) {
        const code = column.codes[row]!;
        if (code === NONE) continue;
        const value = column.values[code];
        const [, digits, label] = COLUMN.exec(name) ?? [];
        if (digits === undefined) {
          record[name] = value;
          continue;
        }
        const id = Number(digits);
        const entry = custom.get(id) ??
          { id, name: fields.get(id)?.name ?? "" };
        entry[label ? "value_name" : "value"] = value;
        custom.set(id, entry);
      }
      if (custom.size > 0) record[CUSTOM] = [...custom.values()];
      return record;
    },
    copy: () =>
      tableOf({
        columns: new Map(
          Array.from(columns, ([name, from]) => {
            const column: Growing = {
              ...from,
              codes: from.codes.slice(),
              code: (row) => column.codes[row]!,
            };
            return [name, column];
          }),
        ),
        fields: new Map(
          Array.from(fields, ([id, field]) => [id, {
            ...field,
            value: { name: field.value.name, column: undefined },
            label: { name: field.label.name, column: undefined },
          }]),
        ),
        keys: new Set(keys),
        rowOf: new Map(rowOf),
        free: [...free],
        capacity,
        used,
        bytes,
      }),
  };
}
