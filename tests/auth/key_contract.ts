/**
 * What every store of keys must do.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { StoreError } from "../../src/errors.ts";
import type { KeyStore, StoredKey } from "../../src/auth/key_store.ts";
import { mintKey } from "../../src/auth/stored_keys.ts";

/**
 * Tests a store of keys. It must be empty, and holds one key at the end.
 *
 * @param keys The store.
 * @returns The id of the key that is left.
 */
export async function keyContract(keys: KeyStore): Promise<string> {
  const [one, other] = [await mintKey(), await mintKey()];
  assertEquals(await keys.read(one.id), undefined);
  assertEquals(await keys.ids(), []);
  const full: StoredKey = {
    hash: one.hash,
    label: "Ratna's laptop ✓",
    tenants: ["_default", "acme", "a@b.c-d_e"],
    scopes: ["read", "delete"],
    created_at: 1_795_000_000,
    expires_at: 1_796_000_000,
    last_used_at: 1_795_500_000,
  };
  const version = await keys.replace(one.id, full, undefined);
  assert(version !== undefined);
  assertEquals(await keys.read(one.id), { key: full, version });
  assertEquals(await keys.replace(one.id, full, undefined), undefined);

  // Keys are independent, and optional properties may be missing.
  const { expires_at: _, last_used_at: __, ...least } = full;
  await keys.replace(other.id, { ...least, hash: other.hash }, undefined);
  assertEquals((await keys.read(other.id))?.key, {
    ...least,
    hash: other.hash,
  });
  assertEquals(await keys.ids(), [one.id, other.id].toSorted());

  // If many writers start from one version, one succeeds.
  const used = (time: number) =>
    keys.replace(one.id, { ...full, last_used_at: time }, version);
  const written = await Promise.all([1, 2, 3, 4, 5].map(used));
  const [next, ...more] = written.filter((won) => won !== undefined);
  assertNotEquals(next, undefined);
  assertEquals(more, []);

  // An earlier write does not bring a revoked key back.
  assertEquals(await keys.remove(one.id), true);
  assertEquals(await keys.remove(one.id), false);
  assertEquals(await keys.replace(one.id, full, next), undefined);
  assertEquals(await keys.read(one.id), undefined);
  assertEquals(await keys.ids(), [other.id]);

  // A copy of its record that somebody stores again is not accepted.
  assert(await keys.replace(one.id, full, undefined));
  assertEquals(await keys.ids(), [one.id, other.id].toSorted());
  assertEquals(await keys.read(one.id), undefined);
  assertEquals(await keys.remove(one.id), true);
  assertEquals(await keys.ids(), [other.id]);

  // A record that is not a key is not accepted, and is not repeated.
  for (
    const odd of [
      { hash: "canary" },
      { tenants: [] },
      { tenants: ["../acme"] },
      { scopes: ["admin"] },
      { scopes: "read" },
      { label: 5 },
      { created_at: "canary" },
      { created_at: 1e300 },
      { last_used_at: -1 },
      { expires_at: null },
      { expires_at: "2027-12-31" },
    ]
  ) {
    const { id } = await mintKey();
    await keys.replace(id, { ...full, ...odd } as StoredKey, undefined);
    const error = await assertRejects(() => keys.read(id), StoreError);
    assertEquals(error.remedy, { what: "revokeKey", id });
    assert(!Deno.inspect(error).includes("canary"));
    assertEquals(await keys.remove(id), true);
  }
  return other.id;
}
