/**
 * The right to refresh tokens. The lease is short, so that others do not wait
 * long if its holder dies, and it is renewed while its holder lives.
 *
 * @module
 */
import type { Lease, TokenStore } from "./store.ts";

/** The longest time that a dead process makes others wait, in ms. */
export const LEASE = 10_000;

/** How often to renew a lease, in ms. */
const HEARTBEAT = 3_000;

/**
 * Takes the right to refresh a company's tokens, until it is released.
 *
 * @param store The store of the company's credentials.
 * @param tenant The company.
 * @param holder The id of the new holder.
 * @returns The lease, or undefined while another holder has it. If the store
 * has no leases, a lease without effect.
 * @throws {StoreError} When the store fails.
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
    // If the store fails, the lease expires, which is harmless.
    beat = store.lease!(tenant, LEASE, holder).catch(() => {});
  }, HEARTBEAT);
  return {
    async release() {
      clearInterval(timer);
      // A renewal that arrives after the release would take the lease again.
      await beat;
      await lease.release();
    },
  };
}
