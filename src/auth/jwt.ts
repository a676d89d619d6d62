/**
 * Access tokens of an OAuth issuer: JWTs that it signed for this server.
 * Their claims say which companies the caller may act for, and what for.
 *
 * The signatures are checked by jose, which is loaded with the first bearer
 * that looks like a JWT.
 *
 * @module
 */
import {
  bearerAuthChallengeResponse,
  getOAuthProtectedResourceMetadataUrl,
  OAuthError,
  OAuthErrorCode,
  type OAuthMetadata,
  oauthMetadataResponse,
} from "@modelcontextprotocol/server";
import type { JWTHeaderParameters, JWTPayload, JWTVerifyGetKey } from "jose";
import { IssuerError } from "../errors.ts";
import type { Log } from "../logging/log.ts";
import { isSecure } from "../net/address.ts";
import { createTransport, type Send } from "../net/transport.ts";
import { createLru } from "../storage/lru.ts";
import { sha256 } from "../storage/hash.ts";
import { isTenant } from "../tokens/store.ts";
import { isObject, parseJson, show } from "../values/json.ts";
import { IDENTITY } from "../version.ts";
import {
  type Authenticate,
  type Principal,
  type Scope,
  SCOPES,
  TENANT_CLAIM,
} from "./principal.ts";

/** What a scope may start with, to be told from those of other servers. */
const SCOPE_PREFIX = "qontak:";

/** Asymmetric ones only: whoever has a public key must not be able to sign. */
const ALGORITHMS = [
  ...["RS256", "RS384", "RS512"],
  ...["PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512"],
  ...["EdDSA", "Ed25519"],
] as const;

/** How far the issuer's clock may be off, in seconds. */
const TOLERANCE = 60;

/** The longest token that is looked at, in characters. */
const LONGEST = 16_384;

/** How long a verified token is not verified again, in ms. */
const REMEMBERED = 60_000;

/** How many verified tokens are remembered. */
const MOST_REMEMBERED = 1_000;

/** How long the issuer's keys are used without asking again, in ms. */
const FRESH = 600_000;

/** How long they are used while the issuer does not answer, in ms. */
const STALE = 86_400_000;

/** The least time between two looks for a key that is not known, in ms. */
const COOLDOWN = 30_000;

/** How long an issuer that did not answer well is left alone, in ms. */
const REST = 5_000;

/** How long finding the issuer's keys may take, in ms. */
const TIMEOUT = 5_000;

/** The most that is read of one document of the issuer, in bytes. */
const MAX_BYTES = 262_144;

const WELL_KNOWN = "/.well-known";

/** Settings of {@linkcode createJwt}. */
export interface JwtOptions {
  /**
   * Who signs the tokens, exactly as it calls itself in their `iss`: an https
   * URL; http for this machine only.
   */
  readonly issuer: string;
  /** What this server may be called in `aud`; one of them must be there. */
  readonly audience: readonly string[];
  /**
   * The claim that names the caller's tenants: its name, or the path to it
   * with dots, such as `app_metadata.tenants`.
   *
   * @default {"qontak_tenants"}
   */
  readonly tenantClaim?: string;
  /**
   * The endpoint's own address as callers know it, such as
   * https://crm.example.com/mcp; when left out, that of each request.
   */
  readonly publicUrl?: string;
  /** Sends requests to the issuer; the platform's fetch when left out. */
  readonly fetch?: typeof fetch;
  /** Writes log lines. */
  readonly log?: Log;
}

/** What the server tells callers about where tokens are to be had. */
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

/** The two sides of OAuth: who calls, and where callers log in. */
export interface Jwt {
  /**
   * Finds out who presents a JWT. The principal is named by a hash, since the
   * subject may be an e-mail address.
   */
  readonly authenticate: Authenticate;
  /** Tells callers where to log in. */
  readonly protectedResource: ProtectedResource;
}

type Jose = typeof import("jose");

/** Why a token is refused, for the log: no word of the token is in it. */
interface Refusal {
  readonly reason: string;
  readonly claim?: string;
}

/**
 * Makes the part of the server that knows callers by their JWTs.
 *
 * @param options Who signs, for whom, and where tenants are listed.
 * @throws {TypeError} When the issuer or the public URL is no such URL, or
 * there is no audience.
 */
