import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  argumentOf,
  type Resource,
  resources,
} from "../../src/qontak/resources.ts";
import { STAGE_MOVE } from "../../src/snapshots/moves.ts";
import { accessTo, outside } from "../support/changed.ts";
import { createWorld, type World } from "../support/world.ts";

/** What the sandbox's data lack, by the kind of record that gets it. */
const LACKING: Readonly<Record<string, Record<string, unknown>>> = {
  contact: { province: "Jawa Barat", upload_id: 7 },
  product: { crm_tag_ids: [3] },
  products_association: {
    discount: 5,
    crm_tag_ids: [3],
    description: "Jati",
    product_image: "https://example.co.id/kursi.png",
  },
};

/** What Qontak's list shows, but is empty in its samples and the sandbox. */
const ALWAYS_EMPTY = [
  "product_association_quantity",
  "product_association_price",
  "product_association_total_price",
];

/** A custom field of companies in the sandbox. */
const TAX_NUMBER = 8302116;

/** The fields that are computed from others. */
const DERIVED = [
  "age_days",
  "days_since_update",
  "state",
  "overdue",
  "days_overdue",
  "days_in_stage",
  "company",
  "contact",
  "to_state",
];

/** The ids of the custom fields in a template, and those that a list shows. */
async function customFields(
  world: World,
  token: string,
  { endpoints: { template, list } }: Resource,
): Promise<{ all: readonly number[]; listed: ReadonlySet<number> }> {
  if (!template) return { all: [], listed: new Set() };
  const get = (path: string) =>
    outside({ sandbox: world.sandbox, token }, "GET", path);
  type Field = { readonly id: number; readonly additional_field?: boolean };
  const fields: Field[] = await get(template.path);
  const records: { readonly additional_fields?: Field[] }[] = await get(
    `${list.path}?per_page=100&filter=alltask`,
  );
  return {
    all: fields.filter((one) => one.additional_field).map(({ id }) => id),
    listed: new Set(
      records.flatMap((one) => one.additional_fields ?? []).map(({ id }) => id),
    ),
  };
}

const ofOwners = (plural: string, owner: string) =>
  ["notes", "stage_moves"].includes(plural) ? { of: { resource: owner } } : {};

/** In how many records a field is set; undefined if it cannot be asked about. */
async function countSet(
  world: World,
  plural: string,
  field: string,
): Promise<number | undefined> {
  const owners = plural === "notes"
    ? ["deals", "contacts", "companies"]
    : ["deals"];
  const found: number[] = [];
  for (const owner of owners) {
    const answer = await world.call("query_records", {
      resource: plural,
      ...ofOwners(plural, owner),
      where: [{ field, op: "is_set" }],
      measures: "count",
    });
    if (!answer.isError) found.push(answer.data.matched as number);
  }
  return found.length === 0 ? undefined : Math.max(...found);
}

for (const profile of ["documented", "observed"] as const) {
  Deno.test(`query_records accepts only fields that some record has (${profile})`, async (t) => {
    await using world = await createWorld({ profile });
    const token = await accessTo(world.sandbox, "outsider");
    const idOf = async (plural: string): Promise<number> =>
      (await world.ok("query_records", { resource: plural })).records[0].id;
    for (const resource of Object.values<Resource>(resources)) {
      const values = LACKING[resource.name];
      if (!values) continue;
      await world.ok(`update_${resource.name}`, {
        [resource.idArgument]: await idOf(resource.plural),
        ...values,
      });
    }
    for (
      const resource of [...Object.values<Resource>(resources), STAGE_MOVE]
    ) {
      await t.step(resource.plural, async () => {
        const { create, update } = resource.endpoints;
        const names = new Set([
          ...[
            ...Object.keys({ ...create.body, ...update.body }),
            ...Object.keys(resource.shows),
          ].map((key) => argumentOf(resource, key)),
          ...DERIVED,
        ]);
        const empty: string[] = [];
        let accepted = 0;
        for (const name of names) {
          const count = await countSet(world, resource.plural, name);
          if (count === 0) empty.push(name);
          if (count !== undefined) accepted++;
        }
        assert(accepted > 0);
        assertEquals(
          empty.filter((name) => !ALWAYS_EMPTY.includes(name)),
          [],
        );
        if (resource === STAGE_MOVE) return;
        const { all, listed } = await customFields(
          world,
          token,
          resource as Resource,
        );
        for (const id of all) {
          const count = await countSet(world, resource.plural, String(id));
          assertEquals(count !== undefined, listed.has(id), String(id));
        }
      });
    }
  });
}

