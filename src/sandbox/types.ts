/**
 * What a user of the sandbox sees: its options, its controls, its faults.
 *
 * @module
 */

/** What may be chosen when a sandbox is made. Everything has a default. */
export interface SandboxOptions {
  /** Chooses the records: the same seed gives the same data. Default 1. */
  readonly seed?: number;
  /**
   * Default true: a grant returns a new refresh token and kills the one that
   * was used. False: the refresh token stays the same. Qontak does not document
   * which it does.
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
  /** Milliseconds that every answer takes longer. Default 0. */
  readonly latency?: number;
  /** The first valid refresh token. Default {@linkcode SANDBOX_REFRESH_TOKEN}. */
  readonly refreshToken?: string;
  /** When set, every grant must present it. */
  readonly clientId?: string;
  /** When set, every grant must present it. */
  readonly clientSecret?: string;
}

/** The refresh token a sandbox starts with unless told another. */
export const SANDBOX_REFRESH_TOKEN = "sandbox-refresh-token";

/** The password of every sandbox user, for the password grant. */
export const SANDBOX_PASSWORD = "sandbox-password";

/**
 * An authorization code that the sandbox accepts once. Any other that starts
 * with it is accepted once as well.
 */
export const SANDBOX_CODE = "sandbox-code";

/** One request as the sandbox saw it. It never holds a token or a password. */
export interface SandboxRequest {
  /** HTTP method in capitals. */
  readonly method: string;
  /** The path, without the query. */
  readonly path: string;
  /** The query; a name that came more than once has an array. */
  readonly query: Record<string, string | string[]>;
  /**
   * The body, parsed where it was JSON or a form, null where there was none.
   * Of a grant only `grant_type` and the names of the rest are kept.
   */
  readonly body: unknown;
  /** The HTTP status that was answered, 0 when the connection was cut. */
  readonly status: number;
  /** Whether the request bore a valid access token. */
  readonly authorized: boolean;
}

/**
 * What can go wrong with one request.
 *
 * - `status`: this HTTP status, 400 to 599, before the request is handled or,
 *   with `when: "after"`, although it was handled; `retryAfter` in seconds; the
 *   body is `body` or what the sandbox says for the status.
 * - `soft404`: HTTP 200 whose `meta.status` is 404; not handled.
 * - `html`: a proxy's HTML page, status 200 unless given; not handled.
 * - `truncated`: handled; the first half of the JSON, well delivered.
 * - `empty`: handled; the right status and no body.
 * - `content-type`: handled; the right body under another type, `text/plain`
 *   unless given.
 * - `delay`: handled as usual, `ms` milliseconds later.
 * - `cut`: the connection breaks `before` the request is handled, `after` it was
 *   handled but before a byte of the answer, or inside the `body` of the answer.
 * - `redirect`: 302 to a login page; not handled.
 * - `huge`: a well-formed answer of about `bytes` bytes; not handled.
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
  | { readonly kind: "huge"; readonly bytes: number };

/** Which requests a fault meets. The first rule that matches is used up first. */
export interface FaultRule {
  /** What goes wrong. */
  readonly fault: Fault;
  /** Only this method; any when absent. */
  readonly method?: string;
  /** Only this exact path, or this prefix when it ends in `*`. */
  readonly path?: string;
  /** How many requests it meets. Default 1. */
  readonly times?: number;
  /** How many matching requests pass first. Default 0. */
  readonly skip?: number;
}

/** Qontak's REST API in memory. */
export interface Sandbox {
  /**
   * Answers one request.
   *
   * @throws {TypeError} where a fault cuts the connection, as `fetch` does
   */
  fetch(request: Request): Promise<Response>;
  /** The newest refresh token; valid unless it was revoked. */
  readonly refreshToken: string;
  /** The newest 10,000 requests, oldest first. */
  readonly requests: readonly SandboxRequest[];
  /** How many times a token was granted so far. */
  readonly grants: number;
  /**
   * Lets something go wrong.
   *
   * @throws {TypeError} where the rule is not a {@linkcode FaultRule}
   */
  inject(rule: FaultRule): void;
  /** Forgets every fault that is still to come. */
  clearFaults(): void;
  /** Ends every access token issued so far. */
  expireAccessTokens(): void;
  /** Ends every refresh token issued so far; only a new login helps. */
  revokeRefreshTokens(): void;
}

/** A sandbox that listens. */
export interface RunningSandbox extends Sandbox, AsyncDisposable {
  /** Where it listens, without a final slash: `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Cuts every connection and stops. */
  close(): Promise<void>;
}
