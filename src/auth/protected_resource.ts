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
import { secureAddress } from "../net/address.ts";
import { IDENTITY } from "../version.ts";
import { SCOPE_PREFIX } from "./claims.ts";
import { WELL_KNOWN } from "./issuer.ts";
import { SCOPES } from "./principal.ts";

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

/**
 * Makes what the server tells callers.
 *
 * @param issuer Who gives tokens.
 * @param publicUrl The endpoint's own address as callers know it; that of each
 * request when left out.
 * @throws {TypeError} When that address is not secure.
 */
export function createProtectedResource(
  issuer: string,
  publicUrl: string | undefined,
): ProtectedResource {
  checkOptions(
    { publicUrl },
    { publicUrl: secureAddress("https://crm.example.com/mcp") },
  );
  const base = `${WELL_KNOWN}/oauth-protected-resource`;
  const resourceOf = (request: Request) =>
    new URL(publicUrl ?? new URL("/mcp", request.url));
  const metadataOf = (request: Request) =>
    getOAuthProtectedResourceMetadataUrl(resourceOf(request));

  function challenge(
    request: Request,
    code: OAuthErrorCode,
    message: string,
  ): string {
    const { headers } = bearerAuthChallengeResponse(
      new OAuthError(code, message),
      { resourceMetadataUrl: metadataOf(request) },
    );
    return headers.get("www-authenticate")!;
  }

  return {
    async respond(request) {
      const address = metadataOf(request);
      const path = new URL(request.url).pathname.replace(/\/$/, "");
      const paths = [base, `${base}/mcp`, new URL(address).pathname];
      if (!paths.includes(path)) return undefined;
      const { method, headers } = request;
      const response = oauthMetadataResponse(
        new Request(address, { method, headers }),
        {
          // Of the issuer's metadata, nothing else is read for this document.
          oauthMetadata: { issuer } as OAuthMetadata,
          resourceServerUrl: resourceOf(request),
          scopesSupported: SCOPES.map((scope) => SCOPE_PREFIX + scope),
          resourceName: IDENTITY.title,
          // It is checked already; the SDK's check does not know [::1].
          dangerouslyAllowInsecureIssuerUrl: true,
        },
      );
      if (method !== "GET" || !response?.ok) return response;
      return Response.json({
        ...await response.json(),
        bearer_methods_supported: ["header"],
      }, { headers: response.headers });
    },
    unauthorized(request, isPresented) {
      // RFC 6750: no error where nothing was presented.
      return isPresented
        ? challenge(
          request,
          OAuthErrorCode.InvalidToken,
          "The token is unknown, has ended, or is not for this server",
        )
        : `Bearer resource_metadata="${metadataOf(request)}"`;
    },
  };
}
