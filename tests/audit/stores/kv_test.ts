/**
 * Audit records in Deno KV. `deno test` has it with --unstable-kv only, so
 * that without it these tests run in a process that does.
 */
import { assertEquals, assertRejects } from "@std/assert";
import { StoreError } from "../../../src/errors.ts";
import { createKvAuditStore } from "../../../src/audit/mod.ts";
import { bareEnv, root, stdFlags } from "../../support/process.ts";
import { allOf, contract, recordOf } from "./contract.ts";

if (typeof Deno.openKv === "function") {
  const PREFIX = ["qontak-mcp", "audit"];

  Deno.test("createKvAuditStore() keeps what every store keeps", async () => {
    using database = await Deno.openKv(":memory:");
    const kv = { open: () => Promise.resolve(database) };
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

  Deno.test("createKvAuditStore() forgets what is too old, whether the database does or not", async () => {
    using database = await Deno.openKv(":memory:");
    const kv = { open: () => Promise.resolve(database) };
    const store = createKvAuditStore({ kv, days: 1 });
    await store.begin(recordOf("old", { daysAgo: 1.001 }));
    const young = recordOf("young", { daysAgo: 0.9 });
    await store.end(young);
    assertEquals(await allOf(store), [young]);
  });

  Deno.test("createKvAuditStore() says so where there is no database", async () => {
    const kv = { open: () => Promise.resolve(undefined) };
    const store = createKvAuditStore({ kv, days: 1 });
    await assertRejects(
      () => store.begin(recordOf("a")),
      StoreError,
      "start with deno run --unstable-kv",
    );
    await assertRejects(() => allOf(store), StoreError);
  });
} else {
  Deno.test("audit records in Deno KV, in a process that has it", async () => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "test",
        "-P",
        "--no-check",
        "--unstable-kv",
        ...await stdFlags(),
        import.meta.filename!,
      ],
      cwd: root,
      env: bareEnv({ NO_COLOR: "1" }),
      clearEnv: true,
    }).output();
    const text = new TextDecoder();
    const said = text.decode(stdout) + text.decode(stderr);
    assertEquals(code, 0, said);
  });
}
