/**
 * Connects a tenant to Qontak's CRM: chooses the credentials, the host and the
 * authentication method. All other code gets its {@linkcode Crm} here.
 *
 * @module
 */
import type { Remedy } from "../advice/advice.ts";
import { dropKept } from "../storage/cache.ts";
import type { Kv } from "../storage/kv.ts";
import { createLimits, limiterOf, type Limits } from "../limits/limits.ts";
import type { Log } from "../logging/log.ts";
import { type Authorize, createCrm, type Crm } from "./crm.ts";
import { createHmac } from "./hmac.ts";
import { bearer, createOAuth, type OAuth, TOKEN_PAGE } from "./oauth.ts";
import { RETRY_BUDGET } from "./retry.ts";
import { askUser, unknownUser } from "./user.ts";
import { createTransport } from "../net/transport.ts";
import { createTokenCache } from "../tokens/cache.ts";
import type { Sealer } from "../storage/sealing.ts";
import { observed } from "../tokens/observed.ts";
import { createTelemetry, type Telemetry } from "../telemetry/telemetry.ts";
import type { TokenStore } from "../tokens/store.ts";
import { createTokens } from "../tokens/tokens.ts";
import { secureAddress } from "../net/address.ts";
import { defined } from "../values/json.ts";
import { pasted } from "../values/pasted.ts";
import { oneOf, type Rules, whole } from "../values/rules.ts";

/** How calls are authenticated. */
export type Auth = NonNullable<ConnectionOptions["auth"]>;

/** Where access tokens are cached in front of the store. */
export type TokenCaching = NonNullable<ConnectionOptions["tokenCache"]>;

/** One of the APIs that give access to the CRM. */
interface Api {
  /** The default base URL. */
  readonly baseUrl: string;
  /** The prefix of the endpoints' paths. */
  readonly prefix: string;
  /** The error message when Qontak refuses fresh credentials. */
  readonly unauthorized: string;
}

/**
 * The APIs that give access to the CRM. Both have the same endpoints under
 * their prefix.
 */
export const apis: Readonly<Record<Auth, Api>> = {
  oauth: {
    baseUrl: "https://app.qontak.com",
    prefix: "/api/v3.1",
    unauthorized: "The access token was refused, and so was a fresh one",
  },
  hmac: {
    baseUrl: "https://api.mekari.com",
    prefix: "/qontak/crm",
    unauthorized:
      "Mekari's gateway refused the signature. Check the client id, its secret and the SSO id, that the application may use Qontak CRM, and this machine's clock",
  },
};

/** The default time limit of a tool call, in ms. */
export const DEFAULT_TIMEOUT = 30_000;

/** How long an access token is held when caching is off, in ms. */
const UNCACHED = 60_000;

/**
 * Options of the connection: Qontak's address, the credentials, the time limits
 * and the cache.
 */
export interface ConnectionOptions {
  /**
   * How calls are authenticated: with OAuth tokens, or with signatures for
   * Mekari's API gateway. The gateway was tested only against the built-in CRM.
   *
   * @default {"oauth"}
   */
  readonly auth?: "oauth" | "hmac";
  /**
   * With OAuth, the id of the OAuth application; tokens from the CRM's own page
   * do not need it. With signed calls, the id of the Mekari application for
   * tenants that do not have their own.
   */
  readonly clientId?: string;
  /** The secret of that application. */
  readonly clientSecret?: string;
  /** The OAuth application's redirect URI. */
  readonly redirectUri?: string;
  /**
   * The base URL of Qontak's API and OAuth. The default is
   * https://app.qontak.com for OAuth and https://api.mekari.com for signed
   * calls.
   */
  readonly baseUrl?: string;
  /**
   * How long one call of a tool may take, in ms.
   *
   * @default {30000}
   */
  readonly timeout?: number;
  /**
   * How long one tool call may wait in total before retries of failed requests,
   * in ms. With 0 there are no retries.
   *
   * @default {10000}
   */
  readonly retryBudget?: number;
  /**
   * Where access tokens are cached in front of the store. `kv` uses Deno KV, if
   * the runtime has it, and survives restarts. `memory` uses memory only.
   * `none` holds a token for at most a minute. In all cases, the server asks the
   * store every five seconds whether a company still has the same account.
   *
   * @default {"kv"}
   */
  readonly tokenCache?: "kv" | "memory" | "none";
  /**
   * The id in Qontak of the user behind the token, which "me" in a call means,
   * if the server acts for one company. By default, Qontak is asked.
   */
  readonly tokenUser?: number;
  /** Encrypts the data in Deno KV. */
  readonly sealer?: Sealer;
  /**
   * A Deno KV database that the embedding program opens and closes. If omitted,
   * the server opens Deno KV itself if the runtime has it. With false, Deno KV
   * is not used.
   */
  readonly kv?: Kv | false;
  /**
   * The limits on requests. The program that creates them closes them, after it
   * closes the server. If omitted, each company may send 10 requests per second
   * and 20 at once; all companies together may send 50 per second and 100 at
   * once.
   */
  readonly limits?: Limits;
  /**
   * Sends requests to Qontak; defaults to the platform's fetch. It must not
   * repeat writes automatically.
   */
  readonly fetch?: typeof fetch;
  /**
   * Receives the name of a company whose refresh token Qontak has refused. It
   * is called again with each further refusal.
   */
  readonly onRefused?: (tenant: string) => void;
}

