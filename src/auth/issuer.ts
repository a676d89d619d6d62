/**
 * The issuer of JWTs: its metadata and its public keys.
 *
 * @module
 */
import { connectFailure } from "../net/failure.ts";
import type { JWTVerifyGetKey } from "jose";
import type { Remedy } from "../advice/advice.ts";
import { IssuerError, reasonOf } from "../errors.ts";
import type { Log } from "../logging/log.ts";
import { isSecure } from "../net/address.ts";
import { createTransport, type Send } from "../net/transport.ts";
import { isObject, parseJson, show } from "../values/json.ts";

/** The library that verifies signatures. */
export type Jose = typeof import("jose");

/** How long to use the issuer's keys before fetching them again, in ms. */
const FRESH = 600_000;

/** How long to use the keys while the issuer fails, in ms. */
const STALE = 86_400_000;

/** The shortest time between two fetches for an unknown key, in ms. */
const COOLDOWN = 30_000;

/** How long to wait after a failure before asking the issuer again, in ms. */
const REST = 60_000;

/** The timeout for fetching the issuer's keys, in ms. */
const TIMEOUT = 5_000;

/** The most bytes to read of one document from the issuer. */
const MAX_BYTES = 262_144;

/** The path prefix of metadata, on the issuer and on this server. */
export const WELL_KNOWN = "/.well-known";

/** Settings of {@linkcode createKeys}. */
export interface IssuerOptions {
  /** The issuer identifier, exactly as in its metadata. */
  readonly issuer: string;
  /** Sends requests to the issuer; the platform's fetch by default. */
  readonly fetch?: typeof fetch;
  /** Logs when the issuer's keys cannot be read. */
  readonly log?: Log;
}

/**
 * Makes the error for tokens that cannot be verified now.
 *
 * @param issuer The issuer.
 * @param problem The reason, as a phrase.
 * @param remedy How to fix it.
 */
export function outage(
  issuer: string,
  problem: string,
  remedy?: Remedy,
): IssuerError {
  return new IssuerError(
    `Tokens of ${issuer} cannot be checked now: ${problem}`,
    remedy,
  );
}

/**
 * Makes the function with which jose looks up the issuer's keys. jose caches
 * the keys and fetches them again for an unknown key, at limited intervals.
 * This function adds two things: it pauses requests to a failing issuer, and
 * uses the known keys until the issuer recovers.
 */
export function createKeys(
  jose: Jose,
  options: IssuerOptions,
): JWTVerifyGetKey {
  const { createLocalJWKSet, createRemoteJWKSet, errors } = jose;
  const { issuer, log } = options;
  const { read: send, close } = createTransport(options.fetch);
  let loadedAt = -Infinity;
  let failure: { until: number; error: IssuerError } | undefined;

  async function load(signal: AbortSignal): Promise<Response> {
    if (failure && Date.now() < failure.until) throw failure.error;
    try {
      const uri = await findKeys(issuer, send, signal);
      const keys = await readDocument(uri, send, signal);
      if (!Array.isArray(keys.keys)) {
        throw new IssuerError(`${uri} answered with no key set`);
      }
      loadedAt = Date.now();
      return Response.json(keys);
    } catch (error) {
      const { message, remedy } = error as IssuerError;
      log?.("warn", "The issuer's keys could not be read", {
        issuer,
        ...reasonOf(error),
      });
      failure = {
        until: Date.now() + REST,
        error: outage(issuer, message, remedy),
      };
      throw failure.error;
    } finally {
      // The next request is far off, and a verifier has no close().
      close();
    }
  }

  // Reads the metadata each time, because the address of the keys may change.
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
        // The key may be new, which cannot be checked now.
        throw problem instanceof errors.JWKSNoMatchingKey ? error : problem;
      }
    }
  };
}

/**
 * Finds the address of the issuer's keys: by RFC 8414, otherwise by OpenID
 * Connect.
 *
 * @throws {IssuerError} With all problems found.
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
  throw new IssuerError(problems.join("; "), { what: "checkIssuer" });
}

/** The address of the keys in the issuer's metadata. */
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
  // A remote issuer must not point to an address on this machine.
  const isFitting = uri && isSecure(uri) &&
    (uri.protocol === "https:" || issuer.startsWith("http:"));
  if (isFitting) return uri.href;
  throw new IssuerError(`${address} has no jwks_uri that starts with https://`);
}

/**
 * Reads a JSON object from the issuer. Redirects are not followed, because they
 * could lead to any address.
 *
 * @throws {IssuerError} With a phrase that describes the problem.
 */
async function readDocument(
  address: string,
  send: Send,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  let status: number;
  let text: string | null | undefined;
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
    const failure = connectFailure(error, address);
    throw new IssuerError(
      (error as Error).name === "TimeoutError"
        ? `${address} did not answer within ${TIMEOUT} ms`
        : `${address} could not be reached${
          failure ? `: ${failure.reason}` : ""
        }`,
      ...failure?.remedy ? [failure.remedy] : [],
    );
  }
  if (status !== 200) throw new IssuerError(`${address} answered ${status}`);
  if (text === undefined) {
    throw new IssuerError(
      `${address} answered with more than ${MAX_BYTES} bytes`,
    );
  }
  const value = parseJson(text ?? "");
  if (isObject(value)) return value;
  throw new IssuerError(`${address} answered with no JSON object`);
}