Deno.test("change_records refuses a field that Qontak's list does not show", async () => {
  await using world = await createWorld();
  for (
    const [resource, field, nearest] of [
      ["contacts", "address", undefined],
      ["tasks", "end_due_date", "due_date"],
      ["products", "created_at", undefined],
      ["products_associations", "manufacturer", undefined],
      ["deals", "unique_deal_id", undefined],
    ] as const
  ) {
    const refusal = await world.refused("change_records", {
      resource,
      action: "delete",
      where: [{ field, op: "is_empty" }],
    });
    const records = resource.replace("_", " ");
    assertStringIncludes(
      refusal,
      `Qontak's list of ${records} does not show "${field}", so nothing can be asked about it`,
    );
    if (nearest) assertStringIncludes(refusal, `Did you mean ${nearest}?`);
  }
  assertStringIncludes(
    await world.refused("query_records", {
      resource: "geolocations",
      where: [{ field: "latitude", op: "is_empty" }],
    }),
    `Did you mean "checkin_latitude" or "checkout_latitude"?`,
  );
});

Deno.test("query_records says that a field is empty in all records", async () => {
  await using world = await createWorld();
  const { matched, notes } = await world.ok("query_records", {
    resource: "contacts",
    where: [{ field: "upload_id", op: "is_empty" }],
    measures: "count",
  });
  assertEquals(matched, 40);
  assertEquals(notes, ["upload_id is empty in all contacts"]);
});

Deno.test("query_records does not take what only a record read alone shows for empty in others", async () => {
  await using world = await createWorld({
    change: (request, answer) =>
      /^(GET|PUT) \/api\/v3\.1\/companies\/\d+$/.test(request)
        ? {
          ...answer,
          response: { ...answer.response, unique_company_id: "C-1" },
        }
        : answer,
  });
  const { records } = await world.ok("query_records", {
    resource: "companies",
  });
  await world.ok("update_company", {
    company_id: records[0].id,
    website: "https://example.co.id",
  });
  assertStringIncludes(
    await world.refused("query_records", {
      resource: "companies",
      where: [{ field: "unique_company_id", op: "is_empty" }],
    }),
    'companies have no field "unique_company_id"',
  );
});

Deno.test("change_records does not take a custom field that only a record read alone shows for empty in others", async () => {
  /** Takes a custom field out of a record of a list. */
  const without = (record: { additional_fields?: { id: number }[] }) => ({
    ...record,
    additional_fields: record.additional_fields?.filter(({ id }) =>
      id !== TAX_NUMBER
    ),
  });
  await using world = await createWorld({
    change: (request, answer) =>
      request === "GET /api/v3.1/companies"
        ? { ...answer, response: answer.response.map(without) }
        : answer,
  });
  const asked = {
    resource: "companies",
    where: [{ field: String(TAX_NUMBER), op: "is_empty" }],
  };
  const refusal = `does not show "${TAX_NUMBER}", so nothing can be asked`;
  assertStringIncludes(await world.refused("query_records", asked), refusal);
  const { records } = await world.ok("query_records", {
    resource: "companies",
  });
  await world.ok("update_company", {
    company_id: records[0].id,
    website: "https://example.co.id",
  });
  assertStringIncludes(await world.refused("query_records", asked), refusal);
  assertStringIncludes(
    await world.refused("change_records", { ...asked, action: "delete" }),
    refusal,
  );
});

Deno.test("change_records does not ignore a value beside is_empty and is_set, which may mean the opposite", async () => {
  await using world = await createWorld();
  const asked = (op: string, value: unknown) => ({
    resource: "deals",
    action: "delete",
    where: [{ field: "crm_company_id", op, value }],
  });
  for (const value of [false, "false", "no", 0, [false]]) {
    for (
      const [op, other] of [["is_empty", "is_set"], ["is_set", "is_empty"]]
    ) {
      const refusal = await world.refused("change_records", asked(op!, value));
      assertStringIncludes(refusal, `crm_company_id ${op} takes no value`);
      assertStringIncludes(refusal, `use ${other} for the other records`);
    }
  }
  const plain = await world.ok("change_records", asked("is_empty", ""));
  for (const value of [true, "true", null]) {
    const { count } = await world.ok(
      "change_records",
      asked("is_empty", value),
    );
    assertEquals(count, plain.count);
  }
});
