/**
 * Removes the tokens of Qontak that no session needs any more, although nobody
 * ended the last session: it ended by itself, or no program ever fetched what
 * the person allowed. When that may be the case is noted for each day, so that a
 * sweep looks at few accounts.
 *
 * @module
 */
import { reasonOf } from "../../errors.ts";
import type { Log } from "../../logging/log.ts";
import type { Accounts } from "./accounts.ts";
import { CODE_LIFETIME } from "./issued.ts";
import type { Sessions } from "./sessions.ts";
import type { Records } from "./store.ts";

/** That an account may be unused from a time on. */
export interface Due {
  /** The account. */
  readonly account: string;
  /** The time, in seconds since 1970. */
  readonly at: number;
}

/** How often a server sweeps, in ms. */
const INTERVAL = 3_600_000;

/** How many days are looked back, in case no server ran in the meantime. */
const DAYS = 30;

/** How many accounts of a day are looked at in one sweep. */
const MOST = 200;

const DAY = 86_400;

/** Removes what no session needs. */
export interface Sweep {
  /**
   * Notes that an account may be unused from a time on.
   *
   * @param account The account.
   * @param at The time, in seconds since 1970.
   */
  note(account: string, at: number): Promise<void>;
  /**
   * Sweeps, at most once an hour. Every server may do so at the same time.
   * Never rejects.
   */
  run(): Promise<void>;
}

/** Settings of {@linkcode createSweep}. */
export interface SweepOptions {
  /** Where it is kept when an account may be unused. */
  readonly records: Records<Due>;
  readonly sessions: Sessions;
  readonly accounts: Accounts;
  readonly log: Log;
  /** The clock, in ms since 1970. */
  readonly now: () => number;
}

/** Makes it. */
export function createSweep(
  { records, sessions, accounts, log, now }: SweepOptions,
): Sweep {
  let last = -Infinity;
  const seconds = () => Math.floor(now() / 1000);
  const dayOf = (at: number) =>
    new Date(at * 1000).toISOString().slice(0, "2026-11-27".length);

  async function check({ account, at }: Due, day: string): Promise<void> {
    if (at > seconds()) return;
    let isNew = false;
    await accounts.forget(account, async (signed_in_at) => {
      // The code of somebody who signs in just now may still be exchanged.
      isNew = signed_in_at + 2 * CODE_LIFETIME / 1000 > seconds();
      return !isNew && (await sessions.list(account)).length === 0;
    });
    if (!isNew) await records.remove(account, day);
  }

  return {
    note: (account, at) =>
      records.put(
        account,
        { account, at },
        (at - seconds() + DAYS * DAY) * 1000,
        dayOf(at),
      ),
    async run() {
      if (now() - last < INTERVAL) return;
      last = now();
      try {
        for (let back = 0; back <= DAYS; back++) {
          const day = dayOf(seconds() - back * DAY);
          for (const due of await records.list(MOST, day)) {
            await check(due, day);
          }
        }
      } catch (error) {
        log("warn", "Unused tokens of people could not be removed", {
          ...reasonOf(error),
        });
      }
    },
  };
}
