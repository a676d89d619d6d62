import { assertEquals, assertStringIncludes } from "@std/assert";
import { createWorld } from "../support/world.ts";

// deno-lint-ignore no-explicit-any -- tests read any field of an answer
type Data = any;

/**
 * Users of the sandbox, with a part of a name that only one has, and one that
 * two have.
 */
const DEWI = { id: 512305, name: "Dewi Anggraini" };

Deno.test("a write accepts a part of a person's name, and the answer says who it is", async () => {
  await using world = await createWorld();
  const { records: [{ id }] } = await world.ok("list_deals", { per_page: 1 });
  for (const part of ["dewi", "Anggraini", "Dewi Angg"]) {
    await world.ok("update_deal_owner", { deal_id: id, creator_id: "Bagas" });
    const answer = await world.ok("update_deal", {
      deal_id: id,
      creator_id: part,
    });
    assertEquals(answer.record.creator_name, DEWI.name);
    assertStringIncludes(
      answer.notes.join(),
      `was read as "${DEWI.name}" (id ${DEWI.id})`,
    );
  }
  const byName = await world.ok("update_deal", {
    deal_id: id,
    creator_name: "Bagas",
  });
  assertEquals(byName.record.creator_name, "Bagas Pratama");
});

Deno.test("a part of a name that several people have lists all of them", async () => {
  await using world = await createWorld({
    change(request, answer) {
      if (!request.endsWith("/info")) return;
      for (const field of answer.response) {
        if (!["creator_id", "user_id"].includes(field.name)) continue;
        field.dropdown.push({ id: 999, name: "Dewi Lestari" });
      }
    },
  });
  const { records: [{ id }] } = await world.ok("list_deals", { per_page: 1 });
  const { records: [task] } = await world.ok("list_tasks", { per_page: 1 });
  const rows: [string, Data][] = [
    ["update_deal", { deal_id: id, creator_id: "Dewi" }],
    ["update_task", { task_id: Number(task.id), assignee_id: "dewi" }],
    ["update_deal_owner", { deal_id: id, creator_id: "Dewi" }],
    ["list_deals", { creator_id: "Dewi" }],
    ["query_records", {
      resource: "deals",
      where: [{ field: "creator_id", value: "Dewi" }],
    }],
  ];
  for (const [tool, args] of rows) {
    const text = await world.refused(tool, args);
    assertStringIncludes(text, `"${DEWI.name}" (id ${DEWI.id})`, tool);
    assertStringIncludes(text, `"Dewi Lestari" (id 999)`, tool);
  }
  // A part that is not the start of a word does not match.
  assertStringIncludes(
    await world.refused("update_deal", { deal_id: id, creator_id: "ewi" }),
    "is not one of its options",
  );
});

Deno.test("filters and questions accept a part of a name", async () => {
  await using world = await createWorld();
  const rows: [string, Data, Data][] = [
    ["list_deals", { creator_id: "Dewi" }, { creator_id: DEWI.id }],
    ["list_tasks", { assignee_id: "Dewi" }, { assignee_id: DEWI.id }],
    ["query_records", {
      resource: "tasks",
      where: [{ field: "assignee_id", value: "Dewi" }],
    }, {
      resource: "tasks",
      where: [{ field: "assignee_id", value: DEWI.id }],
    }],
  ];
  for (const [tool, named, byId] of rows) {
    const found = await world.ok(tool, named);
    assertEquals(found.records, (await world.ok(tool, byId)).records, tool);
    assertEquals(found.records.length > 0, true, tool);
  }
});

Deno.test("a part of a label is not enough if the options are not people", async () => {
  await using world = await createWorld();
  const { records: [{ id }] } = await world.ok("list_deals", { per_page: 1 });
  assertStringIncludes(
    await world.refused("update_deal", { deal_id: id, crm_source_id: "Web" }),
    "is not one of its options",
  );
});

/** The user of the sandbox's first refresh token. */
const OWN = { id: 512301, name: "Ratna Kusumawardani" };

