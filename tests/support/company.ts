/**
 * What the tests know of the sandbox's company, found through the tools as a
 * client would find it.
 *
 * @module
 */
import type { World } from "./world.ts";

// deno-lint-ignore no-explicit-any -- tests look into answers freely
type Data = any;

/** A value that a field accepts, from what the tools say of it. */
export function valueFor(field: Data): unknown {
  if (field.options) {
    const { name } = field.options[0];
    return field.list ? [name] : name;
  }
  switch (field.type) {
    case "number":
    case "percentage":
      return 12;
    case "date":
      return "2026-12-18";
    case "date_time":
      return "2026-12-18T10:00";
    case "upload":
      return "https://example.co.id/berkas.pdf";
    case "checkin":
      return { latitude: -6.2, longitude: 106.8 };
    case "gps":
      return "-6.2, 106.8";
    default:
      return "A text";
  }
}

/** Arguments that satisfy a list of required fields. */
export function argumentsFor(required: Data[]): Data {
  const args: Data = {};
  for (const field of required) {
    if (field.value !== undefined) args[field.key] = field.value;
    else if (!field.custom) args[field.key] = valueFor(field);
    else {
      (args.additional_fields ??= []).push({
        id: field.id,
        value: valueFor(field),
      });
    }
  }
  return args;
}

/** Every stage of every pipeline, with what it requires. */
export async function places(world: World): Promise<Data[]> {
  const found: Data[] = [];
  const pipelines = (await world.ok("list_pipelines")).records;
  for (const pipeline of pipelines) {
    const stages = await world.ok("list_pipeline_stages", {
      pipeline_id: pipeline.id,
    });
    for (const stage of stages.records) {
      found.push(
        await world.ok("get_required_fields_for_deal", {
          pipeline_id: pipeline.id,
          stage_id: stage.id,
        }),
      );
    }
  }
  return found;
}

/** The field of a template that passes a test. */
export async function findField(
  world: World,
  test: (field: Data) => boolean,
): Promise<Data> {
  const { fields } = await world.ok("get_deal_template");
  const found = fields.find(test);
  if (!found) throw new Error("The sandbox has no such field");
  return found;
}
