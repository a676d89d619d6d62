/**
 * The errors of writes that this server refuses before sending or that Qontak
 * refuses, and the required fields.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createServer } from "../../mod.ts";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { argumentsFor } from "../../src/sandbox/samples.ts";
import { callTool } from "../support/call.ts";
import { serveMcp } from "../support/serve.ts";
import { serveUpstream } from "../support/upstream.ts";
import { createWorld, noRates, type World, writes } from "../support/world.ts";

// deno-lint-ignore no-explicit-any -- tests read any field of an answer
type Data = any;

Deno.test("essential values of a record are required before anything is sent", async () => {
  await using world = await createWorld();
  const { records: [{ id: crm_deal_id }] } = await world.ok("list_deals");
  const { records: [line] } = await world.ok("list_products_associations");
  const { records: [task] } = await world.ok("list_tasks");
  const { crm_product_id } = line;
  const association_id = line.id;
  const task_id = Number(task.id);
  const table: [string, Data, string[]][] = [
    ["create_products_association", {}, [
      "name is required",
      "crm_product_id is required. It takes the id of a record",
      "crm_deal_id is required. It takes the id of a record",
    ]],
    ["create_products_association", {
      name: "  ",
      crm_product_id,
      crm_deal_id,
    }, ["name is required"]],
    ["update_products_association", { association_id, name: null }, [
      "name is required",
    ]],
    ["create_product", { price: 1 }, ["name is required"]],
    ["create_note", { crm_deal_id }, ["note is required"]],
    ["create_note", { note: "Halo" }, [
      "crm_person_id or crm_company_id or crm_deal_id is required: Qontak lists",
    ]],
    ["create_geolocation", { device_id: "a" }, [
      "latitude is required",
      "longitude is required",
    ]],
    ["create_task", {}, ['name ("Nama Tugas") is required']],
    ["update_task", { task_id, name: "" }, ['name ("Nama Tugas") is required']],
  ];
  for (const [tool, args, parts] of table) {
    const said = await world.refused(tool, args);
    for (const part of parts) assertStringIncludes(said, part);
    assertEquals(said.split(" is required").length, parts.length + 1, said);
  }
  assertEquals(writes(world), []);
  // Existing values need not be sent again.
  await world.ok("update_products_association", {
    association_id,
    quantity: 3,
  });
  const { records: [place] } = await world.ok("list_geolocations");
  await world.ok("update_geolocation", {
    geolocation_id: place.id,
    battery_percentage: 50,
  });
});

Deno.test("a product line takes what it lacks from its product, and its total from price and quantity", async () => {
  await using world = await createWorld();
  const { records: [line] } = await world.ok("list_products_associations");
  const { crm_product_id, crm_deal_id } = line;
  const { record: product } = await world.ok("get_product", {
    product_id: crm_product_id,
  });
  const own = await world.ok("create_products_association", {
    crm_product_id,
    crm_deal_id,
    quantity: 3,
  });
  const { name, price, currency, total_price } = own.record;
  assertEquals([name, price, currency, total_price], [
    product.name,
    product.price,
    product.currency,
    3 * product.price,
  ]);
  assertStringIncludes(
    own.notes.join(),
    `From product ${crm_product_id}: name`,
  );
  assertStringIncludes(own.notes.join(), "× quantity 3");
  const given = await world.ok("create_products_association", {
    crm_product_id,
    crm_deal_id,
    name: "Kursi",
    price: "1,5 juta",
    currency: "IDR",
    quantity: 2,
  });
  assertEquals([given.record.name, given.record.total_price], [
    "Kursi",
    3_000_000,
  ]);
  const association_id = given.id;
  const update = (args: Data) =>
    world.ok("update_products_association", { association_id, ...args });
  const more = await update({ quantity: 4 });
  assertEquals(more.record.total_price, 6_000_000);
  assertEquals(more.record.name, "Kursi");
  // What the caller gives counts.
  const own_total = await update({ quantity: 5, total_price: 7 });
  assertEquals([own_total.notes, own_total.record.total_price], [undefined, 7]);
  assertStringIncludes(
    await world.refused("create_products_association", {
      crm_product_id: 1,
      crm_deal_id,
    }),
    "crm_product_id: there is no product 1",
  );
});

Deno.test("a total that is not worked out is said to be empty or unchanged", async () => {
  await using world = await createWorld();
  const { records: [line] } = await world.ok("list_products_associations");
  const { crm_product_id, crm_deal_id } = line;
  // How a discount counts is not documented.
  const { id: association_id, notes } = await world.ok(
    "create_products_association",
    {
      name: "Kursi",
      crm_product_id,
      crm_deal_id,
      currency: "IDR",
      price: 100,
      quantity: 2,
      discount: 5,
    },
  );
  assertEquals(notes, [
    "total_price is empty: Qontak did not work it out from price and quantity and discount. Set it with update_products_association",
  ]);
  const update = (args: Data) =>
    world.ok("update_products_association", { association_id, ...args });
  await update({ total_price: 190 });
  assertEquals((await update({ quantity: 3 })).notes, [
    "total_price is still 190: Qontak did not work it out from quantity. Set it with update_products_association",
  ]);
});

/** A stage for which the template does not say whether a field is required. */
async function openPlace(world: World): Promise<Data> {
  const { records } = await world.ok("list_pipelines");
  for (const { id: pipeline_id } of records) {
    const stages = await world.ok("list_pipeline_stages", { pipeline_id });
    for (const { id: stage_id } of stages.records) {
      const place = await world.ok("get_required_fields_for_deal", {
        pipeline_id,
        stage_id,
        optional: true,
      });
      const field = place.optional.find((one: Data) =>
        one.uncertain && one.label === "Metode Pembayaran"
      );
      if (field) return { ...place, field };
    }
  }
  throw new Error("no such place");
}