Deno.test("me is the user behind the token, in writes, filters and questions", async () => {
  await using world = await createWorld();
  const { records: [{ id }] } = await world.ok("list_deals", { per_page: 1 });
  const { records: [task] } = await world.ok("list_tasks", { per_page: 1 });
  const { records: [contact] } = await world.ok("list_contacts");
  const creator_id = "me";
  await world.ok("update_deal_owner", { deal_id: id, creator_id: "Bagas" });
  for (
    const change of [{ creator_id }, { creator_name: " Me " }, {
      creator_id,
      skip_validation: true,
    }]
  ) {
    await world.ok("update_deal_owner", { deal_id: id, creator_id: "Bagas" });
    const deal = await world.ok("update_deal", { deal_id: id, ...change });
    assertEquals(deal.record.creator_name, OWN.name);
  }
  const { record } = await world.ok("update_task", {
    task_id: Number(task.id),
    assignee_id: "ME",
  });
  assertEquals(record.user_full_name ?? record.assignee_name, OWN.name);
  await world.ok("update_contact_owner", {
    contact_id: contact.id,
    creator_id,
  });
  for (
    const [tool, args, own] of [
      ["list_deals", { creator_id }, { creator_id: OWN.id }],
      ["list_tasks", { assignee_id: "me" }, { assignee_id: OWN.id }],
    ] as [string, Data, Data][]
  ) {
    const mine = await world.ok(tool, args);
    assertEquals(mine.records, (await world.ok(tool, own)).records, tool);
    assertEquals(mine.records.length > 0, true, tool);
  }
  const ask = (value: unknown) =>
    world.ok("query_records", {
      resource: "deals",
      where: [{ field: "creator_id", value }],
    });
  assertEquals((await ask("me")).records, (await ask(OWN.id)).records);
  // Asked once, not per call.
  const asked = world.sandbox.requests.filter(({ path }) =>
    path === "/oauth/token/info"
  );
  assertEquals(asked.length, 1);
});

Deno.test("me in a text is a text, and causes no request", async () => {
  await using world = await createWorld();
  const { matched } = await world.ok("query_records", {
    resource: "deals",
    where: [{ field: "name", op: "contains", value: "meja" }],
  });
  assertEquals(matched > 0, true);
  assertEquals(
    world.sandbox.requests.some(({ path }) => path === "/oauth/token/info"),
    false,
  );
});

for (
  const [what, options] of [
    ["has no such path", { tokenInfo: false }],
    ["answers a page", {
      change: (request: string, answer: Data) =>
        request.endsWith("/oauth/token/info") ? { hello: "world" } : answer,
    }],
  ] as [string, Data][]
) {
  Deno.test(`me is refused if Qontak ${what}, and the refusal says what to do`, async () => {
    await using world = await createWorld(options);
    const { records: [{ id }] } = await world.ok("list_deals", { per_page: 1 });
    const before = world.sandbox.requests.length;
    for (
      const [tool, args] of [
        ["update_deal", { deal_id: id, creator_id: "me" }],
        ["list_deals", { creator_id: "me" }],
        ["query_records", {
          resource: "deals",
          where: [{ field: "creator_id", value: "me" }],
        }],
      ] as [string, Data][]
    ) {
      const text = await world.refused(tool, args);
      assertStringIncludes(text, 'Which user "me" is cannot be told', tool);
      assertStringIncludes(text, "The option tokenUser says who it is", tool);
    }
    assertEquals(
      world.sandbox.requests.slice(before).some(({ method }) =>
        method === "PUT"
      ),
      false,
    );
  });
}

Deno.test("tokenUser says who me is, and Qontak is not asked", async () => {
  await using world = await createWorld({ tokenUser: DEWI.id });
  const { records } = await world.ok("list_deals", { creator_id: "me" });
  const { records: hers } = await world.ok("list_deals", {
    creator_id: DEWI.id,
  });
  assertEquals(records, hers);
  assertEquals(
    world.sandbox.requests.some(({ path }) => path === "/oauth/token/info"),
    false,
  );
});
