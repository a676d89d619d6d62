/**
 * The accounts of people who signed in at Qontak. Each person is a tenant of
 * its own, with its own token of Qontak.
 *
 * @module
 */
import { StoreError } from "../../errors.ts";
import { sha256 } from "../../storage/hash.ts";
import { takeLease } from "../../tokens/lease.ts";
import type {
  Credentials,
  OAuthCredentials,
  TokenStore,
} from "../../tokens/store.ts";
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
  /** The person's name in Qontak, if Qontak says it. */
  readonly name?: string;
}

/** A kept account. Times are in seconds since 1970. */
export interface Account {
  /** Its id: that of the person in Qontak, or random letters. */
  readonly id: string;
  /** The person's id in Qontak, if Qontak says it. */
  readonly user?: number;
  readonly signed_in_at: number;
  /** What marks the tokens in the store as those of this account. */
  readonly mark: string;
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
   * Qontak refuses them. Tokens that an operator put in its place stay.
   *
   * @param id The account.
   * @param isUnused Says whether nobody may use them, while nobody signs in to
   * the account. It gets when somebody last did.
   */
  forget(
    id: string,
    isUnused?: (signed_in_at: number) => Promise<boolean>,
  ): Promise<void>;
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

/** Whether credentials are those of a person who signed in. */
function isMarked(
  id: string,
  account: Account | undefined,
  credentials: Credentials,
): boolean {
  const mark = "account" in credentials ? credentials.account : undefined;
  if (account) return mark === account.mark;
  // Of many thousand accounts, the store forgets the oldest. Nobody else has a
  // random name.
  return mark === tenantOf(id) || !/^\d+$/.test(id);
}

/** How many times to try to keep tokens while others change the record. */
const TRIES = 10;

/** When to try again, in ms. */
const TRY_AGAIN = 200;

/**
 * How long an account is kept after somebody signed in, in ms: longer than any
 * session that begins then, and than servers look back for unused tokens.
 */
const ACCOUNT_LIFETIME = (SESSION_LIFETIME + 60 * 86_400) * 1000;

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
  /**
   * Runs something while nobody else changes the tokens of a tenant. A server
   * that renews the old tokens would otherwise replace new ones.
   */
  async function alone<T>(tenant: string, run: () => Promise<T>): Promise<T> {
    const holder = crypto.randomUUID();
    let lease = await takeLease(tokens, tenant, holder);
    for (let tries = 0; !lease && tries < TRIES; tries++) {
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN));
      lease = await takeLease(tokens, tenant, holder);
    }
    try {
      return await run();
    } finally {
      await lease?.release();
    }
  }

  async function keep(
    id: string,
    { credentials, user }: Login,
    mark: string,
  ): Promise<void> {
    const tenant = tenantOf(id);
    const { refresh_token, access_token, expires_at, expires_in } = credentials;
    const record: OAuthCredentials = {
      refresh_token,
      account: mark,
      ...defined({ access_token, expires_at, expires_in, user }),
    };
    for (let tries = 0; tries < TRIES; tries++) {
      const version = (await tokens.read(tenant))?.version;
      if (await tokens.replace(tenant, record, version) !== undefined) return;
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
      // The same person has the same account, so nothing held is dropped. If
      // Qontak does not say who it is, it may be another person.
      const mark = user === undefined ? crypto.randomUUID() : tenantOf(id);
      const secret = user === undefined ? randomLetters(52) : undefined;
      const account: Account = {
        id,
        signed_in_at: Math.floor(now() / 1000),
        mark,
        ...defined({ user }),
        ...(secret ? { browser: await sha256(secret) } : {}),
      };
      await alone(tenantOf(id), async () => {
        await keep(id, login, mark);
        await records.put(id, account, ACCOUNT_LIFETIME);
      });
      return { account, ...(secret ? { cookie: `${id}.${secret}` } : {}) };
    },

    exists: async (id) => await records.get(id) !== undefined,

    list: (most) => records.list(most),

    async forget(id, isUnused = () => Promise.resolve(true)) {
      const tenant = tenantOf(id);
      await alone(tenant, async () => {
        const account = await records.get(id);
        if (!await isUnused(account?.signed_in_at ?? 0)) return;
        const { credentials } = await tokens.read(tenant) ?? {};
        const isOurs = credentials !== undefined &&
          isMarked(id, account, credentials);
        if (isOurs) await tokens.remove(tenant);
        if (isOurs || !credentials) await dropCached(tenant);
      });
    },
  };
}
