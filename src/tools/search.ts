/**
 * The tools `search` and `fetch`, in the form that ChatGPT's connectors and
 * deep research expect.
 *
 * @module
 */
import { ForeseenError, InputError } from "../errors.ts";
import { recordOf } from "../qontak/envelope.ts";
import { type Resource, resources } from "../qontak/resources.ts";
import { toEpoch } from "../snapshots/moments.ts";
import { readMany } from "../snapshots/many.ts";
import { hasNotes, readNotes } from "../snapshots/notes.ts";
import { inTurns } from "../values/turns.ts";
import {
  type Hit,
  type Hits,
  RANK,
  rankText,
  SEARCHED,
  type Searched,
  searchTable,
} from "../snapshots/search.ts";
import { parseWanted, type Wanted } from "../snapshots/wanted.ts";
import {
  defined,
  isEmpty,
  isObject,
  type JsonObject,
  show,
  toId,
} from "../values/json.ts";
import { createZone } from "../values/zone.ts";
import { didYouMean } from "../values/words.ts";
import { required, text } from "./kit/arguments.ts";
import { frames } from "./kit/frames.ts";
import { presentRecord } from "../fields/present.ts";
import { labelsFor, missingLabels, showRecord } from "../fields/shown.ts";
import { tenantArgument } from "./kit/shared_arguments.ts";
import { objects } from "./kit/whole_list.ts";
import { type Tool, tool, type ToolContext } from "./tool.ts";

/** The maximum number of results. */
const MAX_RESULTS = 20;

/** For how many of the found records their notes are read. */
const NOTED = 5;

/** How many notes of one found record are results. */
const NOTES_EACH = 2;

/** Qontak lists notes by record only, and so the answer says where it looked. */
const NOTES_RULE =
  `only the notes of the first ${NOTED} contacts, companies and deals found were searched. For a word in any note, ask query_records: resource notes, of {"resource":"deals"}, where note contains it; likewise of contacts and of companies`;

/** How many notes a fetched record shows. */
const NOTES_SHOWN = 20;

/** The longest name in a title, in characters. */
const MAX_TITLE = 120;

/** Qontak publishes no web address of a record, so this is its MCP resource. */
const urlOf = (id: string, tenant: string | undefined) =>
  `qontak://${id}${
    tenant === undefined ? "" : `?user_id=${encodeURIComponent(tenant)}`
  }`;

/** The title of a record: its kind, its name, and what distinguishes it. */
function titleOf(
  { resource, name, hints }: Pick<Searched, "resource" | "name" | "hints">,
  record: JsonObject,
): string {
  const written = name.map((key) => record[key]).filter((one) => !isEmpty(one));
  const shown = hints.flatMap((key) => {
    const value = [record[key]].flat().find((one) => !isEmpty(one));
    return value === undefined ? [] : [show(value)];
  });
  const kind = resource.name.replaceAll("_", " ");
  return `${kind} ${
    written.length > 0 ? show(written.join(" "), MAX_TITLE) : record.id
  }${shown.length > 0 ? ` (${shown.join(", ")})` : ""}`;
}

/** The beginning of a note, without the tags that Qontak's own pages write. */
function beginningOf(note: unknown): string {
  return String(note).slice(0, 1_000).replace(/<[^<>]*>/g, " ")
    .replace(/\s+/g, " ").trim();
}

/** One entry of the results, before free text is withheld. */
interface Entry {
  /** How well it matches. */
  readonly score: number;
  /** What its title is made of. */
  readonly shown: JsonObject;
}

function entryOf({ searched, id, score, matched, record }: Hit): Entry {
  const keys = [...searched.name, ...searched.hints];
  return {
    score,
    shown: {
      id: `${searched.resource.plural}/${id}`,
      kind: searched.resource.name,
      matched: matched.join(", "),
      ...defined(Object.fromEntries(keys.map((key) => [key, record[key]]))),
    },
  };
}

