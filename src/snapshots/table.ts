/**
 * Stores many records of one kind in little memory. It stores them by column:
 * each value that repeats once, and a numeric code for it in every row. An empty
 * field takes only the code.
 *
 * @module
 */
import { isEmpty, isObject, type JsonObject, toId } from "../values/json.ts";
import {
  type Column,
  copyColumn,
  createColumn,
  type Growing,
  NONE,
  setValue,
  widen,
} from "./column.ts";

export type { Column };

/** The initial capacity of a table, in rows. */
const FIRST = 64;

/**
 * The most rows to make room for before they come. A count that is wrong must
 * not take memory.
 */
const MOST_EXPECTED = 20_000;

/** How much larger the capacity becomes when it is used up. */
const GROWTH = 1.25;

/** The key of a record that holds its custom fields. */
const CUSTOM = "additional_fields";

/** The name of a column of a custom field: see {@linkcode customColumn}. */
const COLUMN = /^#(\d+)( label)?$/;

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
  /**
   * Makes a copy whose rows stay as they are now. It costs nothing until one of
   * both is changed.
   */
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
  /** Whether another table has the same parts, so that none may change. */
  readonly isShared: boolean;
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
    isShared: false,
  });
}

/**
 * Makes a table that shows only some rows of another.
 *
 * @param table The other table.
 * @param ids The ids of its records to show.
 */
export function viewOf(table: Table, ids: readonly number[]): Table {
  return viewOfRows(table, ids, rowsIn(table, ids));
}

function viewOfRows(
  table: Table,
  ids: readonly number[],
  rows: readonly number[],
): Table {
  const { replaced } = table;
  return {
    ...table,
    size: rows.length,
    rows: () => rows,
    ids: () => ids,
    copy() {
      const copy = table.copy();
      // One may have been removed since.
      const same = table.replaced === replaced ? rows : rowsIn(copy, ids);
      return viewOfRows(copy, ids, same);
    },
  };
}

/** The rows of those records that a table has. */
function rowsIn(table: Table, ids: readonly number[]): number[] {
  return ids.map((id) => table.rowOf(id)).filter((row) => row !== undefined);
}

function tableOf(parts: Parts): Table {
  let { columns, fields, keys, rowOf, free, capacity, used, isShared } = parts;
  let replaced = 0;
  // Records of a list have the same keys and fields in the same order, so the
  // places of the last record are nearly always those of the next.
  const lastPlaces: Place[] = [];
  const lastFields: CustomField[] = [];

  /** Makes sure that no other table has the same parts. */
  function makeOwn(): void {
    if (!isShared) return;
    isShared = false;
    columns = new Map(
      Array.from(columns, ([name, column]) => [name, copyColumn(column)]),
    );
    fields = new Map(
      Array.from(fields, ([id, field]) => [id, {
        ...field,
        value: placeOf(field.value.name),
        label: placeOf(field.label.name),
      }]),
    );
    keys = new Set(keys);
    rowOf = new Map(rowOf);
    free = [...free];
    lastPlaces.length = 0;
    lastFields.length = 0;
  }

  function columnFor(name: string): Growing {
    const known = columns.get(name);
    if (known) return known;
    const column = createColumn(capacity);
    columns.set(name, column);
    return column;
  }

  function nextRow(): number {
    const again = free.pop();
    if (again !== undefined) return again;
    if (used === capacity) growTo(Math.ceil(capacity * GROWTH));
    return used++;
  }

  function growTo(rows: number): void {
    capacity = rows;
    for (const column of columns.values()) widen(column, capacity);
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
    setValue(place.column ??= columnFor(place.name), row, value);
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
      let bytes = 0;
      for (const column of columns.values()) {
        bytes += column.bytes + column.codes.byteLength;
      }
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
      if (rows <= capacity) return;
      makeOwn();
      growTo(rows);
    },
    put(id, record) {
      makeOwn();
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
      makeOwn();
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
    copy() {
      isShared = true;
      const same = { columns, fields, keys, rowOf, free, capacity, used };
      return tableOf({ ...same, isShared });
    },
  };
}
