/**
 * Signs requests for Mekari's API gateway: HMAC-SHA256 over the date and the
 * request line. It follows Mekari's documentation and was tested only against
 * the sandbox.
 *
 * @module
 */
import { CredentialsError } from "../errors.ts";
import type { Log } from "../logging/log.ts";
import {
  type MekariCredentials,
  nameTenant,
  noCredentials,
  type TokenStore,
} from "../tokens/store.ts";
import { accountIn, demandAccount } from "../tokens/account.ts";
import { createRechecked } from "../tokens/rechecked.ts";
import { toBase64 } from "../values/base64.ts";
import type { Authorize, SignableRequest } from "./crm.ts";

/** What a signature needs. */
type Signing = Required<Omit<MekariCredentials, "user">>;

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
  /**
   * Returns the authentication headers of a tenant's calls.
   *
   * @param tenant The tenant.
   * @param account The account that the calls are for; any by default.
   */
  authorize(tenant: string, account?: string): Authorize;
  /** Returns the account of a tenant, as {@linkcode Tokens.account} does. */
  account(tenant: string): Promise<string>;
}

/** The smallest clock difference that may explain a refusal, in ms. */
const SKEW = 30_000;

/** A tenant's credentials, ready to sign. */
interface Signer {
  readonly credentials: Signing;
  readonly key: CryptoKey;
  /** The account that they belong to. */
  readonly account: string;
}

/**
 * Creates the signer.
 *
 * @param options The store of credentials and other settings.
 * @returns The signer.
 */
export function createHmac(options: HmacOptions): Hmac {
  const { store, clientId, clientSecret, log, now = Date.now } = options;
  // Credentials do not expire, so they remain usable while the store is down.
  const signers = createRechecked({ store, read: load, log, now });
  /** How far Mekari's clock is ahead of this machine's, in ms. */
  let ahead = 0;

  async function load(
    tenant: string,
    known: Signer | undefined,
  ): Promise<Signer> {
    const credentials = await read(tenant);
    if (known && isEqual(known.credentials, credentials)) return known;
    return {
      credentials,
      key: await importKey(credentials.client_secret),
      account: await accountIn(store, credentials),
    };
  }

  async function read(
    tenant: string,
  ): Promise<Signing> {
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
    const base64 = toBase64(new Uint8Array(signature));
    return {
      date,
      authorization:
        `hmac username="${credentials.client_id}", algorithm="hmac-sha256", headers="date request-line", signature="${base64}"`,
      "x-crm-user-sso-id": credentials.sso_id,
    };
  }

  return {
    account: async (tenant) => (await signers.get(tenant)).account,
    authorize: (tenant, account) => async (request, rejected) => {
      const known = await signers.get(tenant);
      demandAccount(tenant, known.account, account);
      if (!rejected) return await sign(known, request);
      const skew = rejected.date - (now() + ahead);
      if (Math.abs(skew) > SKEW) {
        ahead += skew;
        log("warn", "This machine's clock differs from Mekari's: correct it", {
          seconds: Math.round(ahead / 1000),
        });
        return await sign(known, request);
      }
      // The store may have new credentials by now.
      const fresh = await signers.again(tenant);
      if (isEqual(known.credentials, fresh.credentials)) return undefined;
      demandAccount(tenant, fresh.account, account);
      return await sign(fresh, request);
    },
  };
}

function isEqual(
  one: Signing,
  other: Signing,
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
