/**
 * What a JWT says of its bearer: who it is, which companies it may act for,
 * and what it may do there.
 *
 * @module
 */
import type { JWTHeaderParameters, JWTPayload } from "jose";
import { sha256 } from "../storage/hash.ts";
import { isTenant } from "../tokens/store.ts";
import { isObject } from "../values/json.ts";
import { type Principal, type Scope, SCOPES } from "./principal.ts";

/**
 * The optional prefix of a scope, which separates it from scopes of other
 * servers.
 */
export const SCOPE_PREFIX = "qontak:";

/** How far the issuer's clock may be off, in seconds. */
export const TOLERANCE = 60;

/** Why a token is refused, for the log: no word of the token is in it. */
export interface Refusal {
  readonly reason: string;
  readonly claim?: string;
}

/** What a token says, once its signature and its ends are checked. */
export interface Verified {
  readonly payload: JWTPayload;
  readonly protectedHeader: JWTHeaderParameters;
}

/** The kinds of a JWT that may be an access token; it need not say. */
const TYPES: readonly unknown[] = [undefined, "jwt", "at+jwt"];

/** What an ID token has: it tells a client who logged in, and is no key. */
const ID_CLAIMS = ["nonce", "at_hash", "c_hash"];

/**
 * Reads who presents a token.
 *
 * @param verified The token.
 * @param tenantClaim The claim that lists the tenants, or the path to it.
 */
export async function readPrincipal(
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
