/**
 * The public types of the sandbox: its options, its controls, its faults.
 *
 * @module
 */

/** The options of a sandbox. Each has a default. */
export interface SandboxOptions {
  /** Chooses the records: the same seed gives the same data. Default 1. */
  readonly seed?: number;
  /**
   * Default true: a grant returns a new refresh token and ends the one that was
   * used. False: the refresh token stays the same. Qontak does not document
   * which of the two it does.
   */
  readonly rotateRefreshTokens?: boolean;
  /** Life of an access token in seconds. Default 21600, as Qontak's collection. */
  readonly accessTokenLifetime?: number;
  /**
   * "documented" (default) answers as Qontak's collection shows, "observed" as
   * real traffic does where the two differ: a deal PUT returns the deal,
   * `crm_company_id` is a scalar, `size` a number, a chat history an array, a
   * task's `id` a number, a new product a raw row, one contact an object that
   * has its address.
   */
  readonly profile?: "documented" | "observed";
  /**
   * Default true: a PUT without `creator_id` gives the record to the token's
   * user, as Qontak's collection says. False: the owner stays.
   */
  readonly resetOwner?: boolean;
  /**
   * Default false. True: an unknown record is answered as HTTP 200 with
   * `meta.status` 404, as Qontak's OpenAPI shows for products.
   */
  readonly softErrors?: boolean;
  /**
   * Default true: `GET /oauth/token/info` says whose access token it is, as
   * Doorkeeper does. False: there is no such path. Qontak does not document it.
   */
  readonly tokenInfo?: boolean;
  /** Milliseconds by which every answer is delayed. Default 0. */
  readonly latency?: number;
  /** The first valid refresh token. Default {@linkcode SANDBOX_REFRESH_TOKEN}. */
  readonly refreshToken?: string;
  /**
   * More refresh tokens that are valid from the start, for more tenants. A
   * grant with one does not affect the others. They act for the users in order,
   * starting with the second; `refreshToken` acts for the first. All share one
   * tenant's data.
   */
  readonly refreshTokens?: readonly string[];
  /** When set, every grant must present it. */
  readonly clientId?: string;
  /** When set, every grant must present it. */
  readonly clientSecret?: string;
  /**
   * The applications that may sign requests below `/qontak/crm`. Default
   * {@linkcode SANDBOX_MEKARI}.
   */
  readonly mekari?: MekariApplication | readonly MekariApplication[];
  /**
   * Milliseconds by which the sandbox's clock is ahead of this machine's,
   * negative if it is behind. Default 0. It shows in the `Date` header of the
   * answers and decides which dates of signed requests count; records, grants
   * and `meta.timestamp` have this machine's time.
   */
  readonly clockOffset?: number;
  /**
   * How many deals there are. The first 60 are the same for every number.
   *
   * @default {60}
   */
  readonly deals?: number;
  /**
   * How many contacts there are. The first 40 are the same for every number.
   *
   * @default {40}
   */
  readonly contacts?: number;
  /**
   * Whether every list has the newest change first; otherwise the newest record
   * is first. Qontak's order is not documented.
   *
   * @default {false}
   */
  readonly newestChangeFirst?: boolean;
  /**
   * The most records of a page, even if a request asks for more; default none.
   */
  readonly maxPerPage?: number;
}

/** An application as Mekari knows it: what signs requests to its gateway. */
export interface MekariApplication {
  /** The `username` of its signatures. */
  readonly clientId: string;
  /** What it signs with. Not empty. */
  readonly clientSecret: string;
  /**
   * One more valid `X-Crm-User-Sso-Id`, in this application's requests only:
   * for the first application it names the first user, for the second the
   * second, and so on. The ids of `ssoIdOf` are valid for every application.
   */
  readonly ssoId?: string;
}

/**
 * The default application of a sandbox, and the SSO id of the sandbox's first
 * user. All three values are invented.
 */
export const SANDBOX_MEKARI: Required<MekariApplication> = {
  clientId: "sandbox-client-id",
  clientSecret: "sandbox-client-secret",
  ssoId: "00000000-0000-4000-8000-000000512301",
};

/** The default first refresh token of a sandbox. */
export const SANDBOX_REFRESH_TOKEN = "sandbox-refresh-token";

/** The password of every sandbox user, for the password grant. */
export const SANDBOX_PASSWORD = "sandbox-password";

/**
 * An authorization code that the sandbox accepts once. Any other that starts
 * with it is accepted once as well.
 */
export const SANDBOX_CODE = "sandbox-code";

