/**
 * Tokens: the grants of `POST /oauth/token` and the codes that
 * `GET /oauth/authorize` gives for them, as Doorkeeper does.
 *
 * @module
 */

import type { Gate } from "./access.ts";
import { json } from "./answer.ts";
import type { User } from "./records.ts";
import {
  SANDBOX_CODE,
  SANDBOX_PASSWORD,
  SANDBOX_REFRESH_TOKEN,
  type SandboxOptions,
} from "./types.ts";

/** The parameters of a grant, from a form or from JSON. */
export type GrantBody = Readonly<Record<string, unknown>>;

/** Issues tokens and knows which are valid. */
export interface TokenDesk extends Gate {
  /** The newest refresh token. */
  readonly refreshToken: string;
  /** How many grants succeeded. */
  readonly grants: number;
  /** Answers a grant. */
  grant(body: GrantBody): Response;
  /**
   * Redirects a browser to the application with a code.
   *
   * @param query The query of the request.
   * @param user Who signed in and agreed; the first user by default.
   */
  authorize(query: URLSearchParams, user?: User): Response;
  /** Redirects a browser to the application of a person who refused. */
  deny(query: URLSearchParams): Response;
  /** Describes the access token of a request, as Doorkeeper does. */
  info(request: Request): Response;
  /** Ends every access token. */
  expireAccessTokens(): void;
  /** Ends every refresh token. */
  revokeRefreshTokens(): void;
}

interface AccessToken {
  readonly user: User;
  readonly expiresAt: number;
}

/** The client and redirect address that a code belongs to. */
interface CodeHolder {
  readonly client: string;
  readonly redirect: string;
  readonly user: User;
}

/** An error of the OAuth standard; throwing it ends a grant. */
class OAuthError extends Error {
  constructor(readonly code: string, message: string, readonly status = 401) {
    super(message);
  }
}

const INVALID_GRANT = "The provided authorization grant is invalid, expired, " +
  "revoked, or was issued to another client";

const INVALID_TOKEN = { error: "The access token is invalid" };

function invalidGrant(): OAuthError {
  return new OAuthError("invalid_grant", INVALID_GRANT);
}

