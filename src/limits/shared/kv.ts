/**
 * Token buckets in Deno KV, for the servers of one machine or of Deno Deploy.
 *
 * @module
 */
import { askKv, isLocked, type Kv } from "../../storage/kv.ts";
import { type Rate, type Rates, refill, waitFor } from "../bucket.ts";
import type { Buckets, SharedBuckets, Waits } from "./shared.ts";

/** Settings of {@linkcode createKvBuckets}. */
export interface KvBucketsOptions {
  /** The database. */
  readonly kv: Kv;
}

/** The prefix of the keys; the tenant follows it. */
const ROOT = ["qontak-mcp", "limits"];

/** The name for all tenants together; no tenant can have it. */
const ALL = "*";

/** How many requests to serve at once: one read allows ten keys. */
const BATCH = 9;

/** How many times to try while other processes write first. */
const TRIES = 8;

/** The longest pause between two attempts, in ms. */
const PAUSE = 10;

/** How long to wait if other processes wrote first every time, in ms. */
const BUSY = 25;

/** How far another machine's clock may be ahead, in ms. */
const SKEW = 10_000;

/** A request for a token. */
interface Wish {
  readonly tenant: string;
  readonly rates: Rates;
  grant(waits: Waits): void;
  fail(error: unknown): void;
}

/**
 * Makes buckets in Deno KV.
 *
 * @example Limits that hold for all isolates of an app
 * ```ts
 * import { createServer } from "@qontak/mcp";
 * import { createKvBuckets, createLimits } from "@qontak/mcp/limits";
 *
 * // Without a database, each isolate uses its own limits.
 * const database = Promise.resolve(Deno.openKv?.());
 * const kv = { open: () => database };
 * const server = createServer({
 *   refreshToken: "a-refresh-token",
 *   limits: createLimits({ shared: createKvBuckets({ kv }) }),
 * });
 * await server.close();
 * ```
 *
 * @param options The database.
 * @returns The buckets.
 */
export function createKvBuckets(options: KvBucketsOptions): SharedBuckets {
  return openKvBuckets(options);
}

/** Makes the same buckets, with the interface that limits use. */
export function openKvBuckets({ kv }: KvBucketsOptions): Buckets {
  /** Requests of one process are batched, so they do not conflict. */
  const wishes: Wish[] = [];
  let isBusy = false;

  async function serve(): Promise<void> {
    if (isBusy) return;
    isBusy = true;
    while (wishes.length > 0) {
      const batch = wishes.splice(0, BATCH);
      try {
        const waits = await askKv(
          kv,
          "limits",
          (database) => take(database, batch),
        );
        for (const [index, wish] of batch.entries()) wish.grant(waits[index]!);
      } catch (error) {
        for (const wish of batch) wish.fail(error);
      }
    }
    isBusy = false;
  }

  return {
    name: "kv",
    take(tenant, rates) {
      return new Promise((grant, fail) => {
        wishes.push({ tenant, rates, grant, fail });
        serve();
      });
    },
    close: () => Promise.resolve(),
  };
}

/**
 * Takes tokens atomically, and retries after conflicts with other processes.
 */
async function take(
  database: Deno.Kv,
  wishes: readonly Wish[],
): Promise<Waits[]> {
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      const waits = await attempt(database, wishes);
      if (waits) return waits;
    } catch (error) {
      if (!isLocked(error)) throw error;
    }
    const pause = Math.random() * Math.min(PAUSE, 2 ** tries);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return wishes.map(() => ({ tenant: 0, all: BUSY }));
}

/** Takes tokens atomically; undefined after a conflict. */
async function attempt(
  database: Deno.Kv,
  wishes: readonly Wish[],
): Promise<Waits[] | undefined> {
  const names = [...new Set([ALL, ...wishes.map(({ tenant }) => tenant)])];
  const entries = await database.getMany<number[]>(
    names.map((name) => [...ROOT, name]),
  );
  const now = Date.now();
  /** When each bucket is full again, in ms since 1970. */
  const fullAt = new Map(
    names.map((name, index) => [name, entries[index]!.value ?? now]),
  );
  const changed = new Map<string, number>();
  const read = (name: string, rate: Rate) => {
    const at = fullAt.get(name)!;
    const most = now + rate.burst * refill(rate);
    // A clock that was far ahead must not block all requests.
    return at > most + SKEW ? most : at;
  };
  const waits = wishes.map(({ tenant, rates }) => {
    const own = read(tenant, rates.tenant);
    const everybodys = read(ALL, rates.all);
    const found = {
      tenant: waitFor(rates.tenant, own, now),
      all: waitFor(rates.all, everybodys, now),
    };
    if (found.tenant > 0 || found.all > 0) return found;
    for (
      const [name, at, rate] of [
        [tenant, own, rates.tenant],
        [ALL, everybodys, rates.all],
      ] as const
    ) {
      const next = Math.max(at, now) + refill(rate);
      fullAt.set(name, next);
      changed.set(name, next);
    }
    return found;
  });
  if (changed.size === 0) return waits;
  let commit = database.atomic();
  for (const [index, entry] of entries.entries()) {
    if (!changed.has(names[index]!)) continue;
    const at = changed.get(names[index]!)!;
    // Expiry in the database only removes buckets that are full again.
    commit = commit.check(entry)
      .set(entry.key, at, {
        expireIn: Math.max(1, Math.ceil(at - now)) + SKEW,
      });
  }
  return (await commit.commit()).ok ? waits : undefined;
}
