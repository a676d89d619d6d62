import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertNotMatch,
  assertRejects,
} from "@std/assert";
import { StoreError } from "../../src/errors.ts";
import type { StoredKey } from "../../src/auth/key_store.ts";
import type { Authenticate } from "../../src/auth/principal.ts";
import {
  createStoredKeys,
  isKeyId,
  mintKey,
} from "../../src/auth/stored_keys.ts";
import { createMemoryKeys, type MemoryKeys } from "../support/memory.ts";
import { sleep } from "../support/time.ts";

/** Keys in memory, processes that check them, and one clock for all. */
interface Bench {
  readonly keys: MemoryKeys;
  readonly lines: string[];
  /** The clock, in ms since 1970. */
  time: number;
  /** Makes and stores a key. */
  make(more?: Partial<StoredKey>): Promise<{ id: string; key: string }>;
  /** The check of callers in another process. */
  process(): Authenticate;
}

function createBench(): Bench {
  const keys = createMemoryKeys();
  const lines: string[] = [];
  const bench: Bench = {
    keys,
    lines,
    time: 1_795_000_000_000,
    async make(more = {}) {
      const { id, key, hash } = await mintKey();
      await keys.replace(id, {
        hash,
        label: "",
        tenants: ["acme"],
        scopes: ["read"],
        created_at: bench.time / 1000,
        ...more,
      }, undefined);
      keys.writes.length = 0;
      return { id, key };
    },
    process: () =>
      createStoredKeys({
        keys,
        log: (...line) => lines.push(JSON.stringify(line)),
        now: () => bench.time,
      }),
  };
  return bench;
}

/** Waits for the work in the background. */

Deno.test("mintKey() makes keys that contain their id and are never the same", async () => {
  const made = await Promise.all(Array.from({ length: 200 }, mintKey));
  assertEquals(new Set(made.map(({ key }) => key)).size, 200);
  for (const { id, key, hash } of made) {
    assert(isKeyId(id));
    assertMatch(key, new RegExp(`^qmcp_${id}_[a-z2-7]{52}$`));
    assertMatch(hash, /^[0-9a-f]{64}$/);
    assert(!isKeyId(key));
  }
  // Every letter is there, about as often as any other.
  const letters = made.map(({ key }) => key.slice(-52)).join("");
  const counts = Map.groupBy(letters, (letter) => letter);
  assertEquals(counts.size, 32);
  for (const [letter, { length }] of counts) {
    assert(length > 200 && length < 450, `${letter}: ${length} of 10400`);
  }
});

Deno.test("createStoredKeys() accepts a stored key", async () => {
  const bench = createBench();
  const expires_at = bench.time / 1000 + 60;
  const { id, key } = await bench.make({
    tenants: ["acme", "beta"],
    scopes: ["read", "write"],
    expires_at,
  });
  const other = await bench.make();
  const authenticate = bench.process();
  assertEquals(await authenticate(key), {
    name: `key ${id}`,
    tenants: ["acme", "beta"],
    scopes: ["read", "write"],
    expires_at,
  });
  assertEquals(await authenticate(other.key), {
    name: `key ${other.id}`,
    tenants: ["acme"],
    scopes: ["read"],
  });
  await sleep(0);
  assertNotMatch(Deno.inspect(authenticate, { depth: 9 }), /qmcp_/);
});

Deno.test("createStoredKeys() accepts no other key, and asks the store only for a well-formed key", async () => {
  const bench = createBench();
  const { id, key } = await bench.make();
  const other = await bench.make();
  const authenticate = bench.process();
  const secret = key.slice(-52);
  const flipped = secret.startsWith("a") ? "b" : "a";
  for (
    const forged of [
      `qmcp_${id}_${flipped}${secret.slice(1)}`,
      `qmcp_${other.id}_${secret}`,
      `qmcp_${id}_${bench.keys.records.get(id)!.key.hash.slice(0, 52)}`
        .replace(/[0189]/g, "a"),
      (await mintKey()).key,
    ]
  ) assertEquals(await authenticate(forged), undefined, forged);
  bench.keys.reads.length = 0;
  for (
    const odd of [
      "",
      id,
      key.toUpperCase(),
      ` ${key}`,
      `${key}\n`,
      `${key}a`,
      key.slice(0, -1),
      `qmcp_${id}_`,
      bench.keys.records.get(id)!.key.hash,
      "qmcp_../../tokens_" + secret,
      "eyJhbGciOiJub25lIn0.e30.",
    ]
  ) assertEquals(await authenticate(odd), undefined, odd);
  assertEquals(bench.keys.reads, []);
  assertEquals((await authenticate(key))?.name, `key ${id}`);
  await sleep(0);
  // Log lines name keys, and contain no part of a secret.
  assert(bench.lines.some((line) => line.includes("wrong secret")));
  assert(bench.lines.some((line) => line.includes(id)));
  const text = bench.lines.join("\n");
  assertNotMatch(text, /qmcp_|[0-9a-f]{64}/);
  assert(!text.includes(secret));
});

