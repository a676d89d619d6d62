/**
 * Whether a field must have a value in a pipeline and stage.
 *
 * @module
 */
import { isObject, type JsonObject, toId } from "../values/json.ts";
import type { Field } from "./template.ts";

/** A pipeline and stage, with the details that the check needs. */
export interface Place {
  /** The pipeline. */
  readonly pipeline: { readonly id: number; readonly name: string };
  /** The stage. */
  readonly stage: { readonly id: number; readonly name: string };
  /** The ids of all stages of that pipeline. */
  readonly stages: readonly number[];
}

/** The result of {@linkcode requirementOf}. */
export interface Verdict {
  /** Whether the field must have a value. */
  readonly required: boolean;
  /**
   * Whether another interpretation of Qontak's two lists would give the
   * opposite result.
   */
  readonly uncertain: boolean;
}

/**
 * Whether a field must have a value.
 *
 * Qontak does not document how `required_pipeline_ids` and `required_stage_ids`
 * combine. Only this function decides it. A list of stages narrows down its
 * pipeline: a field is required in the listed stages, and in every stage of a
 * listed pipeline that has no listed stage.
 *
 * @param field The field.
 * @param place The record's pipeline and stage; undefined for resources without
 * stages.
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
 * Describes what the template lists for a field whose verdict is uncertain.
 *
 * @param verdict The verdict.
 */
export function sayUncertain({ required }: Verdict): string {
  return required
    ? "read as required: the template lists this pipeline or this stage, not both"
    : "read as not required: the template lists this pipeline, and other stages of it";
}

/**
 * The note for the reader if {@linkcode Verdict.uncertain} is true for a field.
 */
export const UNCERTAIN_RULE =
  "Qontak does not document how a field's required pipelines and required stages combine; this server assumes that the stages narrow down the pipeline";

/**
 * The value of a field in a record.
 *
 * @param record The record, or a body.
 * @param field The field.
 * @returns The value; null if the record has none; undefined if the record does
 * not show the field.
 */
export function valueIn(record: JsonObject, field: Field): unknown {
  if (!field.custom) return record[field.key];
  const list = record.additional_fields;
  if (!Array.isArray(list)) return list === undefined ? undefined : null;
  const entry = list.find((one) => isObject(one) && toId(one.id) === field.id);
  return entry?.value ?? null;
}
