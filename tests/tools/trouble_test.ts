import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { createServer } from "../../mod.ts";
import { argumentsFor } from "../../src/sandbox/samples.ts";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { call, connectHttp } from "../support/client.ts";
import { serveMcp } from "../support/serve.ts";
import { serveUpstream } from "../support/upstream.ts";
import { createWorld, noRates, writes } from "../support/world.ts";

// deno-lint-ignore no-explicit-any -- tests read any field of an answer
type Data = any;

const isDeal = (request: string) => /^GET .*\/deals\/\d+$/.test(request);

Deno.test("update_deal is refused if the owner cannot be read", async () => {
  for (
    const change of [
      (answer: Data) => delete answer.response.creator_id,
      (answer: Data) => answer.response.creator_id = null,
    ]
  ) {
    await using world = await createWorld({
      change(request, answer) {
        if (isDeal(request)) change(answer);
      },
    });
    const { records: [{ id }] } = await world.ok("list_deals");
    assertStringIncludes(
      await world.refused("update_deal", { deal_id: id, name: "Baru" }),
      "did not say who owns the deal",
    );
    assertEquals(writes(world), []);
    await world.ok("update_deal", {
      deal_id: id,
      name: "Baru",
      creator_id: "Bagas Pratama",
    });
  }
});

Deno.test("a different record than the requested one is never accepted", async () => {
  await using world = await createWorld({
    change(request, answer) {
      if (/^GET .*\/contacts\/\d+$/.test(request)) {
        answer.response = [{ ...answer.response[0], id: 1 }];
      }
    },
  });
  const { records: [{ id }] } = await world.ok("list_contacts");
  for (
    const text of [
      await world.refused("get_contact", { contact_id: id }),
      await world.refused("update_contact", { contact_id: id, job_title: "x" }),
    ]
  ) assertStringIncludes(text, `does not hold the record ${id}`);
  assertEquals(writes(world), []);
});

Deno.test("an empty template refuses every write", async () => {
  for (const response of [null, undefined, {}, [], "none"]) {
    await using world = await createWorld({
      change(request, answer) {
        if (request.endsWith("/contacts/info")) answer.response = response;
      },
    });
    assertStringIncludes(
      await world.refused("create_contact", { first_name: "Sari" }),
      "was not sent",
    );
    await world.refused("get_required_fields_for_contact");
    assertEquals(writes(world), []);
  }
});

Deno.test("a call fetches the stages of at most 50 pipelines", async () => {
  await using sandbox = serveSandbox();
  let requests = 0;
  const list = (response: unknown) =>
    Response.json({ meta: { status: 200 }, response });
  await using qontak = serveUpstream(sandbox, (request, pass) => {
    requests++;
    const { pathname } = new URL(request.url);
    if (pathname.endsWith("/stages")) {
      return list([{ id: 1, name: "New", order: 1 }]);
    }
    return pathname.endsWith("/pipelines")
      ? list(Array.from({ length: 2_600 }, (_, i) => ({
        id: i + 1,
        name: `Pipeline ${i}`,
      })))
      : pass(request);
  });
  for (
    const [tool, args] of [
      ["list_deals", { crm_stage_id: "No such stage" }],
      ["create_deal", { name: "x", crm_stage_name: "No such stage" }],
    ] as const
  ) {
    // Each starts without anything in memory.
    await using served = serveMcp(createServer({
      baseUrl: qontak.url,
      refreshToken: sandbox.refreshToken,
      log: () => {},
      limits: noRates(),
    }));
    const client = await connectHttp(served.url);
    requests = 0;
    const { text, isError } = await call(client, tool, args);
    await client.close();
    assert(isError, text);
    assertStringIncludes(text, "name the pipeline too");
    assert(requests >= 50 && requests <= 56, `${tool}: ${requests} requests`);
  }
});

Deno.test("an answer without an envelope is not a success", async () => {
  for (
    const answer of [
      { error: "nope" },
      {},
      { meta: { status: "404", message: "Not Found" } },
      { message: "down for maintenance" },
    ]
  ) {
    await using world = await createWorld({
      change: (request) => request.includes("/notes") ? answer : undefined,
    });
    await world.refused("delete_note", { note_id: 1 });
    await world.refused("get_note", { note_id: 1 });
    await world.refused("list_notes", { crm_deal_id: 1 });
    const { records: [{ id }] } = await world.ok("list_deals");
    const text = await world.refused("create_note", {
      note: "x",
      crm_deal_id: id,
    });
    assertMatch(text, /nope|unknown whether|404|maintenance/);
  }
});