/** The notes of the best records, as entries. */
async function noteEntries(
  context: ToolContext,
  hits: readonly Hit[],
  wanted: Wanted,
): Promise<Entry[]> {
  const noted = hits.filter(({ searched }) => hasNotes(searched.resource))
    .slice(0, NOTED);
  const found = await Promise.all(noted.map(async (hit) => {
    const { crm, signal } = context;
    const { searched, record } = hit;
    const notes = await readNotes(crm, searched.resource, hit.id, signal);
    const isSure = hit.score > RANK.some;
    const isNamed = hit.score > RANK.all;
    const about = [...searched.name, ...searched.hints]
      .map((key) => record[key]).join(" ");
    return notes
      .map((note) => ({ note, rank: rankText(note.note, wanted) }))
      // The last notes of a record that the query names are shown whatever they
      // hold. Those of others only if they have a word themselves.
      .filter(({ rank }) => isNamed || rank > 0)
      .sort((a, b) => b.rank - a.rank).slice(0, NOTES_EACH)
      .map(({ note: { id, note }, rank }): Entry => ({
        // After records that have all the words, before those that have some.
        score: isSure || rankText(`${about} ${note}`, wanted) === RANK.all
          ? RANK.all - (rank > 0 ? 1 : 2)
          : RANK.some - 1,
        shown: {
          ...entryOf(hit).shown,
          id: `notes/${toId(id)}`,
          matched: rank > 0
            ? "note"
            : `its ${searched.resource.name}: ${hit.matched.join(", ")}`,
          note,
        },
      }));
  }));
  return found.flat();
}

async function search(
  context: ToolContext,
  query: string,
): Promise<JsonObject> {
  const wanted = parseWanted(query);
  if (wanted.text === "") {
    throw new InputError(
      "query is empty: name a record, a phone number, an e-mail address or an id such as deals/123",
    );
  }
  const { records, signal } = context;
  const kinds = SEARCHED.map(({ resource }) => resource);
  const { found, read, missing } = await readMany(records, kinds, signal);
  const matches: Hits[] = [];
  for (const searched of SEARCHED) {
    const { snapshot, subject } = found.get(searched.resource.name) ?? {};
    if (!snapshot) continue;
    matches.push(
      await inTurns({
        of: snapshot.table,
        copy: (table) => table.copy(),
        steps: (table) =>
          searchTable(table, searched, wanted, MAX_RESULTS, subject?.fields),
        signal,
      }),
    );
  }
  const sorted = matches.flatMap(({ hits }) => hits)
    .sort((a, b) => b.score - a.score);
  // What has only some of the words says nothing beside what has all.
  const isSure = (sorted[0]?.score ?? 0) > RANK.some;
  const hits = sorted.filter(({ score }) => score > RANK.some || !isSure);
  const incomplete = [...missing];
  let notes: Entry[] = [];
  try {
    notes = await noteEntries(context, hits, wanted);
  } catch (error) {
    if (!(error instanceof ForeseenError)) throw error;
    signal.throwIfAborted();
    incomplete.push(`notes could not be read: ${context.explain(error)}`);
  }
  const entries = [...hits.slice(0, MAX_RESULTS).map(entryOf), ...notes]
    .sort((a, b) => b.score - a.score).slice(0, MAX_RESULTS);
  const count = matches.reduce(
    (sum, { count, sure }) => sum + (isSure ? sure : count),
    0,
  );
  const left = count + notes.length - entries.length;
  const leftRule = isSure
    ? "more records and notes that match like these: more words in query find fewer"
    : "more records that have some words of query, as these: none has all";
  return {
    results: entries.map(({ shown }) => shown),
    ...read,
    ...(left > 0 ? { left_out: left } : {}),
    rules: {
      ...(left > 0 ? { left_out: leftRule } : {}),
      notes: NOTES_RULE,
    },
    ...(incomplete.length > 0 ? { incomplete: incomplete.join("; ") } : {}),
  };
}

/** The kind of record that an id such as `deals/123` names. */
function kindOf(plural: unknown): Resource | undefined {
  return Object.values<Resource>(resources).find((one) =>
    one.plural === plural
  );
}

/** What is special about a kind of record that `search` does not find itself. */
function searchedOf(resource: Resource): Omit<Searched, "kind"> {
  return SEARCHED.find((one) => one.resource === resource) ??
    { resource, name: ["name"], hints: [] };
}

function parseId(written: string): [Resource, number] {
  const [, plural, digits] =
    /^(?:qontak:\/\/)?([a-z_]+)\/(\d{1,15})$/.exec(written.trim()) ?? [];
  const resource = kindOf(plural);
  const id = toId(digits);
  if (resource && id) return [resource, id];
  const plurals = Object.values<Resource>(resources).map((one) => one.plural);
  throw new InputError(
    `id ${show(written)} is not an id that search gives, such as deals/123${
      plural !== undefined && !resource
        ? didYouMean(plural, plurals) || `. There are ${plurals.join(", ")}`
        : ""
    }`,
  );
}

