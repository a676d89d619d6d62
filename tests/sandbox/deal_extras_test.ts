import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { dealAt, type Json, open, STAGE, USER } from "./client.ts";

Deno.test("createSandbox() shows a deal's timeline, newest first", async () => {
  await using client = await open();
  const { id } = await dealAt(client, STAGE.won);
  const { body } = await client.call("GET", `/deals/${id}/timeline`);
  assertEquals(body.response.length, 5);
  const [newest] = body.response;
  assertEquals(Object.keys(newest), [
    ..."who,what,why,when,how,content,id,task_id,ticket_id".split(","),
    ..."auditable_id,email_id,crm_deal_id".split(","),
  ]);
  assertMatch(newest.who, /^.+ \(.+@example\.co\.id\)$/);
  assertMatch(newest.when, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0700$/);
  assertStringIncludes(newest.why, "to Won");
  const whens = body.response.map((one: Json) => one.when);
  assertEquals(whens, whens.toSorted().toReversed());
});

Deno.test("createSandbox() shows a stage history that ends at the deal's stage", async () => {
  await using client = await open();
  const { body: all } = await client.call("GET", "/deals?per_page=100");
  for (const deal of all.response) {
    const path = `/deals/${deal.id}/stage_history`;
    const { response } = (await client.call("GET", path)).body;
    assertEquals(response[0].prev_stage, { id: null, name: null });
    assertEquals(response[0].moved_by, null);
    assertEquals(response[0].moved_date, deal.created_at);
    assertEquals(response.at(-1).current_stage, {
      id: deal.crm_stage_id,
      name: deal.crm_stage_name,
    });
    for (const [index, move] of response.slice(1).entries()) {
      assertEquals(move.prev_stage, response[index].current_stage);
      assert(move.moved_date > response[index].moved_date);
    }
  }
  assertEquals(
    (await client.call("GET", "/deals/1/stage_history")).status,
    404,
  );
});

Deno.test("createSandbox() shows a chat history as an object, or as rooms in the observed profile", async () => {
  const rooms: Record<string, Json[]> = {};
  for (const profile of ["documented", "observed"] as const) {
    await using client = await open({ profile });
    const { body } = await client.call("GET", "/deals?per_page=100");
    rooms[profile] = await Promise.all(
      body.response.map(async ({ id }: Json) =>
        (await client.call("GET", `/deals/${id}/chat-history`)).body.response
      ),
    );
    assertEquals(
      (await client.call("GET", "/deals/1/chat-history")).status,
      404,
    );
  }
  const { documented = [], observed = [] } = rooms;
  for (const [index, room] of documented.entries()) {
    assertEquals(Object.keys(room), ["room_id", "chat_contents"]);
    assertEquals(observed[index], room.room_id ? [room] : []);
  }
  const talked = documented.find((room) => room.room_id);
  assertEquals(Object.keys(talked.chat_contents[0]), [
    "user",
    "message",
    "timestamp",
    "type",
  ]);
  assertEquals(
    talked.chat_contents.map((line: Json) => line.type),
    ["customer", "agent"],
  );
});

Deno.test("createSandbox() shows the real creator, no matter who owns the deal", async () => {
  await using client = await open();
  const deal = await dealAt(client, STAGE.won);
  const path = `/deals/${deal.id}`;
  const other = deal.creator_id === USER.bagas ? USER.ratna : USER.bagas;
  await client.call("PUT", `${path}/update_owner`, { creator_id: other });
  const { body } = await client.call("GET", `${path}/real_creator`);
  assertEquals(Object.keys(body.response), [
    ..."id,email,full_name,username,phone,team,role".split(","),
  ]);
  assertEquals(body.response.id, deal.creator_id);
  assertEquals(Object.keys(body.response.team), [
    "id",
    "company_name",
    "external_company_id",
  ]);
  assertEquals((await client.call("GET", "/deals/1/real_creator")).status, 404);
});

