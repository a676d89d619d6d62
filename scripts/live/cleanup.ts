/**
 * Removes the records that this run created, and finds those of earlier runs.
 *
 * @module
 */
import { QontakError } from "../../src/errors.ts";
import type { CallOptions } from "../../src/qontak/crm.ts";
import { toId } from "../../src/values/json.ts";
import { objectsIn } from "./answers.ts";
import {
  allKinds,
  associated,
  isMarked,
  type Kind,
  kinds,
  MARK,
} from "./kinds.ts";
import type { Lab } from "./lab.ts";
import { reasonOf } from "./verdict.ts";

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
 * Removes everything in the ledger, newest first, and the records that this run
 * may have created without learning their ids.
 */
export async function cleanUp(lab: Lab): Promise<Cleanup> {
  const { ledger, wire, run } = lab;
  const look = `look for ${JSON.stringify(lab.mark)} in Qontak`;
  const removed: Record<string, number> = {};
  const left: string[] = [];
  const notes: string[] = [];
  if (ledger.entries.length + ledger.unknown.size > 0) await wire.reopen();
  for (const kind of ledger.unknown) {
    try {
      notes.push(...await find(lab, kind, run));
    } catch (error) {
      const why = reasonOf(error);
      left.push(
        `whether a ${kind.name} was made is not known, since ${why}: ${look}`,
      );
    }
  }
  for (const { kind, id } of ledger.entries.toReversed()) {
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

/**
 * Adds every record that earlier runs left behind to the ledger.
 *
 * @returns What was not searched, one sentence each.
 */
export async function findLeftovers(lab: Lab): Promise<string[]> {
  const notes: string[] = [];
  for (const kind of allKinds) {
    if (kind.endpoints.delete) notes.push(...await find(lab, kind));
  }
  return notes;
}

/** Adds the marked records of a kind to the ledger. */
async function find(lab: Lab, kind: Kind, run?: string): Promise<string[]> {
  const { list } = kind.endpoints;
  const keep = async (query: CallOptions["query"] = {}) => {
    const { response, page } = await lab.crm.call(list, { query });
    for (const record of objectsIn(response)) {
      const id = toId(record.id);
      const isOurs = id !== null && isMarked(record[kind.label], run);
      if (isOurs) lab.ledger.add(kind, id);
    }
    return page;
  };
  if (kind === kinds.note) {
    // Notes are only listed by the record that they belong to.
    for (const owner of [...lab.ledger.entries]) {
      const filter = list.query.find((key) => associated[key] === owner.kind);
      if (filter) await keep({ [filter]: owner.id });
    }
    return [];
  }
  const search = list.query.find((key) => key === "name" || key === "query");
  if (search) {
    // It is unknown whether a search matches parts of names, so pages are read
    // too.
    const mark = run === undefined ? MARK : lab.mark;
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
