/**
 * The right to refresh, kept while it is needed. It is short, so that nobody
 * waits long for a process that died with it, and renews itself while its
 * holder lives.
 *
 * @module
 */
import type { Lease, TokenStore } from "./store.ts";

/** How long a process that died keeps others waiting at most, in ms. */
export const LEASE = 10_000;

/** How often a lease is renewed, in ms. */
const HEARTBEAT = 3_000;

/**
 * Takes the right to refresh a company's tokens, until it is released.
 *
 * @param store Where the company's credentials are kept.
 * @param tenant The company.
 * @param holder Who takes it.
 * @returns The lease, or undefined while another has it; without a lease in
 * the store, one that means nothing.
 * @throws {StoreError} When the store is out of order.
 */
export async function takeLease(
  store: TokenStore,
  tenant: string,
  holder: string,
): Promise<Lease | undefined> {
  if (!store.lease) return { release: () => Promise.resolve() };
  const lease = await store.lease(tenant, LEASE, holder);
  if (!lease) return undefined;
  let beat: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    // A store that is out of order lets it end, which harms nobody.
    beat = store.lease!(tenant, LEASE, holder).catch(() => {});
  }, HEARTBEAT);
  return {
    async release() {
      clearInterval(timer);
      // One that arrives late would take it again.
      await beat;
      await lease.release();
    },
  };
}
