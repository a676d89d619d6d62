/**
 * Templates: what `GET /<resource>/info` says about a resource's fields. They
 * are kept exactly as they are answered, and writes are checked against them.
 *
 * @module
 */

/** One choice of a dropdown. Some have more keys, a currency has no id. */
export interface Option {
  /** The id that a body sends; null where the name is sent instead. */
  readonly id: number | null;
  /** The label. */
  readonly name: string;
  /** What else the choice says, such as an owner's `email`. */
  readonly [key: string]: unknown;
}

/** One item of a checklist; the five last keys are null in a template. */
export interface ChecklistItem {
  /** The item's id. */
  readonly crm_additional_option_id: number;
  /** The item's text. */
  readonly name: string;
  /** Whether it is done. */
  readonly completed: boolean | null;
  /** The day it is due. */
  readonly due_date: string | null;
  /** The time it is due. */
  readonly checklist_due_time: string | null;
  /** When to remind of it. */
  readonly reminder: string | null;
  /** Who does it. */
  readonly user_ids: readonly number[] | null;
}

/** One field of a template, with Qontak's keys. */
export interface Descriptor {
  /** The id of a custom field; null for a standard field. */
  readonly id: number | null;
  /** The internal name. Two custom fields may have the same. */
  readonly name: string;
  /** The label. */
  readonly name_alias: string | null;
  /** Whether it is a custom field. */
  readonly additional_field: boolean;
  /** Qontak's name of the type, such as `Dropdown select`. */
  readonly type: string;
  /** The choices; null (or empty) if there are none. */
  readonly dropdown: readonly Option[] | null;
  /** Required anywhere; some custom fields have null. */
  readonly required?: boolean | null;
  /** Required in these pipelines. */
  readonly required_pipeline_ids?: readonly number[];
  /** Required at these stages. */
  readonly required_stage_ids?: readonly number[];
  /** Shown in these pipelines; tickets only. */
  readonly show_pipeline_ids?: readonly number[];
  /** The items of a checklist; null in every other field of a task. */
  readonly checklist_details_attributes?: readonly ChecklistItem[] | null;
}

/** The position of a record: its pipeline, its stage, the pipeline's stages. */
export interface Place {
  /** The pipeline's id. */
  readonly pipelineId: number;
  /** The stage's id. */
  readonly stageId: number;
  /** The ids of all stages of the pipeline. */
  readonly stageIds: readonly number[];
}

/**
 * Whether a field is required at this position. Qontak does not say how the two
 * lists combine; assumed: the stage is listed, or the pipeline is listed and
 * none of its stages is.
 */
export function isRequired(field: Descriptor, place?: Place): boolean {
  if (field.required === true) return true;
  if (!place) return false;
  const stages = field.required_stage_ids ?? [];
  const pipelines = field.required_pipeline_ids ?? [];
  return stages.includes(place.stageId) ||
    (pipelines.includes(place.pipelineId) &&
      !place.stageIds.some((id) => stages.includes(id)));
}
