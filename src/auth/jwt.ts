/**
 * Access tokens of an OAuth issuer: JWTs that it signed for this server.
 * Their claims say which companies the caller may act for, and what for.
 *
 * The signatures are checked by jose, which is loaded with the first bearer
 * that looks like a JWT.
 *
 * @module
 */
import type { JWTVerifyGetKey } from "jose";
import { checkOptions, IssuerError } from "../errors.ts";
import type { Log } from "../logging/log.ts";
import { secureAddress } from "../net/address.ts";
import { createLru } from "../storage/lru.ts";
import { sha256 } from "../storage/hash.ts";
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
  type Principal,
  TENANT_CLAIM,
} from "./principal.ts";

/** Asymmetric ones only: a public key must not be enough to sign. */
const ALGORITHMS = [
  ...["RS256", "RS384", "RS512"],
  ...["PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512"],
  ...["EdDSA", "Ed25519"],
] as const;

/** The longest token that is looked at, in characters. */
const LONGEST = 16_384;

/** How long a verified token is not verified again, in ms. */
const REMEMBERED = 60_000;

/** How many verified tokens are remembered. */
const MOST_REMEMBERED = 1_000;

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
   * https://crm.example.com/mcp; when left out, an address in `audience`, and
   * that of each request from this machine.
   */
  readonly publicUrl?: string;
  /** Sends requests to the issuer; the platform's fetch when left out. */
  readonly fetch?: typeof fetch;
  /** Writes log lines. */
  readonly log?: Log;
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

/**
 * Makes the part of the server that knows callers by their JWTs.
 *
 * @param options Who signs, which audience, and where tenants are listed.
 * @throws {TypeError} When the issuer or the public URL is no such URL, or
 * there is no audience.
 */
export function createJwt(options: JwtOptions): Jwt {
  const { issuer, audience, tenantClaim = TENANT_CLAIM, log } = options;
  checkOptions(options, { issuer: secureAddress("https://login.example.com") });
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
    protectedResource: createProtectedResource(issuer, options),
  };
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
