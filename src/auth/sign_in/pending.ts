/**
 * Bounds the sign-ins under way, for each part of the network and in all. Where
 * there are too many, the oldest ones of those who have most are ended, so that
 * strangers with few addresses cannot end the sign-ins of others.
 *
 * @module
 */
import { sha256 } from "../../storage/hash.ts";
import { OAuthProblem } from "./protocol.ts";
import { ALL, type Records } from "./store.ts";

/** The sign-ins under way from one part of the network, oldest first. */
export interface Site {
  /** Which part; a hash, since no address is stored. */
  readonly key: string;
  readonly flows: readonly {
    readonly id: string;
    /** When it ends by itself, in ms since 1970. */
    readonly until: number;
  }[];
}

/** How many there may be from one part of the network. */
const MOST_OF_SITE = 100;

/** How many there may be in all: fewer than a store keeps. */
const MOST_IN_ALL = 8_000;

/** After how many new ones all of them are counted. */
const CHECK = 64;

/** The most parts of the network that are counted. */
const SITES = 10_000;

/** How long the list of one part is kept, in ms. */
const LIFETIME = 3_600_000;

/** Counts the sign-ins under way. */
export interface Pending {
  /**
   * Counts one more, and ends others if there are too many.
   *
   * @param site From which part of the network it comes.
   * @param id Its id.
   * @param lifetime When it ends by itself, in ms from now.
   * @throws {OAuthProblem} When very many begin at the same time.
   */
  add(site: string, id: string, lifetime: number): Promise<void>;
  /** Counts one less. */
  drop(site: string, id: string): Promise<void>;
}

/** Settings of {@linkcode createPending}. */
export interface PendingOptions {
  /** Where they are counted. */
  readonly records: Records<Site>;
  /** Ends one. */
  readonly end: (id: string) => Promise<void>;
  /** How many there may be from one part of the network; 100 by default. */
  readonly mostOfSite?: number;
  /** How many there may be in all; 8,000 by default. */
  readonly mostInAll?: number;
  /** After how many new ones all of them are counted; 64 by default. */
  readonly check?: number;
}

/** Makes the bounds. */
export function createPending({
  records,
  end,
  mostOfSite = MOST_OF_SITE,
  mostInAll = MOST_IN_ALL,
  check = CHECK,
}: PendingOptions): Pending {
  let begun = 0;

  /** Keeps the newest ones of a part of the network, and ends the others. */
  async function shorten(key: string, most: number, added: Site["flows"] = []) {
    let past: Site["flows"] = [];
    const shortened = (flows: Site["flows"]): Site => {
      const all = [...flows, ...added];
      const alive = all.filter(({ until }) => until > Date.now());
      const extra = Math.max(0, alive.length - most);
      past = alive.slice(0, extra);
      return { key, flows: alive.slice(extra) };
    };
    const changed = await records.change(
      key,
      ALL,
      ({ flows }) => shortened(flows),
    );
    if (!changed && added.length > 0) {
      if (await records.get(key)) {
        throw new OAuthProblem(
          "temporarily_unavailable",
          "Many sign-ins begin at the same time: try again in a moment",
        );
      }
      await records.put(key, shortened([]), LIFETIME);
    }
    for (const { id } of past) await end(id);
  }

  /** Ends the oldest ones of those who have most, until there is room. */
  async function level(): Promise<void> {
    const sites = await records.list(SITES);
    const counts = sites.map(({ flows }) =>
      flows.filter(({ until }) => until > Date.now()).length
    );
    const most = fairShare(counts, mostInAll);
    for (const [i, { key }] of sites.entries()) {
      if (counts[i]! > most) await shorten(key, most);
    }
  }

  return {
    async add(site, id, lifetime) {
      const until = Date.now() + lifetime;
      await shorten(await keyOf(site), mostOfSite, [{ id, until }]);
      if (begun++ % check === 0) await level();
    },
    async drop(site, id) {
      await records.change(await keyOf(site), ALL, (one) => ({
        ...one,
        flows: one.flows.filter((flow) => flow.id !== id),
      }));
    },
  };
}

async function keyOf(site: string): Promise<string> {
  return (await sha256(site)).slice(0, 32);
}

/**
 * How many each may have so that all together have at most so many. Those who
 * have fewer keep all.
 *
 * @returns At least 1.
 */
export function fairShare(counts: readonly number[], total: number): number {
  let left = total;
  const sorted = counts.toSorted((a, b) => a - b);
  for (const [i, count] of sorted.entries()) {
    const share = Math.floor(left / (sorted.length - i));
    if (count > share) return Math.max(1, share);
    left -= count;
  }
  return Infinity;
}
