import { assert, assertEquals, assertNotEquals } from "@std/assert";
import {
  type Client,
  custom,
  dealAt,
  type Json,
  open,
  read,
  refused,
  STAGE,
} from "./client.ts";

const PATH = "/products_association";
const KEYS = [
  ..."id,name,crm_product_id,crm_deal_id,currency,price,quantity".split(","),
  ..."discount,total_price,crm_tag_ids,description,product_image".split(","),
  "additional_fields",
];

async function linesOf({ call }: Client, query = ""): Promise<Json[]> {
  return (await call("GET", `${PATH}?per_page=100${query}`)).body.response;
}

/** A valid body: the product and the deal exist. */
async function lineBody(client: Client): Promise<Json> {
  const { body } = await client.call("GET", "/products?per_page=1");
  const deal = await dealAt(client, STAGE.newInquiry);
  return {
    name: "Baris baru",
    crm_product_id: body.response[0].id,
    crm_deal_id: deal.id,
  };
}

Deno.test("createSandbox() lists fifty product lines of its deals and products", async () => {
  await using client = await open();
  const { body } = await client.call("GET", `${PATH}?page=2`);
  assertEquals(Object.keys(body), [
    ..."meta,response,current_page,total_page,total_current_data".split(","),
    "total_data",
  ]);
  assertEquals([body.total_data, body.total_page], [50, 2]);
  assert(Number.isInteger(body.meta.timestamp));
  for (const line of await linesOf(client)) {
    assertEquals(Object.keys(line), KEYS);
    assertEquals(line.total_price, line.price * line.quantity);
    assertEquals("value_name" in line.additional_fields[0], false);
    const { body: product } = await client.call(
      "GET",
      `/products/${line.crm_product_id}`,
    );
    assertEquals(product.response.name, line.name);
    const deal = await read(client, line.crm_deal_id);
    assert(deal.product_association_ids.includes(line.id));
    const { body: one } = await client.call("GET", `${PATH}/${line.id}`);
    assertEquals(one.response, line);
  }
});

Deno.test("createSandbox() lists exactly its lines in every deal", async () => {
  await using client = await open();
  const { body } = await client.call("GET", "/deals?per_page=100");
  for (const deal of body.response) {
    const lines = await linesOf(client, `&crm_deal_id=${deal.id}`);
    assertEquals(
      deal.product_association_ids.toSorted(),
      lines.map((line) => line.id).toSorted(),
    );
    const sum = lines.reduce((total, line) => total + line.total_price, 0);
    if (deal.size && lines.length > 0) assertEquals(Number(deal.size), sum);
  }
});

Deno.test("createSandbox() filters product lines by deal and by name", async () => {
  await using client = await open();
  const [line] = await linesOf(client) as [Json];
  const ofDeal = await linesOf(client, `&crm_deal_id=${line.crm_deal_id}`);
  assert(ofDeal.some((one) => one.id === line.id) && ofDeal.length < 50);
  const named = await linesOf(
    client,
    `&query=${encodeURIComponent(line.name.toUpperCase())}`,
  );
  assert(named.every((one) => one.name === line.name));
  assertEquals(await linesOf(client, "&crm_deal_id=1"), []);
  assertEquals(await linesOf(client, "&query=tidak+ada"), []);
});

Deno.test("createSandbox() reads a line's sums as texts and returns numbers", async () => {
  await using client = await open();
  const wanted = await lineBody(client);
  const [sample] = await linesOf(client) as [Json];
  const { id } = custom(sample, "product_code");
  const { status, body } = await client.call("POST", PATH, {
    ...wanted,
    currency: "IDR",
    price: "10000.0",
    quantity: 10,
    discount: "6.0",
    total_price: "77600.0",
    crm_tag_ids: [1],
    unit_quantity: null,
    manufacturer: null,
    description: "Baru",
    product_image: null,
    additional_fields: [{ id, name: "product_code", value: "AA-1" }],
  });
  const line = body.response;
  assertEquals(status, 200);
  assertEquals(
    Object.keys(line),
    KEYS.filter((key) => key !== "crm_tag_ids"),
  );
  assertEquals(
    [line.price, line.quantity, line.discount, line.total_price],
    [10_000, 10, 6, 77_600],
  );
  const { body: again } = await client.call("GET", `${PATH}/${line.id}`);
  assertEquals(again.response.crm_tag_ids, [1]);
  assertEquals(custom(again.response, id).value, "AA-1");
  const deal = await read(client, wanted.crm_deal_id);
  assertEquals(deal.product_association_ids.at(-1), line.id);
  assertEquals(deal.product_association_name.at(-1), "Baris baru");
  const { body: found } = await client.call(
    "GET",
    `/deals?product_ids=${wanted.crm_product_id}`,
  );
  assert(found.response.some((one: Json) => one.id === deal.id));
});

