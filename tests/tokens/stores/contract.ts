/**
 * What every store of credentials must do.
 *
 * @module
 */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { TokenStore } from "../../../src/tokens/store.ts";
import { sleep } from "../../support/time.ts";

/**
 * Tests a store of several companies. It must be empty, and holds one tenant at
 * the end.
 *
 * @param store The store.
 */
export async function contract(store: TokenStore): Promise<void> {
  assertEquals(await store.read("acme"), undefined);
  assertEquals(await store.tenants(), []);
  const first = { refresh_token: "r1", access_token: "a1", expires_at: 2e9 };
  const version = await store.replace("acme", first, undefined);
  assert(version !== undefined);
  assertEquals(await store.read("acme"), { credentials: first, version });
  assertEquals(await store.replace("acme", first, undefined), undefined);
  await contractOfOne(store, "acme");

  // Tenants are separate.
  const odd = "a*[b]?.-_@é%2F";
  const other = { refresh_token: "other" };
  await store.replace(odd, other, undefined);
  assertEquals((await store.read(odd))?.credentials, other);
  assertEquals(await store.tenants(), ["acme", odd].toSorted());
  assert(await store.lease!("acme", 60_000, "one"));
  assert(await store.lease!(odd, 60_000, "two"));

  assertEquals(await store.remove("acme"), true);
  assertEquals(await store.remove("acme"), false);
  assertEquals(await store.tenants(), [odd]);
}

/**
 * Tests the record of one company.
 *
 * @param store The store; it holds the company's record.
 * @param tenant The company.
 */
export async function contractOfOne(
  store: TokenStore,
  tenant: string,
): Promise<void> {
  const version = (await store.read(tenant))?.version;
  assert(version !== undefined);
  // Creating an existing record, or replacing an old version.
  assertEquals(
    await store.replace(tenant, { refresh_token: "rX" }, undefined),
    undefined,
  );
  const second = { refresh_token: "r2" };
  const next = await store.replace(tenant, second, version);
  assertNotEquals(next, undefined);
  assertEquals(
    await store.replace(tenant, { refresh_token: "rX" }, version),
    undefined,
  );
  assertEquals((await store.read(tenant))?.credentials, second);

  // If many writers start from one version, one succeeds.
  const writers = await Promise.all(
    Array.from(
      { length: 20 },
      (_, i) => store.replace(tenant, { refresh_token: `w${i}` }, next),
    ),
  );
  assertEquals(writers.filter((won) => won !== undefined).length, 1);
  if (store.lease) await contractOfLeases(store, tenant);
}

async function contractOfLeases(
  store: TokenStore,
  tenant: string,
): Promise<void> {
  const take = (ms: number, holder: string) => store.lease!(tenant, ms, holder);
  const lease = await take(60_000, "one");
  assert(lease);
  assertEquals(await take(60_000, "two"), undefined);
  await lease.release();
  const short = await take(30, "two");
  assert(short);
  // Its holder extends it, and releases it with the lease that it first got.
  assert(await take(60_000, "two"));
  await sleep(60);
  assertEquals(await take(60_000, "one"), undefined);
  await short.release();
  const ended = await take(500, "one");
  assert(ended);
  await sleep(600);
  // The lease has expired, and its old holder cannot release the new one.
  const newer = await take(500, "two");
  assert(newer);
  await ended.release();
  assertEquals(await take(500, "one"), undefined);
  assertEquals(await take(500, "three"), undefined);
  await newer.release();
}
