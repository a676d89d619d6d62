/**
 * What every store of credentials must do.
 *
 * @module
 */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { TokenStore } from "../../src/tokens/store.ts";

/**
 * Puts a store to the test. It must be empty, and holds one tenant at the end.
 *
 * @param store A store for several companies, with leases.
 */
export async function contract(store: TokenStore): Promise<void> {
  assertEquals(await store.read("acme"), undefined);
  assertEquals(await store.tenants(), []);
  const first = { refresh_token: "r1", access_token: "a1", expires_at: 2e9 };
  const version = await store.replace("acme", first, undefined);
  assert(version !== undefined);
  assertEquals(await store.read("acme"), { credentials: first, version });

  // Made where there is one already, or from a version that is gone.
  assertEquals(await store.replace("acme", first, undefined), undefined);
  const second = { refresh_token: "r2" };
  const next = await store.replace("acme", second, version);
  assertNotEquals(next, undefined);
  assertEquals(
    await store.replace("acme", { refresh_token: "rX" }, version),
    undefined,
  );
  assertEquals((await store.read("acme"))?.credentials, second);

  // Of many writers from one version, one wins.
  const writers = await Promise.all(
    Array.from(
      { length: 20 },
      (_, i) => store.replace("acme", { refresh_token: `w${i}` }, next),
    ),
  );
  assertEquals(writers.filter((won) => won !== undefined).length, 1);

  // Tenants never meet.
  const odd = "a*[b]?.-_@é%2F";
  await store.replace(odd, { refresh_token: "other" }, undefined);
  assertEquals((await store.read(odd))?.credentials, {
    refresh_token: "other",
  });
  assertEquals(await store.tenants(), ["acme", odd].toSorted());

  const lease = await store.lease!("acme", 60_000, "one");
  assert(lease);
  assertEquals(await store.lease!("acme", 60_000, "two"), undefined);
  assert(await store.lease!(odd, 60_000, "two"));
  await lease.release();
  const short = await store.lease!("acme", 30, "two");
  assert(short);
  // Its holder prolongs it, and gives it back with what it was first given.
  assert(await store.lease!("acme", 60_000, "two"));
  await new Promise((resolve) => setTimeout(resolve, 60));
  assertEquals(await store.lease!("acme", 60_000, "one"), undefined);
  await short.release();
  const ended = await store.lease!("acme", 30, "one");
  assert(ended);
  await new Promise((resolve) => setTimeout(resolve, 60));
  // The lease has ended, and its old holder cannot end the new one.
  assert(await store.lease!("acme", 60_000, "two"));
  await ended.release();
  assertEquals(await store.lease!("acme", 60_000, "one"), undefined);
  assertEquals(await store.lease!("acme", 60_000, "three"), undefined);

  assertEquals(await store.remove("acme"), true);
  assertEquals(await store.remove("acme"), false);
  assertEquals(await store.tenants(), [odd]);
}
