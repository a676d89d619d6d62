/**
 * Sessions: what a person allowed one client. A session has one refresh token,
 * which each use replaces, and access tokens that end after an hour. Every
 * token is stored as a hash only.
 *
 * @module
 */
import type { Log } from "../../logging/log.ts";
import { createLru } from "../../storage/lru.ts";
import { quickSha256, sha256 } from "../../storage/hash.ts";
import type { Scope } from "../principal.ts";
import {
  isSame,
  type Issued,
  mint,
  type Named,
  parseSecret,
} from "./issued.ts";
import { OAuthProblem } from "./protocol.ts";
import { keepAnswer, type Repeatable, repeatAnswer } from "./repeats.ts";
import type { Records } from "./store.ts";

/** A session. Times are in seconds since 1970. */
export interface Session {
  readonly id: string;
  /** The account, without the prefix of its tenant. */
  readonly account: string;
  readonly client_id: string;
  readonly client_name: string;
  /** The host of the client, as the consent page showed it. */
  readonly client_host: string;
  /** What the person allowed. */
  readonly scopes: readonly Scope[];
  /** The endpoint that its tokens are for. */
  readonly resource: string;
  readonly created_at: number;
  /** When it ends, even if it is used. */
  readonly ends_at: number;
  readonly used_at: number;
  /** The hash of the code that it began with. */
  readonly code: string;
  /** The hash of its refresh token. */
  readonly refresh: string;
  /** The hashes of the refresh tokens that were replaced, newest first. */
  readonly replaced: readonly string[];
  /** The answer to the last renewal, in case it was lost on its way. */
  readonly repeatable?: Repeatable;
  /** Its access tokens, newest first. */
  readonly access: readonly Access[];
}

/** A stored access token. */
interface Access {
  readonly hash: string;
  readonly scopes: readonly Scope[];
  readonly ends_at: number;
}

/** The lifetime of an access token, in seconds. */
export const ACCESS_LIFETIME = 3_600;

/** The lifetime of a session, in seconds. */
export const SESSION_LIFETIME: number = 90 * 86_400;

/** How many sessions a person may have; the oldest ends first. */
export const MOST_SESSIONS = 30;

/** How many access tokens of a session are valid at once. */
const MOST_ACCESS = 4;

/**
 * How many replaced refresh tokens are remembered: three weeks of a client that
 * renews every hour. Older ones are refused, but do not end the session.
 */
const MOST_REPLACED = 500;

/**
 * How long a session is used from memory, in ms. A revoked session works no
 * longer than that.
 */
const HOLD = 30_000;

/** How many sessions are kept in memory. */
const HELD = 10_000;

/** The shortest time between two updates of the last use, in seconds. */
const NOTE = 60;

/** A request to renew. */
interface Renewal {
  readonly token: string;
  /** Its hash. */
  readonly hash: string;
  /** The client that presents it. */
  readonly client: string;
  /** Chooses the scopes of the access token from those allowed. */
  readonly narrow: (allowed: readonly Scope[]) => readonly Scope[];
}

/** What a session begins with. */
export type Beginning = Pick<
  Session,
  | "id"
  | "account"
  | "client_id"
  | "client_name"
  | "client_host"
  | "scopes"
  | "resource"
  | "code"
>;

/** The sessions. */
export interface Sessions {
  /** When a session ends that begins now, in seconds since 1970. */
  endOfNew(): number;
  /** Begins a session, and gives its first tokens. */
  begin(beginning: Beginning): Promise<Issued>;
  /**
   * Replaces a refresh token. One that was replaced before ends the session: it
   * was stolen, or the new one was. Only the last one gets the same answer for a
   * few seconds, while the new one is not used: the answer may have been lost.
   *
   * @param token The refresh token.
   * @param client The id of the client that presents it.
   * @param narrow Chooses the scopes of the access token from those allowed.
   * @returns Undefined if the token is not valid.
   */
  renew(
    token: string,
    client: string,
    narrow: Renewal["narrow"],
  ): Promise<Issued | undefined>;
  /**
   * Finds the session of a valid access token.
   *
   * @returns Undefined if the token is not valid.
   */
  find(token: string): Promise<
    | { readonly session: Session; readonly access: Access }
    | undefined
  >;
  /**
   * Whether an access token, right or wrong, names a session that this server
   * has used. It asks no store.
   */
  knows(token: string): boolean;
  /**
   * Ends the session of a token of any kind, if it is one of its tokens.
   *
   * @returns The account, if a session was ended.
   */
  endBy(token: string, client?: string): Promise<string | undefined>;
  /** Ends the session that a code began, when the code is used again. */
  endByCode(code: string): Promise<void>;
  /** The sessions of an account, newest first. */
  list(account: string): Promise<readonly Session[]>;
  /**
   * Ends a session.
   *
   * @returns Whether it existed.
   */
  end(account: string, id: string): Promise<boolean>;
}

