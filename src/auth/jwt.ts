/**
 * Access tokens of an OAuth issuer: JWTs that it signed for this server. Their
 * claims say which companies the caller may act for, and with which scopes.
 *
 * jose verifies the signatures. It is loaded for the first bearer credential
 * that looks like a JWT.
 *
 * @module
 */
import type { JWTVerifyGetKey } from "jose";
import { checkOptions, IssuerError } from "../errors.ts";
import type { Log } from "../logging/log.ts";
import { secureAddress } from "../net/address.ts";
import { createLru } from "../storage/lru.ts";
import { quickSha256 } from "../storage/hash.ts";
import {
  readPrincipal,
  type Refusal,
  TOLERANCE,
  type Verified,
} from "./claims.ts";
import { createKeys, type Jose, outage } from "./issuer.ts";
import {
  createProtectedResource,
  type ProtectedResource,
} from "./protected_resource.ts";
import {
  type Authenticate,
  DEFAULT_SCOPES,
  type Principal,
  TENANT_CLAIM,
} from "./principal.ts";

/** Only asymmetric algorithms: a public key must not be enough to sign. */
const ALGORITHMS = [
  ...["RS256", "RS384", "RS512"],
  ...["PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512"],
  ...["EdDSA", "Ed25519"],
] as const;

/** The longest accepted token, in characters. */
const LONGEST = 16_384;

/** How long to cache the result for a verified token, in ms. */
const REMEMBERED = 60_000;

/** How many verified tokens to cache. */
const MOST_REMEMBERED = 1_000;

/** Settings of {@linkcode createJwt}. */
export interface JwtOptions {
  /**
   * The token issuer, exactly as in the `iss` of its tokens: an https URL, or
   * http on this machine only.
   */
  readonly issuer: string;
  /** The server's names in `aud`; a token must contain one of them. */
  readonly audience: readonly string[];
  /**
   * The claim that lists the caller's tenants: its name, or its path with dots,
   * such as `app_metadata.tenants`.
   *
   * @default {"qontak_tenants"}
   */
  readonly tenantClaim?: string;
  /**
   * The public URL of the endpoint, such as https://crm.example.com/mcp. By
   * default, a URL in `audience`, or the URL of each request from this machine.
   */
  readonly publicUrl?: string;
  /** Sends requests to the issuer; the platform's fetch by default. */
  readonly fetch?: typeof fetch;
  /** Writes log lines. */
  readonly log?: Log;
}

/**
 * The two parts of OAuth: identifying callers, and telling them where to log
 * in.
 */
export interface Jwt {
  /**
   * Identifies the caller with a JWT. The caller's name is a hash, because the
   * subject may be an e-mail address. If callers are told where to log in, they
   * may ask for all scopes there.
   */
  readonly authenticate: Authenticate;
  /** Tells callers where to log in. */
  readonly protectedResource: ProtectedResource;
}

/**
 * Makes the part of the server that authenticates callers by JWT.
 *
 * @param options The issuer, the audience and the tenant claim.
 * @throws {TypeError} When the issuer or the public URL is invalid, or when
 * there is no audience.
 */
export function createJwt(options: JwtOptions): Jwt {
  const { issuer, audience, tenantClaim = TENANT_CLAIM, log } = options;
  checkOptions(options, {
    issuer: secureAddress("https://login.example.com"),
    publicUrl: secureAddress("https://crm.example.com/mcp"),
  });
  if (audience.length === 0 || audience.includes("")) {
    throw new TypeError(
      "audience must name this server, and no name may be empty",
    );
  }
  const verified = createLru<{ principal: Principal; until: number }>(
    MOST_REMEMBERED,
  );
  const protectedResource = createProtectedResource([issuer], options);
  let loading: Promise<Verify> | undefined;

  async function load(): Promise<Verify> {
    const jose = await import("jose");
    return createVerify(jose, issuer, audience, createKeys(jose, options));
  }

  async function identify(bearer: string): Promise<Principal | Refusal> {
    const verify = await (loading ??= load());
    const found = await verify(bearer);
    if ("reason" in found) return found;
    const principal = await readPrincipal(found, tenantClaim);
    return "reason" in principal || !protectedResource.hasAddress
      ? principal
      : { ...principal, mayAskFor: DEFAULT_SCOPES };
  }

  return {
    async authenticate(bearer) {
      if (bearer.length > LONGEST || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(bearer)) {
        return undefined;
      }
      const key = await quickSha256(bearer);
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
    protectedResource,
  };
}

/** Verifies a token. */
type Verify = (token: string) => Promise<Verified | Refusal>;

/**
 * The problem with a token, by jose's error code. Other errors are not the
 * token's fault.
 */
const FAULTS: Readonly<Record<string, string>> = {
  ERR_JWS_INVALID: "malformed",
  ERR_JWT_INVALID: "malformed",
  ERR_JWT_EXPIRED: "ended",
  ERR_JWT_CLAIM_VALIDATION_FAILED: "a claim is missing or does not fit",
  ERR_JOSE_ALG_NOT_ALLOWED: "its algorithm is not allowed",
  ERR_JOSE_NOT_SUPPORTED: "it asks for an extension that is not known",
  ERR_JWKS_NO_MATCHING_KEY: "its key is not one of the issuer's",
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

  /** If a token names no key, tries each key that may have signed it. */
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
      // A token of another issuer must not cause requests or look like an
      // outage.
      if (jose.decodeJwt(token).iss !== issuer) {
        return { reason: "it is of another issuer", claim: "iss" };
      }
      return await verify(token);
    } catch (error) {
      const { code, claim } = error as { code?: string; claim?: string };
      const reason = FAULTS[code ?? ""];
      if (reason !== undefined) return { reason, ...(claim && { claim }) };
      if (error instanceof IssuerError) throw error;
      // jose's errors contain the claims, so they are not passed on.
      throw outage(issuer, "a key in its jwks_uri cannot be used");
    }
  };
}
