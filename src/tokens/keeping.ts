/**
 * New credentials on their way into the store. What the store does not take is
 * held in memory and offered to it again and again: a refresh token that is
 * lost locks a company out.
 *
 * @module
 */
import { remedyOf, StoreError } from "../errors.ts";
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

/** Keeps new credentials. */
export interface Keeper {
  /** A tenant's credentials that the store has not taken yet. */
  unkept(tenant: string): Kept | undefined;
  /**
   * Keeps new credentials before they are used. Never rejects: where the store
   * does not take them, they are served from memory.
   */
  keep(tenant: string, kept: Kept): Promise<void>;
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
      } else if (tries > 0) {
        log("info", "The newest refresh token is kept at last");
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
  async function put(tenant: string, kept: Kept): Promise<boolean> {
    const { credentials, version } = kept;
    if (await store.replace(tenant, credentials, version) !== undefined) {
      return true;
    }
    // It may have taken them before, and its answer been lost.
    const stored = (await store.read(tenant))?.credentials;
    return stored !== undefined && "refresh_token" in stored &&
      stored.refresh_token === credentials.refresh_token;
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
    keep: (tenant, kept) => keep(tenant, kept),
    async close() {
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
