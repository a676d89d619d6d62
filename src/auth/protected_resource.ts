/**
 * Protected resource metadata (RFC 9728): where callers get tokens.
 *
 * @module
 */
import type { OAuthMetadata } from "@modelcontextprotocol/server";
import { isLoopback } from "../net/address.ts";
import { IDENTITY } from "../version.ts";
import { SCOPE_PREFIX } from "./claims.ts";
import { WELL_KNOWN } from "./issuer.ts";
import { DEFAULT_SCOPES, isScope, type Scope } from "./principal.ts";

/** Protected resource metadata: where callers get tokens. */
export interface ProtectedResource {
  /** Whether callers on other machines get the metadata. */
  readonly hasAddress: boolean;
  /**
   * Answers requests for the metadata of RFC 9728.
   *
   * @returns The response, or undefined for any other request.
   */
  respond(request: Request): Promise<Response | undefined>;
  /**
   * Returns the `WWW-Authenticate` header of a 401 response.
   *
   * @param request The refused request.
   * @param isPresented Whether the request had a token.
   */
  unauthorized(request: Request, isPresented: boolean): string;
  /**
   * Completes the challenge of a 401 or 403 response with where to get a token,
   * and names scopes as the metadata does.
   *
   * @param request The refused request.
   * @param challenge The challenge.
   */
  challenge(request: Request, challenge: string): string;
}

/** What a challenge says of a token that is not accepted (RFC 6750). */
const INVALID: readonly string[] = [
  'error="invalid_token"',
  'error_description="The token is unknown, has ended, or is not for this server"',
];

/** Where the metadata of a resource is (RFC 9728, section 3.1). */
function metadataUrl(resource: URL): string {
  const url = new URL(resource);
  const path = url.pathname.replace(/\/$/, "");
  url.pathname = `${WELL_KNOWN}/oauth-protected-resource${path}`;
  url.hash = "";
  return url.href;
}

/** The names of the server. */
export interface Names {
  /** The public URL of the endpoint. */
  readonly publicUrl?: string;
  /** The server's names in `aud`. Those that are URLs are accepted as hosts. */
  readonly audience: readonly string[];
  /** The scopes as the issuers name them; with a prefix by default. */
  readonly scopes?: readonly string[];
}

/**
 * Makes the metadata. It repeats the Host header only if that names this server
 * or this machine.
 *
 * @param issuers The token issuers, at least one; clients use the first.
 * @param names The names of the server; a public URL is secure.
 */
export function createProtectedResource(
  issuers: readonly string[],
  { publicUrl, audience, scopes }: Names,
): ProtectedResource {
  const base = `${WELL_KNOWN}/oauth-protected-resource`;
  const known = audience.filter((name) => /^https?:\/\//.test(name))
    .filter((name) => URL.canParse(name)).map((name) => new URL(name));

  /** The endpoint's URL; undefined if Host names another server. */
  function resourceOf(request: Request): URL | undefined {
    if (publicUrl !== undefined) return new URL(publicUrl);
    const { host, hostname, origin } = new URL(request.url);
    // The configured scheme is right even if a proxy terminates TLS.
    const own = known.find((url) => url.host === host)?.origin ??
      (isLoopback(hostname) ? origin : undefined);
    return own === undefined ? undefined : new URL("/mcp", own);
  }

  const nameOf = (scope: Scope) =>
    scopes?.includes(scope) ? scope : SCOPE_PREFIX + scope;

  return {
    hasAddress: publicUrl !== undefined || known.length > 0,
    async respond(request) {
      const resource = resourceOf(request);
      if (!resource) return undefined;
      const address = metadataUrl(resource);
      const path = new URL(request.url).pathname.replace(/\/$/, "");
      const paths = [base, `${base}/mcp`, new URL(address).pathname];
      if (!paths.includes(path)) return undefined;
      const { method, headers } = request;
      const { oauthMetadataResponse } = await import(
        "@modelcontextprotocol/server"
      );
      const response = oauthMetadataResponse(
        new Request(address, { method, headers }),
        {
          // This document uses only the issuer from the issuer's metadata.
          oauthMetadata: { issuer: issuers[0]! } as OAuthMetadata,
          resourceServerUrl: resource,
          // Clients request every listed scope, so operator scopes are not
          // listed.
          scopesSupported: [
            ...scopes ?? DEFAULT_SCOPES.map(nameOf),
          ],
          resourceName: IDENTITY.title,
          // Already checked, and the SDK's check does not recognize [::1].
          dangerouslyAllowInsecureIssuerUrl: true,
        },
      );
      response?.headers.set("cache-control", "no-store");
      if (method !== "GET" || !response?.ok) return response;
      return Response.json({
        ...await response.json(),
        authorization_servers: issuers,
        bearer_methods_supported: ["header"],
      }, { headers: response.headers });
    },
    challenge(request, challenge) {
      const resource = resourceOf(request);
      const named = challenge.replace(
        / scope="([^"]*)"/,
        (_, words: string) =>
          ` scope="${words.split(" ").filter(isScope).map(nameOf).join(" ")}"`,
      );
      return resource
        ? `${named}, resource_metadata="${metadataUrl(resource)}"`
        : named;
    },
    unauthorized(request, isPresented) {
      const resource = resourceOf(request);
      const parameters = [
        // RFC 6750: no error code if the request had no token.
        ...(isPresented ? INVALID : []),
        ...(resource ? [`resource_metadata="${metadataUrl(resource)}"`] : []),
      ];
      return `Bearer ${parameters.join(", ")}`.trimEnd();
    },
  };
}
