/**
 * Describes a company's fields in answers.
 *
 * @module
 */
import { InputError } from "../../errors.ts";
import { insteadOf, isWritable, typeFor } from "../../fields/standard.ts";
import { findPlace, type PlaceKeys } from "../../fields/place.ts";
import {
  type Place,
  requirementOf,
  sayUncertain,
  UNCERTAIN_RULE,
} from "../../fields/required.ts";
import type { Setup } from "../../fields/setup.ts";
import type { Field } from "../../fields/template.ts";
import {
  argumentOf,
  isPlaceKey,
  type Resource,
} from "../../qontak/resources.ts";
import { fold } from "../../values/words.ts";
import { isEmpty, type JsonObject } from "../../values/json.ts";
import { fit } from "./fit.ts";

/**
 * The maximum length of a list of options, unless the caller names the field.
 */
const SHORT_LIST = { required: 20, optional: 5 } as const;

const NAME_THEM = "name the fields you need in fields";

/** An answer says this once if any list of options was shortened. */
const SHORTENED =
  "A field with options_total shows only its first options: name the field in fields to see all of them";

/**
 * Describes the template of a resource.
 *
 * @param setup The company's setup.
 * @param resource The kind of record.
 * @param wanted Fields to show, with their complete lists of options.
 */
export async function describeTemplate(
  setup: Setup,
  resource: Resource,
  wanted?: readonly string[],
): Promise<JsonObject> {
  const fields = select(await setup.fields(resource), wanted);
  const limit = wanted ? Infinity : SHORT_LIST.optional;
  const { shown, cut } = fit(
    fields.map((field) => ({
      ...describe(field, resource, limit),
      ...(field.custom ? { name: field.name } : {}),
      ...describeRule(field),
    })),
    NAME_THEM,
  );
  return {
    fields: shown,
    ...cut,
    formats: formatsOf(fields, resource),
    ...noted(
      fields.some((field) => isShortened(field, limit)) ? [SHORTENED] : [],
    ),
  };
}

/**
 * Describes what a resource requires in one pipeline and stage.
 *
 * @param setup The company's setup.
 * @param resource The kind of record.
 * @param asked The pipeline and stage, by id or name.
 * @param wanted Fields to show, with their complete lists of options.
 * @throws {InputError} When the pipeline or stage is missing or unknown.
 */
export async function describeRequired(
  setup: Setup,
  resource: Resource,
  asked: { readonly pipeline: unknown; readonly stage: unknown },
  wanted?: readonly string[],
): Promise<JsonObject> {
  const names: PlaceKeys = { pipeline: "pipeline_id", stage: "stage_id" };
  const found = resource.place
    ? await findPlace(setup, resource, asked, names)
    : undefined;
  if (found?.problem !== undefined) throw new InputError(found.problem);
  const place = found?.place;
  const all = select(await setup.fields(resource), wanted);
  const required: JsonObject[] = [];
  const optional: JsonObject[] = [];
  // These fields are required too, but no argument of a tool can set them.
  const byQontak: JsonObject[] = [];
  const byHand: JsonObject[] = [];
  const notes = new Set<string>(
    wanted ? ["Only the fields named in fields are shown"] : [],
  );
  if (place && resource.place) {
    required.push(
      {
        key: resource.place.pipeline,
        label: "Pipeline",
        type: "select",
        value: place.pipeline.id,
      },
      {
        key: resource.place.stage,
        label: "Stage",
        type: "select",
        value: place.stage.id,
      },
    );
  }
  for (const field of all) {
    if (isPlaceKey(resource, field.key) || !isShown(field, place)) continue;
    const verdict = requirementOf(field, place);
    const limit = wanted
      ? Infinity
      : SHORT_LIST[verdict.required ? "required" : "optional"];
    const shown = describe(field, resource, limit);
    if (verdict.required && !isWritable(field, resource.endpoints.create)) {
      const { writable: _, ...rest } = shown;
      (field.type.instead === undefined ? byQontak : byHand).push(rest);
      continue;
    }
    if (isShortened(field, limit)) notes.add(SHORTENED);
    if (verdict.uncertain) notes.add(`uncertain: ${UNCERTAIN_RULE}`);
    (verdict.required ? required : optional).push(
      verdict.uncertain
        ? { ...shown, uncertain: sayUncertain(verdict) }
        : shown,
    );
  }
  // The list of required fields is never shortened.
  const { shown, cut } = fit(optional, NAME_THEM);
  return {
    ...(place
      ? {
        pipeline: { id: place.pipeline.id, name: place.pipeline.name },
        stage: place.stage,
      }
      : {}),
    required,
    ...(byQontak.length > 0 ? { filled_in_by_qontak: byQontak } : {}),
    ...(byHand.length > 0 ? { filled_in_by_hand: byHand } : {}),
    optional: shown,
    ...cut,
    formats: formatsOf(all, resource),
    ...noted([...notes]),
  };
}

