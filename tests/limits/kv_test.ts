/** Limits that are shared in Deno KV. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { openKvBuckets } from "../../src/limits/shared/kv.ts";
import { createKvStore } from "../../src/tokens/stores/kv.ts";
import { kvTests, openTestKv } from "../support/kv.ts";
import { keepTogether } from "./replicas.ts";

const test = kvTests("limits in Deno KV", import.meta.filename!);
const rate = { perSecond: 0.01, burst: 5 };
const rates = { tenant: rate, all: { perSecond: 0.01, burst: 12 } };

test("createKvBuckets() keeps limits for several servers", async ({ path }) => {
  await using stack = new AsyncDisposableStack();
  const databases = await Promise.all(
    Array.from({ length: 3 }, () => openTestKv(path)),
  );
  for (const database of databases) stack.use(database);
  let next = 0;
  await keepTogether(() => {
    const { database } = databases[next++ % 3]!;
    return openKvBuckets({ kv: { open: () => Promise.resolve(database) } });
  });
});

test("take() gives each bucket's tokens once, however many ask at once", async ({ database }) => {
  const kv = { open: () => Promise.resolve(database) };
  // Two servers, each with more tenants than one step reads.
  const servers = [openKvBuckets({ kv }), openKvBuckets({ kv })];
  const names = ["a", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"];
  const taken: string[] = [];
  for (let rounds = 0; rounds < 20; rounds++) {
    const found = await Promise.all(
      servers.flatMap((server) =>
        names.map(async (name) => ({ name, ...await server.take(name, rates) }))
      ),
    );
    for (const { name, tenant, all } of found) {
      if (tenant === 0 && all === 0) taken.push(name);
    }
  }
  assertEquals(taken.length, 12);
  assert(taken.filter((name) => name === "a").length <= 5);
  const { tenant, all } = await servers[0]!.take("z", rates);
  assert(tenant === 0 && all > 99_000 && all <= 100_000);
  // The tenants of the store are those with credentials.
  assertEquals(await createKvStore({ kv }).tenants(), []);
});

test("take() does not believe a clock that was far ahead", async ({ database }) => {
  const server = openKvBuckets({
    kv: { open: () => Promise.resolve(database) },
  });
  await database.set(["qontak-mcp", "limits", "*"], Date.now() + 1e12);
  const { all } = await server.take("a", rates);
  assert(all > 99_000 && all <= 100_000);
});

test("take() fails if there is no database", async () => {
  const server = openKvBuckets({
    kv: { open: () => Promise.resolve(undefined) },
  });
  await assertRejects(() => server.take("a", rates), Error, "Deno KV");
  await assertRejects(() => server.take("a", rates), Error, "Deno KV");
});