Deno.test("createStoredKeys() accepts a revoked key for at most half a minute, in every process", async () => {
  const bench = createBench();
  const { id, key } = await bench.make();
  const start = bench.time;
  const one = bench.process();
  const other = bench.process();
  assert(await one(key));
  bench.time += 20_000;
  assert(await other(key));
  await sleep(0);
  await bench.keys.remove(id);
  bench.time = start + 29_999;
  assert(await one(key));
  bench.time = start + 30_000;
  assertEquals(await one(key), undefined);
  assert(await other(key));
  bench.time = start + 50_000;
  assertEquals(await other(key), undefined);
  assertEquals(await bench.process()(key), undefined);
  await sleep(0);
  assertEquals(bench.keys.records.size, 0);
});

Deno.test("createStoredKeys() counts from the time of its request, even if the clock is set back", async () => {
  const bench = createBench();
  const { id, key } = await bench.make();
  const authenticate = bench.process();
  const gate = Promise.withResolvers<void>();
  bench.keys.gate = () => gate.promise;
  const slow = authenticate(key);
  while (bench.keys.reads.length === 0) await sleep(0);
  bench.time += 25_000;
  gate.resolve();
  assert(await slow);
  await sleep(0);
  await bench.keys.remove(id);
  bench.time += 5_000;
  assertEquals(await authenticate(key), undefined);

  const next = await bench.make();
  assert(await authenticate(next.key));
  await sleep(0);
  await bench.keys.remove(next.id);
  bench.time -= 3_600_000;
  assertEquals(await authenticate(next.key), undefined);
});

Deno.test("createStoredKeys() ends a key in the second it expires, even if it remembers it", async () => {
  const bench = createBench();
  const expires_at = bench.time / 1000 + 10;
  const { key } = await bench.make({ expires_at });
  const authenticate = bench.process();
  bench.time += 9_999;
  assert(await authenticate(key));
  bench.time += 1;
  assertEquals(await authenticate(key), undefined);
  await sleep(0);
  assertEquals(bench.keys.reads.length, 1);
});

Deno.test("createStoredKeys() accepts a new key beside the old one, until that is revoked", async () => {
  const bench = createBench();
  const old = await bench.make();
  const authenticate = bench.process();
  assert(await authenticate(old.key));
  const fresh = await bench.make();
  assertEquals((await authenticate(fresh.key))?.name, `key ${fresh.id}`);
  await sleep(0);
  await bench.keys.remove(old.id);
  bench.time += 30_000;
  assertEquals(await authenticate(old.key), undefined);
  assert(await authenticate(fresh.key));
  await sleep(0);
});

Deno.test("createStoredKeys() asks the store once in half a minute, and once for all waiting callers", async () => {
  const bench = createBench();
  const { id, key } = await bench.make();
  const authenticate = bench.process();
  const all = await Promise.all(
    Array.from({ length: 50 }, () => authenticate(key)),
  );
  assert(all.every((principal) => principal?.name === `key ${id}`));
  bench.time += 29_999;
  await authenticate(key);
  assertEquals(bench.keys.reads, [id]);
  bench.time += 1;
  await authenticate(key);
  assertEquals(bench.keys.reads, [id, id]);
  // An unknown id is remembered for five seconds.
  const none = await mintKey();
  for (const [wait, reads] of [[0, 3], [4_999, 3], [1, 4]] as const) {
    bench.time += wait;
    await Promise.all([authenticate(none.key), authenticate(none.key)]);
    assertEquals(bench.keys.reads.length, reads);
  }
  await sleep(0);
});

