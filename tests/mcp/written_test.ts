import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Client } from "@modelcontextprotocol/client";
import { createServer } from "../../mod.ts";
import { DEFAULT_SCOPES, type Scope } from "../../src/auth/principal.ts";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { call, connectHttp, ok } from "../support/client.ts";
import { serveMcp } from "../support/serve.ts";
import { noRates } from "../support/world.ts";

/** The marks around an answer, and the ids of changes, which have the time. */
const OWN = /<\/?qontak-data \d{6}>|\d{8}T\d{9}Z-[\da-f]{12}/g;

/** Every text and number in a value that is at least 4 characters long. */
function valuesOf(value: unknown): string[] {
  if (value !== null && typeof value === "object") {
    return Object.values(value).flatMap(valuesOf);
  }
  const text = String(value);
  return text.length >= 4 && !/^(true|false|null|undefined)$/.test(text)
    ? [text]
    : [];
}

Deno.test("a key that may write but not read sees only what it wrote of a record", async () => {
  await using sandbox = serveSandbox();
  const server = createServer({
    baseUrl: sandbox.url,
    refreshToken: sandbox.refreshToken,
    log: () => {},
    limits: noRates(),
  });
  const scopes: Record<string, readonly Scope[]> = {
    all: DEFAULT_SCOPES,
    writer: ["write"],
  };
  await using served = serveMcp(server, {
    // deno-lint-ignore require-await -- the interface is asynchronous
    authenticate: async (bearer) =>
      scopes[bearer] &&
      { name: bearer, tenants: ["_default"], scopes: scopes[bearer] },
  });
  const { url } = served;
  const connect = (key: string) => connectHttp(url, { key });
  const [all, writer]: Client[] = [
    await connect("all"),
    await connect("writer"),
  ];
  try {
    const tools = (await writer!.listTools()).tools.map(({ name }) => name);
    assert(tools.every((name) => !/^(get|list|delete)_/.test(name)));
    for (
      const [kind, change] of [
        ["contact", { first_name: "Canary" }],
        ["company", { name: "Canary" }],
        ["deal", { name: "Canary" }],
        ["task", { name: "Canary" }],
        ["ticket", { name: "Canary" }],
        ["product", { name: "Canary" }],
      ] as const
    ) {
      const plural = kind === "company" ? "companies" : `${kind}s`;
      const [{ id }] = (await ok(all!, `list_${plural}`)).records;
      const idArgument = `${kind}_id`;
      const args = { [idArgument]: Number(id), ...change };
      const before = await ok(all!, `get_${kind}`, {
        [idArgument]: Number(id),
        fields: ["*"],
      });
      const told = await call(writer!, `update_${kind}`, args);
      const held = valuesOf(before.record).filter((text) => text !== `${id}`);
      assert(held.length > 3, kind);
      // The server's own numbers may have the same digits as the record.
      const said = told.text.replace(OWN, "");
      const shown = held.filter((text) => said.includes(text));
      // A record may contain the same words as the answer itself.
      const answer = /applied|record|name|Canary/;
      assertEquals(shown.filter((text) => !answer.test(text)), [], kind);
      if (!told.isError) {
        assertEquals(told.data.id, Number(id));
        assertEquals(told.data.record, undefined);
        assertEquals(told.data.applied, Object.keys(change));
        assertStringIncludes(told.text, "no read scope");
      }
      // A key that may read sees what is stored.
      const open = await call(all!, `update_${kind}`, args);
      assertEquals(open.isError, told.isError, open.text);
    }
    // It sees nothing of another record with the same number either.
    const { records: [first, second] } = await ok(all!, "list_contacts", {
      fields: ["telephone"],
    });
    const same = await call(writer!, "update_contact", {
      contact_id: Number(second.id),
      telephone: first.telephone,
    });
    assert(!same.isError, same.text);
    assert(!same.text.includes(String(first.id)), same.text);
    // What it removes from a list or makes of a product tells it nothing.
    const { records: deals } = await ok(all!, "list_deals", { fields: ["*"] });
    const deal = deals.find((one: { crm_lead_ids: number[] }) =>
      one.crm_lead_ids.length > 1
    );
    const wrong = await call(writer!, "update_deal", {
      deal_id: deal.id,
      crm_lead_ids: { remove: [1] },
    });
    assert(wrong.isError);
    for (const lead of deal.crm_lead_ids) {
      assert(!wrong.text.includes(String(lead)), wrong.text);
    }
    // A wrong stage does not tell the pipeline that a record is in.
    const lost = await call(writer!, "update_deal", {
      deal_id: deal.id,
      crm_stage_id: "Nowhere",
    });
    assertStringIncludes(lost.text, "your credential may not read");
    assert(!lost.text.includes(deal.crm_pipeline_name), lost.text);
    assert(!lost.text.includes(String(deal.crm_pipeline_id)), lost.text);
    const { records: [product] } = await ok(all!, "list_products");
    const line = await call(writer!, "create_products_association", {
      crm_product_id: product.id,
      crm_deal_id: deal.id,
      quantity: 1,
      dry_run: true,
    });
    assert(!line.text.includes(String(product.price)), line.text);
    const category = await ok(writer!, "create_task_category", {
      name: "Canary",
    });
    assertEquals(Object.keys(category.record), ["id"]);
  } finally {
    await all!.close();
    await writer!.close();
  }
});