/**
 * Whether a field is shown in a place: a pipeline shows only some of the fields
 * of tickets.
 */
function isShown({ shownIn }: Field, place: Place | undefined): boolean {
  return !shownIn || !place || shownIn.includes(place.pipeline.id);
}

function noted(notes: readonly string[]): JsonObject {
  return notes.length > 0 ? { notes } : {};
}

function isShortened({ options = [] }: Field, limit: number): boolean {
  return options.length > limit;
}

function describe(
  field: Field,
  resource: Resource,
  limit: number,
): JsonObject {
  const type = typeFor(field, resource.endpoints.create);
  return {
    ...(field.custom
      ? { key: "additional_fields", custom: true, id: field.id }
      : { key: argumentOf(resource, field.key) }),
    label: field.label,
    type: type.name,
    ...(isList(field, resource) ? { list: true } : {}),
    ...(type.name === "unknown" ? { qontak_type: field.qontakType } : {}),
    ...describeOptions(field, limit),
    ...(field.items ? { items: field.items } : {}),
    ...(isWritable(field, resource.endpoints.create)
      ? {}
      : { writable: false, instead: insteadOf(field) }),
  };
}

/** Whether the body takes a list, whatever type the template states. */
function isList({ custom, key }: Field, { endpoints }: Resource): boolean {
  const { body } = endpoints.create;
  return !custom && ["ids", "options"].includes(body[key] ?? "");
}

function describeOptions(field: Field, limit: number): JsonObject {
  const { options } = field;
  if (!options) return {};
  return {
    options: options.slice(0, limit).map(({ id, name }) =>
      id === null ? { name } : { id, name }
    ),
    ...(isShortened(field, limit) ? { options_total: options.length } : {}),
  };
}

function describeRule({ required }: Field): JsonObject {
  const { always, pipelines = [], stages = [] } = required;
  return {
    ...(always ? { required: true } : {}),
    ...(pipelines.length > 0 ? { required_pipeline_ids: pipelines } : {}),
    ...(stages.length > 0 ? { required_stage_ids: stages } : {}),
  };
}

/**
 * The format for each type of value, stated once for all fields of that type.
 */
function formatsOf(
  fields: readonly Field[],
  { endpoints }: Resource,
): JsonObject {
  return Object.fromEntries(
    fields.map((field) => typeFor(field, endpoints.create))
      .map(({ name, format }) => [name, format]),
  );
}

/** Selects the fields that a caller named by key, name, label or id. */
function select(
  fields: readonly Field[],
  wanted: readonly string[] | undefined,
): readonly Field[] {
  if (!wanted || isEmpty(wanted)) return fields;
  const words = new Set(wanted.map(fold));
  const named = fields.filter(({ key, name, label, id }) =>
    [key, name, label, String(id)].some((word) => words.has(fold(word)))
  );
  if (named.length > 0) return named;
  throw new InputError(
    `There is no field ${
      wanted.join(" or ")
    }. Leave fields out to see all ${fields.length}`,
  );
}
