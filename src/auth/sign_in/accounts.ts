/**
 * The accounts of people who signed in at Qontak. Each person is a tenant of
 * its own, with its own token of Qontak.
 *
 * @module
 */
import { StoreError } from "../../errors.ts";
import { sha256 } from "../../storage/hash.ts";
import { takeLease } from "../../tokens/lease.ts";
import type { OAuthCredentials, TokenStore } from "../../tokens/store.ts";
import { defined } from "../../values/json.ts";
import { isSame, randomLetters } from "./issued.ts";
import { SESSION_LIFETIME } from "./sessions.ts";
import type { Records } from "./store.ts";

/** What the tenants of people who signed in start with. */
const PREFIX = "qontak.";

/** A person who signed in at Qontak, before anything is kept. */
export interface Login {
  /** The tokens that Qontak gave. */
  readonly credentials: OAuthCredentials;
  /** The person's id in Qontak, if Qontak says it. */
  readonly user?: number;
}

/** A kept account. Times are in seconds since 1970. */
export interface Account {
  /** Its id: that of the person in Qontak, or random letters. */
  readonly id: string;
  /** The person's id in Qontak, if Qontak says it. */
  readonly user?: number;
  readonly signed_in_at: number;
  /** The hash of the secret that the person's browser has, if it has one. */
  readonly browser?: string;
}

/** The accounts. */
export interface Accounts {
  /**
   * The account that a browser has a secret for, if Qontak does not say who
   * signs in.
   */
  known(cookie: string | undefined): Promise<Account | undefined>;
  /**
   * Keeps the tokens of a person.
   *
   * @param login The tokens, and the person if Qontak says who it is.
   * @param continued The account to continue, if Qontak does not say it.
   * @returns The account, and the secret for the browser if it needs one.
   * @throws {StoreError} When the tokens cannot be kept.
   */
  adopt(login: Login, continued?: Account): Promise<
    { readonly account: Account; readonly cookie?: string }
  >;
  /** Whether somebody signed in to an account. */
  exists(id: string): Promise<boolean>;
  /** Lists the accounts. */
  list(most: number): Promise<readonly Account[]>;
  /**
   * Forgets the tokens of an account, because nobody may use them any more or
   * Qontak refuses them.
   */
  forget(id: string): Promise<void>;
}

/** The tenant of an account. */
export function tenantOf(account: string): string {
  return PREFIX + account;
}

/** The account of a tenant; undefined if nobody signed in to it. */
export function accountOf(tenant: string): string | undefined {
  const id = tenant.slice(PREFIX.length);
  return tenant.startsWith(PREFIX) && /^[a-z0-9]{1,32}$/.test(id)
    ? id
    : undefined;
}

/** How the person is named in logs and audit records. */
export function nameOf(account: string): string {
  return /^\d+$/.test(account)
    ? `user ${account} of Qontak`
    : `account ${account} of Qontak`;
}

/** How many times to try to keep tokens while others change the record. */
const TRIES = 10;

/** Settings of {@linkcode createAccounts}. */
export interface AccountsOptions {
  /** Where accounts are kept. */
  readonly records: Records<Account>;
  /** Where the tokens of Qontak are kept. */
  readonly tokens: TokenStore;
  /** Deletes what is cached for a tenant, such as an access token. */
  readonly dropCached: (tenant: string) => Promise<void>;
  /** The clock, in ms since 1970. */
  readonly now: () => number;
}

/**
 * Makes the accounts.
 *
 * @param options Where they are kept.
 */
export function createAccounts(
  { records, tokens, dropCached, now }: AccountsOptions,
): Accounts {
  async function keep(id: string, { credentials, user }: Login): Promise<void> {
    const tenant = tenantOf(id);
    const { refresh_token, access_token, expires_at, expires_in } = credentials;
    const record: OAuthCredentials = {
      refresh_token,
      // The same person has the same account, so nothing held is dropped. If
      // Qontak does not say who it is, it may be another person.
      account: user === undefined ? crypto.randomUUID() : tenant,
      ...defined({ access_token, expires_at, expires_in, user }),
    };
    // A server that renews the old tokens now would otherwise replace these.
    const lease = await takeLease(tokens, tenant, crypto.randomUUID());
    try {
      for (let tries = 0; tries < TRIES; tries++) {
        const version = (await tokens.read(tenant))?.version;
        if (await tokens.replace(tenant, record, version) !== undefined) return;
      }
    } finally {
      await lease?.release();
    }
    throw new StoreError(
      "The tokens of a person who signed in could not be kept: other processes change the same record",
    );
  }

  return {
    async known(cookie) {
      const [id = "", secret = ""] = (cookie ?? "").split(".");
      if (!/^[a-z0-9]{1,32}$/.test(id)) return undefined;
      const account = await records.get(id);
      const hash = await sha256(secret);
      return account?.browser !== undefined && isSame(account.browser, hash)
        ? account
        : undefined;
    },

    async adopt(login, continued) {
      const { user } = login;
      const id = user === undefined
        ? continued?.id ?? `r${randomLetters(20)}`
        : String(user);
      await keep(id, login);
      const secret = user === undefined ? randomLetters(52) : undefined;
      const account: Account = {
        id,
        signed_in_at: Math.floor(now() / 1000),
        ...defined({ user }),
        ...(secret ? { browser: await sha256(secret) } : {}),
      };
      // Longer than any session that begins now.
      await records.put(id, account, (SESSION_LIFETIME + 86_400) * 1000);
      return { account, ...(secret ? { cookie: `${id}.${secret}` } : {}) };
    },

    exists: async (id) => await records.get(id) !== undefined,

    list: (most) => records.list(most),

    async forget(id) {
      await tokens.remove(tenantOf(id));
      await dropCached(tenantOf(id));
    },
  };
}
