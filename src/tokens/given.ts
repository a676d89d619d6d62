/**
 * What Qontak gave this process last, by tenant. A store may lose what it has
 * taken: Redis does where a replica takes over that lacks the last write. The
 * token that it brings back is dead, and the only living one is here.
 *
 * @module
 */
import { createLru } from "../storage/lru.ts";
import { TENANTS_HELD, TOKEN_LIFETIME } from "./held.ts";
import type { OAuthCredentials } from "./store.ts";

/** How many tokens are known that the newest has replaced. */
const CHAIN = 8;

/** Credentials with the tokens that they have replaced, the last one first. */
interface Gift {
  readonly credentials: OAuthCredentials;
  readonly replaced: readonly string[];
}

/** The newest credentials that Qontak gave this process. */
export interface Given {
  /**
   * Notes credentials.
   *
   * @param tenant Whose they are.
   * @param credentials The credentials.
   * @param replaced The refresh token that was exchanged for them.
   */
  note(tenant: string, credentials: OAuthCredentials, replaced: string): void;
  /**
   * The credentials that were given after a record was: either the record is
   * one that they replaced, or its token was given more than `margin` seconds
   * before. A record that says nothing of its age is a person's, and holds.
   */
  after(
    tenant: string,
    record: OAuthCredentials,
    margin: number,
  ): OAuthCredentials | undefined;
  /** The credentials that have replaced the token of a record, for certain. */
  replacing(
    tenant: string,
    record: OAuthCredentials,
  ): OAuthCredentials | undefined;
  /** Forgets credentials, or only those with a token that is dead. */
  forget(tenant: string, token?: string): void;
}

/** Remembers what is given. */
export function createGiven(): Given {
  const gifts = createLru<Gift>(TENANTS_HELD);

  function replacing(
    tenant: string,
    { refresh_token }: OAuthCredentials,
  ): OAuthCredentials | undefined {
    const gift = gifts.get(tenant);
    if (!gift || gift.credentials.refresh_token === refresh_token) return;
    return gift.replaced.includes(refresh_token) ? gift.credentials : undefined;
  }

  return {
    note(tenant, credentials, replaced) {
      const last = gifts.get(tenant);
      const before = last?.credentials.refresh_token === replaced
        ? last.replaced
        // Somebody put another token into the store: its own chain.
        : [];
      gifts.set(tenant, {
        credentials,
        replaced: [replaced, ...before].slice(0, CHAIN),
      });
    },
    after(tenant, record, margin) {
      const ours = gifts.get(tenant)?.credentials;
      if (!ours || ours.refresh_token === record.refresh_token) return;
      const isOlder = givenAt(record) + margin < givenAt(ours);
      return isOlder ? ours : replacing(tenant, record);
    },
    replacing,
    forget(tenant, token) {
      const { refresh_token } = gifts.get(tenant)?.credentials ?? {};
      if (token === undefined || token === refresh_token) gifts.delete(tenant);
    },
  };
}

/** When a token was given, in seconds since 1970; NaN where nobody knows. */
function givenAt(
  { expires_at = NaN, expires_in = TOKEN_LIFETIME }: OAuthCredentials,
): number {
  return expires_at - expires_in;
}
