import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseArguments } from "../../src/mcp/arguments.ts";
import { catalog } from "../../src/tools/catalog.ts";

function parse(name: string, args: Record<string, unknown>) {
  return parseArguments(catalog.find((tool) => tool.name === name)!, args);
}

function refusal(name: string, args: Record<string, unknown>): string {
  const { error } = parse(name, args);
  assert(error, `${name} takes ${JSON.stringify(args)}`);
  return error.message;
}

Deno.test("parseArguments() takes what clients really send", () => {
  const table: [string, Record<string, unknown>, Record<string, unknown>][] = [
    ["get_deal", { deal_id: 7 }, { deal_id: 7 }],
    ["get_deal", { deal_id: "7" }, { deal_id: 7 }],
    ["get_deal", { deal_id: 7, fields: '["name"]' }, {
      deal_id: 7,
      fields: ["name"],
    }],
    ["list_deals", { page: "2" }, { page: 2 }],
    ["list_deals", { fields: "name, size" }, { fields: ["name", "size"] }],
    ["create_deal", { additional_fields: '[{"id": "5", "value": null}]' }, {
      additional_fields: [{ id: 5, value: null }],
    }],
    ["create_deal", { additional_fields: [{ id: 5, value: [1, 2] }] }, {
      additional_fields: [{ id: 5, value: [1, 2] }],
    }],
    ["create_deal", { crm_lead_ids: "[3]", skip_validation: "true" }, {
      crm_lead_ids: [3],
      skip_validation: true,
    }],
    ["create_deal", { size: null, name: "x" }, { name: "x" }],
    ["list_deals", { page: null, user_id: null, fields: null }, {}],
    ["update_deal", { deal_id: 1, crm_lead_ids: null }, {
      deal_id: 1,
      crm_lead_ids: null,
    }],
    ["update_deal", { deal_id: 1, closed_date: null }, {
      deal_id: 1,
      closed_date: null,
    }],
  ];
  for (const [name, args, expected] of table) {
    assertEquals(
      parse(name, args),
      { values: expected, error: undefined },
      JSON.stringify(args),
    );
  }
});

Deno.test("parseArguments() names what is wrong and what was given", () => {
  const table: [string, Record<string, unknown>, string][] = [
    ["get_deal", {}, "deal_id is missing: it must be the id of a record"],
    ["get_deal", { deal_id: "seven" }, 'not "seven"'],
    ["get_deal", { deal_id: "../1" }, 'not "../1"'],
    ["get_deal", { deal_id: 1.5 }, "whole number above 0, not 1.5"],
    ["get_deal", { deal_id: 0 }, "above 0, not 0"],
    ["get_deal", { deal_id: -3 }, "not -3"],
    ["get_deal", { deal_id: 1e300 }, "deal_id must be"],
    ["get_deal", { deal_id: { id: 1 } }, 'not {"id":1}'],
    ["get_deal", { deal_id: null }, "not null"],
    ["get_deal", { deal_id: 1, feilds: [] }, "Did you mean fields?"],
    ["list_deals", { page: 0 }, "page must be a whole number of at least 1"],
    ["list_deals", { per_page: 101 }, "from 1 to 100, not 101"],
    ["list_deals", { name: 5 }, "name must be text in quotes, not 5"],
    ["list_deals", { fields: 5 }, "fields must be words joined by commas"],
    ["create_deal", { amount: 5 }, "the value of a deal is size"],
    ["create_deal", { contact_id: 5 }, "crm_lead_ids"],
    ["create_deal", { company_id: 5 }, "crm_company_id"],
    ["create_deal", { expected_close_date: "x" }, "closed_date"],
    ["create_deal", { description: "x" }, "deals have no description"],
    ["create_deal", { custom_fields: [] }, "additional_fields"],
    [
      "create_deal",
      { additional_fields: [{ id: "x", value: 1 }] },
      "additional_fields[0].id must be the id of a record",
    ],
    [
      "create_deal",
      { additional_fields: [{ id: 1, valeu: 1 }] },
      'additional_fields[0] has no key "valeu"',
    ],
    ["create_deal", { crm_lead_ids: [1, "b"] }, "crm_lead_ids[1] must be"],
    ["create_deal", { skip_validation: "yes" }, "must be true or false"],
    [
      "set_deal_permissions",
      { deal_id: 1, permissions: [{ email: "a@b.id", access_types: ["own"] }] },
      "must be one of view, edit, search_association",
    ],
    ["set_deal_permissions", { deal_id: 1 }, "permissions is missing"],
  ];
  for (const [name, args, expected] of table) {
    assertStringIncludes(refusal(name, args), expected);
  }
});

Deno.test("parseArguments() names all that is wrong at once", () => {
  const message = refusal("list_deals", { page: 0, per_page: 0, nmae: "x" });
  for (const part of ["page must", "per_page must", "Did you mean name?"]) {
    assertStringIncludes(message, part);
  }
});
