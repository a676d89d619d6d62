/**
 * Refusals of a store: sentences that a person can act on, without secrets.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertRejects,
} from "@std/assert";
import { advise } from "../../../src/app/advice.ts";
import { sentenceOf, StoreError } from "../../../src/errors.ts";
import type { TokenStore } from "../../../src/tokens/store.ts";

/** A secret that must never appear outside of Vault. */
export const CANARY = "canary-of-a-refresh-token";

/** Fails if an error shows a token or a part of the request. */
export function assertDiscreet(error: Error, ...secrets: string[]): void {
  const seen = Deno.inspect(error, { depth: 20, showHidden: true }) +
    JSON.stringify(error) + String(error.stack);
  for (const secret of [CANARY, "hvs.", ...secrets]) {
    assert(!seen.includes(secret), `${secret} is seen in ${seen}`);
  }
  assertEquals(error.cause, undefined);
  assertNotMatch(seen, /x-vault-token/i);
}

/** Every operation of a store, for an existing tenant. */
export function everyCall(
  store: TokenStore,
): Readonly<Record<string, () => Promise<unknown>>> {
  const credentials = { refresh_token: CANARY };
  return {
    read: () => store.read("acme"),
    replace: () => store.replace("acme", credentials, "1"),
    make: () => store.replace("new", credentials, undefined),
    remove: () => store.remove("acme"),
    tenants: () => store.tenants(),
    lease: () => store.lease!("acme", 60_000, "one"),
  };
}

/**
 * Fails unless every operation of a store is refused with the sentence and
 * without secrets.
 */
export async function assertRefuses(
  store: TokenStore,
  words: RegExp,
  ...secrets: string[]
): Promise<void> {
  for (const [name, call] of Object.entries(everyCall(store))) {
    const error = await assertRejects(call, StoreError);
    const told = sentenceOf(error, advise)!;
    assertMatch(told, words, `${name}: ${told}`);
    assertNotMatch(told, /\.$/);
    assertDiscreet(error, ...secrets);
  }
}
