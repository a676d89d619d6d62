import { assert, assertEquals } from "@std/assert";
import {
  type Client,
  custom,
  type Json,
  open,
  refused,
  USER,
} from "./client.ts";

const KEYS = [
  ..."id,name,currency,price,quantity,discount,total_price".split(","),
  ..."crm_tag_ids,description,product_image,additional_fields".split(","),
];

async function productsOf({ call }: Client): Promise<Json[]> {
  return (await call("GET", "/products?per_page=100")).body.response;
}

Deno.test("createSandbox() pages through products, which have other keys", async () => {
  await using client = await open();
  const { body } = await client.call("GET", "/products?page=2");
  assertEquals(Object.keys(body), [
    ..."meta,response,current_page,total_page,total_current_data".split(","),
    "total_data",
  ]);
  assertEquals(
    [body.current_page, body.total_page, body.total_current_data],
    [2, 2, 5],
  );
  assertEquals([body.total_data, body.response.length], [30, 5]);
  const now = Date.now() / 1000;
  assert(Number.isInteger(body.meta.timestamp));
  assert(Math.abs(body.meta.timestamp - now) < 60);
});

Deno.test("createSandbox() shows products without labels for custom values", async () => {
  await using client = await open();
  const all = await productsOf(client);
  for (const product of all) {
    assertEquals(Object.keys(product), KEYS);
    assertEquals(typeof product.price, "number");
    assertEquals(product.total_price, product.price * product.quantity);
    assertEquals(product.additional_fields.length, 5);
    for (const field of product.additional_fields) {
      assertEquals(Object.keys(field), ["id", "name", "value"]);
    }
    const { body } = await client.call("GET", `/products/${product.id}`);
    assertEquals(body.response, product);
  }
  const codes = all.map((one) => custom(one, "product_code").value);
  assertEquals(new Set(codes).size, 30);
  assertEquals(new Set(all.map((one) => one.currency)).size, 2);
});

Deno.test("createSandbox() finds products by a part of the name", async () => {
  await using client = await open();
  const { body } = await client.call("GET", "/products?query=KERTAS");
  assertEquals(body.total_data, 2);
  for (const { name } of body.response) assert(/kertas/i.test(name));
  const { body: none } = await client.call("GET", "/products?query=tidak+ada");
  assertEquals([none.response, none.total_data], [[], 0]);
});

Deno.test("createSandbox() answers an unknown product with 404, soft if configured", async () => {
  await using client = await open();
  for (const method of ["GET", "PUT", "DELETE"]) {
    const { status, body } = await client.call(method, "/products/1");
    assertEquals([status, body.meta.status], [404, 404]);
    assert(Number.isInteger(body.meta.timestamp));
  }
  await using soft = await open({ softErrors: true });
  const { status, body } = await soft.call("GET", "/products/1");
  assertEquals([status, body.meta.error_code], [200, 404]);
});

Deno.test("createSandbox() creates a product with its sums as they were sent", async () => {
  await using client = await open();
  const [first] = await productsOf(client) as [Json];
  const { id } = custom(first, "product_code");
  const { status, body } = await client.call("POST", "/products", {
    name: "Kabel Roll",
    currency: "SGD",
    price: 1000,
    quantity: 3,
    discount: 6,
    total_price: 77_600,
    crm_tag_ids: [4, 5],
    description: "Baru",
    product_image: null,
    sku: "lost",
    additional_fields: [{ id, value: "KR-1" }],
  });
  const product = body.response;
  assertEquals([status, Object.keys(product)], [200, KEYS]);
  assertEquals([product.price, product.discount, product.total_price], [
    1000,
    6,
    77_600,
  ]);
  assertEquals(product.crm_tag_ids, [4, 5]);
  assertEquals(custom(product, id), {
    id,
    name: "product_code",
    value: "KR-1",
  });
  const { body: read } = await client.call("GET", `/products/${product.id}`);
  assertEquals(custom(read.response, id).value, "KR-1");
  assertEquals(custom(read.response, "manufacturer").value, "");
  const { body: bare } = await client.call("POST", "/products", { name: "x" });
  assertEquals(
    [bare.response.price, bare.response.total_price, bare.response.currency],
    [null, null, null],
  );
});