Deno.test("createSandbox() shows a deal's full field with names instead of ids", async () => {
  await using client = await open();
  const { body: all } = await client.call("GET", "/deals?per_page=100");
  const deal = all.response.find((one: Json) =>
    one.size && one.crm_company_id && one.product_association_ids.length
  );
  const { body } = await client.call("GET", `/deals/${deal.id}/full-field`);
  const full = body.response;
  assertEquals(Object.keys(full), [
    ..."id,name,slug,creator,crm_team,currency,size,cost".split(","),
    ..."closed_date,start_date,expired_date,crm_pipeline,crm_stage".split(","),
    ..."crm_source,crm_company,crm_contacts,product,crm_lost_reason".split(","),
    ..."crm_deal_status,created_at_date,created_at_time,updated_at".split(","),
    ..."crm_note,crm_gps_checkin,unique_deal_id,additional_fields".split(","),
  ]);
  assertEquals(full.creator.name, deal.creator_name);
  assertEquals(full.crm_stage, deal.crm_stage_name);
  assertEquals([full.crm_company], deal.crm_company_name);
  assertEquals(full.product, deal.product_association_name);
  assertEquals(
    full.crm_contacts.map((one: Json) => one.name),
    deal.crm_lead_name,
  );
  assertEquals(
    `${full.created_at_date}T${full.created_at_time}.000+07:00`,
    deal.created_at,
  );
  assertMatch(full.unique_deal_id, /^\d{3}[A-Z]{7}$/);
  assertEquals((await client.call("GET", "/deals/1/full-field")).status, 404);
});

Deno.test("createSandbox() changes an owner, and refuses a missing or unknown one", async () => {
  await using client = await open();
  const { id } = await dealAt(client, STAGE.won);
  const path = `/deals/${id}/update_owner`;
  const { status, body } = await client.call("PUT", path, {
    creator_id: USER.bagas,
  });
  assertEquals([status, Object.keys(body)], [200, ["meta"]]);
  const owner = async () =>
    (await client.call("GET", `/deals/${id}`)).body.response.creator_id;
  assertEquals(await owner(), USER.bagas);
  for (const wrong of [{}, { creator_id: null }, { creator_id: 99 }]) {
    const { status, body } = await client.call("PUT", path, wrong);
    assertEquals(status, 422);
    assertStringIncludes(body.meta.developer_message, "creator_id");
  }
  assertEquals(await owner(), USER.bagas);
  const missing = await client.call("PUT", "/deals/1/update_owner", {
    creator_id: USER.bagas,
  });
  assertEquals(missing.status, 404);
});

Deno.test("createSandbox() replaces a user's permissions for a deal", async () => {
  await using client = await open();
  const { id } = await dealAt(client, STAGE.won);
  const email = "bagas.pratama@example.co.id";
  const permit = (permissions: unknown, deal = id) =>
    client.call("POST", "/deals/deal_permission", { id: deal, permissions });
  const given = [{ email, access_types: ["view", "edit"] }];
  const { status, body } = await permit(given);
  assertEquals(status, 200);
  assertEquals(body.response, {
    status: "success",
    message: "Permissions granted successfully",
    details: { deal_id: id, permissions: given },
  });
  await permit([{ email, access_types: ["search_association"] }]);
  const stored = async () =>
    (await client.raw("/_sandbox/state")).body.deal_permissions[id];
  const wanted = {
    [email]: { view: false, edit: false, search_association: true },
  };
  assertEquals(await stored(), wanted);
  for (
    const wrong of [
      undefined,
      [{ email: "nobody@example.co.id", access_types: ["view"] }],
      [{ email, access_types: ["view", "delete"] }],
      [{ email, access_types: "view" }],
      [{ email, access_types: ["view"] }, { email: 1, access_types: [] }],
      [null],
    ]
  ) {
    assertEquals((await permit(wrong)).status, 422);
  }
  assertEquals(await stored(), wanted);
  assertEquals((await permit(given, 1)).status, 404);
});