/** Validation rules for some of the options. */
export const connectionRules = {
  auth: oneOf<Auth>(["oauth", "hmac"]),
  clientId: pasted,
  clientSecret: pasted,
  baseUrl: readBaseUrl,
  tokenUser: whole(1, Number.MAX_SAFE_INTEGER),
  timeout: whole(1, 600_000),
  retryBudget: whole(0, 600_000),
  tokenCache: oneOf<TokenCaching>(["kv", "memory", "none"]),
} as const satisfies Rules<ConnectionOptions>;

/** Reads a base URL and removes the API's path prefix from its end. */
function readBaseUrl(value: unknown): string {
  const href = secureAddress(apis.oauth.baseUrl)(value);
  const path = Object.values(apis).find(({ prefix }) => href.endsWith(prefix));
  return path ? href.slice(0, -path.prefix.length) : href;
}

/** Settings of {@linkcode createAccess}. */
export interface AccessOptions extends ConnectionOptions {
  /** The store of the companies' credentials. */
  readonly store: TokenStore;
  /** Writes log lines. */
  readonly log: Log;
  /** Records telemetry. */
  readonly telemetry?: Telemetry;
}

/**
 * Deno KV, if tokens are cached in it in front of the store.
 *
 * @param options Deno KV, if available, and the caching mode for tokens.
 * @param store The name of the store.
 * @returns The database; undefined if it caches no tokens.
 */
export function cacheKvOf(
  { kv, tokenCache = "kv" }: {
    readonly kv: Kv | false | undefined;
    readonly tokenCache?: TokenCaching | undefined;
  },
  store: string,
): Kv | undefined {
  // The store named kv is the same database, so no cache is needed.
  return tokenCache === "kv" && store !== "kv" ? kv || undefined : undefined;
}

/** The account of a tenant. */
export interface Account {
  /** Its CRM. */
  readonly crm: Crm;
  /** The start of the cache keys of all accounts of this tenant. */
  readonly owner: string;
  /** Separates the data of this account from that of all others. */
  readonly scope: string;
  /**
   * The id of the user of Qontak that its calls are made as.
   *
   * @param signal Ends the attempt.
   * @throws {CredentialsError} When the user is not known.
   */
  user(signal: AbortSignal): Promise<number>;
}

/** Access to the CRM for all tenants. */
export interface Access {
  /** The store of credentials. */
  readonly store: TokenStore;
  /** Qontak's base URL. */
  readonly baseUrl: string;
  /** Qontak's OAuth; undefined if calls are signed. */
  readonly oauth: OAuth | undefined;
  /** How long one call of a tool may take, in ms. */
  readonly timeout: number;
  /**
   * The CRM of a tenant, whatever account its credentials belong to.
   *
   * @param tenant The tenant.
   */
  crm(tenant: string): Crm;
  /**
   * The account that a tenant has now, for one tool call. If the account is
   * replaced meanwhile, the rest of the call fails.
   *
   * @param tenant The tenant.
   * @param caller The caller, if one caller may use several tenants.
   * @throws {CredentialsError} When there are no credentials.
   * @throws {StoreError} When the store fails and nothing is known.
   */
  account(tenant: string, caller?: string): Promise<Account>;
  /**
   * Requests a new access token for a tenant, even if the current one is valid.
   * Does nothing if calls are signed.
   */
  renew(tenant: string): Promise<void>;
  /**
   * Deletes what Deno KV has cached for a tenant: its access token, templates
   * and pipelines.
   */
  forget(tenant: string): Promise<void>;
  /**
   * Asks Qontak whose access token it is, before the token is kept.
   *
   * @returns The user's id; undefined if Qontak does not say it.
   */
  identify(
    accessToken: string,
    signal: AbortSignal,
  ): Promise<number | undefined>;
  /** The API with an access token that is not kept yet. */
  crmOf(accessToken: string): Crm;
  /**
   * Checks whether Qontak responds; rejects if it does not.
   *
   * @param signal Ends the attempt.
   * @returns The headers of the response.
   */
  reach(signal: AbortSignal): Promise<Headers>;
  /** Saves pending data and closes all connections. */
  close(): Promise<void>;
}

/**
 * Creates the access to the CRM. On close, it closes only what it created
 * itself.
 *
 * @param options The credentials and Qontak's address.
 * @returns The access.
 */
