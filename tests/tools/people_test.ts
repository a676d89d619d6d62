import { assertEquals, assertStringIncludes } from "@std/assert";
import { createWorld } from "../support/world.ts";

// deno-lint-ignore no-explicit-any -- tests look into answers freely
type Data = any;

/** The sandbox's users: a part of the name that only one has, and one of two. */
const DEWI = { id: 512305, name: "Dewi Anggraini" };

Deno.test("a person is named by a part of the name in a write, and the answer says who", async () => {
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

Deno.test("a part of the name of several people offers all of them", async () => {
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
  // A part that is not the start of a word names nobody.
  assertStringIncludes(
    await world.refused("update_deal", { deal_id: id, creator_id: "ewi" }),
    "is not one of its options",
  );
});

Deno.test("a part of a name is enough in filters and questions", async () => {
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

Deno.test("a part of a label is not enough where the options are not people", async () => {
  await using world = await createWorld();
  const { records: [{ id }] } = await world.ok("list_deals", { per_page: 1 });
  assertStringIncludes(
    await world.refused("update_deal", { deal_id: id, crm_source_id: "Web" }),
    "is not one of its options",
  );
});