async function fetchRecord(
  context: ToolContext,
  written: string,
): Promise<JsonObject> {
  const [resource, id] = parseId(written);
  const { get } = resource.endpoints;
  const { response } = await context.crm.call(get, {
    path: { id },
    signal: context.signal,
  });
  const { record } = presentRecord(recordOf(get, response, id));
  const notes = await readNotes(context.crm, resource, id, context.signal);
  const labels = await labelsFor(context.setup, resource, [record]);
  const last = notes.slice(0, NOTES_SHOWN);
  const authors = await labelsFor(context.setup, resources.note, last);
  return {
    id: `${resource.plural}/${id}`,
    record: showRecord(record, labels),
    ...missingLabels(authors, context.explain),
    ...missingLabels(labels, context.explain),
    last_notes: last.map((note) => showRecord(note, authors)).map((
      { id, created_at, creator_id, creator_name, note },
    ) => ({ id, created_at, creator_id, creator_name, note })),
    metadata: {
      kind: resource.name,
      record_id: id,
      ...timesOf(record),
      ...(hasNotes(resource) ? { notes: notes.length } : {}),
    },
  };
}

/** When a record was created and changed, in the form of this server. */
function timesOf(record: JsonObject): JsonObject {
  return Object.fromEntries(
    ["created_at", "updated_at"].flatMap((key) => {
      const epoch = toEpoch(record[key], UTC);
      return epoch === undefined || Math.abs(epoch) > LAST_MOMENT
        ? []
        : [[key, new Date(epoch).toISOString()]];
    }),
  );
}

/** The last moment that a date can hold, in ms since 1970. */
const LAST_MOMENT = 8.64e15;

const UTC = createZone("UTC");

/** A record as text: one line for each field, and its notes. */
function textOf(record: JsonObject, notes: readonly JsonObject[]): string {
  const lines = Object.entries(record).flatMap(([key, value]) =>
    key === "additional_fields" && Array.isArray(value)
      ? value.filter(isObject).map((field) =>
        `${field.label ?? field.name}: ${
          plainText(field.value_name ?? field.value)
        }`
      )
      : [`${key}: ${plainText(value)}`]
  );
  const written = notes.map((
    { id, created_at, creator_id, creator_name, note },
  ) =>
    `Note ${id} of ${created_at}${
      isEmpty(creator_id) ? "" : ` by ${creator_name ?? `user ${creator_id}`}`
    }: ${plainText(note)}`
  );
  return [...lines, ...(written.length > 0 ? ["", ...written] : [])].join("\n");
}

function plainText(value: unknown): string {
  return Array.isArray(value)
    ? value.map(plainText).join(", ")
    : isObject(value)
    ? JSON.stringify(value)
    : String(value ?? "");
}

/** The tools, in the order that clients see. */
export const searchTools: readonly Tool[] = [
  tool({
    name: "search",
    title: "Search records",
    description:
      "Finds companies, contacts, deals, tickets, tasks and products by name, words, phone in any form, e-mail or id, and notes of what is found. fetch reads a result.",
    effect: "read",
    input: { query: required(text()), ...tenantArgument },
    output: frames.results,
    fenced: [],
    run: (context, { query }) => search(context, query),
    present: ({ results, ...rest }, tenant) => ({
      results: objects(results).map(({ kind, note, matched, ...record }) => {
        const id = String(record.id);
        const of = SEARCHED.find(({ resource }) => resource.name === kind)!;
        const title = titleOf(of, record);
        return {
          id,
          title: note === undefined
            ? title
            : `note on ${title}: ${show(beginningOf(note), MAX_TITLE)}`,
          url: urlOf(id, tenant),
          ...defined({ matched }),
        };
      }),
      ...rest,
    }),
  }),
  tool({
    name: "fetch",
    title: "Fetch a record",
    description: "One result of search in full, with its notes.",
    effect: "read",
    input: { id: required(text("Such as deals/123")), ...tenantArgument },
    output: frames.document,
    fenced: ["text"],
    about: ({ id }) => parseId(String(id))[0],
    run: (context, { id }) => fetchRecord(context, id),
    present: ({ id, record, last_notes, metadata }, tenant) => {
      const [plural] = String(id).split("/");
      const found = record as JsonObject;
      return {
        id,
        title: titleOf(searchedOf(kindOf(plural)!), found),
        text: textOf(found, objects(last_notes)),
        url: urlOf(String(id), tenant),
        metadata,
      };
    },
  }),
];