Deno.test("an update does not require what the record does not show", async () => {
  await using world = await createWorld({
    // Contacts do not show their address if Qontak's collection is right.
    profile: "documented",
    change(request, answer) {
      if (!request.endsWith("/contacts/info")) return;
      for (const field of answer.response) {
        if (field.name === "address") field.required = true;
      }
    },
  });
  const { records: [{ id }] } = await world.ok("list_contacts");
  const data = await world.ok("update_contact", {
    contact_id: id,
    job_title: "Direktur",
  });
  assertStringIncludes(data.notes.join(), "does not show whether");
  assertStringIncludes(
    await world.refused("update_contact", { contact_id: id, address: null }),
    "is required",
  );
});

Deno.test("a deal in a pipeline that is not listed can still be changed", async () => {
  await using world = await createWorld({
    change(request, answer) {
      if (request.endsWith("/pipelines")) {
        answer.response = answer.response.slice(0, 1);
      }
    },
  });
  const { records } = await world.ok("list_deals");
  const { id } = records.find((deal: Data) =>
    deal.crm_pipeline_name === "Tender Pengadaan"
  );
  const data = await world.ok("update_deal", { deal_id: id, name: "Baru" });
  assertEquals(data.applied, ["name"]);
  assertStringIncludes(data.notes.join(), "were not checked");
});

Deno.test("tickets find their stages if the template does not assign them to pipelines", async () => {
  await using world = await createWorld({
    change(request, answer) {
      if (!request.endsWith("/tickets/info")) return;
      for (const field of answer.response) {
        if (field.name === "ticket_pipeline_id") field.dropdown = [];
        for (const option of field.dropdown ?? []) {
          delete option.ticket_pipeline_id;
        }
      }
    },
  });
  const { required } = await world.ok("get_required_fields_for_ticket", {
    pipeline_id: "Layanan Pelanggan",
    stage_id: "Baru",
  });
  await world.ok("create_ticket", argumentsFor(required));
});

Deno.test("labels in pairs ignore case, and the id decides between equal labels", async () => {
  await using world = await createWorld({
    change(request, answer) {
      if (!request.endsWith("/deals/info")) return;
      const field = answer.response.find((f: Data) =>
        f.name === "crm_source_id"
      );
      field.dropdown.push({ ...field.dropdown[0], id: 999 });
    },
  });
  const { records: [deal] } = await world.ok("list_deals");
  const { fields: [source] } = await world.ok("get_deal_template", {
    fields: ["crm_source_id"],
  });
  const [{ id, name }] = source.options;
  const text = (args: Data) =>
    world.call("update_deal", { deal_id: deal.id, ...args })
      .then((called) => called.text);
  assertStringIncludes(
    await text({ crm_source_id: id, crm_source_name: name.toUpperCase() }),
    '"crm_source_id"',
  );
  assertStringIncludes(await text({ crm_source_name: name }), "Give the id");
  assertStringIncludes(
    await text({ crm_source_id: null, crm_source_name: name }),
    "do not agree",
  );
  assertStringIncludes(
    await text({ crm_pipeline_id: deal.crm_pipeline_name.toLowerCase() }),
    '"applied"',
  );
  assertStringIncludes(
    await text({ creator_id: null }),
    "creator_id cannot be cleared",
  );
});

Deno.test("a custom field whose id and name differ is not written", async () => {
  await using world = await createWorld();
  const { records: [{ id }] } = await world.ok("list_deals");
  const { fields } = await world.ok("get_deal_template");
  const [one, other] = fields.filter((f: Data) =>
    f.custom && f.type === "text"
  );
  const write = (entry: Data) =>
    world.call("update_deal", { deal_id: id, additional_fields: [entry] });
  assertStringIncludes(
    (await write({ id: one.id, name: other.name, value: "x" })).text,
    "must agree",
  );
  // The form of records and of Qontak's samples.
  for (const value_name of [null, [], "x"]) {
    const { isError, text } = await write({
      id: one.id,
      name: one.name,
      value: "x",
      value_name,
    });
    assertEquals(isError, false, text);
  }
});

Deno.test("every digit of a long number arrives", async () => {
  await using world = await createWorld();
  const { records: [{ id }] } = await world.ok("list_deals");
  const { fields } = await world.ok("get_deal_template");
  const number = fields.find((f: Data) => f.custom && f.type === "number");
  const value = "9471234567890123";
  const data = await world.ok("update_deal", {
    deal_id: id,
    additional_fields: [{ id: number.id, value }],
  });
  const [{ body }] = writes(world) as Data;
  assertEquals(body.additional_fields[0].value, value);
  // The sandbox rounds it, and the answer reports that.
  const [stored] = data.record.additional_fields;
  const [told] = [...data.stored_differently, ...data.applied];
  assertEquals(told.stored ?? value, stored.value);
});