export function createJwt(options: JwtOptions): Jwt {
  const { issuer, audience, tenantClaim = TENANT_CLAIM, log } = options;
  checkAddress("issuer", issuer);
  if (audience.length === 0 || audience.includes("")) {
    throw new TypeError("audience must name this server, and not with nothing");
  }
  const verified = createLru<{ principal: Principal; until: number }>(
    MOST_REMEMBERED,
  );
  let loading: Promise<Verify> | undefined;

  async function load(): Promise<Verify> {
    const jose = await import("jose");
    return createVerify(jose, issuer, audience, createKeys(jose, options));
  }

  async function identify(bearer: string): Promise<Principal | Refusal> {
    const verify = await (loading ??= load());
    const found = await verify(bearer);
    return "reason" in found ? found : await readPrincipal(found, tenantClaim);
  }

  return {
    async authenticate(bearer) {
      if (bearer.length > LONGEST || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(bearer)) {
        return undefined;
      }
      const key = await sha256(bearer);
      const known = verified.get(key);
      if (known && known.until > Date.now()) return known.principal;
      const principal = await identify(bearer);
      if ("reason" in principal) {
        log?.("debug", "A JWT was refused", { ...principal });
        return undefined;
      }
      verified.set(key, {
        principal,
        until: Math.min(
          Date.now() + REMEMBERED,
          principal.expires_at! * 1000,
        ),
      });
      return principal;
    },
    protectedResource: createProtectedResource(issuer, options.publicUrl),
  };
}

