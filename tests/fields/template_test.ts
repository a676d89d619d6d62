import { assertEquals } from "@std/assert";
import { parseTemplate } from "../../src/fields/template.ts";
import type { Setup } from "../../src/fields/setup.ts";
import { resources } from "../../src/qontak/resources.ts";
import { describeRequired } from "../../src/tools/kit/describe_required.ts";
import { type Place, requirementOf } from "../../src/fields/required.ts";

function one(descriptor: Record<string, unknown>) {
  return parseTemplate([{ name: "x", type: "Number", ...descriptor }])[0];
}

Deno.test("parseTemplate() reads every known variant of a descriptor", () => {
  assertEquals(one({ dropdown: null })?.options, undefined);
  assertEquals(one({ dropdown: [] })?.options, undefined);
  assertEquals(one({})?.options, undefined);
  assertEquals(one({ dropdown: ["IDR"] })?.options, [{
    id: null,
    name: "IDR",
  }]);
  assertEquals(one({ dropdown: [{ id: null, name: "USD" }] })?.options, [
    { id: null, name: "USD" },
  ]);
  assertEquals(
    one({ dropdown: [{ id: 3, name: "New", ticket_pipeline_id: 9 }] })?.options,
    [{ id: 3, name: "New", pipeline: 9 }],
  );
  assertEquals(one({ required: null })?.required, {});
  assertEquals(one({ required: true })?.required, { always: true });
  assertEquals(
    one({ required_pipeline_ids: [2, 2], required_stage_ids: null })?.required,
    { pipelines: [2] },
  );
  assertEquals(one({ name_alias: null })?.label, "x");
  assertEquals(one({ type: "a type of tomorrow" })?.type.name, "unknown");
  assertEquals(one({ type: "TEXT AREA" })?.type.name, "text_area");
  assertEquals(one({ additional_field: true, id: null }), undefined);
  assertEquals(one({ additional_fields: true, id: "12" })?.id, 12);
  assertEquals(one({ id: 5132011 })?.id, null);
});

Deno.test("parseTemplate() gives fields the keys of bodies", () => {
  const [field] = parseTemplate(
    [{ name: "crm_contact", type: "Number" }],
    { crm_contact: "crm_lead_ids" },
  );
  assertEquals([field?.key, field?.name], ["crm_lead_ids", "crm_contact"]);
});

Deno.test("parseTemplate() skips what is not a descriptor", () => {
  assertEquals(parseTemplate(undefined), []);
  assertEquals(parseTemplate({ response: [] }), []);
  assertEquals(parseTemplate([null, 3, "x", {}, { name: "" }, []]), []);
});

Deno.test("requirementOf() lets stages override their pipeline", () => {
  const place: Place = {
    pipeline: { id: 1, name: "P" },
    stage: { id: 11, name: "S" },
    stages: [10, 11, 12],
  };
  const table: [number[] | null, number[] | null, boolean, boolean][] = [
    // pipelines, stages, required, uncertain
    [[], [], false, false],
    [null, null, false, false],
    [[1], [], true, false],
    [[2], [], false, false],
    [[], [11], true, false],
    [[], [12], false, false],
    [[1], [11], true, false],
    [[1], [12], false, true],
    [[1], [99], true, true],
    [[2], [11], true, true],
    [[2], [99], false, false],
  ];
  for (const [pipelines, stages, required, uncertain] of table) {
    const field = one({
      required_pipeline_ids: pipelines,
      required_stage_ids: stages,
    })!;
    assertEquals(
      requirementOf(field, place),
      { required, uncertain },
      JSON.stringify([pipelines, stages]),
    );
  }
  assertEquals(requirementOf(one({ required: true })!, place).required, true);
  assertEquals(requirementOf(one({ required: null })!).required, false);
});

Deno.test("describeRequired() shows the fields of the pipeline, and the items of checklists", async () => {
  const template = [
    { name: "name", type: "Single-line text", show_pipeline_ids: [1, 2] },
    { name: "always", type: "Number", show_pipeline_ids: [] },
    { name: "other", type: "Number", show_pipeline_ids: [2] },
    {
      name: "steps",
      id: 9,
      additional_field: true,
      type: "Checklist",
      checklist_details_attributes: [
        { crm_additional_option_id: 32, name: "Second" },
        { crm_additional_option_id: 31, name: "First" },
      ],
    },
  ];
  const setup: Setup = {
    fields: () => Promise.resolve(parseTemplate(template)),
    pipelines: () => Promise.resolve([{ id: 1, name: "P" }]),
    stages: () => Promise.resolve([{ id: 2, name: "S", pipeline: 1 }]),
    me: () => Promise.resolve(1),
    forget: () => {},
  };
  const { required, optional } = await describeRequired(
    setup,
    resources.ticket,
    {
      pipeline: "P",
      stage: "S",
      optional: true,
    },
  ) as Record<"required" | "optional", { key: string; items?: unknown }[]>;
  // Whatever the template says, a ticket needs a name.
  assertEquals(required.at(-1)?.key, "name");
  assertEquals(optional.map(({ key }) => key), [
    "always",
    "additional_fields",
  ]);
  assertEquals(optional[1]?.items, [
    { id: 31, name: "First" },
    { id: 32, name: "Second" },
  ]);
});
