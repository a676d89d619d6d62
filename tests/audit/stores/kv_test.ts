/** Audit records in Deno KV. */
import { assertEquals, assertRejects } from "@std/assert";
import { StoreError } from "../../../src/errors.ts";
import { createKvAuditStore } from "../../../src/audit/mod.ts";
import { kvTests } from "../../support/kv.ts";
import { allOf, contract, recordOf } from "./contract.ts";

const test = kvTests("audit records in Deno KV", import.meta.filename!);

const PREFIX = ["qontak-mcp", "audit"];

test("createKvAuditStore() keeps what every store keeps", async ({ kv, database }) => {
  await contract({
    open: (days, sealer) =>
      createKvAuditStore({ kv, days, ...(sealer ? { sealer } : {}) }),
    async dump() {
      const entries = database.list<{ text: string }>({ prefix: PREFIX });
      const all = await Array.fromAsync(entries);
      return all.map(({ value }) => value.text);
    },
    async swap(from, to) {
      const { value } = await database.get([...PREFIX, from]);
      await database.set([...PREFIX, to], value);
    },
  });
});

test("createKvAuditStore() forgets what is too old, whether the database does or not", async ({ kv }) => {
  const store = createKvAuditStore({ kv, days: 1 });
  await store.begin(recordOf("old", { daysAgo: 1.001 }));
  const young = recordOf("young", { daysAgo: 0.9 });
  await store.end(young);
  assertEquals(await allOf(store), [young]);
});

test("createKvAuditStore() says that there is no database", async () => {
  const kv = { open: () => Promise.resolve(undefined) };
  const store = createKvAuditStore({ kv, days: 1 });
  await assertRejects(
    () => store.begin(recordOf("a")),
    StoreError,
    "start with deno run --unstable-kv",
  );
  await assertRejects(() => allOf(store), StoreError);
});

test("createKvAuditStore() lists the others beside damaged entries", async ({ kv, database }) => {
  const store = createKvAuditStore({ kv, days: 1 });
  const record = recordOf("young");
  await store.end(record);
  for (const [i, value] of [null, 5, "x", { text: 5 }, {}].entries()) {
    await database.set([...PREFIX, `0000${i}`], value);
  }
  assertEquals(await allOf(store), [record, ...Array(5).fill(undefined)]);
  assertEquals(await store.seal!(true), 1);
});
