/**
 * The store for the one company whose credentials are in the environment.
 * Qontak may replace the refresh token on every use, and the environment is
 * read-only. So the newest token is kept in Deno KV if available, otherwise in
 * the `.env` file that contained the first one, otherwise only in memory.
 *
 * @module
 */
import {
  CredentialsError,
  StoreError,
  UnsafeStoreError,
} from "../../errors.ts";
import type { Kv } from "../../storage/kv.ts";
import type { Log } from "../../logging/log.ts";
import { defined } from "../../values/json.ts";
import { rememberedSha256, sha256 } from "../../storage/hash.ts";
import { LEASE } from "../lease.ts";
import type { Sealer } from "../../storage/sealing.ts";
import {
  type Credentials,
  DEFAULT_TENANT,
  type Lease,
  type OAuthCredentials,
  type StoredCredentials,
  type TokenStore,
} from "../store.ts";
import { createQueue } from "../../storage/queue.ts";
import type { EnvFile } from "./env_file.ts";
import { createKvRecords, type KvRecords } from "./kv.ts";
import type { KeyRecords, Records } from "./records.ts";
import { parseRecord } from "./record.ts";

/** Settings of {@linkcode createEnvStore}. */
export interface EnvStoreOptions {
  /** The credentials from the environment. */
  readonly credentials: Credentials;
  /**
   * The address of Qontak: replacement tokens are never sent to another one.
   */
  readonly baseUrl?: string;
  /** The database for refresh tokens that replace the configured one. */
  readonly kv?: Kv;
  /** The `.env` file with the token, used if there is no database. */
  readonly file?: EnvFile;
  /** Seals database records. Without it, they are stored unsealed. */
  readonly sealer?: Sealer;
  /** Logs once when a refresh token is kept only in memory. */
  readonly log?: Log;
}

/** Where the newest refresh token is kept. */
export type Keeping = "kv" | "file" | "memory";

/** The store of one company. */
export interface EnvStore extends TokenStore {
  /** Where replacement refresh tokens are kept. */
  keeps(): Promise<Keeping>;
}

/** A place for the credentials of one company. */
interface Place {
  keeps(): Promise<Keeping>;
  /** The token that identifies the company. */
  readonly origin: string;
  read(): Promise<StoredCredentials>;
  replace(
    next: Credentials,
    version: string | undefined,
  ): Promise<string | undefined>;
  lease(ms: number, holder: string): Promise<Lease | undefined>;
}

/** The version of the credentials in the environment. */
const CONFIGURED = "configured";

/** For places that end with the process or are read-only. */
const NO_LEASE: Lease = { release: () => Promise.resolve() };

/**
 * Makes the store. It opens nothing until first use.
 *
 * @example Serving one company, and keeping its newest token in a file
 * ```ts
 * import { createServer } from "@qontak/mcp";
 * import { createEnvStore, openEnvFile } from "@qontak/mcp/stores";
 *
 * const server = createServer({
 *   store: createEnvStore({
 *     credentials: { refresh_token: "a refresh token" },
 *     file: openEnvFile(".env", "REFRESH_TOKEN"),
 *   }),
 * });
 * await server.close();
 * ```
 *
 * @param options The credentials, and where to keep the newest ones.
 * @returns The store.
 */
export function createEnvStore(options: EnvStoreOptions): TokenStore {
  return openEnv(options);
}

/**
 * Makes the store, which can also say where it keeps the newest refresh token.
 *
 * @param options See {@linkcode createEnvStore}.
 */
export function openEnv(options: EnvStoreOptions): EnvStore {
  const { credentials, kv, file, log = () => {} } = options;
  let place: Promise<Place> | undefined;

  async function choose(): Promise<Place> {
    if ("sso_id" in credentials) return inMemory(credentials, () => {});
    if (kv && await hasDatabase(kv)) {
      return await inKv(credentials, kv, options);
    }
    if (file) return inFile(credentials, file);
    return inMemory(credentials, () =>
      log(
        "warn",
        "Qontak has replaced the refresh token, and the new one is in memory only: when this process ends, the one that is configured may no longer work and a new one must be made",
        { remedy: { what: "keepToken" } },
      ));
  }
  /** Chooses again after a failure. */
  async function chosen(): Promise<Place> {
    try {
      return await (place ??= choose());
    } catch (error) {
      place = undefined;
      throw error;
    }
  }

  async function placeOf(tenant: string): Promise<Place> {
    if (tenant === DEFAULT_TENANT) return await chosen();
    throw new CredentialsError(
      `There are no credentials for user_id ${
        JSON.stringify(tenant)
      }: this server holds one company's`,
      { what: "omitTenant", isSigned: "sso_id" in credentials },
    );
  }

  const identify = rememberedSha256();
  const isShared = !("sso_id" in credentials) && (kv || file);
  return {
    name: "env",
    isSingle: true,
    keeps: async () => await (await chosen()).keeps(),
    // A hash, so that accounts never share cached data.
    identity: async () => await identify((await chosen()).origin),
    read: async (tenant) => await (await placeOf(tenant)).read(),
    replace: async (tenant, next, version) =>
      await (await placeOf(tenant)).replace(next, version),
    async remove(tenant) {
      await placeOf(tenant);
      throw new CredentialsError(
        "The credentials are configured: remove them from the configuration",
      );
    },
    tenants: () => Promise.resolve([DEFAULT_TENANT]),
    ...(isShared
      ? {
        lease: async (tenant: string, ms: number, holder: string) =>
          await (await placeOf(tenant)).lease(ms, holder),
      }
      : {}),
  };
}

