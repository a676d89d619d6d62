/**
 * Tokens: the grants of `POST /oauth/token`, in the manner of Doorkeeper.
 *
 * @module
 */

import { json } from "./answer.ts";
import {
  SANDBOX_CODE,
  SANDBOX_PASSWORD,
  SANDBOX_REFRESH_TOKEN,
  type SandboxOptions,
} from "./types.ts";

/** The parameters of a grant, from a form or from JSON. */
export type GrantBody = Readonly<Record<string, unknown>>;

/** Hands out tokens and knows which are good. */
export interface TokenDesk {
  /** The newest refresh token. */
  readonly refreshToken: string;
  /** How many grants succeeded. */
  readonly grants: number;
  /** Answers a grant; `emails` are those of the users, the first the default. */
  grant(body: GrantBody, emails: readonly string[]): Response;
  /** Whose token an `Authorization` header bears, or why nobody's. */
  check(header: string | null): { readonly email: string } | {
    readonly error: string;
  };
  /** Ends every access token. */
  expireAccessTokens(): void;
  /** Ends every refresh token. */
  revokeRefreshTokens(): void;
}

interface AccessToken {
  readonly email: string;
  readonly expiresAt: number;
}

/** An error of the OAuth standard; throwing it ends a grant. */
class OAuthError extends Error {
  constructor(readonly code: string, message: string, readonly status = 401) {
    super(message);
  }
}

const INVALID_GRANT = "The provided authorization grant is invalid, expired, " +
  "revoked, or was issued to another client";

function newToken(): string {
  return Array.from(
    crypto.getRandomValues(new Uint8Array(32)),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}

/**
 * Opens the desk. The shapes are those of Qontak's collection; of failures only
 * `{error, error_description}` is known. Assumed: HTTP 401 for a bad grant or
 * client, 400 for a request that makes no sense. Access tokens outlive the
 * refresh token they came with.
 */
export function createTokenDesk(options: SandboxOptions): TokenDesk {
  const {
    rotateRefreshTokens = true,
    accessTokenLifetime = 21_600,
    refreshToken: first = SANDBOX_REFRESH_TOKEN,
    clientId,
    clientSecret,
  } = options;
  const accessTokens = new Map<string, AccessToken>();
  // Refresh token → whose. The empty address stands for the default user, so
  // that the data need not be made before it is asked for.
  const refreshTokens = new Map<string, string>([[first, ""]]);
  const usedCodes = new Set<string>();
  let newest = first;
  let grants = 0;

  function issue(email: string, used?: string): Record<string, unknown> {
    const access = newToken();
    const now = Date.now();
    const expiresAt = now + accessTokenLifetime * 1000;
    accessTokens.set(access, { email, expiresAt });
    if (used !== undefined && !rotateRefreshTokens) newest = used;
    else {
      if (used !== undefined) refreshTokens.delete(used);
      newest = newToken();
      refreshTokens.set(newest, email);
    }
    grants++;
    return {
      access_token: access,
      token_type: "bearer",
      expires_in: accessTokenLifetime,
      refresh_token: newest,
      created_at: Math.floor(now / 1000),
    };
  }

  function need(body: GrantBody, ...names: string[]): string[] {
    return names.map((name) => {
      const value = body[name];
      if (typeof value === "string" && value !== "") return value;
      throw new OAuthError(
        "invalid_request",
        `Missing required parameter: ${name}`,
        400,
      );
    });
  }

  const kinds: Readonly<
    Record<
      string,
      (body: GrantBody, emails: readonly string[]) => Record<string, unknown>
    >
  > = {
    refresh_token(body) {
      const [used = ""] = need(body, "refresh_token");
      const email = refreshTokens.get(used);
      if (email === undefined) {
        throw new OAuthError("invalid_grant", INVALID_GRANT);
      }
      return issue(email, used);
    },
    password(body, emails) {
      const [email = "", password] = need(body, "username", "password");
      if (password !== SANDBOX_PASSWORD || !emails.includes(email)) {
        throw new OAuthError("invalid_grant", INVALID_GRANT);
      }
      return issue(email);
    },
    authorization_code(body) {
      const [code = ""] = need(body, "code", "client_id", "redirect_uri");
      if (!code.startsWith(SANDBOX_CODE) || usedCodes.has(code)) {
        throw new OAuthError("invalid_grant", INVALID_GRANT);
      }
      usedCodes.add(code);
      return issue("");
    },
  };

  return {
    get refreshToken() {
      return newest;
    },
    get grants() {
      return grants;
    },
    grant(body, emails) {
      try {
        if (
          (clientId !== undefined && body.client_id !== clientId) ||
          (clientSecret !== undefined && body.client_secret !== clientSecret)
        ) {
          throw new OAuthError(
            "invalid_client",
            "Client authentication failed",
          );
        }
        const [type = ""] = need(body, "grant_type");
        const kind = Object.hasOwn(kinds, type) ? kinds[type] : undefined;
        if (!kind) {
          throw new OAuthError(
            "unsupported_grant_type",
            "The authorization grant type is not supported",
            400,
          );
        }
        return json(kind(body, emails), 200, { "cache-control": "no-store" });
      } catch (error) {
        if (!(error instanceof OAuthError)) throw error;
        const { code, message, status } = error;
        return json({ error: code, error_description: message }, status);
      }
    },
    check(header) {
      const [, token] = /^bearer +(\S+)$/i.exec(header ?? "") ?? [];
      const known = accessTokens.get(token ?? "");
      if (!known) return { error: "The access token is invalid" };
      return known.expiresAt > Date.now()
        ? known
        : { error: "The access token expired" };
    },
    expireAccessTokens() {
      for (const [token, { email }] of accessTokens) {
        accessTokens.set(token, { email, expiresAt: 0 });
      }
    },
    revokeRefreshTokens() {
      refreshTokens.clear();
    },
  };
}
