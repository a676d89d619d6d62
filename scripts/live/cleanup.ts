/**
 * Removes the records that this run created, and finds those of earlier runs.
 *
 * @module
 */
import { QontakError } from "../../src/errors.ts";
import type { CallOptions } from "../../src/qontak/crm.ts";
import { nameOf } from "../../src/qontak/endpoints.ts";
import { toId } from "../../src/values/json.ts";
import { objectsIn } from "./answers.ts";
import { allKinds, associated, type Kind, kinds, MARK } from "./kinds.ts";
import type { Lab } from "./lab.ts";
import { reasonOf } from "./verdict.ts";
import type { Exchange } from "./wire.ts";

/** One of our records. */
interface Entry {
  readonly kind: Kind;
  readonly id: number;
}

/** The result of the cleanup. */
export interface Cleanup {
  /** How many records it removed, by kind. */
  readonly removed: Readonly<Record<string, number>>;
  /** The records that remain and how to find them, one sentence each. */
  readonly left: readonly string[];
  /** What remains on purpose, and what was not searched. */
  readonly notes: readonly string[];
}

/** How many pages of 100 to read from each end of a list. */
const PAGES = 5;

/**
 * Which of our records exist, by the exchanges with Qontak: so a record is
 * known even if the step that created it failed afterwards.
 *
 * @returns The records in the order of their creation, and the kinds of which a
 * record with an unknown id may exist.
 */
export function recordsMade(seen: readonly Exchange[]) {
  const entries: Entry[] = [];
  const unknown = new Set<Kind>();
  for (const { endpoint, status, http, id, record } of seen) {
    for (const kind of allKinds) {
      const { create, delete: remove } = kind.endpoints;
      if (endpoint === nameOf(create)) {
        const made = toId(record.id);
        if (made !== null) entries.push({ kind, id: made });
        else if (status < 400 || status >= 500) unknown.add(kind);
      }
      const isGone = remove && endpoint === nameOf(remove) &&
        (http === 404 || http >= 200 && http < 300);
      const at = entries.findIndex((one) => one.kind === kind && one.id === id);
      if (isGone && at >= 0) entries.splice(at, 1);
    }
  }
  return { entries, unknown };
}

/**
 * Removes everything that this run has made, newest first, and what it may have
 * made without learning its id. With `isAll`, also what earlier runs have left.
 */
export async function cleanUp(lab: Lab, isAll = false): Promise<Cleanup> {
  const look = `look for ${JSON.stringify(lab.mark)} in Qontak`;
  const removed: Record<string, number> = {};
  const left: string[] = [];
  const notes: string[] = [];
  const { entries, unknown } = recordsMade(lab.wire.seen);
  if (isAll || entries.length + unknown.size > 0) await lab.wire.reopen();
  for (const kind of isAll ? allKinds : unknown) {
    if (isAll && !kind.endpoints.delete) continue;
    try {
      notes.push(...await find(lab, kind, entries, isAll ? ANY_RUN : lab.run));
    } catch (error) {
      left.push(
        isAll
          ? `not every ${kind.name} was looked through: ${reasonOf(error)}`
          : `whether a ${kind.name} was made is not known, since ${
            reasonOf(error)
          }: ${look}`,
      );
    }
  }
  for (const { kind, id } of entries.toReversed()) {
    const { delete: remove } = kind.endpoints;
    if (!remove) {
      notes.push(`${kind.name} ${id} stays: Qontak has no way to delete it`);
      continue;
    }
    try {
      await lab.crm.call(remove, { path: { id } });
      removed[kind.name] = (removed[kind.name] ?? 0) + 1;
    } catch (error) {
      // It may have been deleted together with its parent record.
      if (error instanceof QontakError && error.status === 404) continue;
      const why = reasonOf(error);
      left.push(
        `${kind.name} ${id} could not be removed, since ${why}: ${look}, or run deno task test:live --clean`,
      );
    }
  }
  return { removed, left, notes };
}

/** Matches the id of any run, such as `mab3k9x2q7`. */
const ANY_RUN = "[a-z0-9]{8,12}";

/**
 * Adds the records of a kind that have the mark of a run.
 *
 * @returns What was not searched, one sentence each.
 */
async function find(
  lab: Lab,
  kind: Kind,
  entries: Entry[],
  run: string,
): Promise<string[]> {
  const { list } = kind.endpoints;
  // Notes may contain HTML.
  const marked = new RegExp(`^(<p>)?${MARK} ${run}\\b`);
  const keep = async (query: CallOptions["query"] = {}) => {
    const { response, page } = await lab.crm.call(list, { query });
    for (const record of objectsIn(response)) {
      const id = toId(record.id);
      const isOurs = id !== null && marked.test(String(record[kind.label])) &&
        !entries.some((one) => one.kind === kind && one.id === id);
      if (isOurs) entries.push({ kind, id });
    }
    return page;
  };
  if (kind === kinds.note) {
    // Notes are only listed by the record that they belong to.
    for (const owner of [...entries]) {
      const filter = list.query.find((key) => associated(key) === owner.kind);
      if (filter) await keep({ [filter]: owner.id });
    }
    return [];
  }
  const search = list.query.find((key) => key === "name" || key === "query");
  if (search) {
    // It is unknown whether a search matches parts of names, so pages are read
    // too.
    const mark = run === lab.run ? lab.mark : MARK;
    await keep({ [search]: mark, per_page: 100 });
  }
  if (!list.query.includes("page")) {
    await keep();
    return [];
  }
  const size = list.query.includes("per_page") ? { per_page: 100 } : {};
  let last = 1, total = 0;
  for (let page = 1; page <= last; page++) {
    if (page > PAGES && page <= last - PAGES) page = last - PAGES + 1;
    const read = await keep({ page, ...size });
    last = read?.total_page ?? page;
    total = read?.total_data ?? 0;
  }
  return last <= 2 * PAGES ? [] : [
    `of ${total} ${kind.name} records only the first and last ${PAGES} pages were looked through`,
  ];
}
