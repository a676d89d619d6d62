/**
 * Finds the groups of records that are likely the same person or company. The
 * time it takes grows with the number of records, not with the number of pairs.
 *
 * @module
 */
import { type JsonObject, toId } from "../values/json.ts";
import { cut } from "../values/marks.ts";
import { visible } from "../values/visible.ts";
import {
  type Compared,
  type Evidence,
  type Mark,
  marksOf,
  reader,
  WEIGHT,
} from "./likely_same.ts";
import type { Table } from "./table.ts";

/** A phone number or an address that more records share belongs to none. */
const MAX_SHARED = 25;

/** Records that are likely the same. */
export interface Group {
  /** By what they are the same, and which of them. */
  readonly evidence: readonly {
    readonly by: Evidence;
    readonly rows: readonly number[];
  }[];
  /** The records. */
  readonly rows: readonly number[];
}

/**
 * Finds the groups of records that are likely the same, in steps: there may be
 * many records.
 *
 * @param table The records.
 * @param compared What is special about them.
 * @returns The groups, the likeliest first. A record may be in a second group
 * if only its name is the same.
 */
export function* findDuplicates(
  table: Table,
  compared: Compared,
): Generator<void, Group[]> {
  const read = reader(table, compared);
  const known = new Map<number, readonly Mark[]>();
  const marks = (row: number) => {
    let found = known.get(row);
    if (!found) known.set(row, found = marksOf(read(row), compared));
    return found;
  };
  const shared = yield* sharedMarks([...table.rows()], marks);
  const { join, rootOf } = createSets();
  for (const { by, rows: [first, ...rest] } of shared) {
    const isSure = by !== "name" || compared.isNameUnique;
    if (!isSure || rest.length >= MAX_SHARED) continue;
    for (const row of rest) join(first!, row);
    yield;
  }
  const groups = new Map<number, Set<number>>();
  const alone: Group[] = [];
  for (const one of shared) {
    const roots = new Set(one.rows.map(rootOf));
    const [root] = roots;
    if (roots.size > 1) alone.push({ evidence: [one], rows: one.rows });
    else {
      const rows = groups.get(root!) ?? new Set();
      groups.set(root!, rows);
      for (const row of one.rows) rows.add(row);
    }
    yield;
  }
  const all: Group[] = [];
  for (const rows of groups.values()) {
    const evidence = yield* sharedMarks(rows, marks);
    all.push({ evidence, rows: [...rows] });
  }
  all.push(...alone);
  return all.map((group) => ({ group, weight: weightOf(group, compared) }))
    .sort((a, b) =>
      b.weight - a.weight || a.group.rows.length - b.group.rows.length
    )
    .map(({ group }) => group);
}

/** The marks that several of some rows have. */
function* sharedMarks(
  rows: Iterable<number>,
  marks: (row: number) => readonly Mark[],
): Generator<void, Group["evidence"]> {
  const sharing = new Map<string, { by: Evidence; rows: Set<number> }>();
  for (const row of rows) {
    for (const { by, key } of marks(row)) {
      const entry = sharing.get(`${by} ${key}`);
      if (entry) entry.rows.add(row);
      else sharing.set(`${by} ${key}`, { by, rows: new Set([row]) });
    }
    yield;
  }
  return [...sharing.values()].filter(({ rows }) => rows.size > 1)
    .map(({ by, rows }) => ({ by, rows: [...rows] }));
}

/** How likely a group is one record. */
function weightOf(
  { evidence, rows }: Group,
  { isNameUnique }: Compared,
): number {
  if (rows.length > MAX_SHARED) return 0;
  const kinds = new Set(evidence.map(({ by }) => by));
  let weight = 0;
  for (const by of kinds) weight += WEIGHT[by];
  return kinds.size === 1 && kinds.has("name") && !isNameUnique ? 1 : weight;
}

/** Makes sets of rows that can be joined. */
function createSets(): {
  readonly join: (a: number, b: number) => void;
  readonly rootOf: (row: number) => number;
} {
  const parents = new Map<number, number>();
  function rootOf(row: number): number {
    let root = row;
    for (let next; (next = parents.get(root)) !== undefined;) root = next;
    for (let next = row; next !== root;) {
      const after = parents.get(next)!;
      parents.set(next, root);
      next = after;
    }
    return root;
  }
  return {
    rootOf,
    join(a, b) {
      const [one, other] = [rootOf(a), rootOf(b)];
      if (one !== other) parents.set(other, one);
    },
  };
}

/** How an answer shows groups. */
export interface ShownGroups {
  /** The groups that fit. */
  readonly shown: readonly JsonObject[];
  /** How many groups there are. */
  readonly total: number;
}

/** How many records of a group are shown. */
const MAX_RECORDS = 8;

/** The longest value that is shown, in characters. */
const MAX_VALUE = 80;

/**
 * Shows groups, as many as fit.
 *
 * @param groups The groups.
 * @param table The records.
 * @param compared What is special about them.
 * @param size The maximum size as JSON, in bytes.
 */
export function showGroups(
  groups: readonly Group[],
  table: Table,
  compared: Compared,
  size: number,
): ShownGroups {
  const read = reader(table, compared);
  const id = table.column("id");
  const idOf = (row: number) => toId(id?.values[id.code(row)]);
  const shown: JsonObject[] = [];
  let left = size;
  for (const { evidence, rows } of groups) {
    const some = rows.slice(0, MAX_RECORDS);
    const group: JsonObject = {
      same: evidence.slice(0, MAX_RECORDS).map(({ by, rows: sharing }) =>
        sharing.length === rows.length
          ? { by }
          : { by, ids: sharing.slice(0, MAX_RECORDS).map(idOf) }
      ),
      records: some.map((row) => ({
        id: idOf(row),
        ...Object.fromEntries(
          Object.entries(read(row)).map(([key, value]) => [key, short(value)]),
        ),
      })),
      ...(rows.length > some.length ? { more: rows.length - some.length } : {}),
    };
    left -= new TextEncoder().encode(JSON.stringify(group)).length + 1;
    if (left < 0) break;
    shown.push(group);
  }
  return { shown, total: groups.length };
}

/** Cuts a text that is longer than names, numbers and addresses are. */
function short(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, MAX_RECORDS).map(short);
  if (typeof value !== "string") return value;
  const seen = visible(value);
  return seen.length > MAX_VALUE
    ? cut(seen, MAX_VALUE, "fetch shows all")
    : seen;
}
