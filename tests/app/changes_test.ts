/** Where the program keeps plans and changes. */
import { assertEquals } from "@std/assert";
import { loadChanges } from "../../src/app/changes.ts";
import { readSettings } from "../../src/app/settings.ts";
import type { Kv } from "../../src/storage/kv.ts";
import { kvTests } from "../support/kv.ts";

const KEY = { TOKEN_ENCRYPTION_KEY: btoa("ab".repeat(16)) };

const plan = { kind: "plan", tenant: "acme", id: "a" };
const change = { kind: "change", tenant: "acme", id: "a" };

const opened = async (
  env: Record<string, string>,
  kv: Kv | undefined,
) => {
  const settings = readSettings(env);
  const { TOKEN_ENCRYPTION_KEY: sealer } = settings;
  return (await loadChanges(settings, { kv, sealer, cacheKv: kv }))();
};

Deno.test("loadChanges() chooses where other settings keep data", async () => {
  const kv = { open: () => Promise.resolve(undefined) };
  for (
    const [env, name, kvs] of [
      [{}, "memory", []],
      [{}, "Deno KV", [kv]],
      [{}, "memory", [kv, null]],
      [{ TOKEN_STORE: "kv" }, "Deno KV", [kv, null]],
      [{ QONTAK_AUDIT: "kv" }, "Deno KV", [kv, null]],
      [{ QONTAK_LIMITS: "redis" }, "Redis", [kv]],
      [{ TOKEN_STORE: "redis" }, "Redis", []],
    ] as const
  ) {
    const [one, other] = kvs;
    const open = await loadChanges(readSettings(env), {
      kv: one,
      sealer: undefined,
      cacheKv: other === null ? undefined : one,
    });
    const store = open();
    assertEquals(store.name, name, JSON.stringify(env));
    assertEquals(await (await opened(env, undefined)).isLasting(), false);
  }
  // Without an attached database, it works in memory.
  const store = await opened(KEY, kv);
  await store.put(change, "kept", 60_000);
  assertEquals(await store.get(change), "kept");
  assertEquals(await store.isLasting(), false);
});

const test = kvTests("changes in Deno KV", import.meta.filename!);

test("loadChanges() writes nothing of records to where it is not sealed", async ({ kv, database }) => {
  const entries = async () =>
    (await Array.fromAsync(database.list({ prefix: ["qontak-mcp"] })))
      .map(({ key }) => key[2]);
  const open = await opened({}, kv);
  await open.put(change, "canary", 60_000);
  assertEquals(await entries(), []);
  assertEquals(await open.get(change), "canary");
  assertEquals(await open.isLasting(), false);
  // A plan is sealed with a key of its own.
  await open.put(plan, "sealed", 60_000);
  assertEquals(await entries(), ["plan", "plan"]);
  assertEquals(await (await opened({}, kv)).take(plan), "sealed");

  const sealed = await opened(KEY, kv);
  await sealed.put(change, "canary", 60_000);
  assertEquals(await entries(), ["change", "change"]);
  assertEquals(await (await opened(KEY, kv)).get(change), "canary");
  assertEquals(await sealed.isLasting(), true);
});
