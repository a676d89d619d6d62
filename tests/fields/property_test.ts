import { assert, assertEquals } from "@std/assert";
import { checkWrite } from "../../src/fields/check.ts";
import { toIso, toLocalDateTime } from "../../src/fields/dates.ts";
import { isSame } from "../../src/fields/readback.ts";
import { requirementOf } from "../../src/fields/required.ts";
import type { Setup } from "../../src/fields/setup.ts";
import { parseTemplate } from "../../src/fields/template.ts";
import { fieldTypes, typeOf } from "../../src/fields/types.ts";
import { resources } from "../../src/qontak/resources.ts";
import { describeRequired } from "../../src/tools/kit/describe_required.ts";
import { describeTemplate } from "../../src/tools/kit/describe_template.ts";
import { createRandom, type Random } from "../../src/sandbox/random.ts";
import { anyJson, anyText } from "../support/random.ts";

const RUNS = 3_000;

/** A descriptor that is sometimes as documented, and sometimes has any form. */
function descriptor(random: Random): unknown {
  if (random.chance(1 / 10)) return anyJson(random);
  const maybe = (value: unknown) =>
    random.chance(1 / 4) ? anyJson(random) : value;
  const ids = () =>
    Array.from({ length: random.int(0, 3) }, () => random.int(0, 4));
  const entry: Record<string, unknown> = {
    id: maybe(random.int(0, 99)),
    name: maybe(random.pick(["name", "size", "kota", "crm_stage_id"])),
    name_alias: maybe(anyText(random)),
    additional_field: maybe(random.chance(1 / 2)),
    type: maybe(random.pick(fieldTypes).qontak[0]),
    dropdown: maybe(
      random.pick([null, [], [{ id: 1, name: "A" }], ["IDR"], [null, 5]]),
    ),
    required: maybe(random.pick([true, false, null])),
    required_pipeline_ids: maybe(ids()),
    required_stage_ids: maybe(ids()),
    show_pipeline_ids: maybe(ids()),
    checklist_details_attributes: maybe(null),
  };
  for (const key of Object.keys(entry)) {
    if (random.chance(1 / 5)) delete entry[key];
  }
  return entry;
}

function setupOf(template: unknown): Setup {
  return {
    fields: (resource) =>
      Promise.resolve(parseTemplate(template, resource.aliases)),
    pipelines: () => Promise.resolve([{ id: 1, name: "P" }]),
    stages: () => Promise.resolve([{ id: 2, name: "S", pipeline: 1 }]),
    me: () => Promise.resolve(1),
    forget: () => {},
  };
}

Deno.test("parseTemplate() accepts any template", async () => {
  const random = createRandom(1);
  for (let run = 0; run < RUNS; run++) {
    const template = random.chance(1 / 20)
      ? anyJson(random)
      : Array.from({ length: random.int(0, 5) }, () => descriptor(random));
    const setup = setupOf(template);
    for (const field of await setup.fields(resources.deal)) {
      assert(field.key !== "" && field.label !== "");
      assertEquals(field.custom, field.id !== null);
      requirementOf(field, {
        pipeline: { id: 1, name: "P" },
        stage: { id: 2, name: "S" },
        stages: [2],
      });
    }
    JSON.stringify(await describeTemplate(setup, resources.deal));
    JSON.stringify(
      await describeRequired(setup, resources.deal, {
        pipeline: 1,
        stage: random.chance(1 / 4) ? undefined : "s",
        optional: random.chance(1 / 2),
      }),
    );
  }
});

Deno.test("any write is either encoded or explained", async () => {
  const random = createRandom(2);
  const { create } = resources.deal.endpoints;
  for (let run = 0; run < RUNS; run++) {
    const template = Array.from(
      { length: random.int(0, 5) },
      () => descriptor(random),
    );
    const values: Record<string, unknown> = {};
    for (const key of Object.keys(create.body)) {
      if (random.chance(1 / 4)) values[key] = anyJson(random);
    }
    if (random.chance(1 / 2)) {
      values.additional_fields = [{
        id: random.int(0, 99),
        value: anyJson(random),
        value_name: anyJson(random, 0),
      }];
    }
    const { body, problems, notes } = await checkWrite({
      resource: resources.deal,
      endpoint: create,
      values: JSON.parse(JSON.stringify(values)),
      setup: setupOf(template),
      ...(random.chance(1 / 2) ? { existing: { crm_pipeline_id: 1 } } : {}),
    });
    JSON.stringify(body);
    for (const text of [...problems, ...notes]) {
      assert(text.length > 10 && !text.includes("[object Object]"), text);
      assert(!text.includes("undefined"), text);
    }
    for (const key of Object.keys(body)) {
      assert(Object.hasOwn(create.body, key), key);
    }
  }
});

Deno.test("encode() does not change values that are already encoded", () => {
  const random = createRandom(3);
  const options = [
    { id: 1, name: "Rendah" },
    { id: 2, name: "Sedang, kadang" },
    { id: 30, name: "Tinggi" },
  ];
  for (let run = 0; run < RUNS; run++) {
    const type = random.pick(fieldTypes);
    const target = { custom: random.chance(1 / 2), options };
    const value = random.pick<unknown>([
      anyJson(random),
      random.int(0, 1e9),
      String(random.int(0, 1e6)),
      random.pick(options).name,
      random.pick(options).id,
      [random.pick(options).name, random.pick(options).id],
      new Date(random.int(0, 2e12)).toISOString(),
    ]);
    const once = type.encode(value, target);
    if (once.problem !== undefined) continue;
    const twice = type.encode(once.wire, target);
    assertEquals(
      "wire" in twice ? twice.wire : twice.problem,
      once.wire,
      `${type.name} ${JSON.stringify(value)}`,
    );
    assert(isSame(once.wire, once.wire));
  }
});

Deno.test("dates in every format mean the same moment", () => {
  const random = createRandom(4);
  for (let run = 0; run < RUNS; run++) {
    const moment = {
      epoch: (random.int(0, 2_999_999) - 500_000) * 60_000,
      timed: true,
    };
    const encode = (value: string, custom: boolean) => {
      const encoded = typeOf("Date time").encode(value, { custom });
      return "wire" in encoded ? encoded.wire : undefined;
    };
    const iso = toIso(moment);
    assertEquals(encode(iso, false), iso);
    assertEquals(encode(toLocalDateTime(moment), false), iso);
    assertEquals(encode(iso, true), toLocalDateTime(moment));
    const day = typeOf("Date").encode(iso, { custom: true });
    assertEquals(
      "wire" in day ? day.wire : "",
      iso.slice(0, 10).split("-").reverse().join("/"),
    );
  }
});