Deno.test("createSandbox() answers a new product with the raw row in the observed profile", async () => {
  await using client = await open({ profile: "observed" });
  const [first] = await productsOf(client) as [Json];
  const { id } = custom(first, "product_code");
  const { body } = await client.call("POST", "/products", {
    name: "Kabel Roll",
    currency: "IDR",
    price: 1000,
    additional_fields: [{ id, value: "KR-1" }],
  });
  const row = body.response;
  assertEquals(Object.keys(row), [
    ..."id,name,description,team_id,organization_id,creator_id".split(","),
    ..."last_modifier_by_id,created_at,updated_at,unit_price".split(","),
    ..."currency,slug,crm_product_image_id,quantity,discount".split(","),
    ..."total_price,product_code,unit_quantity,manufacturer".split(","),
    ..."nominal_discount,crm_category_product_id".split(","),
    "crm_subcategory_product_id",
    "data_source",
  ]);
  assertEquals(
    [row.unit_price, row.product_code, row.creator_id, row.data_source],
    [1000, "KR-1", USER.ratna, "open-api"],
  );
  const { body: read } = await client.call("GET", `/products/${row.id}`);
  assertEquals(Object.keys(read.response), KEYS);
  const put = await client.call("PUT", `/products/${row.id}`, { price: 2 });
  assertEquals(Object.keys(put.body), ["meta"]);
});

Deno.test("createSandbox() refuses an invalid product, and names the key", async () => {
  await using client = await open();
  const [first] = await productsOf(client) as [Json];
  const { id } = custom(first, "warranty_months");
  await refused(client, "POST", "/products", {}, "name can't be blank");
  for (
    const [key, value] of [
      ["name", 5],
      ["name", " "],
      ["currency", "Rupiah"],
      ["price", "murah"],
      ["quantity", true],
      ["discount", "5%"],
      ["total_price", {}],
      ["crm_tag_ids", 5],
      ["crm_tag_ids", ["a"]],
      ["description", 5],
      ["product_image", 5],
      ["additional_fields", [{ id, value: "setahun" }]],
    ] as const
  ) {
    const body = { name: "x", [key]: value };
    await refused(client, "POST", "/products", body, key);
  }
  await refused(client, "PUT", `/products/${first.id}`, { name: "" }, "name");
  assertEquals((await productsOf(client)).length, 30);
});

Deno.test("createSandbox() changes only what a product's PUT names, and answers only meta", async () => {
  await using client = await open();
  const [before] = await productsOf(client) as [Json];
  const path = `/products/${before.id}`;
  const { status, body } = await client.call("PUT", path, {
    price: "12500.5",
    description: null,
  });
  assertEquals([status, Object.keys(body)], [200, ["meta"]]);
  const { body: after } = await client.call("GET", path);
  assertEquals(after.response, {
    ...before,
    price: 12_500.5,
    description: null,
  });
});

Deno.test("createSandbox() deletes a product's lines with the product", async () => {
  await using client = await open();
  const list = async (query: string) =>
    (await client.call("GET", `/products_association?per_page=100${query}`))
      .body.response;
  const [line] = await list("") as [Json];
  const path = `/products/${line.crm_product_id}`;
  const { status, body } = await client.call("DELETE", path);
  assertEquals([status, Object.keys(body)], [200, ["meta"]]);
  assertEquals((await client.call("DELETE", path)).status, 404);
  assert(
    (await list("")).every((one: Json) =>
      one.crm_product_id !== line.crm_product_id
    ),
  );
  const { body: deal } = await client.call("GET", `/deals/${line.crm_deal_id}`);
  assertEquals(deal.response.product_association_ids.includes(line.id), false);
});

Deno.test("createSandbox() has no template of products, as in Qontak's collection", async () => {
  await using client = await open();
  // The first path matches GET /products/:id, so Qontak searches for a product
  // with that name.
  for (
    const [method, path] of [
      ["GET", "/products/info"],
      ["GET", "/product"],
      ["POST", "/products/1"],
      ["PATCH", "/products/1"],
    ] as const
  ) {
    assertEquals((await client.call(method, path)).status, 404);
  }
});
