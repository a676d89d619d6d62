/** Plans and changes in Deno KV. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { createHistory } from "../../../src/changes/history.ts";
import { createRuns, newRunId } from "../../../src/changes/runs.ts";
import { createKvChangeStore } from "../../../src/changes/stores/kv.ts";
import { StoreError } from "../../../src/errors.ts";
import { kvTests, type TestKv } from "../../support/kv.ts";
import { claims, undoneOnce } from "./claims.ts";
import { bounds, contract, type Ground, sealing } from "./contract.ts";

const test = kvTests("plans and changes in Deno KV", import.meta.filename!);

const ROOT = ["qontak-mcp", "changes"];

const groundOf = ({ kv, database }: TestKv): Required<Ground> => ({
  open: (options) => createKvChangeStore({ kv, ...options }),
  async dump() {
    const entries = database.list({ prefix: ROOT });
    const all = await Array.fromAsync(entries);
    return all.map(({ value }) =>
      value instanceof Uint8Array
        ? new TextDecoder().decode(value)
        : JSON.stringify(value)
    ).join("\n");
  },
  async move(kind, tenant, from, to) {
    const prefix = [...ROOT, kind, tenant];
    const step = database.atomic();
    for (const part of [["head", from], ["part", from, 0]]) {
      const { value } = await database.get([...prefix, ...part]);
      step.set([...prefix, part[0]!, to, ...part.slice(2)], value);
    }
    await step.commit();
  },
});

test("createKvChangeStore() keeps what every store keeps", (kv) =>
  contract(groundOf(kv)));

test("createKvChangeStore() keeps so much on each shelf", (kv) =>
  bounds(groundOf(kv)));

test("createKvChangeStore() seals each text for its place", (kv) =>
  sealing(groundOf(kv)));

test("createKvChangeStore() claims a change once, of two servers", (kv) =>
  claims(groundOf(kv)));

test("createKvChangeStore() lets two servers take a change back once", (kv) =>
  undoneOnce(groundOf(kv)));

test("createKvChangeStore() leaves no part of a text behind", async ({ kv, database }) => {
  const store = createKvChangeStore({ kv });
  const place = { kind: "plan", tenant: "acme", id: "a" };
  await store.put(place, "x".repeat(300_000), 60_000);
  await store.put(place, "y".repeat(100_000), 60_000);
  await store.replace(place, "y".repeat(100_000), "z");
  await store.take(place);
  assertEquals(await Array.fromAsync(database.list({ prefix: ROOT })), []);
});

test("createKvChangeStore() says that there is no database", async () => {
  const kv = { open: () => Promise.resolve(undefined) };
  const store = createKvChangeStore({ kv });
  await assertRejects(
    () => store.put({ kind: "plan", tenant: "acme", id: "a" }, "a", 1),
    StoreError,
    "start with deno run --unstable-kv",
  );
});

test("700 changes are listed without their values", async ({ kv }) => {
  const store = createKvChangeStore({ kv });
  let read = 0;
  const counted = {
    ...store,
    async list(...args: Parameters<typeof store.list>) {
      const kept = await store.list(...args);
      read += kept.reduce((sum, { text }) => sum + text.length, 0);
      return kept;
    },
  };
  const owner = { scope: "acme", principal: "me" };
  const history = createHistory(counted, owner, { days: 1, log: () => {} });
  const ids: string[] = [];
  for (let i = 0; i < 700; i++) {
    const open = await history.begin({
      tool: "update_note",
      act: "update",
      kind: "note",
      record: i,
      body: { note: "x".repeat(i === 0 ? 90_000 : 3_000) },
      canUndo: true,
    });
    ids.push(open!.id);
  }
  const started = performance.now();
  const listed = await history.list();
  assert(performance.now() - started < 3_000);
  assertEquals(listed.map(({ id }) => id), ids.toReversed());
  assert(read < 700 * 500, `${read} characters were read`);
});

test("an id of any length that a caller wrote is not found, and the store is not asked", async ({ kv }) => {
  const store = createKvChangeStore({ kv });
  const owner = { scope: "acme", principal: "me" };
  const history = createHistory(store, owner, { days: 1, log: () => {} });
  const runs = createRuns(store, owner);
  // Deno KV refuses keys of more than 2 KB, which would look like a fault.
  for (const id of ["", "x".repeat(3_000), `run-${"x".repeat(100_000)}`]) {
    assertEquals(await runs.find(id), undefined);
    assertEquals(await history.get(id), undefined);
  }
  const run = await runs.start({
    id: newRunId(),
    tool: "change_records",
    does: "change",
    plan: "a",
  }, []);
  assertEquals((await runs.find(run.id))?.id, run.id);
});