export function createAccess(options: AccessOptions): Access {
  const { auth = "oauth", timeout = DEFAULT_TIMEOUT, log } = options;
  const { retryBudget = RETRY_BUDGET, telemetry = createTelemetry() } = options;
  const limits = limiterOf(options.limits ?? createLimits());
  telemetry.gauge("requests_waiting", () => limits.waiting);
  telemetry.gauge("requests_running", () => limits.running);
  telemetry.gauge("companies_suspended", () => limits.suspended);
  const store = observed(options.store, telemetry);
  const api = apis[auth];
  const { baseUrl = api.baseUrl } = options;
  // The signature covers "HTTP/1.1", so signed calls must use that version.
  const transport = createTransport(options.fetch, auth === "oauth");
  const { clientId, clientSecret, redirectUri } = options;
  const scope = async (...parts: string[]) =>
    [auth, baseUrl, await store.identity(), ...parts]
      .map(encodeURIComponent).join(",");

  function withTokens() {
    const oauth = createOAuth({
      baseUrl,
      timeout,
      transport,
      remedyFor: (tenant) => replacing(store, tenant),
      ...defined({ clientId, clientSecret, redirectUri }),
    });
    const { tokenCache, sealer } = options;
    const kv = cacheKvOf({ kv: options.kv, tokenCache }, store.name);
    const cache = kv &&
      createTokenCache({ kv, log, scope, ...defined({ sealer }) });
    const tokens = createTokens({
      store,
      log,
      telemetry,
      refresh: (refreshToken, tenant) =>
        telemetry.watch(
          "refresh",
          {},
          () => oauth.refresh(refreshToken, tenant),
        ),
      ...defined({ cache, onRefused: options.onRefused }),
      ...(tokenCache === "none" ? { hold: UNCACHED } : {}),
    });
    return {
      oauth,
      authorize: (tenant: string, account?: string): Authorize =>
        bearer(tokens, tenant, account),
      account: tokens.account,
      async renew(tenant: string) {
        await tokens.access(tenant, await tokens.access(tenant));
      },
      forget: async (tenant: string) => await cache?.remove(tenant),
      close: () => tokens.close(),
    };
  }

  function withSignatures() {
    const hmac = createHmac({
      store,
      log,
      ...defined({ clientId, clientSecret }),
    });
    const nothing = () => Promise.resolve();
    return {
      oauth: undefined,
      authorize: hmac.authorize,
      account: hmac.account,
      renew: nothing,
      forget: nothing,
      close: nothing,
    };
  }

  const proof = auth === "oauth" ? withTokens() : withSignatures();

  function crm(
    tenant: string,
    account?: string,
    caller?: string,
    apiUrl = baseUrl + api.prefix,
  ): Crm {
    const from = { caller, call: {} };
    return createCrm({
      apiUrl,
      authorize: proof.authorize(tenant, account),
      unauthorized: api.unauthorized,
      enter: (signal, timeout) => limits.enter(tenant, signal, timeout, from),
      timeout,
      retryBudget,
      transport,
      telemetry,
    });
  }

  /** Calls Qontak with an access token that is not kept yet. */
  function crmWith(accessToken: string, apiUrl: string): Crm {
    const authorization = `Bearer ${accessToken}`;
    return createCrm({
      apiUrl,
      authorize: () => Promise.resolve({ authorization }),
      unauthorized: api.unauthorized,
      timeout,
      retryBudget,
      transport,
      telemetry,
    });
  }

  async function userOf(
    tenant: string,
    signal: AbortSignal,
    host: () => Crm,
  ): Promise<number> {
    const stored = await store.read(tenant);
    const user = stored?.credentials.user ??
      (store.isSingle ? options.tokenUser : undefined) ??
      // Mekari's gateway has no tokens to ask about.
      (proof.oauth && await askUser(host(), signal));
    if (user !== undefined) return user;
    throw unknownUser(
      store.isSingle ? { what: "configureUser" } : { what: "nameUser", tenant },
    );
  }

  return {
    store,
    baseUrl,
    timeout,
    oauth: proof.oauth,
    crm: (tenant) => crm(tenant),
    async account(tenant, caller) {
      const account = await proof.account(tenant);
      const owner = await scope(tenant);
      return {
        crm: crm(tenant, account, caller),
        owner,
        scope: `${owner}/${account}`,
        user: (signal) =>
          userOf(tenant, signal, () => crm(tenant, account, caller, baseUrl)),
      };
    },
    renew: proof.renew,
    async forget(tenant) {
      await proof.forget(tenant);
      // Drop the templates of the previous account.
      if (options.kv) await dropKept(options.kv, `${await scope(tenant)}/`);
    },
    identify: (accessToken, signal) =>
      askUser(crmWith(accessToken, baseUrl), signal),
    crmOf: (accessToken) => crmWith(accessToken, baseUrl + api.prefix),
    async reach(signal) {
      const reply = await transport.read(baseUrl, {
        method: "HEAD",
        redirect: "manual",
        signal,
      });
      await reply.discard();
      return reply.headers;
    },
    async close() {
      if (!options.limits) await limits.close();
      await proof.close();
      transport.close();
    },
  };
}

/** How to replace a tenant's refresh token. */
function replacing(store: TokenStore, tenant: string): Remedy {
  const page = TOKEN_PAGE;
  return store.name === "env"
    ? { what: "configureToken", page }
    : { what: "replaceToken", page, tenant };
}