/**
 * The API keys in Deno KV. They belong to the account whose credentials are in
 * the environment. Two accounts in one database never share keys, and a newly
 * configured token starts with no keys.
 *
 * @param options The credentials, and the database.
 */
export function createEnvKeys(
  options: EnvStoreOptions & { readonly kv: Kv },
): KeyRecords {
  return {
    ...recordsOfAccount("keys", options),
    revoked: recordsOfAccount("revoked", options),
  };
}

/** One kind of records of the account with the configured credentials. */
function recordsOfAccount(
  kind: string,
  { credentials, kv, sealer, baseUrl }: EnvStoreOptions & { readonly kv: Kv },
): Records {
  let place: Promise<Records> | undefined;
  const records = () =>
    place ??= accountOf(credentials, baseUrl).then((account) =>
      createKvRecords({
        kv,
        space: `${kind} ${account}`,
        ...defined({ sealer }),
      })
    );
  return {
    raw: async (name) => await (await records()).raw(name),
    read: async (name) => await (await records()).read(name),
    replace: async (name, text, version) =>
      await (await records()).replace(name, text, version),
    remove: async (name) => await (await records()).remove(name),
    names: async () => await (await records()).names(),
  };
}

/**
 * The newest tokens for all current and earlier configurations, in Deno KV.
 *
 * @param kv The database.
 * @param sealer Seals the tokens, if there is a key.
 */
export function createEnvRecords(
  kv: Kv,
  sealer: Sealer | undefined,
): KvRecords {
  return createKvRecords({ kv, space: "env", ...defined({ sealer }) });
}

async function hasDatabase(kv: Kv): Promise<boolean> {
  try {
    return await kv.open() !== undefined;
  } catch (error) {
    if (error instanceof UnsafeStoreError) throw error;
    return false;
  }
}

/** Identifies an account by its configured credentials and base URL. */
function accountOf(credentials: Credentials, baseUrl = ""): Promise<string> {
  return sha256(`${baseUrl} ${originOf(credentials)}`);
}

/** The part of the credentials that identifies the account. */
function originOf(credentials: Credentials): string {
  return "sso_id" in credentials
    ? credentials.sso_id
    : credentials.refresh_token;
}

function inMemory(first: Credentials, onRotated: () => void): Place {
  const origin = originOf(first);
  let credentials = first;
  let version = 0;
  let isRotated = false;
  return {
    origin,
    keeps: () => Promise.resolve("memory"),
    read: () => Promise.resolve({ credentials, version: String(version) }),
    // deno-lint-ignore require-await -- the interface is asynchronous
    async replace(next, from) {
      if (from !== String(version)) return undefined;
      credentials = next;
      version++;
      if (!isRotated && "refresh_token" in next) {
        isRotated = next.refresh_token !== origin;
        if (isRotated) onRotated();
      }
      return String(version);
    },
    lease: () => Promise.resolve(NO_LEASE),
  };
}

/**
 * Stores the record under a hash of the configured token and the base URL. A
 * new configured token starts a new record, and accounts never share one. There
 * is no record before the first refresh.
 */
async function inKv(
  first: OAuthCredentials,
  kv: Kv,
  { sealer, baseUrl }: EnvStoreOptions,
): Promise<Place> {
  const name = await accountOf(first, baseUrl);
  const records = createEnvRecords(kv, sealer);
  return {
    origin: first.refresh_token,
    keeps: () => Promise.resolve("kv"),
    async read() {
      const found = await records.read(name);
      if (!found) return { credentials: first, version: CONFIGURED };
      return {
        credentials: parseRecord(found.text, DEFAULT_TENANT),
        version: found.version,
      };
    },
    async replace(next, version) {
      if (version === undefined) return undefined;
      return await records.replace(
        name,
        JSON.stringify(next),
        version === CONFIGURED ? undefined : version,
      );
    },
    lease: (ms, holder) => records.lease(name, ms, holder),
  };
}

/** Stores only the refresh token, in the file. */
function inFile(first: OAuthCredentials, file: EnvFile): Place {
  let known = first;
  let origin = first.refresh_token;
  let version = 0;
  const inTurn = createQueue();

  /** Picks up changes by another process or a person. */
  async function look(): Promise<void> {
    const found = await file.read();
    if (found === undefined || found === known.refresh_token) return;
    known = { refresh_token: found };
    // The new token may belong to another account.
    origin = found;
    version++;
  }

  async function replace(
    next: Credentials,
    from: string | undefined,
  ): Promise<string | undefined> {
    await look();
    if (from !== String(version)) return undefined;
    if (!("refresh_token" in next)) {
      throw new StoreError(
        `${file.path} holds a refresh token, and no other credentials can take its place`,
      );
    }
    const isKept = next.refresh_token === known.refresh_token ||
      await file.replace(known.refresh_token, next.refresh_token);
    if (!isKept) return undefined;
    known = next;
    return String(++version);
  }

  return {
    get origin() {
      return origin;
    },
    async keeps() {
      try {
        await (await file.lock(LEASE, crypto.randomUUID()))?.release();
        return "file";
      } catch (error) {
        if (error instanceof StoreError) return "memory";
        throw error;
      }
    },
    read: () =>
      inTurn(async () => {
        await look();
        return { credentials: known, version: String(version) };
      }),
    replace: (next, from) => inTurn(() => replace(next, from)),
    async lease(ms, holder) {
      try {
        return await file.lock(ms, holder);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        // The token is still usable; replace() explains why it cannot be kept.
        return NO_LEASE;
      }
    },
  };
}