/** One request as the sandbox saw it. It never holds a token, a password or a signature. */
export interface SandboxRequest {
  /** HTTP method in capitals. */
  readonly method: string;
  /** The path, without the query. */
  readonly path: string;
  /** The query; a name that came more than once has an array. */
  readonly query: Record<string, string | string[]>;
  /**
   * The body, parsed if it was JSON or a form, null if there was none. Of a
   * grant only `grant_type` and the names of the rest are kept.
   */
  readonly body: unknown;
  /** The HTTP status that was answered, 0 when the connection was cut. */
  readonly status: number;
  /**
   * Whether the request bore a valid access token or, below `/qontak/crm`, a good
   * signature in the name of a known user.
   */
  readonly authorized: boolean;
}

/**
 * What can go wrong with one request.
 *
 * - `status`: this HTTP status, 400 to 599, before the request is handled or,
 *   with `when: "after"`, after it was handled; `retryAfter` in seconds; the
 *   body is `body` or what the sandbox says for the status.
 * - `soft404`: HTTP 200 whose `meta.status` is 404; not handled.
 * - `html`: a proxy's HTML page, status 200 unless given; not handled.
 * - `truncated`: handled; the first half of the JSON, in a complete HTTP
 *   answer.
 * - `empty`: handled; the right status and no body.
 * - `content-type`: handled; the right body under another type, `text/plain`
 *   unless given.
 * - `delay`: handled as usual, `ms` milliseconds later.
 * - `cut`: the connection breaks `before` the request is handled, `after` it was
 *   handled but before a byte of the answer, or inside the `body` of the answer.
 * - `redirect`: 302 to a login page; not handled.
 * - `huge`: a well-formed answer of about `bytes` bytes; not handled.
 * - `reshape`: handled; the right answer in another shape: one record in a
 *   `list`, the first of a list as one `record`, every id as `text`, or no
 *   `response` at all (`nothing`).
 */
export type Fault =
  | {
    readonly kind: "status";
    readonly status: number;
    readonly retryAfter?: number;
    readonly when?: "before" | "after";
    readonly body?: unknown;
  }
  | { readonly kind: "soft404" }
  | { readonly kind: "html"; readonly status?: number }
  | { readonly kind: "truncated" }
  | { readonly kind: "empty" }
  | { readonly kind: "content-type"; readonly contentType?: string }
  | { readonly kind: "delay"; readonly ms: number }
  | { readonly kind: "cut"; readonly when: "before" | "after" | "body" }
  | { readonly kind: "redirect" }
  | { readonly kind: "huge"; readonly bytes: number }
  | {
    readonly kind: "reshape";
    readonly as: "list" | "record" | "text" | "nothing";
  };

/**
 * The requests that a fault applies to. The first matching rule is used first.
 */
export interface FaultRule {
  /** The fault to apply. */
  readonly fault: Fault;
  /** Only this method; any when absent. */
  readonly method?: string;
  /** Only this exact path, or this prefix when it ends in `*`. */
  readonly path?: string;
  /** How many requests it applies to. Default 1. */
  readonly times?: number;
  /** How many matching requests pass first. Default 0. */
  readonly skip?: number;
}

/** Qontak's REST API in memory. */
export interface Sandbox {
  /**
   * Answers one request.
   *
   * @throws {TypeError} if a fault cuts the connection, as `fetch` does
   */
  fetch(input: Request | URL | string, init?: RequestInit): Promise<Response>;
  /**
   * The newest refresh token; valid unless it was revoked. With several first
   * refresh tokens, it is the one from the newest grant.
   */
  readonly refreshToken: string;
  /** The newest 10,000 requests, oldest first. */
  readonly requests: readonly SandboxRequest[];
  /** How many times a token was granted so far. */
  readonly grants: number;
  /**
   * How many times a token was requested so far. Failed requests and requests
   * that the client gave up on count too.
   */
  readonly grantAttempts: number;
  /**
   * Injects a fault.
   *
   * @throws {TypeError} if the rule is not a {@linkcode FaultRule}
   */
  inject(rule: FaultRule): void;
  /** Removes every fault that has not been applied yet. */
  clearFaults(): void;
  /** Ends every access token issued so far. */
  expireAccessTokens(): void;
  /** Ends every refresh token issued so far; only a new login helps. */
  revokeRefreshTokens(): void;
  /**
   * Ends the Mekari application of this client id: its signatures are refused
   * from now on. An unknown id has no effect.
   */
  revokeApplication(clientId: string): void;
}

/** A sandbox that listens. */
export interface RunningSandbox extends Sandbox, AsyncDisposable {
  /** Where it listens, without a final slash: `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Cuts every connection and stops. */
  close(): Promise<void>;
}