/** @throws {TypeError} When a setting is no address that can be trusted. */
function checkAddress(name: string, text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && isSecure(url) && !/[?#\s]/.test(text) && !url.username) return;
  throw new TypeError(
    `${name} must be an https:// URL without user, query or fragment (http:// is for this machine only), not ${
      show(text)
    }`,
  );
}

/** What a token says, once its signature and its ends are checked. */
interface Verified {
  readonly payload: JWTPayload;
  readonly protectedHeader: JWTHeaderParameters;
}

/** Checks a token. */
type Verify = (token: string) => Promise<Verified | Refusal>;

/**
 * What is wrong with a token, by jose's code. Any other error is not the
 * token's.
 */
const FAULTS: Readonly<Record<string, string>> = {
  ERR_JWS_INVALID: "malformed",
  ERR_JWT_INVALID: "malformed",
  ERR_JWT_EXPIRED: "ended",
  ERR_JWT_CLAIM_VALIDATION_FAILED: "a claim is missing or does not fit",
  ERR_JOSE_ALG_NOT_ALLOWED: "its algorithm is not allowed",
  ERR_JOSE_NOT_SUPPORTED: "it asks for an extension that is not known",
  ERR_JWKS_NO_MATCHING_KEY: "its key is none of the issuer's",
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: "its signature is wrong",
};

function createVerify(
  jose: Jose,
  issuer: string,
  audience: readonly string[],
  keys: JWTVerifyGetKey,
): Verify {
  const { errors, jwtVerify } = jose;
  const checks = () => ({
    algorithms: [...ALGORITHMS],
    issuer,
    audience: [...audience],
    requiredClaims: ["exp"],
    clockTolerance: TOLERANCE,
    currentDate: new Date(),
  });

  /** A token that names no key is tried with each that may have signed it. */
  async function verify(token: string): Promise<Verified> {
    try {
      return await jwtVerify(token, keys, checks());
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      for await (const key of error) {
        try {
          return await jwtVerify(token, key, checks());
        } catch (problem) {
          if (!(problem instanceof errors.JWSSignatureVerificationFailed)) {
            throw problem;
          }
        }
      }
      throw new errors.JWSSignatureVerificationFailed();
    }
  }

  return async (token) => {
    try {
      // A stranger's token must neither make work nor look like an outage.
      if (jose.decodeJwt(token).iss !== issuer) {
        return { reason: "it is of another issuer", claim: "iss" };
      }
      return await verify(token);
    } catch (error) {
      const { code, claim } = error as { code?: string; claim?: string };
      const reason = FAULTS[code ?? ""];
      if (reason !== undefined) return { reason, ...(claim && { claim }) };
      if (error instanceof IssuerError) throw error;
      // jose's own errors hold the claims, and are not passed on.
      throw outage(issuer, "a key in its jwks_uri cannot be used");
    }
  };
}

function outage(issuer: string, problem: string): IssuerError {
  return new IssuerError(
    `Tokens of ${issuer} cannot be checked now: ${problem}`,
  );
}

/**
 * The issuer's keys, as jose asks for them. It keeps them, asks again for one
 * that is not known, and not too often. What it does not: leave an issuer
 * alone that is out of order, and use the keys that are there meanwhile.
 */
function createKeys(jose: Jose, options: JwtOptions): JWTVerifyGetKey {
  const { createLocalJWKSet, createRemoteJWKSet, errors } = jose;
  const { issuer, log } = options;
  const { read: send } = createTransport(options.fetch);
  let loadedAt = -Infinity;
  let trouble = { until: -Infinity, problem: "" };

  async function load(signal: AbortSignal): Promise<Response> {
    if (Date.now() < trouble.until) throw outage(issuer, trouble.problem);
    try {
      const uri = await findKeys(issuer, send, signal);
      const keys = await readDocument(uri, send, signal);
      if (!Array.isArray(keys.keys)) {
        throw new IssuerError(`${uri} answered with no key set`);
      }
      loadedAt = Date.now();
      return Response.json(keys);
    } catch (error) {
      const problem = (error as Error).message;
      trouble = { until: Date.now() + REST, problem };
      log?.("warn", "The issuer's keys could not be read", { issuer, problem });
      throw outage(issuer, problem);
    }
  }

  // Each time by way of the metadata, so that the address may change.
  const remote = createRemoteJWKSet(new URL(issuer), {
    timeoutDuration: TIMEOUT,
    cooldownDuration: COOLDOWN,
    cacheMaxAge: FRESH,
    [jose.customFetch]: (_url, { signal }) => load(signal),
  });

  return async (header, token) => {
    try {
      return await remote(header, token);
    } catch (error) {
      const isOutage = error instanceof IssuerError;
      const kept = isOutage && Date.now() < loadedAt + STALE && remote.jwks();
      if (!kept) throw error;
      try {
        return await createLocalJWKSet(kept)(header, token);
      } catch (problem) {
        // The key may be a new one: nobody can tell now.
        throw problem instanceof errors.JWKSNoMatchingKey ? error : problem;
      }
    }
  };
}

/**
 * Asks the issuer where its keys are: by RFC 8414, or else by OpenID.
 *
 * @throws {IssuerError} With everything that was wrong.
 */
async function findKeys(
  issuer: string,
  send: Send,
  signal: AbortSignal,
): Promise<string> {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, "");
  const problems: string[] = [];
  for (
    const address of [
      `${origin}${WELL_KNOWN}/oauth-authorization-server${path}`,
      `${origin}${path}${WELL_KNOWN}/openid-configuration`,
    ]
  ) {
    try {
      const metadata = await readDocument(address, send, signal);
      return readKeysAddress(metadata, issuer, address);
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  throw new IssuerError(`${problems.join("; ")}. Check MCP_OAUTH_ISSUER`);
}

/** The address of the keys in an issuer's metadata. */
function readKeysAddress(
  metadata: Record<string, unknown>,
  issuer: string,
  address: string,
): string {
  if (metadata.issuer !== issuer) {
    throw new IssuerError(
      `${address} is about another issuer, ${show(metadata.issuer)}`,
    );
  }
  const { jwks_uri } = metadata;
  const uri = typeof jwks_uri === "string" && URL.canParse(jwks_uri)
    ? new URL(jwks_uri)
    : undefined;
  // An issuer elsewhere has no business on this machine.
  const isFitting = uri && isSecure(uri) &&
    (uri.protocol === "https:" || issuer.startsWith("http:"));
  if (isFitting) return uri.href;
  throw new IssuerError(`${address} has no jwks_uri that starts with https://`);
}

/**
 * Reads a JSON object from the issuer. It must be at that very address: where
 * a redirect would lead is not for others to say.
 *
 * @throws {IssuerError} With a phrase that says what is wrong.
 */
async function readDocument(
  address: string,
  send: Send,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  let status: number;
  let text: string | undefined;
  try {
    const reply = await send(address, {
      headers: { accept: "application/json" },
      redirect: "manual",
      signal,
    });
    status = reply.status;
    if (status === 200) text = await reply.text(MAX_BYTES);
    else await reply.discard();
  } catch (error) {
    // What fetch throws goes no further, but for a missing permission.
    const { name, message } = error as Error;
    throw new IssuerError(
      name === "TimeoutError"
        ? `${address} did not answer within ${TIMEOUT} ms`
        : `${address} could not be reached${
          name === "NotCapable" ? ` (${message})` : ""
        }`,
    );
  }
  if (status !== 200) throw new IssuerError(`${address} answered ${status}`);
  if (text === undefined) {
    throw new IssuerError(
      `${address} answered with more than ${MAX_BYTES} bytes`,
    );
  }
  const value = parseJson(text);
  if (isObject(value)) return value;
  throw new IssuerError(`${address} answered with no JSON object`);
}

/** The kinds of a JWT that may be an access token; it need not say. */
const TYPES: readonly unknown[] = [undefined, "jwt", "at+jwt"];

/** What an ID token has: it tells a client who logged in, and is no key. */
const ID_CLAIMS = ["nonce", "at_hash", "c_hash"];

async function readPrincipal(
  { payload, protectedHeader }: Verified,
  tenantClaim: string,
): Promise<Principal | Refusal> {
  const typ = typeof protectedHeader.typ === "string"
    ? protectedHeader.typ.toLowerCase().replace(/^application\//, "")
    : protectedHeader.typ;
  if (!TYPES.includes(typ)) return { reason: "it is no access token" };
  // RFC 9068 wants at+jwt, and many issuers do not write it.
  const mark = ID_CLAIMS.find((claim) => Object.hasOwn(payload, claim));
  if (typ !== "at+jwt" && mark !== undefined) {
    return { reason: "it is an ID token", claim: mark };
  }
  const { exp = 0, iat, iss, sub, client_id } = payload;
  const now = Date.now() / 1000;
  // Without the tolerance: nothing is gained by a token beyond its end.
  if (exp <= now) return { reason: "ended", claim: "exp" };
  if (iat !== undefined && iat > now + TOLERANCE) {
    return { reason: "it is of the future", claim: "iat" };
  }
  const subject = sub ?? client_id;
  if (typeof subject !== "string" || subject === "") {
    return { reason: "nobody is named", claim: "sub" };
  }
  const tenants = readTenants(payload, tenantClaim);
  if (!tenants) {
    return { reason: "no tenants are listed", claim: tenantClaim };
  }
  const scopes = readScopes(payload);
  if (scopes.length === 0) {
    return { reason: "no scope of this server's", claim: "scope" };
  }
  const hash = await sha256(JSON.stringify([iss, subject]));
  return {
    name: `jwt ${hash.slice(0, 12)}`,
    tenants,
    scopes,
    expires_at: exp,
  };
}

/** The tenants in a claim: one or several names, all of them well formed. */
function readTenants(
  claims: JWTPayload,
  claim: string,
): readonly string[] | undefined {
  const value = claimAt(claims, claim);
  const names: unknown[] = Array.isArray(value) ? value : [value];
  return names.length > 0 && names.every(isTenant)
    ? [...new Set(names)]
    : undefined;
}

/** A claim by its name, which may have dots itself, or by the path to it. */
function claimAt(claims: JWTPayload, path: string): unknown {
  const names = Object.hasOwn(claims, path) ? [path] : path.split(".");
  return names.reduce<unknown>(
    (value, name) =>
      isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined,
    claims,
  );
}

/** What a token is good for here; issuers use either claim, and any shape. */
function readScopes({ scope, scp }: JWTPayload): readonly Scope[] {
  const words = [scope, scp].flatMap((value) =>
    typeof value === "string" ? value.split(" ") : value
  );
  return SCOPES.filter((scope) =>
    words.includes(scope) || words.includes(SCOPE_PREFIX + scope)
  );
}

function createProtectedResource(
  issuer: string,
  publicUrl: string | undefined,
): ProtectedResource {
  if (publicUrl !== undefined) checkAddress("publicUrl", publicUrl);
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
