/**
 * Requests signed for Mekari's API gateway: HMAC-SHA256 over the date and the
 * request line. Mekari's documentation is the source; this was tried against
 * the sandbox only.
 *
 * @module
 */
import { CredentialsError, StoreError } from "../errors.ts";
import { createLru } from "../storage/lru.ts";
import type { Log } from "../logging/log.ts";
import {
  type MekariCredentials,
  nameTenant,
  noCredentials,
  type TokenStore,
} from "../tokens/store.ts";
import { TENANTS_HELD } from "../tokens/held.ts";
import type { Authorize, SignableRequest } from "./crm.ts";

/** Settings of {@linkcode createHmac}. */
export interface HmacOptions {
  /** Where the tenants' SSO ids, and applications of their own, are kept. */
  readonly store: TokenStore;
  /** The application of tenants that have none of their own. */
  readonly clientId?: string;
  /** The secret of that application. */
  readonly clientSecret?: string;
  /** Told of clocks and stores that are out of order; never told a secret. */
  readonly log: Log;
  /** The clock, in ms since 1970; the system's when left out. */
  readonly now?: () => number;
}

/** Signs the requests of tenants. */
export interface Hmac {
  /** The headers of a tenant's calls. */
  authorize(tenant: string): Authorize;
}

/** How long a tenant's credentials are held before the store is asked, in ms. */
const HOLD = 60_000;

/** Clocks that differ by less are not the reason of a refusal, in ms. */
const SKEW = 30_000;

/** Who signs, ready to sign. */
interface Signer {
  readonly credentials: Required<MekariCredentials>;
  readonly key: CryptoKey;
  /** Until when it is used without asking the store, in ms since 1970. */
  readonly until: number;
}

/**
 * Makes the signer.
 *
 * @param options Where credentials are kept.
 * @returns The signer.
 */
export function createHmac(options: HmacOptions): Hmac {
  const { store, clientId, clientSecret, log, now = Date.now } = options;
  const signers = createLru<Signer>(TENANTS_HELD);
  /** How far Mekari's clock is ahead of this machine's, in ms. */
  let ahead = 0;

  async function load(tenant: string): Promise<Signer> {
    const known = signers.get(tenant);
    let credentials: Required<MekariCredentials>;
    try {
      credentials = await read(tenant);
    } catch (error) {
      if (!known || !(error instanceof StoreError)) {
        signers.delete(tenant);
        throw error;
      }
      // They do not end by themselves, so that an outage of the store is
      // no reason to stop.
      log("warn", "The store does not answer: known credentials are used on", {
        store: store.name,
      });
      ({ credentials } = known);
    }
    const isSame = known && isEqual(known.credentials, credentials);
    const signer = {
      credentials,
      key: isSame ? known.key : await importKey(credentials.client_secret),
      until: now() + HOLD,
    };
    signers.set(tenant, signer);
    return signer;
  }

  async function read(tenant: string): Promise<Required<MekariCredentials>> {
    const kept = (await store.read(tenant))?.credentials;
    if (!kept) throw noCredentials(tenant, store);
    if (!("sso_id" in kept)) {
      throw new CredentialsError(
        `The credentials of ${
          nameTenant(tenant)
        } are for OAuth (a refresh token), and this server uses Mekari's gateway`,
        { what: "useSsoId", tenant },
      );
    }
    // An id and a secret belong together: never one's id and another's secret.
    const { sso_id, client_id, client_secret } = kept.client_id
      ? kept
      : { ...kept, client_id: clientId, client_secret: clientSecret };
    if (client_id && client_secret) {
      return { sso_id, client_id, client_secret };
    }
    throw new CredentialsError(
      `There is no Mekari application for ${nameTenant(tenant)}`,
      { what: "addApplication", tenant },
    );
  }

  async function sign(
    { credentials, key }: Signer,
    { method, target }: SignableRequest,
  ): Promise<Record<string, string>> {
    const date = new Date(now() + ahead).toUTCString();
    const signature = await crypto.subtle.sign(
      "HMAC",
      key,
      new TextEncoder().encode(`date: ${date}\n${method} ${target} HTTP/1.1`),
    );
    const base64 = btoa(String.fromCharCode(...new Uint8Array(signature)));
    return {
      date,
      authorization:
        `hmac username="${credentials.client_id}", algorithm="hmac-sha256", headers="date request-line", signature="${base64}"`,
      "x-crm-user-sso-id": credentials.sso_id,
    };
  }

  return {
    authorize: (tenant) => async (request, rejected) => {
      const known = signers.get(tenant);
      if (!rejected) {
        const isFresh = known && known.until > now();
        return await sign(isFresh ? known : await load(tenant), request);
      }
      const skew = rejected.date - (now() + ahead);
      if (Math.abs(skew) > SKEW) {
        ahead += skew;
        log("warn", "This machine's clock differs from Mekari's: correct it", {
          seconds: Math.round(ahead / 1000),
        });
        return await sign(known ?? await load(tenant), request);
      }
      // Other credentials may have been put in the store in the meantime.
      const fresh = await load(tenant);
      const isSame = known && isEqual(known.credentials, fresh.credentials);
      return isSame ? undefined : await sign(fresh, request);
    },
  };
}

function isEqual(
  one: Required<MekariCredentials>,
  other: Required<MekariCredentials>,
): boolean {
  return one.sso_id === other.sso_id && one.client_id === other.client_id &&
    one.client_secret === other.client_secret;
}

function importKey(secret: string): Promise<CryptoKey> {
  return crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode(secret),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
}
