/**
 * From a tenant to Qontak's CRM: whose credentials, which host, what proves
 * who calls. Everything else asks here for a {@linkcode Crm}.
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
import { createTransport } from "../net/transport.ts";
import { createTokenCache } from "../tokens/cache.ts";
import type { Sealer } from "../storage/sealing.ts";
import { observed } from "../tokens/observed.ts";
import { createTelemetry, type Telemetry } from "../telemetry/telemetry.ts";
import type { TokenStore } from "../tokens/store.ts";
import { createTokens } from "../tokens/tokens.ts";
import { secureAddress } from "../net/address.ts";
import { defined } from "../values/json.ts";
import { oneOf, type Rules, whole } from "../values/rules.ts";

/** How calls prove who makes them. */
export type Auth = NonNullable<ConnectionOptions["auth"]>;

/** Where access tokens are kept in front of the store. */
export type TokenCaching = NonNullable<ConnectionOptions["tokenCache"]>;

/** One of the APIs that lead to the CRM. */
interface Api {
  /** Where Qontak is, unless it is said otherwise. */
  readonly baseUrl: string;
  /** What stands before the endpoints' paths. */
  readonly prefix: string;
  /** What it means that fresh credentials are refused. */
  readonly unauthorized: string;
}

/** The APIs that lead to the CRM: the same endpoints below both prefixes. */
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

/** How long a call of a tool may take unless set otherwise, in ms. */
export const DEFAULT_TIMEOUT = 30_000;

/** How long an access token is held where nothing is cached, in ms. */
const UNCACHED = 60_000;

/** Where Qontak is, who calls it, and how patiently. */
export interface ConnectionOptions {
  /**
   * How calls prove who makes them: with OAuth tokens, or signed for Mekari's
   * API gateway. The gateway was tried against the built-in CRM only.
   *
   * @default {"oauth"}
   */
  readonly auth?: "oauth" | "hmac";
  /**
   * The id of the OAuth application, which tokens of the CRM's own page do not
   * need; or of the application at Mekari, of tenants without their own.
   */
  readonly clientId?: string;
  /** The secret of that application. */
  readonly clientSecret?: string;
  /** The OAuth application's redirect URI. */
  readonly redirectUri?: string;
  /**
   * Where Qontak is, for both its API and its OAuth. The default is
   * https://app.qontak.com for OAuth, https://api.mekari.com for signed calls.
   */
  readonly baseUrl?: string;
  /**
   * How long one call of a tool may take, in ms.
   *
   * @default {30000}
   */
  readonly timeout?: number;
  /**
   * How long one call of a tool waits in all before it sends requests again
   * that failed, in ms; with 0 nothing is sent again.
   *
   * @default {10000}
   */
  readonly retryBudget?: number;
  /**
   * Where access tokens are kept in front of the store: in Deno KV, where the
   * runtime has it, to survive restarts; in memory; or for a minute at most.
   *
   * @default {"kv"}
   */
  readonly tokenCache?: "kv" | "memory" | "none";
  /** Seals what is kept in Deno KV. */
  readonly sealer?: Sealer;
  /**
   * Deno KV, opened by the program that embeds the server, which also closes
   * it; when left out, the server opens it itself where the runtime has it.
   * With false nothing is kept there.
   */
  readonly kv?: Kv | false;
  /**
   * Which requests may be sent, and when; what made them closes them, after
   * the server. When left out, each company may send 10 requests a second and
   * 20 at once, all of them together 50 and 100.
   */
  readonly limits?: Limits;
  /**
   * Sends requests to Qontak; the platform's fetch when left out. It must not
   * repeat a write by itself.
   */
  readonly fetch?: typeof fetch;
}

/** What some of the options must be. */
export const connectionRules = {
  auth: oneOf<Auth>(["oauth", "hmac"]),
  baseUrl: readBaseUrl,
  timeout: whole(1, 600_000),
  retryBudget: whole(0, 600_000),
  tokenCache: oneOf<TokenCaching>(["kv", "memory", "none"]),
} as const satisfies Rules<ConnectionOptions>;

/** A base address; the API's own path after it is left out. */
function readBaseUrl(value: unknown): string {
  const href = secureAddress(apis.oauth.baseUrl)(value);
  const path = Object.values(apis).find(({ prefix }) => href.endsWith(prefix));
  return path ? href.slice(0, -path.prefix.length) : href;
}

