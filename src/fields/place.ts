/**
 * Finds the place of a record: a pipeline and one of its stages, each by id or
 * name.
 *
 * @module
 */
import type { Resource } from "../qontak/resources.ts";
import { isEmpty, show, toId } from "../values/json.ts";
import { choose, listOptions, nameOption } from "./options.ts";
import type { Place } from "./required.ts";
import type { Pipeline, Setup, Stage } from "./setup.ts";

/** A pipeline and a stage as a caller names them. */
export interface PlaceRequest {
  /** The pipeline's id or name; empty if the caller gave none. */
  readonly pipeline: unknown;
  /** The stage's id or name; empty if the caller gave none. */
  readonly stage: unknown;
}

/** A place, or the problem with the request. */
export type FoundPlace =
  | { readonly place: Place; readonly problem?: undefined }
  | { readonly problem: string };

/** The arguments of a tool that name the pipeline and the stage. */
export interface PlaceKeys {
  /** The argument for the pipeline. */
  readonly pipeline: string;
  /** The argument for the stage. */
  readonly stage: string;
}

/**
 * Finds the one place that a caller means. A stage alone is enough if no other
 * pipeline has a stage with that name.
 *
 * @param setup The company's pipelines.
 * @param resource The kind of record.
 * @param request The pipeline and stage that the caller gave.
 * @param keys The names of the arguments, for messages.
 * @param current The record's current place, on an update. It is used for
 * whatever the caller did not give.
 * @returns The place, or a problem that lists the pipelines and stages.
 */
export async function findPlace(
  setup: Setup,
  resource: Resource,
  request: PlaceRequest,
  keys: PlaceKeys,
  current: Partial<PlaceRequest> = {},
): Promise<FoundPlace> {
  const pipelines = await setup.pipelines(resource);
  const named = isEmpty(request.pipeline) ? current.pipeline : request.pipeline;
  if (!isEmpty(named)) {
    const chosen = choose(pipelines, named);
    if (chosen.problem !== undefined) {
      return { problem: `${keys.pipeline}: ${chosen.problem}` };
    }
    const pipeline = chosen.option as Pipeline;
    const stays = pipeline.id === toId(current.pipeline);
    return await stageOf(
      setup,
      resource,
      pipeline,
      pipelines,
      isEmpty(request.stage) && stays ? current.stage : request.stage,
      keys,
    );
  }
  if (isEmpty(request.stage)) {
    return {
      problem:
        `${keys.pipeline} and ${keys.stage} are needed, since what a record requires depends on them. Pipelines: ${
          pipelines.map(nameOption).join(", ")
        }. Give both, each by id or name`,
    };
  }
  const all = await allStages(setup, resource, pipelines);
  const matches = pipelines.flatMap((pipeline) => {
    const stages = all.get(pipeline.id)!;
    const chosen = choose(stages, request.stage);
    return chosen.problem === undefined
      ? [toPlace(pipeline, stages, chosen.option as Stage)]
      : [];
  });
  if (matches.length === 1) return { place: matches[0]! };
  return {
    problem: matches.length === 0
      ? `${keys.stage}: ${
        show(request.stage)
      } is not a stage of any pipeline. ${
        pipelines.map((pipeline) =>
          `${nameOption(pipeline)} has ${
            all.get(pipeline.id)!.map(nameOption).join(", ")
          }`
        ).join("; ")
      }`
      : `${keys.stage}: ${show(request.stage)} is a stage of ${
        matches.map(({ pipeline, stage }) =>
          `${
            show(pipeline.name)
          } (id ${pipeline.id}; there its id is ${stage.id})`
        ).join(" and of ")
      }. Give ${keys.pipeline} too`,
  };
}

/**
 * Finds all places of the pipeline that a caller means.
 *
 * @param setup The company's pipelines.
 * @param resource The kind of record.
 * @param pipeline The pipeline's id or name.
 * @param keys The names of the arguments, for messages.
 * @returns The places in the order of the stages, or a problem.
 */
export async function findPlaces(
  setup: Setup,
  resource: Resource,
  pipeline: unknown,
  keys: PlaceKeys,
): Promise<
  | { readonly places: readonly Place[]; readonly problem?: undefined }
  | { readonly problem: string }
> {
  const chosen = choose(await setup.pipelines(resource), pipeline);
  if (chosen.problem !== undefined) {
    return { problem: `${keys.pipeline}: ${chosen.problem}` };
  }
  const found = chosen.option as Pipeline;
  const stages = await setup.stages(resource, found.id);
  if (stages.length === 0) {
    return { problem: `${keys.pipeline}: ${nameOption(found)} has no stages` };
  }
  return { places: stages.map((stage) => toPlace(found, stages, stage)) };
}

async function stageOf(
  setup: Setup,
  resource: Resource,
  pipeline: Pipeline,
  pipelines: readonly Pipeline[],
  wanted: unknown,
  keys: PlaceKeys,
): Promise<FoundPlace> {
  const stages = await setup.stages(resource, pipeline.id);
  if (isEmpty(wanted)) {
    return {
      problem: `${keys.stage} is needed in pipeline ${nameOption(pipeline)}. ${
        listOptions(stages)
      }`,
    };
  }
  const chosen = choose(stages, wanted);
  if (chosen.problem === undefined) {
    return { place: toPlace(pipeline, stages, chosen.option as Stage) };
  }
  const elsewhere = [...await allStages(setup, resource, pipelines)].flatMap(
    ([id, others]) => {
      const found = id === pipeline.id ? undefined : choose(others, wanted);
      return found?.problem === undefined && found
        ? [nameOption(pipelines.find((other) => other.id === id)!)]
        : [];
    },
  );
  return {
    problem: `${keys.stage}: in pipeline ${
      nameOption(pipeline)
    } ${chosen.problem}${
      elsewhere.length === 0
        ? ""
        : `. It is a stage of ${
          elsewhere.join(" and ")
        }: to move the record there, give ${keys.pipeline} too`
    }`,
  };
}

function toPlace(
  pipeline: Pipeline,
  stages: readonly Stage[],
  { id, name }: Stage,
): Place {
  return { pipeline, stage: { id, name }, stages: stages.map(({ id }) => id) };
}

/** Loads the stages of every pipeline, a few requests at a time. */
async function allStages(
  setup: Setup,
  resource: Resource,
  pipelines: readonly Pipeline[],
): Promise<Map<number, readonly Stage[]>> {
  const all = new Map<number, readonly Stage[]>();
  const queue = [...pipelines];
  async function work() {
    for (let next = queue.shift(); next; next = queue.shift()) {
      all.set(next.id, await setup.stages(resource, next.id));
    }
  }
  await Promise.all([work(), work(), work()]);
  return all;
}
