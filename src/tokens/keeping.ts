/**
 * New credentials on their way into the store. What the store does not take is
 * held in memory and offered to it again and again: a refresh token that is
 * lost locks a company out.
 *
 * @module
 */
import { remedyOf, StoreError } from "../errors.ts";
import { createGiven } from "./given.ts";
import type { Log, LogDetails } from "../logging/log.ts";
import type {
  OAuthCredentials,
  StoredCredentials,
  TokenStore,
} from "./store.ts";

/** OAuth credentials with the version that they were read at. */
export interface Kept extends StoredCredentials {
  readonly credentials: OAuthCredentials;
}

/** Credentials that the store has not taken yet. */
interface Unkept extends Kept {
  readonly tries: number;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** The longest wait before the store is offered credentials again, in ms. */
const LONGEST_WAIT = 30_000;

/**
 * After how long a store that may lose writes is asked whether it still has
 * new credentials, in ms. A replica has taken over by then.
 */
const CHECK_AFTER = 60_000;

/**
 * By how much older than ours the store's credentials must be to be taken for
 * older, where nothing else says so, in seconds: clocks differ.
 */
const CLOCKS = 60;

/** Keeps new credentials. */
export interface Keeper {
  /** A tenant's credentials that the store has not taken yet. */
  unkept(tenant: string): Kept | undefined;
  /**
   * Keeps new credentials before they are used. Never rejects: where the store
   * does not take them, they are served from memory.
   *
   * @param tenant Whose they are.
   * @param kept The credentials, and the version of what they replace.
   * @param replaced The refresh token that was exchanged for them.
   */
  keep(tenant: string, kept: Kept, replaced: string): Promise<void>;
  /**
   * The newest of what the store has and what this process was given. What the
   * store had taken and lost is written to it again.
   */
  newest(tenant: string, stored: Kept): Promise<Kept>;
  /**
   * What this process was given after the store's credentials, which Qontak
   * refuses: it is written in their place. Undefined where there is nothing.
   */
  instead(tenant: string, stored: Kept): Promise<Kept | undefined>;
  /** Forgets what this process was given, or only a token that is dead. */
  forget(tenant: string, token?: string): void;
  /** Offers the store what it has not taken a last time. Never rejects. */
  close(): Promise<void>;
}

/**
 * Makes what keeps new credentials.
 *
 * @param store Where they are kept.
 * @param log Told when credentials are in danger; never told a token.
 */
export function createKeeper(store: TokenStore, log: Log): Keeper {
  const waiting = new Map<string, Unkept>();
  const given = createGiven();
  /** Timers of the looks at what the store has taken. */
  const checks = new Map<string, ReturnType<typeof setTimeout>>();
  let isClosed = false;

  async function keep(tenant: string, kept: Kept, tries = 0): Promise<void> {
    clearTimeout(waiting.get(tenant)?.timer);
    try {
      const isOurs = await put(tenant, kept);
      waiting.delete(tenant);
      if (!isOurs) {
        log(
          "warn",
          "Another process has replaced the credentials of a tenant: those are kept",
          { store: store.name },
        );
      } else {
        if (tries > 0) log("info", "The newest refresh token is kept at last");
        if (store.losesWrites) checkLater(tenant);
      }
    } catch (error) {
      log(
        "error",
        "The newest refresh token could not be kept: it is in memory only, and lost if this process ends. Trying again",
        { store: store.name, tries: tries + 1, ...reasonOf(error) },
      );
      const wait = Math.min(LONGEST_WAIT, 250 * 2 ** tries);
      const again = { ...kept, tries: tries + 1 };
      const timer = setTimeout(() => keep(tenant, kept, again.tries), wait);
      waiting.set(tenant, { ...again, timer });
    }
  }

  /** Whether the store has these credentials now, and not newer ones. */
  async function put(
    tenant: string,
    { credentials, version }: Kept,
    isSecondTry = false,
  ): Promise<boolean> {
    if (await store.replace(tenant, credentials, version) !== undefined) {
      return true;
    }
    // It may have taken them before, and its answer been lost.
    const stored = await store.read(tenant);
    if (!stored || !("refresh_token" in stored.credentials)) return false;
    const { refresh_token } = stored.credentials;
    if (refresh_token === credentials.refresh_token) return true;
    // Or it has brought back what these have replaced.
    if (isSecondTry) return false;
    return given.replacing(tenant, stored.credentials) === credentials &&
      await put(tenant, { credentials, version: stored.version }, true);
  }

  function checkLater(tenant: string): void {
    clearTimeout(checks.get(tenant));
    if (isClosed) return;
    const timer = setTimeout(() => check(tenant), CHECK_AFTER);
    // Nobody waits for it.
    Deno.unrefTimer(timer);
    checks.set(tenant, timer);
  }

  /** Looks whether the store still has what it has taken. Never rejects. */
  async function check(tenant: string): Promise<void> {
    checks.delete(tenant);
    try {
      const stored = await store.read(tenant);
      if (!stored || !("refresh_token" in stored.credentials)) return;
      await restore(tenant, { ...stored, credentials: stored.credentials });
    } catch {
      checkLater(tenant);
    }
  }

  /** Writes what the store had taken and lost to it again. */
  async function restore(
    tenant: string,
    { credentials: stored, version }: Kept,
  ): Promise<Kept | undefined> {
    const credentials = given.replacing(tenant, stored);
    if (!credentials) return undefined;
    log(
      "warn",
      "The store has lost the newest refresh token of a tenant and brought back an older one: the newest is written to it again",
      { store: store.name },
    );
    const kept = { credentials, version };
    await keep(tenant, kept);
    return kept;
  }

  async function putLast(tenant: string, kept: Kept): Promise<void> {
    try {
      await put(tenant, kept);
    } catch (error) {
      log(
        "error",
        "The newest refresh token of a tenant could not be kept and is lost: the tenant needs a new one",
        { store: store.name, tenant, ...reasonOf(error) },
      );
    }
  }

  return {
    unkept: (tenant) => waiting.get(tenant),
    async keep(tenant, kept, replaced) {
      given.note(tenant, kept.credentials, replaced);
      await keep(tenant, kept);
    },
    async newest(tenant, stored) {
      const ours = given.after(tenant, stored.credentials, CLOCKS);
      if (!ours) return stored;
      return await restore(tenant, stored) ??
        { credentials: ours, version: stored.version };
    },
    async instead(tenant, stored) {
      const credentials = given.after(tenant, stored.credentials, 0);
      if (!credentials) return undefined;
      const kept = { credentials, version: stored.version };
      await keep(tenant, kept);
      return kept;
    },
    forget: (tenant, token) => given.forget(tenant, token),
    async close() {
      isClosed = true;
      for (const timer of checks.values()) clearTimeout(timer);
      checks.clear();
      await Promise.all(
        Array.from(waiting, ([tenant, { timer, ...kept }]) => {
          clearTimeout(timer);
          return putLast(tenant, kept);
        }),
      );
      waiting.clear();
    },
  };
}

/** What a log may say of an error: a store's words hold no secret. */
export function reasonOf(error: unknown): LogDetails {
  return {
    error: error instanceof Error ? error.name : typeof error,
    reason: error instanceof StoreError ? error.message : undefined,
    ...remedyOf(error),
  };
}