/** Settings of {@linkcode createAccess}. */
export interface AccessOptions extends ConnectionOptions {
  /** Where the credentials of companies are kept. */
  readonly store: TokenStore;
  /** Writes log lines. */
  readonly log: Log;
  /** Watches what is done. */
  readonly telemetry?: Telemetry;
}

/**
 * Deno KV where tokens are cached in it, in front of the store.
 *
 * @param options Deno KV, where there is one, and where tokens may be cached.
 * @param store The name of the store.
 * @returns The way to it; undefined where it caches no tokens.
 */
export function cacheKvOf(
  { kv, tokenCache = "kv" }: {
    readonly kv: Kv | false | undefined;
    readonly tokenCache?: TokenCaching | undefined;
  },
  store: string,
): Kv | undefined {
  // The store kv is the same database.
  return tokenCache === "kv" && store !== "kv" ? kv || undefined : undefined;
}

/** The way from tenants to the CRM. */
export interface Access {
  /** Where credentials are kept. */
  readonly store: TokenStore;
  /** Where Qontak is. */
  readonly baseUrl: string;
  /** Qontak's OAuth; undefined where calls are signed. */
  readonly oauth: OAuth | undefined;
  /** How long one call of a tool may take, in ms. */
  readonly timeout: number;
  /**
   * The CRM as a tenant sees it, for one call of a tool.
   *
   * @param tenant The tenant.
   * @param caller Who calls, where several tenants may have one caller.
   */
  crm(tenant: string, caller?: string): Crm;
  /** Sets what is cached of a tenant apart from everybody else's. */
  scope(tenant: string): Promise<string>;
  /**
   * Makes Qontak replace a tenant's access token, also a good one. Does
   * nothing where calls are signed.
   */
  renew(tenant: string): Promise<void>;
  /**
   * Forgets what Deno KV has of a tenant in front of the store and of Qontak:
   * its access token, templates and pipelines.
   */
  forget(tenant: string): Promise<void>;
  /**
   * Asks whether Qontak answers at all; rejects where it does not.
   *
   * @param signal Ends the attempt.
   * @returns The headers of its answer.
   */
  reach(signal: AbortSignal): Promise<Headers>;
  /** Keeps what is not kept yet, and ends all connections. */
  close(): Promise<void>;
}

/**
 * Makes the way to the CRM. It closes what it makes itself, and no more.
 *
 * @param options Whose credentials, and where Qontak is.
 * @returns The way.
 */
export function createAccess(options: AccessOptions): Access {
  const { auth = "oauth", timeout = DEFAULT_TIMEOUT, log } = options;
  const { retryBudget = RETRY_BUDGET, telemetry = createTelemetry() } = options;
  const limits = limiterOf(options.limits ?? createLimits());
  const store = observed(options.store, telemetry);
  const api = apis[auth];
  const { baseUrl = api.baseUrl } = options;
  // The signature covers "HTTP/1.1", so that this is what must be spoken.
  const transport = createTransport(options.fetch, auth === "oauth");
  const { clientId, clientSecret, redirectUri } = options;
  const scope = async (...parts: string[]) =>
    [auth, baseUrl, await store.identity(), ...parts]
      .map(encodeURIComponent).join("/");

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
      ...defined({ cache }),
      ...(tokenCache === "none" ? { hold: UNCACHED } : {}),
    });
    return {
      oauth,
      authorize: (tenant: string): Authorize => bearer(tokens, tenant),
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
      renew: nothing,
      forget: nothing,
      close: nothing,
    };
  }

  const proof = auth === "oauth" ? withTokens() : withSignatures();
  return {
    store,
    baseUrl,
    timeout,
    oauth: proof.oauth,
    crm(tenant, caller) {
      const from = { caller, call: {} };
      return createCrm({
        apiUrl: baseUrl + api.prefix,
        authorize: proof.authorize(tenant),
        unauthorized: api.unauthorized,
        enter: (signal, timeout) => limits.enter(tenant, signal, timeout, from),
        timeout,
        retryBudget,
        transport,
        telemetry,
      });
    },
    scope,
    renew: proof.renew,
    async forget(tenant) {
      await proof.forget(tenant);
      // The templates of the account that it was before.
      if (options.kv) await dropKept(options.kv, `${await scope(tenant)}/`);
    },
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

/** How a tenant is given another refresh token. */
function replacing(store: TokenStore, tenant: string): Remedy {
  const page = TOKEN_PAGE;
  return store.name === "env"
    ? { what: "configureToken", page }
    : { what: "replaceToken", page, tenant };
}
