/**
 * The words of OAuth: errors, scopes, redirect URIs and resources.
 *
 * @module
 */
import { isLoopback } from "../../net/address.ts";
import { SCOPE_PREFIX } from "../claims.ts";
import { DEFAULT_SCOPES, type Scope } from "../principal.ts";

/** The error codes of OAuth that this server answers with. */
export type OAuthCode =
  | "invalid_request"
  | "invalid_client"
  | "invalid_client_metadata"
  | "invalid_redirect_uri"
  | "invalid_grant"
  | "invalid_scope"
  | "invalid_target"
  | "unsupported_response_type"
  | "unsupported_grant_type"
  | "access_denied"
  | "temporarily_unavailable";

/** An error of OAuth; it ends a request. */
export class OAuthProblem extends Error {
  /**
   * @param code The code, which programs read.
   * @param description A sentence for the developer of the client. It repeats
   * no secret.
   */
  constructor(readonly code: OAuthCode, readonly description: string) {
    super(description);
  }
}

/** The parameters of a request. */
export type Parameters = Readonly<Record<string, string | undefined>>;

/** The longest value of a parameter, in characters. */
const LONGEST = 2_048;

/**
 * Reads the parameters of a query or form.
 *
 * @throws {OAuthProblem} When one is repeated or too long.
 */
export function readParameters(query: URLSearchParams): Parameters {
  const found: Record<string, string> = Object.create(null);
  for (const [name, value] of query) {
    if (Object.hasOwn(found, name)) {
      throw new OAuthProblem(
        "invalid_request",
        "A parameter is there more than once",
      );
    }
    if (value.length > LONGEST) {
      throw new OAuthProblem("invalid_request", "A parameter is too long");
    }
    // RFC 6749: a parameter without a value counts as omitted.
    if (value !== "") found[name] = value;
  }
  return found;
}

/** Requires a parameter. */
export function need(given: Parameters, name: string): string {
  const value = given[name];
  if (value !== undefined) return value;
  throw new OAuthProblem("invalid_request", `${name} is missing`);
}

/**
 * Reads requested scopes. Those of other servers are left out.
 *
 * @param text The scopes, separated by spaces; undefined means all scopes.
 * @throws {OAuthProblem} When none of them is of this server.
 */
export function readScope(text: string | undefined): readonly Scope[] {
  if (text === undefined) return DEFAULT_SCOPES;
  const words = text.split(" ");
  const scopes = DEFAULT_SCOPES.filter((scope) =>
    words.includes(scope) || words.includes(SCOPE_PREFIX + scope)
  );
  if (scopes.length > 0) return scopes;
  throw new OAuthProblem(
    "invalid_scope",
    `The scopes of this server are ${DEFAULT_SCOPES.join(", ")}`,
  );
}

/**
 * Checks that a request is for this server (RFC 8707).
 *
 * @param given The parameter `resource`; older clients send none.
 * @param own The address of this endpoint.
 * @throws {OAuthProblem} When it is for another server.
 */
export function checkResource(given: string | undefined, own: string): void {
  if (given === undefined || sameResource(given, own)) return;
  throw new OAuthProblem("invalid_target", `The resource here is ${own}`);
}

function sameResource(given: string, own: string): boolean {
  if (!URL.canParse(given) || given.includes("#")) return false;
  const bare = (url: string) => new URL(url).href.replace(/\/$/, "");
  return bare(given) === bare(own);
}

/** Schemes that a browser would run or show instead of opening a program. */
const BARRED = [
  ...["javascript:", "data:", "file:", "blob:", "about:", "vbscript:"],
  ...["view-source:", "ws:", "wss:", "ftp:", "filesystem:"],
];

/**
 * Whether a client may register a redirect URI: https, http on the person's own
 * machine, or the scheme of a program.
 */
export function isRedirectUri(value: unknown): value is string {
  if (typeof value !== "string" || value.length > LONGEST) return false;
  // Control characters and spaces are dropped by parsers, in different ways.
  if (!/^[\x21-\x7e]+$/.test(value) || !URL.canParse(value)) return false;
  if (/[#\\]/.test(value)) return false;
  const { protocol, username, password, hostname } = new URL(value);
  if (username !== "" || password !== "" || BARRED.includes(protocol)) {
    return false;
  }
  // A URL may have ; and , in its host, which end parts of a header.
  if (protocol === "https:") {
    return /^([a-z0-9._-]+|\[[0-9a-f:]+\])$/.test(hostname);
  }
  if (protocol === "http:") return isLoopback(hostname);
  // Names of programs: cursor://… and com.example.app:/….
  return /^[a-z][a-z0-9+.-]{2,39}:$/.test(protocol);
}

/**
 * Whether a redirect URI is one of those that a client registered: the same
 * text, or on the person's own machine the same but for the port (RFC 8252).
 */
export function isRegistered(
  given: string,
  registered: readonly string[],
): boolean {
  if (!isRedirectUri(given)) return false;
  return registered.some((one) =>
    one === given || withoutPort(one) === withoutPort(given)
  );
}

/** A loopback address without its port; undefined is equal to nothing. */
function withoutPort(uri: string): string | number {
  const [, start, host = "", rest = ""] =
    /^(http:\/\/)(\[[0-9a-f:]+\]|[^/?:@]+)(?::\d{1,5})?([/?].*)?$/.exec(uri) ??
      [];
  return start !== undefined && isLoopback(host)
    ? `${start}${host}${rest}`
    // NaN is not equal to itself.
    : NaN;
}
