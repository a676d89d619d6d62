/** Who may begin, continue and take back a run, and what the answers show. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import type { AuditRecord } from "../../src/audit/mod.ts";
import { createCallers } from "../support/callers.ts";
import { call, ok } from "../support/client.ts";
import { createMemoryChangeStore } from "../../src/changes/stores/memory.ts";
import { startOther } from "../support/other_server.ts";
import { createWorld, writes } from "../support/world.ts";

Deno.test("change_records needs the scopes of what its rows do, and a run is its caller's", async () => {
  await using place = await createCallers();
  const { alpha, keeper, writer, reader, beta } = place.clients;
  const many = { resource: "products", action: "create" };
  const { plan } = await ok(keeper, "change_records", {
    ...many,
    rows: [{ name: "Satu", price: 1 }, { name: "Dua", price: 2 }],
  });
  for (const other of [alpha, beta]) {
    const stolen = await call(other, "change_records", { plan });
    assertMatch(stolen.text, /no such plan/);
  }
  const run = await ok(keeper, "change_records", { plan });
  assertEquals(run.done, 2);
  for (const other of [alpha, beta]) {
    const strange = await call(other, "change_records", { run: run.run });
    assertMatch(strange.text, /you have no such run/);
  }
  const kept = await call(keeper, "change_records", {
    resource: "products",
    action: "delete",
    rows: run.ids.map((id: number) => ({ id })),
  });
  assertMatch(kept.text, /lacks the scope delete/);
  const blind = await call(writer, "change_records", {
    ...many,
    rows: [{ name: "Tiga", price: 3 }],
  });
  assertMatch(blind.text, /lacks the scope read/);
  const unseen = await call(writer, "undo_change", { ids: [run.run] });
  assertMatch(unseen.text, /lacks the scope read/);
  const { tools } = await reader.listTools();
  assert(!tools.some(({ name }) => name === "change_records"));
  // Taking the creates back deletes them.
  const undo = await ok(keeper, "undo_change", { ids: [run.run] });
  assertEquals(undo.plan, undefined);
  assertMatch(undo.problems[0], /lacks the scope delete/);
  const foreign = await call(beta, "undo_change", { ids: [run.run] });
  assertMatch(foreign.text, /there is no such run/);
  const own = await ok(alpha, "undo_change", { ids: [run.run] });
  assertEquals((await ok(alpha, "undo_change", { plan: own.plan })).done, 2);
});

Deno.test("change_records withholds free text in strict mode", async () => {
  const secret = `Rahasia ${"panjang ".repeat(60)}`;
  await using world = await createWorld({ content: "strict" });
  const [{ id: crm_deal_id }] = (await world.ok("list_deals")).records;
  const { id } = await world.ok("create_note", { crm_deal_id, note: secret });
  const rows = [{ id, note: "Lain" }];
  const planned = await world.call("change_records", {
    resource: "notes",
    action: "update",
    rows,
  });
  assert(!planned.text.includes(secret.slice(0, 120)), planned.text);
  assertStringIncludes(planned.text, "withheld");
  const deleted = await world.call("change_records", {
    resource: "notes",
    action: "delete",
    rows: [{ id }],
  });
  assert(!deleted.text.includes(secret.slice(0, 120)), deleted.text);
  const run = await world.ok("change_records", { plan: planned.data.plan });
  assertEquals(run.done, 1);
});

Deno.test("change_records changes only what the server has tools for", async () => {
  await using world = await createWorld({
    server: { toolsets: ["deals", "changes"] },
  });
  const refused = await world.refused("change_records", {
    resource: "contacts",
    action: "delete",
    rows: [{ id: 1 }],
  });
  assertMatch(refused, /resource must be/);
  assertEquals(writes(world), []);
});

Deno.test("undo_change takes back only what the server has tools for", async () => {
  const store = createMemoryChangeStore();
  await using all = await createWorld({
    rotateRefreshTokens: false,
    changes: { store },
  });
  const [{ id: deal_id }] = (await all.ok("list_deals")).records;
  const one = await all.ok("update_deal", { deal_id, name: "Lain" });
  const { plan } = await all.ok("change_records", {
    resource: "deals",
    action: "update",
    rows: [{ id: deal_id, name: "Lagi" }],
  });
  const run = await all.ok("change_records", { plan });
  // Another server for the same company, with fewer tools.
  await using few = await startOther(all, {
    changes: { store },
    toolsets: ["contacts", "changes"],
  });
  const sent = writes(all).length;
  const { text } = await call(few.client, "undo_change", { ids: [one.undo] });
  assertMatch(text, /deal \d+: this server has no tool update_deal/);
  const many = await ok(few.client, "undo_change", { ids: [run.undo] });
  assertEquals([many.count, many.plan], [0, undefined]);
  assertMatch(many.problems[0], /this server has no tool update_deal/);
  assertEquals(writes(all).length, sent);
});

Deno.test("the audit has the run and the plan of each row, and nothing is asked without a plan", async () => {
  const records: AuditRecord[] = [];
  await using world = await createWorld({
    server: { confirm: "writes" },
    audit: {
      store: {
        name: "a list",
        begin: (record) => {
          records.push(record);
          return Promise.resolve();
        },
        end: () => Promise.resolve(),
        list: async function* () {},
      },
    },
  });
  const dry = await world.ok("change_records", {
    resource: "products",
    action: "create",
    rows: [{ name: "Satu", price: 1 }, { name: "Dua", price: 2 }],
  });
  const run = await world.ok("change_records", { plan: dry.plan });
  assertEquals(run.run, dry.run);
  assertEquals(records.map(({ run }) => run), [dry.run, dry.run]);
  assertEquals(new Set(records.map(({ plan }) => plan)).size, 1);
  assert(records.every(({ undo }) => undo));
});
