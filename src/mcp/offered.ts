/**
 * The records that completion offers, each by the name that people know.
 *
 * @module
 */
import { type Resource, resources } from "../qontak/resources.ts";
import { flatten } from "../snapshots/records.ts";
import {
  RANK,
  SEARCHED,
  type Searched,
  searchTable,
} from "../snapshots/search.ts";
import { parseWanted } from "../snapshots/wanted.ts";
import { createTable, type Table } from "../snapshots/table.ts";
import { objects } from "../tools/kit/whole_list.ts";
import type { ToolContext } from "../tools/tool.ts";
import { isEmpty, type JsonObject, toId } from "../values/json.ts";
import { inTurns } from "../values/turns.ts";
import { foldText } from "../values/words.ts";

/** How many values are offered. */
export const MOST = 20;

/** How much of a name is used, in characters. */
const MAX_NAME = 120;

/** A shorter text sends no request to Qontak: it would match nearly all. */
const MIN_SENT = 2;

/** The same for notes, which need a request for each record that has some. */
const MIN_SENT_FOR_NOTES = 4;

/** How many records the one request asks for. */
const ASKED = 50;

/** The kinds of records, and what is special about finding them. */
const KINDS: readonly Searched[] = [
  ...SEARCHED,
  {
    resource: resources.productsAssociation,
    name: ["name"],
    kind: "company",
    hints: [],
  },
  // A check-in has no name: people know when and where it was.
  {
    resource: resources.geolocation,
    name: ["date", "checkin_address", "checkout_address"],
    kind: "company",
    hints: [],
  },
];

/** What has notes, and how many of each kind are looked at for some. */
const NOTED = [resources.deal, resources.company, resources.contact];
const NOTED_EACH = 2;

/** The names of the kinds of records that the caller can read. */
export type Kinds = ReadonlySet<string>;

/** A record that is offered. */
interface Offered {
  readonly id: number;
  readonly name: string;
}

/** The values that contain a text; those that begin with it come first. */
export function matching(values: readonly string[], typed: string): string[] {
  const wanted = foldText(typed.trim());
  const folded = values.map((value) => ({ value, text: foldText(value) }))
    .filter(({ text }) => text.includes(wanted));
  return [
    ...folded.filter(({ text }) => text.startsWith(wanted)),
    ...folded.filter(({ text }) => !text.startsWith(wanted)),
  ].map(({ value }) => value);
}

/**
 * The records whose name, or whose place in a URI, contains a text.
 *
 * @returns How they are written in a URI.
 */
export function offer(all: readonly Offered[], typed: string): string[] {
  const written = all.map(withName);
  const named = new Set(matching(all.map(({ name }) => name), typed));
  const listed = new Set(matching(written, typed));
  return written.filter((one, i) => listed.has(one) || named.has(all[i]!.name));
}

/**
 * A record in a URI: its id, and its name for the person who reads it. A name
 * becomes plain letters, so that it cannot say anything else.
 */
function withName({ id, name }: Offered): string {
  const plain = foldText(name.slice(0, MAX_NAME)).replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "").slice(0, 60);
  return plain === "" ? String(id) : `${id}-${plain}`;
}

/**
 * Makes the function that finds the names of records of a kind.
 *
 * @param resource The kind.
 */
export function namesOf(resource: Resource) {
  return async (
    context: ToolContext,
    typed: string,
    kinds: Kinds,
  ): Promise<string[]> =>
    kinds.has(resource.name)
      ? (await findRecords(context, resource, typed)).map(({ name }) => name)
      : [];
}

/**
 * Finds records for a URI, by name or by what was offered before.
 *
 * @param context The company's CRM.
 * @param resource The kind of record.
 * @param typed What a person has typed.
 * @param kinds What the caller can read.
 * @returns How they are written in a URI.
 */
