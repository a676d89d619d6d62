/**
 * What the server tells callers about where tokens come from (RFC 9728).
 *
 * @module
 */
import { checkOptions } from "../errors.ts";
import {
  bearerAuthChallengeResponse,
  getOAuthProtectedResourceMetadataUrl,
  OAuthError,
  OAuthErrorCode,
  type OAuthMetadata,
  oauthMetadataResponse,
} from "@modelcontextprotocol/server";
import { isLoopback, secureAddress } from "../net/address.ts";
import { IDENTITY } from "../version.ts";
import { SCOPE_PREFIX } from "./claims.ts";
import { WELL_KNOWN } from "./issuer.ts";
import { DEFAULT_SCOPES } from "./principal.ts";

/** What the server tells callers about where tokens come from. */
export interface ProtectedResource {
  /**
   * Answers where a request asks for the metadata of RFC 9728.
   *
   * @returns The answer, or undefined where something else is asked for.
   */
  respond(request: Request): Promise<Response | undefined>;
  /**
   * The `WWW-Authenticate` of a 401.
   *
   * @param request What is refused.
   * @param isPresented Whether it came with a token.
   */
  unauthorized(request: Request, isPresented: boolean): string;
}

/** What the server is called. */
export interface Names {
  /** The endpoint's own address as callers know it. */
  readonly publicUrl?: string;
  /** What the server is called in `aud`; addresses among it are known. */
  readonly audience: readonly string[];
}

/**
 * Makes what the server tells callers. What the header Host says is only
 * repeated where it is a name of this server or of this machine.
 *
 * @param issuer Who gives tokens.
 * @param names What the server is called.
 * @throws {TypeError} When the public address is not secure.
 */
export function createProtectedResource(
  issuer: string,
  { publicUrl, audience }: Names,
): ProtectedResource {
  checkOptions(
    { publicUrl },
    { publicUrl: secureAddress("https://crm.example.com/mcp") },
  );
  const base = `${WELL_KNOWN}/oauth-protected-resource`;
  const known = audience.filter((name) => /^https?:\/\//.test(name))
    .filter((name) => URL.canParse(name)).map((name) => new URL(name));

  /** The endpoint's address; undefined where Host names another one. */
  function resourceOf(request: Request): URL | undefined {
    if (publicUrl !== undefined) return new URL(publicUrl);
    const { host, hostname, origin } = new URL(request.url);
    // Its scheme is right where a proxy has taken the TLS off.
    const own = known.find((url) => url.host === host)?.origin ??
      (isLoopback(hostname) ? origin : undefined);
    return own === undefined ? undefined : new URL("/mcp", own);
  }

  return {
    async respond(request) {
      const resource = resourceOf(request);
      if (!resource) return undefined;
      const address = getOAuthProtectedResourceMetadataUrl(resource);
      const path = new URL(request.url).pathname.replace(/\/$/, "");
      const paths = [base, `${base}/mcp`, new URL(address).pathname];
      if (!paths.includes(path)) return undefined;
      const { method, headers } = request;
      const response = oauthMetadataResponse(
        new Request(address, { method, headers }),
        {
          // Of the issuer's metadata, nothing else is read for this document.
          oauthMetadata: { issuer } as OAuthMetadata,
          resourceServerUrl: resource,
          // Clients ask for all of these: what is for operators is not named.
          scopesSupported: DEFAULT_SCOPES.map((scope) => SCOPE_PREFIX + scope),
          resourceName: IDENTITY.title,
          // It is checked already; the SDK's check does not know [::1].
          dangerouslyAllowInsecureIssuerUrl: true,
        },
      );
      response?.headers.set("cache-control", "no-store");
      if (method !== "GET" || !response?.ok) return response;
      return Response.json({
        ...await response.json(),
        bearer_methods_supported: ["header"],
      }, { headers: response.headers });
    },
    unauthorized(request, isPresented) {
      const resource = resourceOf(request);
      const resourceMetadataUrl = resource &&
        getOAuthProtectedResourceMetadataUrl(resource);
      // RFC 6750: no error where nothing was presented.
      if (!isPresented) {
        return resourceMetadataUrl
          ? `Bearer resource_metadata="${resourceMetadataUrl}"`
          : "Bearer";
      }
      const { headers } = bearerAuthChallengeResponse(
        new OAuthError(
          OAuthErrorCode.InvalidToken,
          "The token is unknown, has ended, or is not for this server",
        ),
        resourceMetadataUrl ? { resourceMetadataUrl } : {},
      );
      return headers.get("www-authenticate")!;
    },
  };
}
