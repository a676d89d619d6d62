/**
 * The issuer of JWTs: the documents in which it publishes its keys.
 *
 * @module
 */
import type { JWTVerifyGetKey } from "jose";
import { IssuerError } from "../errors.ts";
import type { Log } from "../logging/log.ts";
import { isSecure } from "../net/address.ts";
import { createTransport, type Send } from "../net/transport.ts";
import { isObject, parseJson, show } from "../values/json.ts";

/** The library that checks signatures. */
export type Jose = typeof import("jose");

/** How long the issuer's keys are used without asking again, in ms. */
const FRESH = 600_000;

/** How long they are used while the issuer does not answer, in ms. */
const STALE = 86_400_000;

/** The least time between two looks for a key that is not known, in ms. */
const COOLDOWN = 30_000;

/** How long an issuer that did not answer well is left alone, in ms. */
const REST = 60_000;

/** How long finding the issuer's keys may take, in ms. */
const TIMEOUT = 5_000;

/** The most that is read of one document of the issuer, in bytes. */
const MAX_BYTES = 262_144;

/** Where an issuer publishes what it is; so does this server. */
export const WELL_KNOWN = "/.well-known";

/** Settings of {@linkcode createKeys}. */
export interface IssuerOptions {
  /** Who signs, as it calls itself. */
  readonly issuer: string;
  /** Sends requests to it; the platform's fetch when left out. */
  readonly fetch?: typeof fetch;
  /** Told when it does not answer as it must. */
  readonly log?: Log;
}

/**
 * That tokens cannot be checked now.
 *
 * @param issuer Who signs.
 * @param problem Why, as a phrase.
 */
export function outage(issuer: string, problem: string): IssuerError {
  return new IssuerError(
    `Tokens of ${issuer} cannot be checked now: ${problem}`,
  );
}

/**
 * The issuer's keys, as jose asks for them. It keeps them, asks again for one
 * that is not known, and not too often. What it does not: leave an issuer
 * alone that is out of order, and use the known keys until it is back.
 */
export function createKeys(
  jose: Jose,
  options: IssuerOptions,
): JWTVerifyGetKey {
  const { createLocalJWKSet, createRemoteJWKSet, errors } = jose;
  const { issuer, log } = options;
  const { read: send, close } = createTransport(options.fetch);
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
    } finally {
      // It is a while until the next time, and nothing ends with a verifier.
      close();
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
  throw new IssuerError(problems.join("; "), { what: "checkIssuer" });
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
  const value = parseJson(text ?? "");
  if (isObject(value)) return value;
  throw new IssuerError(`${address} answered with no JSON object`);
}
