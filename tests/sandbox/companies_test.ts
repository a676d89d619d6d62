import { assert, assertEquals } from "@std/assert";
import { custom, type Json, open, refused, USER } from "./client.ts";
import { all, fields, get, happenings, make, put } from "./records.ts";

Deno.test("createSandbox() shows the company template as Qontak does", async () => {
  await using client = await open();
  const { body } = await client.call("GET", "/companies/info");
  const template: Json[] = body.response;
  for (const field of template) {
    assertEquals(Object.keys(field), [
      "id",
      "name",
      "name_alias",
      "required",
      "additional_field",
      "type",
      "dropdown",
    ]);
  }
  const names = template.map((one) => one.name);
  for (const none of ["email", "crm_status_id", "telephone"]) {
    assert(!names.includes(none));
  }
  const customs = template.filter((one) => one.additional_field);
  assertEquals(customs.length, 14);
  assertEquals(
    new Set(customs.map((one) => one.required)),
    new Set([null, false]),
  );
  assertEquals(
    template.filter((one) => one.required).map((one) => one.name),
    ["name", "creator_id"],
  );
  const [picker] = await fields(client, "companies", "address_picker_city");
  assertEquals(picker.dropdown, []);
});

Deno.test("createSandbox() pages through twenty-five companies", async () => {
  await using client = await open();
  const { body } = await client.call("GET", "/companies?page=3&per_page=10");
  assertEquals([body.page, body.total_page, body.current_data], [3, 3, 5]);
  const companies = await all(client, "companies");
  assertEquals(new Set(companies.map((one) => one.id)).size, 25);
  assertEquals(Object.keys(companies[0]), [
    ..."id,name,slug,website,created_at,updated_at,creator_id".split(","),
    ..."creator_name,telephone,address,country,province,city".split(","),
    ..."zipcode,industry_id,industry_name,crm_type_id".split(","),
    ..."crm_type_name,number_of_employees,crm_source_id".split(","),
    ..."crm_source_name,annual_revenue,business_reg_number".split(","),
    ..."crm_deal_ids,crm_deal_name,crm_person_ids,crm_person_name".split(","),
    "ancestry",
    "additional_fields",
  ]);
  assert(companies.some((one) => one.ancestry !== null));
});

Deno.test("createSandbox() filters companies by everything that Qontak documents", async () => {
  await using client = await open();
  const companies = await all(client, "companies");
  const company = companies.find((one) =>
    one.crm_deal_ids.length && one.crm_person_ids.length
  );
  const name = encodeURIComponent(company.name.slice(3).toUpperCase());
  for (
    const query of [
      `name=${name}`,
      `website=${company.website.slice(8)}`,
      `contact_ids=${company.crm_person_ids[0]}`,
      `deal_ids=${company.crm_deal_ids[0]}`,
    ]
  ) {
    assertEquals(await all(client, "companies", query), [company], query);
  }
  for (const query of ["name=zzz", "contact_ids=1", "deal_ids=x"]) {
    assertEquals(await all(client, "companies", query), [], query);
  }
  assertEquals((await all(client, "companies", "city=Bogor")).length, 25);
});

Deno.test("createSandbox() creates a company, without keys that companies do not have", async () => {
  await using client = await open();
  const [parent] = await all(client, "companies");
  const [industry] = await fields(client, "companies", "industry_id");
  const made = await make(client, "companies", {
    name: "PT Baru Sekali",
    creator_id: USER.bagas,
    email: "lost@example.co.id",
    crm_status_id: 1,
    telephone: "021555",
    zipcode: "10110",
    industry_id: industry.dropdown[2].id,
    crm_type_name: "Mitra",
    number_of_employees: 120,
    annual_revenue: 2_500_000_000,
    ancestry: parent.id,
    additional_fields: [],
  });
  const company = await get(client, "companies", made.id);
  assertEquals(
    [
      company.creator_id,
      company.industry_name,
      company.crm_type_name,
      company.number_of_employees,
      company.annual_revenue,
      company.ancestry,
      company.website,
    ],
    [USER.bagas, "Pendidikan", "Mitra", 120, "2500000000", parent.id, null],
  );
  assert(!("email" in company) && !("crm_status_id" in company));
  assertEquals(custom(company, "product_interest").value_name, []);
  assertEquals(
    (await make(client, "companies", { name: "X" })).creator_id,
    USER.ratna,
  );
});

Deno.test("createSandbox() refuses an invalid company, and names the key", async () => {
  await using client = await open();
  await refused(client, "POST", "/companies", {}, "name can't be blank");
  const [picker] = await fields(client, "companies", "address_picker_city");
  for (
    const [key, value] of [
      ["name", 7],
      ["website", 7],
      ["industry_id", 1],
      ["industry_name", "Perbankan"],
      ["crm_type_id", "22750"],
      ["number_of_employees", "banyak"],
      ["annual_revenue", "besar"],
      ["ancestry", 5],
      ["crm_deal_ids", [5]],
      ["crm_person_ids", [5]],
      ["crm_person_name", ["Tidak Ada"]],
      ["additional_fields", [{ id: picker.id, value: "1" }]],
    ] as const
  ) {
    const body = { name: "PT X", [key]: value };
    await refused(client, "POST", "/companies", body, key);
  }
  assertEquals((await all(client, "companies")).length, 25);
});

Deno.test("createSandbox() changes only what a company's PUT names, and keeps the owner", async () => {
  await using client = await open();
  const before = (await all(client, "companies")).find((one) =>
    one.creator_id !== USER.ratna
  );
  const { id } = before;
  const answer = await put(client, "companies", id, { website: "https://x" });
  assertEquals(Object.keys(answer), ["meta"]);
  const after = await get(client, "companies", id);
  const { updated_at } = after;
  assertEquals(after, { ...before, website: "https://x", updated_at });
  await refused(
    client,
    "PUT",
    `/companies/${id}`,
    { ancestry: id },
    "ancestry",
  );
  await refused(client, "PUT", `/companies/${id}`, { name: null }, "name");
  assertEquals((await client.call("PUT", "/companies/1", {})).status, 404);
  assertEquals((await happenings(client, "companies", id))[0], "updated");
});

Deno.test("createSandbox() accepts a company as it was read", async () => {
  await using client = await open();
  for (const company of await all(client, "companies")) {
    await put(client, "companies", company.id, company);
    const { updated_at } = company;
    const again = await get(client, "companies", company.id);
    assertEquals({ ...again, updated_at }, company);
  }
});

Deno.test("createSandbox() deletes a company once, and has no other company routes", async () => {
  await using client = await open();
  const [{ id }] = await all(client, "companies") as [Json];
  const { status, body } = await client.call("DELETE", `/companies/${id}`);
  assertEquals([status, Object.keys(body)], [200, ["meta"]]);
  for (
    const [method, path] of [
      ["DELETE", `/companies/${id}`],
      ["GET", `/companies/${id}`],
      ["GET", `/companies/${id}/timeline`],
    ] as const
  ) {
    assertEquals((await client.call(method, path)).body.meta.status, 404);
  }
  for (const path of [`/companies/${id}/chat-history`, "/companies/x/y/z"]) {
    assertEquals((await client.call("GET", path)).body, {
      status: 404,
      error: "Not Found",
    });
  }
});
