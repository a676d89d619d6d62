/**
 * The account that a tenant's credentials belong to. It stays the same when
 * tokens are renewed, and changes when a person puts in other credentials. What
 * a server holds of a tenant is bound to it, so nothing of the old account shows
 * after a tenant's name was given to another company.
 *
 * @module
 */
import { CredentialsError, StoreError } from "../errors.ts";
import { sha256 } from "../storage/hash.ts";
import { createLru } from "../storage/lru.ts";
import { TENANTS_HELD } from "./held.ts";
import {
  type Credentials,
  nameTenant,
  type OAuthCredentials,
  type TokenStore,
} from "./store.ts";

/** OAuth credentials, with their account. */
export interface KnownCredentials extends OAuthCredentials {
  readonly account: string;
}

/** The account of a store that holds one company, which has no name. */
const ONLY = "";

/**
 * The account that credentials belong to: the one in the record, which renewals
 * keep, otherwise a hash of the credentials that a person put in. A store of
 * one company distinguishes accounts by its identity.
 *
 * @param store The store.
 * @param credentials The credentials, as the store has them.
 */
export async function accountIn(
  store: TokenStore,
  credentials: Credentials,
): Promise<string> {
  if (store.isSingle) return ONLY;
  if ("sso_id" in credentials) {
    // The same user of Mekari, whichever application signs.
    return await sha256(credentials.sso_id);
  }
  return credentials.account ?? await sha256(credentials.refresh_token);
}

/** How many former accounts of a tenant are remembered. */
const MOST_FORMER = 20;

/**
 * Remembers the former accounts of tenants, and refuses them: anyone who can write
 * to the store can put back an older copy of a record, though they cannot open
 * it.
 *
 * @returns A function that throws StoreError if a tenant has a former account
 * again.
 */
export function createFormerAccounts(): (
  tenant: string,
  account: string,
  before: string | undefined,
) => void {
  const former = createLru<readonly string[]>(TENANTS_HELD);
  return (tenant, account, before) => {
    const known = former.get(tenant) ?? [];
    if (known.includes(account)) {
      throw new StoreError(
        `The store has the credentials of ${
          nameTenant(tenant)
        } that were replaced before, which are not used: somebody put an older copy back, or the store has lost the newer ones`,
        { what: "putInAgain", tenant },
      );
    }
    if (before === undefined || before === account) return;
    former.set(tenant, [before, ...known].slice(0, MOST_FORMER));
  };
}

/**
 * Checks that credentials still belong to the account that a call began with.
 *
 * @param tenant The tenant.
 * @param found The account of the credentials.
 * @param expected The account of the call, if it is bound to one.
 * @throws {CredentialsError} If the account was replaced meanwhile.
 */
export function demandAccount(
  tenant: string,
  found: string,
  expected: string | undefined,
): void {
  if (expected === undefined || expected === found) return;
  throw new CredentialsError(
    `The account of ${
      nameTenant(tenant)
    } was replaced while this call ran, so nothing more was sent. Call again: the next call uses the new account`,
  );
}
