/**
 * Whether a field must have a value in a pipeline and stage.
 *
 * @module
 */
import type { Field } from "./template.ts";

/** A pipeline and stage, and what must be known of them. */
export interface Place {
  /** The pipeline. */
  readonly pipeline: { readonly id: number; readonly name: string };
  /** The stage. */
  readonly stage: { readonly id: number; readonly name: string };
  /** The ids of all stages of that pipeline. */
  readonly stages: readonly number[];
}

/** The answer of {@linkcode requirementOf}. */
export interface Verdict {
  /** Whether the field must have a value. */
  readonly required: boolean;
  /** Whether another reading of Qontak's two lists would say otherwise. */
  readonly uncertain: boolean;
}

/**
 * Whether a field must have a value.
 *
 * Qontak does not document how `required_pipeline_ids` and
 * `required_stage_ids` combine; this is the one place that decides it. A list
 * of stages refines its pipeline: a field is required in the stages listed,
 * and in a listed pipeline of which no stage is listed.
 *
 * @param field The field.
 * @param place Where the record is; undefined for resources without stages.
 * @returns The verdict.
 */
export function requirementOf(field: Field, place?: Place): Verdict {
  const { always = false, pipelines, stages } = field.required;
  if (always || !place || (!pipelines && !stages)) {
    return { required: always, uncertain: false };
  }
  const inPipeline = pipelines?.includes(place.pipeline.id) ?? false;
  const inStage = stages?.includes(place.stage.id) ?? false;
  const refined = stages?.some((id) => place.stages.includes(id)) ?? false;
  return {
    required: inStage || (inPipeline && !refined),
    uncertain: (pipelines?.length ?? 0) > 0 && (stages?.length ?? 0) > 0 &&
      inPipeline !== inStage,
  };
}

/**
 * What the template lists of a field whose verdict is uncertain.
 *
 * @param verdict The verdict.
 */
export function sayUncertain({ required }: Verdict): string {
  return required
    ? "read as required: the template lists this pipeline or this stage, not both"
    : "read as not required: the template lists this pipeline, and other stages of it";
}

/** Said to the reader when {@linkcode Verdict.uncertain} holds for a field. */
export const UNCERTAIN_RULE =
  "Qontak does not document how a field's required pipelines and required stages combine; this server assumes that the stages narrow down the pipeline";