/** An answer, or the standard's answer for an {@linkcode OAuthError}. */
function orError(answer: () => Response): Response {
  try {
    return answer();
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    const { code, message, status } = error;
    return json({ error: code, error_description: message }, status);
  }
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

/** Requires the configured value, if one is configured. */
function demand(value: unknown, wanted: string | undefined): void {
  if (wanted === undefined || value === wanted) return;
  throw new OAuthError("invalid_client", "Client authentication failed");
}

function newToken(): string {
  return Array.from(
    crypto.getRandomValues(new Uint8Array(32)),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}

/**
 * Opens the token endpoint; the first user is the default. The shapes are those
 * of Qontak's collection; for failures only `{error, error_description}` is
 * known. Assumed: HTTP 401 for a bad grant or client, 400 for an invalid
 * request. Access tokens outlive the refresh token they came with.
 */
export function createTokenDesk(
  options: SandboxOptions,
  users: readonly User[],
): TokenDesk {
  const {
    rotateRefreshTokens = true,
    accessTokenLifetime = 21_600,
    refreshToken: first = SANDBOX_REFRESH_TOKEN,
    refreshTokens: others = [],
    clientId,
    clientSecret,
  } = options;
  const accessTokens = new Map<string, AccessToken>();
  const refreshTokens = new Map(
    [first, ...others].map((token, index) =>
      [token, users[index % users.length]!] as const
    ),
  );
  const codes = new Map<string, CodeHolder>();
  const usedCodes = new Set<string>();
  let newest = first;
  let grants = 0;

  function issue(user: User, used?: string): Record<string, unknown> {
    const access = newToken();
    const now = Date.now();
    const expiresAt = now + accessTokenLifetime * 1000;
    accessTokens.set(access, { user, expiresAt });
    if (used !== undefined && !rotateRefreshTokens) newest = used;
    else {
      if (used !== undefined) refreshTokens.delete(used);
      newest = newToken();
      refreshTokens.set(newest, user);
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

  const kinds: Readonly<
    Record<string, (body: GrantBody) => Record<string, unknown>>
  > = {
    refresh_token(body) {
      const [used = ""] = need(body, "refresh_token");
      const user = refreshTokens.get(used);
      if (!user) throw invalidGrant();
      return issue(user, used);
    },
    password(body) {
      const [name, password] = need(body, "username", "password");
      const user = users.find(({ email }) => email === name);
      if (password !== SANDBOX_PASSWORD || !user) throw invalidGrant();
      return issue(user);
    },
    authorization_code(body) {
      const [code = "", client, redirect] = need(
        body,
        "code",
        "client_id",
        "redirect_uri",
      );
      const holder = codes.get(code) ??
        { client, redirect, user: users[0]! };
      if (
        !code.startsWith(SANDBOX_CODE) || usedCodes.has(code) ||
        holder.client !== client || holder.redirect !== redirect
      ) throw invalidGrant();
      usedCodes.add(code);
      return issue(holder.user);
    },
  };

  /** Redirects to the application that a query names. */
  function back(
    query: URLSearchParams,
    tell: (asked: {
      readonly client: string;
      readonly redirect: string;
      readonly type: string | undefined;
      readonly told: URLSearchParams;
    }) => void,
  ): Response {
    return orError(() => {
      const given = Object.fromEntries(query);
      demand(given.client_id, clientId);
      const [client = "", redirect = ""] = need(
        given,
        "client_id",
        "redirect_uri",
      );
      if (!URL.canParse(redirect)) {
        throw new OAuthError(
          "invalid_redirect_uri",
          "The redirect uri included is not valid",
          400,
        );
      }
      const target = new URL(redirect);
      const { searchParams: told } = target;
      tell({ client, redirect, type: given.response_type, told });
      if (given.state !== undefined) told.set("state", given.state);
      return new Response(null, {
        status: 302,
        headers: { location: target.href },
      });
    });
  }

  function tokenOf({ headers }: Request): AccessToken | undefined {
    const header = headers.get("authorization") ?? "";
    const [, token] = /^bearer +(\S+)$/i.exec(header) ?? [];
    return accessTokens.get(token ?? "");
  }

  return {
    get refreshToken() {
      return newest;
    },
    get grants() {
      return grants;
    },
    grant: (body) =>
      orError(() => {
        demand(body.client_id, clientId);
        demand(body.client_secret, clientSecret);
        const [type = ""] = need(body, "grant_type");
        const kind = Object.hasOwn(kinds, type) ? kinds[type] : undefined;
        if (!kind) {
          throw new OAuthError(
            "unsupported_grant_type",
            "The authorization grant type is not supported",
            400,
          );
        }
        return json(kind(body), 200, { "cache-control": "no-store" });
      }),
    authorize: (query, user = users[0]!) =>
      back(query, ({ client, redirect, told, type }) => {
        if (type === "code") {
          const code = `${SANDBOX_CODE}-${newToken()}`;
          codes.set(code, { client, redirect, user });
          told.set("code", code);
        } else told.set("error", "unsupported_response_type");
      }),
    deny: (query) =>
      back(query, ({ told }) => {
        told.set("error", "access_denied");
        told.set(
          "error_description",
          "The resource owner or authorization server denied the request.",
        );
      }),
    denial: INVALID_TOKEN,
    info(request) {
      const known = tokenOf(request);
      if (!known || known.expiresAt <= Date.now()) {
        return json(INVALID_TOKEN, 401);
      }
      const left = Math.ceil((known.expiresAt - Date.now()) / 1000);
      return json({
        resource_owner_id: known.user.id,
        scope: ["crm"],
        expires_in: left,
        application: { uid: clientId ?? null },
        created_at: Math.floor(known.expiresAt / 1000) - accessTokenLifetime,
      }, 200);
    },
    check(request) {
      const known = tokenOf(request);
      if (!known) return { denial: INVALID_TOKEN };
      return known.expiresAt > Date.now()
        ? { user: known.user }
        : { denial: { error: "The access token expired" } };
    },
    expireAccessTokens() {
      for (const [token, { user }] of accessTokens) {
        accessTokens.set(token, { user, expiresAt: 0 });
      }
    },
    revokeRefreshTokens() {
      refreshTokens.clear();
    },
  };
}