Deno.test("createStoredKeys() does not forget keys when callers guess ids, and remembers only some of these ids", async () => {
  const bench = createBench();
  const { id, key } = await bench.make();
  const authenticate = bench.process();
  assert(await authenticate(key));
  const first = await mintKey();
  await authenticate(first.key);
  for (let i = 0; i < 1_000; i++) await authenticate((await mintKey()).key);
  bench.keys.reads.length = 0;
  assert(await authenticate(key));
  assertEquals(bench.keys.reads, []);
  await authenticate(first.key);
  assertEquals(bench.keys.reads, [first.id]);
  // The number of remembered keys is limited as well.
  for (let i = 0; i < 1_000; i++) await authenticate((await bench.make()).key);
  bench.keys.reads.length = 0;
  assert(await authenticate(key));
  assertEquals(bench.keys.reads, [id]);
  await sleep(0);
});

Deno.test("createStoredKeys() reports an outage, and continues with the keys it has just read", async () => {
  const bench = createBench();
  const { key } = await bench.make();
  const other = await bench.make();
  const authenticate = bench.process();
  assert(await authenticate(key));
  await sleep(0);
  bench.keys.gate = () => Promise.reject(new StoreError("does not answer"));
  bench.time += 29_999;
  assert(await authenticate(key));
  await assertRejects(() => authenticate(other.key), StoreError);
  bench.time += 1;
  await assertRejects(() => authenticate(key), StoreError, "does not answer");
  // An outage is not remembered.
  bench.keys.gate = () => Promise.resolve();
  assert(await authenticate(key));
  assert(await authenticate(other.key));
  await sleep(0);
});

Deno.test("createStoredKeys() stores the last use once a minute, in whole seconds", async () => {
  const bench = createBench();
  const { id, key } = await bench.make({ expires_at: 2e9, label: "laptop" });
  const made = bench.keys.records.get(id)!.key;
  const processes = [bench.process(), bench.process(), bench.process()];
  const start = bench.time;
  for (let second = 0; second < 300; second++) {
    bench.time = start + second * 1000 + 500;
    for (const authenticate of processes) {
      assert(await authenticate(key));
      await sleep(0);
    }
  }
  const last = bench.keys.records.get(id)!.key;
  assertEquals(last, { ...made, last_used_at: last.last_used_at! });
  assert(Number.isInteger(last.last_used_at));
  assert(last.last_used_at! > start / 1000 + 200);
  // The processes that lost the race read the key again, and did not write
  // again.
  const tries = bench.keys.writes.length;
  assert(tries >= 5 && tries <= 15, `${tries} writes in five minutes`);
});

Deno.test("createStoredKeys() never brings back a key that was revoked while its use was stored", async () => {
  const bench = createBench();
  const { id, key } = await bench.make();
  const authenticate = bench.process();
  const gate = Promise.withResolvers<void>();
  assert(await authenticate(key));
  await sleep(0);
  bench.time += 60_000;
  assert(
    await (() => {
      // The read passes; the write of the last use waits.
      const read = bench.keys.read;
      bench.keys.read = (id) => {
        const found = read(id);
        bench.keys.gate = () => gate.promise;
        return found;
      };
      return authenticate(key);
    })(),
  );
  assertEquals(bench.keys.writes.length, 2);
  bench.keys.records.delete(id);
  bench.keys.gate = () => Promise.resolve();
  gate.resolve();
  await sleep(0);
  assertEquals(bench.keys.records.size, 0);
  // It learned of the revocation from that, long before the half minute.
  assertEquals(await authenticate(key), undefined);
});

Deno.test("createStoredKeys() does not delay or fail a call to store the last use", async () => {
  const bench = createBench();
  const { key } = await bench.make();
  const other = await bench.make();
  const authenticate = bench.process();
  const never = Promise.withResolvers<undefined>();
  bench.keys.replace = () => never.promise;
  assert(await authenticate(key));
  bench.keys.replace = () =>
    Promise.reject(new StoreError("read only", { what: "findRedisMaster" }));
  assert(await authenticate(other.key));
  await sleep(0);
  for (let minute = 0; minute < 5; minute++) {
    bench.time += 60_000;
    assert(await authenticate(other.key));
    await sleep(0);
  }
  // It is logged once, with the remedy.
  const told = bench.lines.filter((line) => line.includes("read only"));
  assertEquals(told.length, 1);
  assertMatch(told[0]!, /findRedisMaster/);
  assertNotEquals(await authenticate(key), undefined);
});
