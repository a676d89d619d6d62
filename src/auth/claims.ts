/**
 * Reads the claims of a JWT: who the caller is, which companies the caller may
 * act for, and what the caller may do there.
 *
 * @module
 */
import type { JWTHeaderParameters, JWTPayload } from "jose";
import { sha256 } from "../storage/hash.ts";
import { isTenant } from "../tokens/store.ts";
import { isObject } from "../values/json.ts";
import { type Principal, type Scope, SCOPES } from "./principal.ts";

/**
 * The optional prefix of scopes, which separates them from other servers'
 * scopes.
 */
export const SCOPE_PREFIX = "qontak:";

/** The tolerated difference from the issuer's clock, in seconds. */
export const TOLERANCE = 60;

/** Why a token is refused, for the log. Contains nothing from the token. */
export interface Refusal {
  readonly reason: string;
  readonly claim?: string;
}

/** The content of a token with a verified signature and verified times. */
export interface Verified {
  readonly payload: JWTPayload;
  readonly protectedHeader: JWTHeaderParameters;
}

/** The types of JWT that may be access tokens; a type is optional. */
const TYPES: readonly unknown[] = [undefined, "jwt", "at+jwt"];

/**
 * Claims that mark an ID token, which is for the client and grants no access.
 */
const ID_CLAIMS = ["nonce", "at_hash", "c_hash"];

/**
 * Reads the caller from a token.
 *
 * @param verified The token.
 * @param tenantClaim The name of the claim that lists the tenants, or its path.
 */
export async function readPrincipal(
  { payload, protectedHeader }: Verified,
  tenantClaim: string,
): Promise<Principal | Refusal> {
  const typ = typeof protectedHeader.typ === "string"
    ? protectedHeader.typ.toLowerCase().replace(/^application\//, "")
    : protectedHeader.typ;
  if (!TYPES.includes(typ)) return { reason: "it is not an access token" };
  // RFC 9068 requires at+jwt, but many issuers do not set it.
  const mark = ID_CLAIMS.find((claim) => Object.hasOwn(payload, claim));
  if (typ !== "at+jwt" && mark !== undefined) {
    return { reason: "it is an ID token", claim: mark };
  }
  const { exp = 0, iat, iss, sub, client_id } = payload;
  const now = Date.now() / 1000;
  // No tolerance: an expired token must not give access.
  if (exp <= now) return { reason: "ended", claim: "exp" };
  if (iat !== undefined && iat > now + TOLERANCE) {
    return { reason: "it is of the future", claim: "iat" };
  }
  const subject = sub ?? client_id;
  if (typeof subject !== "string" || subject === "") {
    return { reason: "it names no subject", claim: "sub" };
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

/** The tenants in a claim: one or more names, all of them valid. */
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

/** A claim by its name, which may contain dots, or by its path. */
function claimAt(claims: JWTPayload, path: string): unknown {
  const names = Object.hasOwn(claims, path) ? [path] : path.split(".");
  return names.reduce<unknown>(
    (value, name) =>
      isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined,
    claims,
  );
}

/** The scopes of a token; issuers use either claim, in several formats. */
function readScopes({ scope, scp }: JWTPayload): readonly Scope[] {
  const words = [scope, scp].flatMap((value) =>
    typeof value === "string" ? value.split(" ") : value
  );
  return SCOPES.filter((scope) =>
    words.includes(scope) || words.includes(SCOPE_PREFIX + scope)
  );
}