Deno.test("no answer is too large for a conversation, and large records do not hide others", async () => {
  const long = "x".repeat(70_000);
  await using world = await createWorld({
    change(request, answer) {
      if (isDeal(request)) {
        answer.response.name = long;
        answer.response.additional_fields[0].value = long;
      }
      if (request.endsWith("/full-field")) {
        answer.response.crm_note = Array.from(
          { length: 30 },
          () => ({ note: "y".repeat(6_000) }),
        );
      }
      if (request.endsWith("/notes")) {
        answer.response = [{ id: 1, note: long }, { id: 2, note: "kurz" }];
      }
      if (request.endsWith("/timeline")) {
        answer.meta = { status: 422, message: "z".repeat(36_000) };
      }
    },
  });
  const { records: [{ id }] } = await world.ok("list_deals");
  for (const tool of ["get_deal", "get_deal_full_field"]) {
    const { text } = await world.call(tool, { deal_id: id });
    assert(text.length < 63_000, `${tool}: ${text.length}`);
    assertStringIncludes(text, "cut:");
  }
  const asked = await world.call("get_deal", { deal_id: id, fields: ["name"] });
  assert(asked.text.length > 70_000);
  const notes = await world.ok("list_notes", { crm_deal_id: id });
  assertEquals(notes.records.map((note: Data) => note.id), [1, 2]);
  assert(
    (await world.refused("get_deal_timeline", { deal_id: id })).length < 2_000,
  );
  const entries = Array.from({ length: 1_001 }, (_, i) => ({
    id: i + 1,
    value: "x",
  }));
  const many = await world.refused("update_deal", {
    deal_id: id,
    additional_fields: entries.slice(1),
  });
  assert(many.length < 21_000 && many.includes("more"), `${many.length}`);
  assertStringIncludes(
    await world.refused("update_deal", {
      deal_id: id,
      additional_fields: entries,
    }),
    "additional_fields holds a list of 1001 entries: send at most 1000",
  );
});

Deno.test("an answer with too much nesting, too many parts or keys, or unsafe keys is refused in a sentence", async () => {
  const shapes = {
    deep: JSON.parse("[".repeat(5_000) + "]".repeat(5_000)),
    wide: Object.fromEntries(
      Array.from({ length: 6_000 }, (_, i) => [`a${i}`, i]),
    ),
    text: { toString: "x" },
    value: [{ valueOf: 1 }],
    prototype: JSON.parse('{"__proto__": {"id": 1}}'),
    many: Array.from({ length: 500_000 }, () => ({})),
  };
  let shape: unknown;
  await using world = await createWorld({
    change(request, answer) {
      if (isDeal(request) && shape) answer.response.name = shape;
    },
  });
  const { records: [{ id }] } = await world.ok("list_deals");
  for (
    const [name, sentence] of [
      ["deep", "holds lists or objects more than 32 levels deep"],
      ["wide", "holds an object of 6000 keys"],
      ["text", "holds an object with the key toString, which"],
      ["value", "holds an object with the key valueOf, which"],
      ["prototype", "holds an object with the key __proto__, which"],
      ["many", "holds more than 200000 objects and lists"],
    ] as const
  ) {
    shape = shapes[name];
    const text = await world.refused("get_deal", { deal_id: id });
    assertStringIncludes(text, `Qontak's answer ${sentence}`);
  }
});

Deno.test("records with negative ids make no call fail", async () => {
  await using world = await createWorld({
    change(request, answer) {
      if (!/GET .*\/(deals|companies|tasks|pipelines)$/.test(request)) return;
      answer.response[0].id *= -1;
    },
  });
  for (
    const [tool, args] of [
      ["query_records", { resource: "deals", measures: "count" }],
      ["query_records", { resource: "deals", sort: "id", limit: 1 }],
      ["search", { query: "PT" }],
    ] as const
  ) {
    const { text, isError } = await world.call(tool, args);
    assert(!isError && !text.includes("inside the server"), text);
  }
});

Deno.test("fields says what it does not know, and shows only what is set", async () => {
  await using world = await createWorld();
  const { records } = await world.ok("list_deals", { fields: ["*"] });
  const deal = records.find((d: Data) => d.crm_lost_reason_id === null);
  const data = await world.ok("get_deal", {
    deal_id: deal.id,
    fields: "name, crm_lost_reason_id, nonsense",
  });
  assertEquals(data.unknown_fields, ["nonsense"]);
  assertEquals(Object.keys(data.record), ["id", "name"]);
  const list = await world.ok("list_tasks", {
    fields: ["assignee_id", "nonsense"],
  });
  assert(list.records[0].assignee_id > 0);
  assertEquals(list.unknown_fields, ["nonsense"]);
  const short = await world.ok("list_deals");
  for (const record of short.records) {
    assert(Object.values(record).every((value) => value !== null));
  }
});

