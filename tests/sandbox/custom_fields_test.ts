import { assertEquals, assertStringIncludes } from "@std/assert";
import { custom, descriptors, INQUIRY, type Json, open } from "./client.ts";

Deno.test("createSandbox() stores custom values in the forms of their types", async () => {
  await using client = await open();
  const [city] = await descriptors(client, "delivery_city");
  const [category] = await descriptors(client, "product_category_8");
  const bandung = city.dropdown.find((one: Json) => one.name === "Bandung").id;
  const [paper, furniture] = category.dropdown.slice(1, 3);
  const cases: [string, unknown, unknown, unknown][] = [
    ["npwp", "01.234", "01.234", "01.234"],
    ["billing_address", "Jl. A\nJl. B", "Jl. A\nJl. B", "Jl. A\nJl. B"],
    [
      "customer_website_2",
      "https://a.example",
      "https://a.example",
      "https://a.example",
    ],
    ["credit_limit", 1500, "1500", "1500"],
    ["credit_term_days", "30", "30", "30"],
    ["discount_percentage", 10, "10.0", "10.0"],
    ["margin_percentage_3", "12.5", "12.5", "12.5"],
    ["survey_date", "29/02/2028", "29/02/2028", "29/02/2028"],
    [
      "meeting_schedule",
      "2026-12-01T09:30:00",
      "2026-12-01T09:30:00",
      "2026-12-01T09:30:00",
    ],
    ["delivery_city", String(bandung), String(bandung), "Bandung"],
    [
      "product_category_8",
      `${paper.id},${furniture.id}`,
      `${paper.id},${furniture.id}`,
      [paper.name, furniture.name],
    ],
    [
      "quotation_file",
      "https://f.example/1.pdf",
      "https://f.example/1.pdf",
      "https://f.example/1.pdf",
    ],
    ["site_location", "-6.2, 106.8", "-6.2, 106.8", "-6.2, 106.8"],
    ["site_photo", "https://f.example/1.jpg", null, ""],
    ["customer_signature", "https://f.example/1.png", null, ""],
  ];
  const additional_fields = await Promise.all(
    cases.map(async ([name, value]) => ({
      id: (await descriptors(client, name))[0].id,
      value,
    })),
  );
  const { body } = await client.call("POST", "/deals", {
    ...INQUIRY,
    additional_fields,
  });
  const { body: read } = await client.call("GET", `/deals/${body.response.id}`);
  for (const [index, [name, , value, value_name]] of cases.entries()) {
    const { id } = additional_fields[index]!;
    assertEquals(custom(read.response, id), { id, name, value, value_name });
  }
  assertEquals(read.response.additional_fields.length, 80);

  // The id may be a number too.
  await client.call("PUT", `/deals/${body.response.id}`, {
    additional_fields: [{ id: city.id, value: bandung + 1 }],
  });
  const { body: again } = await client.call(
    "GET",
    `/deals/${body.response.id}`,
  );
  assertEquals(custom(again.response, city.id).value, String(bandung + 1));
});

Deno.test("createSandbox() refuses an invalid custom value, and names the field and its id", async () => {
  await using client = await open();
  for (
    const [name, value] of [
      ["npwp", 5],
      ["credit_limit", "lima"],
      ["discount_percentage", "10%"],
      ["survey_date", "2026-12-01"],
      ["survey_date", "30/02/2026"],
      ["meeting_schedule", "2026-12-01T09:30:00+07:00"],
      ["meeting_schedule", "01/12/2026 09:30"],
      ["delivery_city", "Bandung"],
      ["delivery_city", "1"],
      ["delivery_city", ["2915305"]],
      ["product_category_8", "Kertas"],
      ["product_category_8", ["1", "2"]],
      ["quotation_file", 5],
    ] as const
  ) {
    const [{ id }] = await descriptors(client, name) as [Json];
    const { status, body } = await client.call("POST", "/deals", {
      ...INQUIRY,
      additional_fields: [{ id, value }],
    });
    assertEquals(status, 422, `${name} ${JSON.stringify(value)}`);
    assertStringIncludes(body.meta.developer_message, `${name} (${id})`);
  }
});

Deno.test("createSandbox() distinguishes two custom fields of the same name by id", async () => {
  await using client = await open();
  const [old, current] = await descriptors(client, "service_type") as [
    Json,
    Json,
  ];
  const { body } = await client.call("POST", "/deals", {
    ...INQUIRY,
    additional_fields: [
      { id: current.id, value: String(current.dropdown[0].id) },
    ],
  });
  const { body: read } = await client.call("GET", `/deals/${body.response.id}`);
  assertEquals(custom(read.response, old.id).value, "");
  assertEquals(
    custom(read.response, current.id).value_name,
    current.dropdown[0].name,
  );
});
