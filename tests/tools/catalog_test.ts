import { assert, assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { catalog } from "../../src/tools/catalog.ts";
import { listed } from "../../src/tools/outline.ts";
import { run } from "../support/process.ts";
import { VERSION } from "../../src/version.ts";
import { request, toStdin } from "../support/rpc.ts";

Deno.test("catalog has names that every client accepts", () => {
  const names = catalog.map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
  assert(
    names.length <= 80,
    `${names.length} tools: clients take 80. Merge the new one into another, or take one away`,
  );
  for (const name of names) assert(/^[a-z_]{1,40}$/.test(name), name);
});

Deno.test("listed() gives schemas that every client accepts", () => {
  for (const tool of catalog) {
    const { inputSchema, outputSchema, annotations } = listed(tool);
    for (const schema of [inputSchema, outputSchema]) {
      assertEquals(schema.type, "object");
      for (const key of ["$schema", "anyOf", "oneOf", "allOf", "$ref"]) {
        assert(!(key in schema), `${tool.name}: ${key}`);
      }
      assertTyped(schema, tool.name);
    }
    assertEquals(annotations.readOnlyHint, tool.effect === "read");
    assert("user_id" in (inputSchema.properties as object), tool.name);
  }
});

/** No bare boolean, no empty schema and no list of types, at any depth. */
function assertTyped(schema: unknown, where: string): void {
  assert(
    typeof schema === "object" && schema !== null && "type" in schema &&
      typeof schema.type === "string",
    `${where}: ${JSON.stringify(schema)}`,
  );
  const { properties, items } = schema as {
    properties?: Record<string, unknown>;
    items?: unknown;
  };
  for (const [name, inner] of Object.entries(properties ?? {})) {
    assertTyped(inner, `${where}.${name}`);
  }
  if (items !== undefined) assertTyped(items, `${where}[]`);
}

Deno.test("arguments whose names do not explain them have a description", () => {
  const unclear: Record<string, readonly string[]> = {
    create_contact: ["upload_id", "customer_id"],
    create_company: ["ancestry", "crm_person_ids"],
    create_deal: ["size", "currency", "creator_id", "crm_lead_ids"],
    create_task: ["crm_person_id", "attachment"],
    create_task_category: ["id"],
    create_note: ["type", "crm_person_id"],
    create_product: ["product_image"],
    create_products_association: ["crm_product_id", "unit_quantity"],
    create_geolocation: [
      "checkin_timestamps",
      "orientation",
      "is_online",
      "input_type",
      "local_id",
      "journey_id",
    ],
    query_records: ["fresh", "measures", "where"],
  };
  for (const [name, args] of Object.entries(unclear)) {
    const { inputSchema } = listed(catalog.find((one) => one.name === name)!);
    const properties = inputSchema.properties as Record<
      string,
      { description?: string }
    >;
    for (const argument of args) {
      assert(properties[argument]?.description, `${name}: ${argument}`);
    }
  }
});

Deno.test("names, descriptions and input schemas take at most 36 KB together", () => {
  const shown = catalog.map(listed)
    .map(({ name, description, inputSchema }) => ({
      name,
      description,
      inputSchema,
    }));
  const size = new TextEncoder().encode(JSON.stringify(shown)).length;
  assert(
    size <= 36 * 1024,
    `${size} bytes, and 36 KB are ${36 * 1024}: shorten descriptions`,
  );
});

Deno.test("tools/list with every tool takes at most 52 KB on the wire", async () => {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name: "t", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const { stdout } = await run(["--sandbox"], {
    stdin: toStdin(request(1, "tools/list", { _meta })),
  });
  const { result } = JSON.parse(stdout);
  assertEquals(result.tools.length, catalog.length);
  const size = new TextEncoder().encode(stdout).length;
  assert(size <= 52 * 1024, `${size} bytes`);
});

Deno.test("VERSION is the version in deno.json", () => {
  assertEquals(VERSION, config.version);
});
