/**
 * Decides from the settings who may call over HTTP.
 *
 * @module
 */
import { advise } from "./advice.ts";
import { ConfigError } from "../errors.ts";
import { createJwt } from "../auth/jwt.ts";
import type { KeyStore } from "../auth/key_store.ts";
import { type Authenticate, DEFAULT_SCOPES } from "../auth/principal.ts";
import { createProtectedResource } from "../auth/protected_resource.ts";
import type { SignIn } from "../auth/sign_in/sign_in.ts";
import { createStaticKeys, firstOf } from "../auth/static_keys.ts";
import { createStoredKeys } from "../auth/stored_keys.ts";
import type { Settings } from "./settings.ts";
import type { HandlerOptions } from "../http/handler.ts";
import { createSignInRoutes } from "../http/sign_in/routes.ts";
import type { Log } from "../logging/log.ts";
import { demandKeys } from "./stores.ts";
import { defined } from "../values/json.ts";

/** What identifies callers, besides the settings. */
export interface CallersParts {
  /** Whether other machines can reach the endpoint. */
  readonly isPublic: boolean;
  /** Where API keys are kept; undefined if nothing outlives the process. */
  readonly keys: KeyStore | undefined;
  /** Signing in with Qontak, if it is set up. */
  readonly signIn: SignIn | undefined;
  /** Logs refused callers, never a credential. */
  readonly log: Log;
}

/**
 * Warns of a public address that reaches this server only through a proxy that
 * changes the path. Whether there is one, the server cannot know.
 *
 * @returns A sentence; undefined if the address has the path of MCP.
 */
export function warnOfPath(
  { MCP_PUBLIC_URL }: Pick<Settings, "MCP_PUBLIC_URL">,
): string | undefined {
  if (MCP_PUBLIC_URL === undefined) return undefined;
  const { origin, pathname } = new URL(MCP_PUBLIC_URL);
  if (pathname === "/mcp") return undefined;
  const path = pathname === "/" ? "no path" : `the path ${pathname}`;
  return `MCP_PUBLIC_URL has ${path}, and this server answers at /mcp: set it to ${origin}/mcp, unless a proxy passes on ${pathname} as /mcp`;
}

/**
 * Sets up the configured credentials: static keys, stored keys and JWTs.
 *
 * @param settings The settings.
 * @param parts Who can reach the endpoint, and where keys are kept.
 * @returns Options of createHandler.
 * @throws {ConfigError} When anyone could call a public endpoint, or a kind of
 * credential lacks a setting.
 */
export function callersOf(
  settings: Settings,
  { isPublic, keys, signIn, log }: CallersParts,
): HandlerOptions {
  const { MCP_API_KEYS, MCP_STORED_KEYS } = settings;
  const { MCP_OAUTH_ISSUER, MCP_OAUTH_AUDIENCE } = settings;
  if (MCP_OAUTH_ISSUER && !MCP_OAUTH_AUDIENCE) {
    throw new ConfigError([
      "MCP_OAUTH_ISSUER needs MCP_OAUTH_AUDIENCE: without it, a token made for another service would be accepted here",
    ]);
  }
  const warning = warnOfPath(settings);
  if (warning !== undefined) log("warn", warning);
  const names = [settings.MCP_PUBLIC_URL, ...MCP_OAUTH_AUDIENCE ?? []];
  const hasAddress = names.some((name) => /^https?:/.test(name ?? ""));
  if (isPublic && MCP_OAUTH_ISSUER && !hasAddress) {
    log(
      "warn",
      "Callers are not told where to log in: set MCP_PUBLIC_URL to the address of this endpoint as callers know it",
    );
  }
  const jwt = MCP_OAUTH_ISSUER && MCP_OAUTH_AUDIENCE
    ? createJwt({
      issuer: MCP_OAUTH_ISSUER,
      audience: MCP_OAUTH_AUDIENCE,
      log,
      tenantClaim: settings.MCP_OAUTH_TENANT_CLAIM,
      ...defined({ publicUrl: settings.MCP_PUBLIC_URL }),
    })
    : undefined;
  const kinds: Authenticate[] = [
    ...(signIn ? [signIn.authenticate] : []),
    ...(MCP_API_KEYS ? [createStaticKeys(MCP_API_KEYS)] : []),
    ...(MCP_STORED_KEYS
      ? [createStoredKeys({ keys: demandKeys(keys), log })]
      : []),
    ...(jwt ? [jwt.authenticate] : []),
  ];
  if (isPublic && kinds.length === 0) {
    throw new ConfigError([
      "Anyone on other machines could call. Choose who may: set MCP_STORED_KEYS to true and make a key with qontak-mcp keys create, or set MCP_API_KEYS, MCP_OAUTH_ISSUER or MCP_SIGN_IN",
    ]);
  }
  return {
    log,
    advise,
    metrics: settings.MCP_METRICS,
    httpsOnly: settings.MCP_PUBLIC_URL?.startsWith("https:") ?? false,
    ...defined({
      allowedOrigins: settings.MCP_ALLOWED_ORIGINS,
      trustedProxies: settings.MCP_TRUSTED_PROXIES,
    }),
    ...(kinds.length > 0 ? { authenticate: firstOf(...kinds) } : {}),
    ...(jwt ? { protectedResource: jwt.protectedResource } : {}),
    ...(signIn
      ? {
        // Clients use the first; an issuer of the operator is the second.
        protectedResource: createProtectedResource(
          [signIn.issuer, ...(MCP_OAUTH_ISSUER ? [MCP_OAUTH_ISSUER] : [])],
          { publicUrl: signIn.resource, audience: [], scopes: DEFAULT_SCOPES },
        ),
        routes: createSignInRoutes(signIn, log),
        // Tokens are new every hour. What is known is their session, whose id
        // cannot be guessed.
        isKnown: signIn.sessions.knows,
      }
      : {}),
  };
}