export async function offered(
  context: ToolContext,
  resource: Resource,
  typed: string,
  kinds: Kinds,
): Promise<string[]> {
  if (!kinds.has(resource.name)) return [];
  return resource === resources.note
    ? await offeredNotes(context, typed, kinds)
    // The id may be followed by the name.
    : (await findRecords(context, resource, typed.replace(/^(\d+)-.*$/, "$1")))
      .map(withName);
}

/** Finds records by name, in the snapshot if there is one. */
async function findRecords(
  context: ToolContext,
  resource: Resource,
  typed: string,
): Promise<Offered[]> {
  const searched = KINDS.find((kind) => kind.resource === resource)!;
  const known = context.records.known(resource);
  const of = known?.table ?? await readSome(context, searched, typed);
  if (!of) return [];
  const wanted = parseWanted(typed);
  const found = wanted.text === "" ? firstOf(of) : (await inTurns({
    of,
    copy: (table) => table.copy(),
    steps: (table) => searchTable(table, searched, wanted, MOST),
    signal: context.signal,
  })).hits.filter(({ score }) => score > RANK.some)
    .map(({ record }) => record);
  return found.flatMap((record) => {
    const id = toId(record.id);
    const parts = searched.name.map((key) => record[key])
      .filter((part) => !isEmpty(part));
    const name = [...new Set(parts)].join(" ");
    return id === null ? [] : [{ id, name }];
  });
}

function firstOf(table: Table): JsonObject[] {
  return [...table.rows()].slice(0, MOST).map((row) => table.record(row));
}

/** Reads some records with one request; undefined for a short text. */
async function readSome(
  { crm, signal }: ToolContext,
  { resource, name }: Searched,
  typed: string,
): Promise<Table | undefined> {
  if (typed.trim().length < MIN_SENT) return undefined;
  const { list } = resource.endpoints;
  const parameter = resource.identity?.searchBy[name[0]!];
  const { response } = await crm.call(list, {
    query: {
      ...(parameter === undefined ? {} : { [parameter]: typed.trim() }),
      ...(list.query.includes("filter") ? { filter: "alltask" } : {}),
      ...(list.query.includes("per_page") ? { per_page: ASKED } : {}),
    },
    signal,
  });
  const table = createTable();
  for (const record of objects(response)) {
    const id = toId(record.id);
    if (id === null) continue;
    table.put(id, resource.readsOtherwise ? flatten(record) : record);
  }
  return table;
}

/**
 * Finds notes by the name of the record that they belong to: a note has none,
 * and Qontak lists notes only by that record.
 */
async function offeredNotes(
  context: ToolContext,
  typed: string,
  kinds: Kinds,
): Promise<string[]> {
  // What was offered before: the id, the day, and that name.
  const [, id = "", rest] = /^(\d+)-(?:[\d-]{10}(?:-|$))?(.*)$/
    .exec(typed.trim()) ?? [];
  const name = (rest ?? typed).replaceAll("-", " ").trim();
  if (name.length < MIN_SENT_FOR_NOTES) return [];
  const owned = NOTED.filter((of) => kinds.has(of.name));
  const found = await Promise.all(owned.map(async (of) => {
    const owners = (await findRecords(context, of, name)).slice(0, NOTED_EACH);
    const notes = await Promise.all(
      owners.map((owner) => notesOf(context, of, owner)),
    );
    return notes.flat();
  }));
  return found.flat().filter((note) => note.startsWith(id));
}

/** The notes of a record, the newest first. */
async function notesOf(
  { records }: ToolContext,
  of: Resource,
  { id, name }: Offered,
): Promise<string[]> {
  const owner = { id, version: undefined };
  const { table } = await records.related("notes", of, [owner]);
  return [...table.rows()].map((row) => table.record(row))
    .map((note) => ({ id: toId(note.id), day: String(note.created_at ?? "") }))
    .sort((a, b) => b.day.localeCompare(a.day))
    .flatMap(({ id, day }) =>
      id === null ? [] : [withName({ id, name: `${day.slice(0, 10)} ${name}` })]
    );
}