/** Settings of {@linkcode createSessions}. */
export interface SessionsOptions {
  /** Where they are kept. */
  readonly records: Records<Session>;
  /** Logs when a session ends because a token was used again. */
  readonly log: Log;
  /** Tidies up for an account when one of its sessions ended by itself. */
  readonly onEnded: (account: string) => Promise<void>;
  /** The clock, in ms since 1970. */
  readonly now: () => number;
}

/**
 * Makes the sessions.
 *
 * @param options Where they are kept.
 */
export function createSessions(
  { records, log, onEnded, now }: SessionsOptions,
): Sessions {
  const held = createLru<{ readonly session: Session; readonly at: number }>(
    HELD,
  );
  const seconds = () => Math.floor(now() / 1000);
  const nameOf = ({ account, session }: Named) => `${account} ${session}`;

  async function issue(
    named: Named,
    allowed: readonly Scope[],
    kept: readonly Access[],
  ) {
    const [access, refresh] = await Promise.all([
      mint("a", named),
      mint("r", named),
    ]);
    const ends_at = seconds() + ACCESS_LIFETIME;
    const fresh = { hash: access.hash, scopes: allowed, ends_at };
    const valid = kept.filter((one) => one.ends_at > seconds());
    return {
      issued: {
        access_token: access.secret,
        refresh_token: refresh.secret,
        scopes: allowed,
      },
      stored: {
        refresh: refresh.hash,
        access: [fresh, ...valid].slice(0, MOST_ACCESS),
      },
    };
  }

  /** Reads a session; from memory, if that is fresh enough. */
  async function read(
    named: Named,
    isFresh: (held: Session) => boolean = () => false,
  ): Promise<Session | undefined> {
    const name = nameOf(named);
    const known = held.get(name);
    const age = known ? now() - known.at : Infinity;
    if (known && age >= 0 && age < HOLD && isFresh(known.session)) {
      return known.session;
    }
    const at = now();
    const session = await records.get(named.session, named.account);
    if (session && session.ends_at > seconds()) held.set(name, { session, at });
    else held.delete(name);
    return session && session.ends_at > seconds() ? session : undefined;
  }

  async function end(named: Named): Promise<void> {
    await records.remove(named.session, named.account);
    held.delete(nameOf(named));
  }

  async function endReused(named: Named, what: string): Promise<void> {
    await end(named);
    log("warn", "A session was ended, because a secret of it was used again", {
      session: named.session,
      what,
    });
    await onEnded(named.account);
  }

  /** The answer to a renewal that a client repeats; undefined if it may not. */
  async function repeat(
    { repeatable, replaced: [last = ""], ...session }: Session,
    { token, hash, client, narrow }: Renewal,
  ): Promise<Issued | undefined> {
    const isLast = isSame(last, hash) && session.client_id === client;
    if (!repeatable || !isLast) return undefined;
    const issued = await repeatAnswer(token, repeatable, seconds());
    try {
      const wanted = narrow(session.scopes).join();
      return issued?.scopes.join() === wanted ? issued : undefined;
    } catch (error) {
      // A thief does not learn that way whether the session still exists.
      if (error instanceof OAuthProblem) return undefined;
      throw error;
    }
  }

  /** Notes the last use. Calls do not wait for it. */
  function note(session: Session): void {
    if (seconds() - session.used_at < NOTE) return;
    const used = { ...session, used_at: seconds() };
    const name = nameOf({ account: session.account, session: session.id });
    const known = held.get(name);
    // The session does not become fresher by that.
    if (known) held.set(name, { session: used, at: known.at });
    records.change(
      session.id,
      session.account,
      ({ repeatable, ...one }) => ({
        ...one,
        used_at: used.used_at,
        ...(repeatable && repeatable.until >= seconds() ? { repeatable } : {}),
      }),
    ).catch(() => log("warn", "The last use of a session cannot be stored"));
  }

  const endOfNew = () => seconds() + SESSION_LIFETIME;

  return {
    endOfNew,

    async begin(beginning) {
      const { id, account, scopes } = beginning;
      const named = { account, session: id };
      // Room first: nobody can fill the store with sessions.
      const before = await records.list(MOST_SESSIONS * 2, account);
      const oldest = before.toSorted((a, b) => b.created_at - a.created_at)
        .slice(MOST_SESSIONS - 1);
      for (const one of oldest) await end({ account, session: one.id });
      const { issued, stored } = await issue(named, scopes, []);
      const session: Session = {
        ...beginning,
        ...stored,
        created_at: seconds(),
        used_at: seconds(),
        ends_at: endOfNew(),
        replaced: [],
      };
      await records.put(id, session, SESSION_LIFETIME * 1000, account);
      held.set(nameOf(named), { session, at: now() });
      return issued;
    },

    async renew(token, client, narrow) {
      const named = parseSecret(token);
      if (named?.kind !== "r") return undefined;
      const hash = await sha256(token);
      const session = await read(named);
      if (!session) return undefined;
      const renewal = { token, hash, client, narrow };
      if (session.replaced.some((one) => isSame(one, hash))) {
        const same = await repeat(session, renewal);
        if (!same) await endReused(named, "refresh token");
        return same;
      }
      if (!isSame(session.refresh, hash) || session.client_id !== client) {
        return undefined;
      }
      const scopes = narrow(session.scopes);
      const { issued, stored } = await issue(named, scopes, session.access);
      const repeatable = await keepAnswer(token, issued, seconds());
      const changed = await records.change(
        named.session,
        named.account,
        (one) =>
          // Of two requests with the same token, one makes new tokens.
          isSame(one.refresh, hash)
            ? {
              ...one,
              ...stored,
              repeatable,
              used_at: seconds(),
              replaced: [hash, ...one.replaced].slice(0, MOST_REPLACED),
            }
            : undefined,
      );
      if (changed) {
        held.set(nameOf(named), { session: changed, at: now() });
        return issued;
      }
      // Another server was faster.
      const renewed = await read(named);
      const same = renewed && await repeat(renewed, renewal);
      if (renewed && !same) await endReused(named, "refresh token");
      return same;
    },

    async find(token) {
      const named = parseSecret(token);
      const hash = await quickSha256(token);
      if (named?.kind !== "a") return undefined;
      const of = ({ access }: Session) =>
        access.find((one) => isSame(one.hash, hash));
      // Another server may have given out the token a moment ago.
      const session = await read(named, (held) => of(held) !== undefined);
      const access = session && of(session);
      if (!access || access.ends_at <= seconds()) return undefined;
      note(session);
      return { session, access };
    },

    knows(token) {
      const named = parseSecret(token);
      return named?.kind === "a" && held.get(nameOf(named)) !== undefined;
    },

    async endBy(token, client) {
      const named = parseSecret(token);
      const session = named && await read(named);
      if (!session) return undefined;
      if (client !== undefined && session.client_id !== client) {
        return undefined;
      }
      const hash = await sha256(token);
      const own = [session.refresh, ...session.access.map(({ hash }) => hash)];
      if (!own.some((one) => isSame(one, hash))) return undefined;
      await end(named);
      return named.account;
    },

    async endByCode(code) {
      const named = parseSecret(code);
      const session = named && await read(named);
      if (session && isSame(session.code, await sha256(code))) {
        await endReused(named, "code");
      }
    },

    async list(account) {
      const all = await records.list(MOST_SESSIONS * 2, account);
      return all.filter(({ ends_at }) => ends_at > seconds())
        .toSorted((a, b) => b.created_at - a.created_at);
    },

    async end(account, id) {
      const existed = await records.get(id, account) !== undefined;
      await end({ account, session: id });
      return existed;
    },
  };
}
