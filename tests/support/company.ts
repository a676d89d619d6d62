/**
 * What the tests know about the sandbox's company. They find it through the
 * tools, as a client would.
 *
 * @module
 */
import type { World } from "./world.ts";

// deno-lint-ignore no-explicit-any -- tests read any field of an answer
type Data = any;

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