Deno.test("update_deal_owner needs no template for an id", async () => {
  await using world = await createWorld();
  world.sandbox.inject({
    fault: { kind: "status", status: 502 },
    path: "/api/v3.1/deals/info",
    times: 100,
  });
  const { records: [{ id }] } = await world.ok("list_deals");
  const data = await world.ok("update_deal_owner", {
    deal_id: id,
    creator_id: 512304,
  });
  assertEquals(data.applied, ["creator_id"]);
  await world.refused("update_deal_owner", {
    deal_id: id,
    creator_id: "Bagas",
  });
});

Deno.test("names of JavaScript's objects are not arguments or fields", async () => {
  await using world = await createWorld({
    change(request, answer) {
      if (request.endsWith("/deals/info")) {
        answer.response.push({ name: "constructor", type: "Number" });
      }
    },
  });
  await world.ok("get_deal_template");
  const text = await world.refused("create_deal", { constructor: 1 });
  assertStringIncludes(text, 'no argument "constructor"');
  assert(!text.includes("native code"));
});

Deno.test("a write that cannot be read back names what is unconfirmed", async () => {
  await using world = await createWorld();
  const { records: [{ id }] } = await world.ok("list_deals");
  await world.ok("update_deal", { deal_id: id, size: 1 });
  world.sandbox.inject({
    fault: { kind: "status", status: 500 },
    method: "GET",
    path: "/api/v3.1/deals/*",
    skip: 1,
  });
  const data = await world.ok("update_deal", { deal_id: id, size: 3 });
  assertEquals([data.applied, data.unconfirmed], [[], ["size"]]);
});

Deno.test("set_deal_permissions and create_task_category say what was applied", async () => {
  await using world = await createWorld();
  const { records: [{ id }] } = await world.ok("list_deals");
  const permissions = [{
    email: "bagas.pratama@example.co.id",
    access_types: ["view"],
  }];
  const set = await world.ok("set_deal_permissions", {
    deal_id: id,
    permissions,
  });
  assertEquals([set.applied, set.ignored], [["permissions"], []]);
  const made = await world.ok("create_task_category", { name: "Audit" });
  assertEquals(made.applied, ["name"]);
  // The next task can use the category immediately.
  const task = await world.ok("create_task", {
    name: "x",
    crm_task_category_id: "Audit",
  });
  assertEquals(task.record.crm_task_category_name, "Audit");
});

Deno.test("a missing chat is an empty chat", async () => {
  for (const response of [null, [], { room_id: null, chat_contents: null }]) {
    await using world = await createWorld({
      change(request, answer) {
        if (request.endsWith("/chat-history")) answer.response = response;
      },
    });
    const { records: [{ id }] } = await world.ok("list_deals");
    const data = await world.ok("get_deal_chat_history", { deal_id: id });
    assertEquals([data.records, data.total_data], [[], 0]);
  }
});

Deno.test("problems of arguments and of values are in one answer", async () => {
  await using world = await createWorld();
  const { records: [{ id }] } = await world.ok("list_deals");
  const text = await world.refused("create_deal", {
    crm_stage_id: "Proposal Sent",
    amount: 5,
    crm_lead_ids: ["b"],
    currency: "Rupiah",
    additional_fields: '[{"id": 1, "value": "x"}]',
  });
  for (
    const part of [
      "the value of a deal is size",
      "crm_lead_ids[0] must be",
      '"Rupiah" is not one of its options',
      "no field with the id 1",
      'name ("Deal Name") is required',
      'size ("Deal Size") is required',
      "Metode Pembayaran",
    ]
  ) assertStringIncludes(text, part);
  assertEquals(text.split("crm_lead_ids").length, 2, text);
  const update = await world.refused("update_deal", {
    deal_id: String(id),
    amuont: 5,
    size: "sepuluh",
  });
  assertStringIncludes(update, '"amuont"');
  assertStringIncludes(update, '"sepuluh"');
  // If nothing more can be found out, only the form is reported.
  world.sandbox.revokeRefreshTokens();
  world.sandbox.expireAccessTokens();
  assertStringIncludes(
    await world.refused("create_contact", { phone: "021" }),
    "telephone",
  );
  assertStringIncludes(
    await world.refused("create_deal", { amount: 1, user_id: "acme" }),
    "size",
  );
  assertEquals(writes(world), []);
});
