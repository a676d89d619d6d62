/**
 * Signs requests for Mekari's API gateway: HMAC-SHA256 over the date and the
 * request line. It follows Mekari's documentation and was tested only against
 * the sandbox.
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
  /** The store of the tenants' SSO ids and their own applications. */
  readonly store: TokenStore;
  /** The application for tenants that do not have their own. */
  readonly clientId?: string;
  /** The secret of that application. */
  readonly clientSecret?: string;
  /** Logs clock differences and store failures; never logs a secret. */
  readonly log: Log;
  /** The clock, in ms since 1970; defaults to the system clock. */
  readonly now?: () => number;
}

/** Signs the requests of tenants. */
export interface Hmac {
  /** Returns the authentication headers of a tenant's calls. */
  authorize(tenant: string): Authorize;
}

/**
 * How long a tenant's credentials are held before they are read from the store
 * again, in ms.
 */
const HOLD = 60_000;

/** The smallest clock difference that may explain a refusal, in ms. */
const SKEW = 30_000;

/** A tenant's credentials, ready to sign. */
interface Signer {
  readonly credentials: Required<MekariCredentials>;
  readonly key: CryptoKey;
  /** Until when it is used without reading the store, in ms since 1970. */
  readonly until: number;
}

/**
 * Creates the signer.
 *
 * @param options The store of credentials and other settings.
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
      // Credentials do not expire, so they remain usable while the store is
      // down.
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
    // An id and a secret belong together: never mix the tenant's with the
    // default application's.
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
      // The store may have new credentials by now.
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
