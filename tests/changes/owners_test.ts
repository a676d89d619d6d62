/** Whose plans they are, and what callers with few rights see of them. */
import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { outside } from "../support/changed.ts";
import { type CallerName, createCallers } from "../support/callers.ts";
import { call, ok } from "../support/client.ts";
import { createWorld } from "../support/world.ts";

Deno.test("a plan is for the caller and the company that it was made for", async () => {
  await using place = await createCallers();
  const { clients } = place;
  const { records } = await ok(clients.alpha, "list_deals");
  const change = { deal_id: records[0].id, size: 777 };
  const dry = (key: CallerName, args = {}) =>
    ok(clients[key], "update_deal", { ...change, ...args, dry_run: true });
  const { plan } = await dry("alpha");
  const { plan: forAlpha } = await dry("both", { user_id: "alpha" });
  for (
    const [key, args] of [
      ["colleague", { plan }],
      ["beta", { plan }],
      ["both", { plan, user_id: "alpha" }],
      ["both", { plan, user_id: "beta" }],
      ["both", { plan: forAlpha, user_id: "beta" }],
      ["alpha", { plan: forAlpha }],
    ] as const
  ) {
    const called = await call(clients[key], "update_deal", args);
    assertMatch(called.text, /no such plan/, JSON.stringify([key, args]));
  }
  assertEquals(place.writes(), 0);
  await ok(clients.alpha, "update_deal", { plan });
  await ok(clients.both, "update_deal", {
    plan: (await dry("both", { user_id: "beta" })).plan,
    user_id: "beta",
  });
  assertEquals(place.writes(), 2);
});

Deno.test("a caller that may not read sees only what it wrote of a record", async () => {
  await using place = await createCallers();
  const { alpha, writer } = place.clients;
  const { records } = await ok(alpha, "list_contacts");
  const contact_id = records[0].id;
  const { record } = await ok(alpha, "get_contact", { contact_id });
  const secrets = [record.first_name, record.email, record.telephone];
  const dry = await ok(writer, "update_contact", {
    contact_id,
    job_title: "Canary",
    dry_run: true,
  });
  assertEquals(dry.changes, [{
    key: "job_title",
    label: dry.changes[0].label,
    to: "Canary",
  }]);
  const gone = await ok(writer, "delete_contact", {
    contact_id,
    dry_run: true,
  });
  assertEquals(Object.keys(gone).sort(), [
    "dry_run",
    "id",
    "notes",
    "plan",
    "plan_expires",
    "untrusted",
  ]);
  await ok(alpha, "update_contact", { contact_id, email: "new@example.com" });
  const { text } = await call(writer, "update_contact", { plan: dry.plan });
  assertMatch(text, /email has changed\n/);
  for (const secret of [...secrets, "new@example.com"]) {
    assert(!text.includes(secret), `${secret} is shown`);
  }
});

Deno.test("with strict content, no refusal repeats free text that has changed", async () => {
  await using world = await createWorld({ content: "strict" });
  const { records: [{ id: task_id }] } = await world.ok("list_tasks");
  const say = (detail: string) =>
    outside(world, "PUT", `/tasks/${task_id}`, { detail });
  await say("Short secret");
  const { plan } = await world.ok("update_task", {
    task_id,
    name: "A new name",
    dry_run: true,
  });
  const first = await world.ok("update_task", { task_id, detail: "One" });
  await say("Other secret");
  const drift = await world.refused("update_task", { plan });
  assertMatch(drift, /^detail has changed$/m);
  const conflict = await world.refused("undo_change", { ids: [first.undo] });
  assertMatch(conflict, /changed it since: detail has changed\. /);
  const second = await world.ok("update_task", { task_id, detail: "Two" });
  const between = await world.refused("undo_change", {
    ids: [first.undo, second.undo],
  });
  assertMatch(between, /these changes: detail has changed between update_task/);
  for (const text of [drift, conflict, between]) {
    assertNotMatch(text, /secret/);
  }
});

Deno.test("with strict content, a dry run withholds free text and shows the rest", async () => {
  await using world = await createWorld({ content: "strict" });
  const { records: [{ id: task_id }] } = await world.ok("list_tasks");
  await outside(world, "PUT", `/tasks/${task_id}`, {
    detail: "Secret words of a person",
  });
  const dry = await world.ok("update_task", {
    task_id,
    name: "A new name",
    detail: "What is written instead",
    dry_run: true,
  });
  const text = JSON.stringify(dry);
  assertNotMatch(text, /Secret words/);
  const [name, detail] = dry.changes;
  assertEquals(name.to, "A new name");
  assertEquals(detail.to, "What is written instead");
  assertMatch(detail.from, /withheld/);
  const gone = await world.ok("delete_task", { task_id, dry_run: true });
  assertNotMatch(JSON.stringify(gone), /Secret words/);
});
