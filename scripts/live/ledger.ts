/**
 * Which records of ours there are, and how they are removed. The ledger is
 * kept by what crosses the wire, so that a record is known whoever made it
 * and whatever went wrong afterwards.
 *
 * @module
 */
import { QontakError } from "../../src/errors.ts";
import { nameOf } from "../../src/qontak/endpoints.ts";
import { isObject, toId } from "../../src/values/json.ts";
import { allKinds, isMarked, type Kind, kinds, MARK } from "./kinds.ts";
import { idIn, metaStatusOf, recordsIn } from "./answers.ts";
import type { Lab } from "./lab.ts";
import { type Exchange, Stopped } from "./wire.ts";

/** A record of ours. */
export interface Entry {
  readonly kind: Kind;
  readonly id: number;
}

/** The records of ours that are there now. */
export interface Ledger {
  /** In the order in which they were made. */
  readonly entries: readonly Entry[];
  /** Kinds of which a record may have been made whose id is not known. */
  readonly lost: ReadonlySet<Kind>;
  /** Reads what crossed the wire. */
  observe(exchange: Exchange): void;
  /** Adds a record that was found. */
  add(entry: Entry): void;
}

/** Makes an empty ledger. */
export function createLedger(): Ledger {
  const entries: Entry[] = [];
  const lost = new Set<Kind>();

  function add(entry: Entry): void {
    const known = entries.some(({ kind, id }) =>
      kind === entry.kind && id === entry.id
    );
    if (!known) entries.push(entry);
  }

  function observe(exchange: Exchange): void {
    const { endpoint, status, body } = exchange;
    for (const kind of allKinds) {
      const { create, delete: remove } = kind.endpoints;
      if (endpoint.replace(/\/$/, "") === nameOf(create).replace(/\/$/, "")) {
        const outcome = metaStatusOf(body) ?? status;
        const refused = status > 0 && outcome >= 400 && outcome < 500;
        const id = isObject(body) ? idIn(body.response) : undefined;
        if (id !== undefined) add({ kind, id });
        else if (!refused) lost.add(kind);
      }
      const gone = remove && endpoint === nameOf(remove) &&
        (status === 404 || status >= 200 && status < 300);
      if (!gone) continue;
      const at = entries.findIndex((entry) =>
        entry.kind === kind && entry.id === exchange.id
      );
      if (at >= 0) entries.splice(at, 1);
    }
  }

  return { entries, lost, observe, add };
}

/** How the cleaning up went. */
export interface Cleanup {
  /** How many records were removed, by kind. */
  readonly removed: Readonly<Record<string, number>>;
  /** What is still there, and how to find it; one sentence each. */
  readonly left: readonly string[];
  /** What stays on purpose, and what was not looked through. */
  readonly notes: readonly string[];
}

/**
 * Removes everything in the ledger, the newest first, and what this run may
 * have made without learning its id.
 *
 * @param lab The lab.
 */
export async function cleanUp(lab: Lab): Promise<Cleanup> {
  const { ledger, wire, run, mark } = lab;
  const removed: Record<string, number> = {};
  const left: string[] = [];
  const notes: string[] = [];
  if (ledger.entries.length + ledger.lost.size > 0) await wire.reopen();
  for (const kind of ledger.lost) {
    try {
      notes.push(...await find(lab, kind, run));
    } catch (error) {
      left.push(
        `whether a ${kind.name} was made is not known, since ${
          reasonOf(error)
        }: look for ${JSON.stringify(mark)} in Qontak`,
      );
    }
  }
  for (const { kind, id } of [...ledger.entries].reverse()) {
    const { delete: remove } = kind.endpoints;
    if (!remove) {
      notes.push(`${kind.name} ${id} stays: Qontak has no way to delete it`);
      continue;
    }
    try {
      await lab.crm.call(remove, { path: { id } });
      removed[kind.name] = (removed[kind.name] ?? 0) + 1;
    } catch (error) {
      // It may have gone together with what it belonged to.
      if (error instanceof QontakError && error.status === 404) continue;
      left.push(
        `${kind.name} ${id} could not be removed, since ${
          reasonOf(error)
        }: look for ${
          JSON.stringify(mark)
        } in Qontak, or run deno task test:live --clean`,
      );
    }
  }
  return { removed, left, notes };
}

/** Why something failed, without a word of what Qontak said. */
export function reasonOf(error: unknown): string {
  if (error instanceof Stopped) return error.message;
  if (error instanceof QontakError) return `Qontak answered ${error.status}`;
  return "no answer of Qontak's could be read";
}

/**
 * Puts every record into the ledger that earlier runs have left.
 *
 * @param lab The lab.
 * @returns What was not looked through, one sentence each.
 */
export async function findLeftovers(lab: Lab): Promise<string[]> {
  const notes: string[] = [];
  for (const kind of allKinds) {
    if (kind.endpoints.delete) notes.push(...await find(lab, kind));
  }
  return notes;
}

/** How many pages of 100 are read from either end of a list. */
const PAGES = 5;

/** Puts the marked records of a kind into the ledger. */
async function find(lab: Lab, kind: Kind, run?: string): Promise<string[]> {
  if (kind === kinds.note) return await findNotes(lab, run);
  const { list } = kind.endpoints;
  if (kind.search !== undefined) {
    // Whether a part of a name is enough is not known, so pages are read too.
    const term = run === undefined ? MARK : lab.mark;
    await keep(lab, kind, run, { [kind.search]: term, per_page: 100 });
  }
  if (!list.query.includes("page")) {
    await keep(lab, kind, run, {});
    return [];
  }
  let last = 1;
  let total = 0;
  for (let page = 1; page <= last; page++) {
    if (page > PAGES && page <= last - PAGES) page = last - PAGES + 1;
    const size = list.query.includes("per_page") ? { per_page: 100 } : {};
    const read = await keep(lab, kind, run, { page, ...size });
    last = read?.total_page ?? page;
    total = read?.total_data ?? 0;
  }
  return last <= 2 * PAGES ? [] : [
    `of ${total} ${kind.name} records only the first and last ${PAGES} pages were looked through`,
  ];
}

async function keep(
  lab: Lab,
  kind: Kind,
  run: string | undefined,
  query: Record<string, string | number>,
) {
  const { response, page } = await lab.crm.call(kind.endpoints.list, { query });
  for (const record of recordsIn({ response })) {
    const id = toId(record.id);
    if (id !== null && isMarked(record[kind.label], run)) {
      lab.ledger.add({ kind, id });
    }
  }
  return page;
}

/** Notes are listed by what they belong to, which is a record of ours. */
async function findNotes(lab: Lab, run?: string): Promise<string[]> {
  const filters = new Map<Kind, string>([
    [kinds.contact, "crm_lead_id"],
    [kinds.company, "crm_company_id"],
    [kinds.deal, "crm_deal_id"],
  ]);
  for (const { kind, id } of [...lab.ledger.entries]) {
    const filter = filters.get(kind);
    if (filter) await keep(lab, kinds.note, run, { [filter]: id });
  }
  return [];
}
