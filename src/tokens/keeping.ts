/**
 * Stores new credentials. If the store does not accept them, they stay in
 * memory and are retried: a company that loses its refresh token is locked out.
 *
 * @module
 */
import { reasonOf } from "../errors.ts";
import type { KnownCredentials } from "./account.ts";
import { createGiven } from "./given.ts";
import type { Log } from "../logging/log.ts";
import type {
  OAuthCredentials,
  StoredCredentials,
  TokenStore,
} from "./store.ts";

/** OAuth credentials and the version at which they were read. */
export interface Kept extends StoredCredentials {
  readonly credentials: KnownCredentials;
}

/** OAuth credentials as the store has them. */
type StoredOAuth = StoredCredentials & {
  readonly credentials: OAuthCredentials;
};

/** Credentials that the store has not accepted yet. */
interface Unkept extends Kept {
  readonly tries: number;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** The longest wait before the next attempt to store credentials, in ms. */
const LONGEST_WAIT = 30_000;

/**
 * When to check that a store that may lose writes still has the new
 * credentials, in ms after the write. By then a replica has taken over.
 */
const CHECK_AFTER = 60_000;

/**
 * How much older than ours the store's credentials must be to count as older,
 * in seconds, when only times can be compared: clocks differ.
 */
const CLOCKS = 60;

/** Stores new credentials. */
export interface Keeper {
  /** A tenant's credentials that the store has not accepted yet. */
  unkept(tenant: string): Kept | undefined;
  /**
   * Stores new credentials before they are used. Never rejects: if the store
   * does not accept them, they are served from memory.
   *
   * @param tenant The owner of the credentials.
   * @param kept The credentials, and the version that they replace.
   * @param replaced The refresh token that was exchanged for them.
   */
  keep(tenant: string, kept: Kept, replaced: string): Promise<void>;
  /**
   * Returns the newest of the stored credentials and those that this process
   * received. Restores credentials that the store has lost.
   */
  newest(tenant: string, stored: Kept): Promise<Kept>;
  /**
   * Returns the credentials that this process received after the stored ones,
   * which Qontak refuses, and stores them instead. Undefined if there are none
   * such.
   */
  instead(tenant: string, stored: Kept): Promise<Kept | undefined>;
  /** Forgets a tenant's credentials; with `token`, only if that is theirs. */
  forget(tenant: string, token?: string): void;
  /** Tries one last time to store pending credentials. Never rejects. */
  close(): Promise<void>;
}

/**
 * Makes the keeper of new credentials.
 *
 * @param store The store of credentials.
 * @param log Logs when credentials are at risk; never receives a token.
 */
export function createKeeper(store: TokenStore, log: Log): Keeper {
  const waiting = new Map<string, Unkept>();
  const given = createGiven();
  /** Timers for checking what the store has accepted. */
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
        if (tries > 0) log("info", "The newest refresh token is now kept");
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

  /** Stores credentials. Returns false if the store has newer ones. */
  async function put(
    tenant: string,
    { credentials, version }: Kept,
    isSecondTry = false,
  ): Promise<boolean> {
    if (await store.replace(tenant, credentials, version) !== undefined) {
      return true;
    }
    // The store may have accepted them earlier, with its answer lost.
    const stored = await store.read(tenant);
    if (!stored || !("refresh_token" in stored.credentials)) return false;
    const { refresh_token } = stored.credentials;
    if (refresh_token === credentials.refresh_token) return true;
    // Or the store may have reverted to the credentials that these replaced.
    if (isSecondTry) return false;
    return given.replacing(tenant, stored.credentials) === credentials &&
      await put(tenant, { credentials, version: stored.version }, true);
  }

  function checkLater(tenant: string): void {
    clearTimeout(checks.get(tenant));
    if (isClosed) return;
    const timer = setTimeout(() => check(tenant), CHECK_AFTER);
    // The timer must not keep the process running.
    Deno.unrefTimer(timer);
    checks.set(tenant, timer);
  }

  /** Checks that the store still has the credentials. Never rejects. */
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

  /** Restores credentials that the store has accepted and then lost. */
  async function restore(
    tenant: string,
    { credentials: stored, version }: StoredOAuth,
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