Deno.test("`uncertain` says what the template lists, and the notes state the rule", async () => {
  await using world = await createWorld();
  const { field, notes } = await openPlace(world);
  assertEquals(
    field.uncertain,
    "read as not required: the template lists this pipeline, and other stages of it",
  );
  assert(
    notes.some((note: string) => note.startsWith("uncertain: Qontak does not")),
  );
});

Deno.test("a refusal has a hint only if Qontak's message fits it", async () => {
  let said: string | undefined;
  await using world = await createWorld({
    change(request, answer) {
      if (request !== "POST /api/v3.1/deals" || said === undefined) return;
      return {
        meta: {
          ...answer.meta,
          status: 422,
          message: "",
          developer_message: said,
        },
      };
    },
  });
  const { required } = await openPlace(world);
  const args = argumentsFor(required);
  const hint = '("Metode Pembayaran") may be required';

  // An unknown product line is not about the field.
  const unknown = await world.refused("create_deal", {
    ...args,
    product_association_ids: [1],
  });
  assertStringIncludes(unknown, "422");
  assert(!unknown.includes("may be required"), unknown);
  assertStringIncludes(unknown, "Correct what it names");

  said = "Validation failed: Metode Pembayaran can't be blank";
  const named = await world.refused("create_deal", args);
  assertStringIncludes(named, hint);
  assertStringIncludes(named, "Correct what it names");

  said = "Validation failed: payment_method_12 can't be blank";
  assertStringIncludes(await world.refused("create_deal", args), hint);

  said = "Validation failed: Currency is not included in the list";
  const other = await world.refused("create_deal", args);
  assert(!other.includes("may be required"), other);

  // Qontak names nothing, so the reason is unknown.
  for (const words of ["", "Unprocessable Entity", "Validation failed"]) {
    said = words;
    const text = await world.refused("create_deal", args);
    assertStringIncludes(text, "does not name the value that is wrong");
    assertStringIncludes(text, hint);
    assert(!text.includes("Correct"), text);
  }
});

