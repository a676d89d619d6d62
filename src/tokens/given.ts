/**
 * The last credentials that this process received from Qontak, by tenant. A
 * store may lose credentials: Redis does so when a replica without the last
 * write takes over. The token that it then returns is dead, and the only valid
 * one is here.
 *
 * @module
 */
import { createLru } from "../storage/lru.ts";
import { TENANTS_HELD, TOKEN_LIFETIME } from "./held.ts";
import type { KnownCredentials } from "./account.ts";
import type { OAuthCredentials } from "./store.ts";

/** How many replaced tokens to remember. */
const CHAIN = 8;

/** Credentials and the tokens that they replaced, most recent first. */
interface Gift {
  readonly credentials: KnownCredentials;
  readonly replaced: readonly string[];
}

/** The newest credentials that this process received from Qontak. */
export interface Given {
  /**
   * Remembers credentials.
   *
   * @param tenant The owner of the credentials.
   * @param credentials The credentials.
   * @param replaced The refresh token that was exchanged for them.
   */
  note(tenant: string, credentials: KnownCredentials, replaced: string): void;
  /**
   * Returns the received credentials if they are newer than a record: they
   * replaced the record's token, or that token was issued more than `margin`
   * seconds before theirs, for the same account. A record without an age comes
   * from a person, and only the first rule applies to it.
   */
  after(
    tenant: string,
    record: KnownCredentials,
    margin: number,
  ): KnownCredentials | undefined;
  /** Returns the credentials only if they replaced the record's token. */
  replacing(
    tenant: string,
    record: OAuthCredentials,
  ): KnownCredentials | undefined;
  /** Forgets a tenant's credentials; with `token`, only if that is theirs. */
  forget(tenant: string, token?: string): void;
}

/** Makes the memory of received credentials. */
export function createGiven(): Given {
  const gifts = createLru<Gift>(TENANTS_HELD);

  function replacing(
    tenant: string,
    { refresh_token }: OAuthCredentials,
  ): KnownCredentials | undefined {
    const gift = gifts.get(tenant);
    if (!gift || gift.credentials.refresh_token === refresh_token) return;
    return gift.replaced.includes(refresh_token) ? gift.credentials : undefined;
  }

  return {
    note(tenant, credentials, replaced) {
      const last = gifts.get(tenant);
      const before = last?.credentials.refresh_token === replaced
        ? last.replaced
        // Someone put another token into the store, which starts a new chain.
        : [];
      gifts.set(tenant, {
        credentials,
        replaced: [replaced, ...before].slice(0, CHAIN),
      });
    },
    after(tenant, record, margin) {
      const ours = gifts.get(tenant)?.credentials;
      if (!ours || ours.refresh_token === record.refresh_token) return;
      const isOlder = record.account === ours.account &&
        givenAt(record) + margin < givenAt(ours);
      return isOlder ? ours : replacing(tenant, record);
    },
    replacing,
    forget(tenant, token) {
      const { refresh_token } = gifts.get(tenant)?.credentials ?? {};
      if (token === undefined || token === refresh_token) gifts.delete(tenant);
    },
  };
}

/** When a token was issued, in seconds since 1970; NaN if unknown. */
function givenAt(
  { expires_at = NaN, expires_in = TOKEN_LIFETIME }: OAuthCredentials,
): number {
  return expires_at - expires_in;
}