Deno.test("createSandbox() answers a new line with the raw row in the observed profile", async () => {
  await using client = await open({ profile: "observed" });
  const { body } = await client.call("POST", PATH, {
    ...await lineBody(client),
    price: "10.5",
    manufacturer: "Baja Rapi",
  });
  const row = body.response;
  assertEquals([row.unit_price, row.price, row.sequence], [
    10.5,
    undefined,
    null,
  ]);
  assertEquals([row.manufacturer, row.nominal_discount], ["Baja Rapi", null]);
  const { body: read } = await client.call("GET", `${PATH}/${row.id}`);
  assertEquals(Object.keys(read.response), KEYS);
});

Deno.test("createSandbox() refuses an invalid product line, and names the key", async () => {
  await using client = await open();
  const wanted = await lineBody(client);
  await refused(
    client,
    "POST",
    PATH,
    {},
    "name can't be blank",
    "crm_product_id can't be blank",
    "crm_deal_id can't be blank",
  );
  for (
    const [key, value] of [
      ["name", ""],
      ["crm_product_id", 1],
      ["crm_product_id", null],
      ["crm_deal_id", 1],
      ["crm_deal_id", String(wanted.crm_deal_id)],
      ["currency", "Rp"],
      ["price", "sepuluh"],
      ["quantity", []],
      ["crm_tag_ids", "1"],
    ] as const
  ) {
    await refused(client, "POST", PATH, { ...wanted, [key]: value }, key);
  }
  const [line] = await linesOf(client) as [Json];
  for (const key of ["crm_deal_id", "crm_product_id"]) {
    await refused(client, "PUT", `${PATH}/${line.id}`, { [key]: null }, key);
  }
  assertEquals((await linesOf(client)).length, 50);
  const deal = await read(client, line.crm_deal_id);
  assert(deal.product_association_ids.includes(line.id));
});

Deno.test("createSandbox() moves a product line to another deal, and answers only meta", async () => {
  await using client = await open();
  const [line] = await linesOf(client) as [Json];
  const { crm_deal_id } = await lineBody(client);
  assert(crm_deal_id !== line.crm_deal_id);
  const { status, body } = await client.call("PUT", `${PATH}/${line.id}`, {
    crm_deal_id,
    name: "Pindah",
  });
  assertEquals([status, Object.keys(body)], [200, ["meta"]]);
  const from = await read(client, line.crm_deal_id);
  const to = await read(client, crm_deal_id);
  assertEquals(from.product_association_ids.includes(line.id), false);
  assertEquals(to.product_association_ids.at(-1), line.id);
  assertEquals(to.product_association_name.at(-1), "Pindah");
  const { body: after } = await client.call("GET", `${PATH}/${line.id}`);
  assertEquals(after.response, { ...line, crm_deal_id, name: "Pindah" });
  assertEquals((await client.call("PUT", `${PATH}/1`, {})).status, 404);
});

Deno.test("createSandbox() deletes a product line once, and removes it from its deal", async () => {
  await using client = await open();
  const [line] = await linesOf(client) as [Json];
  const path = `${PATH}/${line.id}`;
  const { status, body } = await client.call("DELETE", path);
  assertEquals([status, Object.keys(body)], [200, ["meta"]]);
  assertEquals((await client.call("DELETE", path)).status, 404);
  assertEquals((await client.call("GET", path)).status, 404);
  const deal = await read(client, line.crm_deal_id);
  assertEquals(deal.product_association_ids.includes(line.id), false);
});

Deno.test("createSandbox() deletes a deal's product lines with the deal", async () => {
  await using client = await open();
  const [line] = await linesOf(client) as [Json];
  await client.call("DELETE", `/deals/${line.crm_deal_id}`);
  assertEquals(await linesOf(client, `&crm_deal_id=${line.crm_deal_id}`), []);
  assertEquals((await client.call("GET", `${PATH}/${line.id}`)).status, 404);
});

Deno.test("createSandbox() answers 404 if a line's route is not Qontak's", async () => {
  await using client = await open();
  for (
    const [method, path] of [
      ["GET", "/products-association"],
      ["GET", "/products_associations"],
      ["GET", "/product_association"],
      ["GET", "/products_association/info"],
      ["POST", "/products_association/1"],
    ] as const
  ) {
    assertEquals((await client.call(method, path)).status, 404);
  }
});

Deno.test("createSandbox() makes the same tasks, products, lines and geolocations from the same seed", async () => {
  const everything = async (seed: number): Promise<Json[]> => {
    await using client = await open({ seed, profile: "observed" });
    return await Promise.all(
      ["/tasks", "/products", PATH, "/geolocations"].map(async (path) =>
        (await client.call("GET", `${path}?per_page=100`)).body.response
      ),
    );
  };
  const data = await everything(7);
  assertEquals(data.map((list) => list.length), [40, 30, 50, 20]);
  assertEquals(await everything(7), data);
  for (const [index, list] of (await everything(8)).entries()) {
    assertNotEquals(list, data[index]);
  }
});