Deno.test("a wrong value of a required field is one problem, also if the field is given by its name", async () => {
  await using world = await createWorld();
  const { required } = await world.ok("get_required_fields_for_deal", {
    pipeline_id: "Corporate Sales",
    stage_id: "Proposal Sent",
  });
  const args: Data = argumentsFor(required);
  const { id, label: name } = required.find(({ label }: Data) =>
    label === "Metode Pembayaran"
  );
  for (
    const [entry, said] of [
      [{ id, value: "not an option" }, "is not one of its options"],
      [{ name, value: "not an option" }, "is not one of its options"],
      [{ id, name: "Other", value: 1 }, "id and name must agree"],
    ] as const
  ) {
    const text = await world.refused("create_deal", {
      ...args,
      additional_fields: [entry],
    });
    assertStringIncludes(text, "1 problem");
    assertStringIncludes(text, said);
  }
  const many = await world.refused("create_deal", {
    ...args,
    additional_fields: [
      ...Array.from({ length: 30 }, (_, i) => ({ id: i + 1, value: 1 })),
      ...args.additional_fields,
    ],
  });
  assertStringIncludes(many, "fix these first");
  assert(!many.includes("is required"), many);
});

Deno.test("a refused currency of a product is answered with where the codes are", async () => {
  await using world = await createWorld();
  const product = { name: "Kursi", price: 1, quantity: 1 };
  const said = 'get_deal_template with fields "currency" lists';
  assertStringIncludes(
    await world.refused("create_product", { ...product, currency: "Rupiah" }),
    said,
  );
  // Another value's refusal says nothing of it.
  world.sandbox.inject({
    fault: {
      kind: "status",
      status: 422,
      body: { meta: { status: 422, developer_message: "price is too low" } },
    },
    method: "POST",
    path: "/api/v3.1/products",
    times: 1,
  });
  const other = await world.refused("create_product", {
    ...product,
    currency: "IDR",
  });
  assert(!other.includes(said), other);
  const { fields: [{ options }] } = await world.ok("get_deal_template", {
    fields: "currency",
  });
  assert(options.some(({ name }: { name: string }) => name === "IDR"));
});

Deno.test("a missing path is not reported as a missing record", async () => {
  await using sandbox = serveSandbox();
  await using wrong = serveUpstream(
    sandbox,
    (request, pass) =>
      new URL(request.url).pathname.startsWith("/oauth")
        ? pass(request)
        : Response.json({ status: 404, error: "Not Found" }, { status: 404 }),
  );
  const answers = [];
  for (const baseUrl of [wrong.url, sandbox.url]) {
    await using mcp = serveMcp(createServer({
      baseUrl,
      refreshToken: sandbox.refreshToken,
      limits: noRates(),
    }));
    const { text } = await callTool(mcp.url, "get_deal", { deal_id: 1 });
    answers.push(text);
    if (baseUrl !== wrong.url) continue;
    const list = await callTool(mcp.url, "list_deals");
    assertStringIncludes(list.text, "Check the option baseUrl");
  }
  const [path, record] = answers as [string, string];
  assertStringIncludes(path, "has no such path. Check the option baseUrl");
  assert(!path.includes("Check the id"), path);
  assertStringIncludes(record, "Check the id 1: the record");
  assert(!record.includes("baseUrl"), record);
});

Deno.test("required fields that no argument can give have lists of their own", async () => {
  await using world = await createWorld({
    change(request, answer) {
      if (!request.endsWith("/contacts/info")) return;
      for (const field of answer.response) {
        if (field.name === "crm_location_address_map") field.required = true;
        if (field.type === "Photo") field.required = true;
      }
    },
  });
  const fields = await world.ok("get_required_fields_for_contact");
  assert(fields.required.length > 0);
  for (const field of fields.required) {
    assert(!("writable" in field) && !("instead" in field), field.key);
  }
  const [map] = fields.filled_in_by_qontak;
  assertEquals(map.key, "crm_location_address_map");
  assertStringIncludes(map.instead, "Qontak fills it in");
  const [photo] = fields.filled_in_by_hand;
  assertEquals(photo.label, "Foto Kontak");
  assertStringIncludes(photo.instead, "in the Qontak app");
});
