/**
 * Describes in answers what records require.
 *
 * @module
 */
import { InputError } from "../../errors.ts";
import { findPlace, findPlaces, type PlaceKeys } from "../../fields/place.ts";
import {
  type Place,
  requirementOf,
  sayUncertain,
  UNCERTAIN_RULE,
  valueIn,
} from "../../fields/required.ts";
import type { Setup } from "../../fields/setup.ts";
import { isWritable } from "../../fields/standard.ts";
import type { Field } from "../../fields/template.ts";
import {
  argumentOf,
  isPlaceKey,
  type Resource,
} from "../../qontak/resources.ts";
import { isEmpty, type JsonObject } from "../../values/json.ts";
import {
  describe,
  formatsOf,
  isShortened,
  NAME_THEM,
  noted,
  select,
  SHORT_LIST,
  SHORTENED,
} from "./describe_template.ts";
import { fit } from "./fit.ts";

/** What a caller wants to know about required fields. */
export interface RequiredQuestion {
  /** The pipeline, by id or name. */
  readonly pipeline?: unknown;
  /** The stage, by id or name. If omitted, the answer covers every stage. */
  readonly stage?: unknown;
  /** A record; the answer then names the fields that it lacks. */
  readonly record?: JsonObject | undefined;
  /** Whether to describe the optional fields too. */
  readonly optional?: boolean | undefined;
  /** Fields to describe in any case, with their complete lists of options. */
  readonly fields?: readonly string[] | undefined;
}

/** The arguments that name the pipeline and the stage. */
const KEYS: PlaceKeys = { pipeline: "pipeline_id", stage: "stage_id" };

/**
 * Describes what a resource requires in one pipeline and stage, or in each
 * stage of a pipeline.
 *
 * @param setup The company's setup.
 * @param resource The kind of record.
 * @param question What the caller wants to know.
 * @throws {InputError} When the pipeline or stage is missing or unknown.
 */
export async function describeRequired(
  setup: Setup,
  resource: Resource,
  question: RequiredQuestion,
): Promise<JsonObject> {
  const { pipeline, stage, record } = question;
  const { place: keys } = resource;
  if (!keys) return await describePlace(setup, resource, question);
  if (!isEmpty(pipeline) && isEmpty(stage) && !record) {
    const found = await findPlaces(setup, resource, pipeline, KEYS);
    if (found.problem !== undefined) throw new InputError(found.problem);
    return await describeStages(setup, resource, found.places, question);
  }
  const found = await findPlace(setup, resource, { pipeline, stage }, KEYS, {
    pipeline: record?.[keys.pipeline],
    stage: record?.[keys.stage],
  });
  if (found.problem !== undefined) throw new InputError(found.problem);
  return await describePlace(setup, resource, question, found.place);
}

/** Describes what is required in one place. */
async function describePlace(
  setup: Setup,
  resource: Resource,
  question: RequiredQuestion,
  place?: Place,
): Promise<JsonObject> {
  const { record, optional = false } = question;
  const all = await setup.fields(resource);
  const sorted = sort(all, resource, place);
  const named = new Set(question.fields ? select(all, question.fields) : []);
  const shownOptional = sorted.optional.filter((field) =>
    optional || named.has(field)
  );
  const notes = new Set<string>();
  const show = (field: Field, most: number): JsonObject => {
    const limit = named.has(field) ? Infinity : most;
    if (isShortened(field, limit)) notes.add(SHORTENED);
    const verdict = requirementOf(field, place);
    if (!verdict.uncertain) return describe(field, resource, limit);
    notes.add(`uncertain: ${UNCERTAIN_RULE}`);
    return {
      ...describe(field, resource, limit),
      uncertain: sayUncertain(verdict),
    };
  };
  const unwritable = (fields: readonly Field[]) =>
    fields.map((field) => {
      const { writable: _, ...rest } = describe(
        field,
        resource,
        SHORT_LIST.required,
      );
      return rest;
    });
  const required = [
    ...describePlaceKeys(resource, place),
    ...sorted.required.map((field) => show(field, SHORT_LIST.required)),
  ];
  // The list of required fields is never shortened.
  const { shown, cut } = fit(
    shownOptional.map((field) => show(field, SHORT_LIST.optional)),
    NAME_THEM,
  );
  const maybe = optional
    ? []
    : sorted.optional.filter((field) =>
      requirementOf(field, place).uncertain && !named.has(field)
    );
  if (maybe.length > 0) notes.add(`maybe_required: ${UNCERTAIN_RULE}`);
  return {
    ...(place
      ? {
        pipeline: { id: place.pipeline.id, name: place.pipeline.name },
        stage: place.stage,
      }
      : {}),
    ...(record ? lacking(resource, sorted.required, record) : {}),
    required,
    ...(maybe.length > 0
      ? { maybe_required: maybe.map((field) => nameIt(field, resource)) }
      : {}),
    ...(sorted.byQontak.length > 0
      ? { filled_in_by_qontak: unwritable(sorted.byQontak) }
      : {}),
    ...(sorted.byHand.length > 0
      ? { filled_in_by_hand: unwritable(sorted.byHand) }
      : {}),
    ...(optional || named.size > 0 ? { optional: shown } : {}),
    ...(optional ? {} : { optional_fields: sorted.optional.length }),
    ...cut,
    formats: formatsOf([...sorted.required, ...shownOptional], resource),
    ...noted([...notes]),
  };
}

/** Describes what every stage of a pipeline requires, and what each adds. */
async function describeStages(
  setup: Setup,
  resource: Resource,
  places: readonly Place[],
  question: RequiredQuestion,
): Promise<JsonObject> {
  const all = await setup.fields(resource);
  const stages = places.map((place) => ({
    place,
    required: sort(all, resource, place).required,
  }));
  const everywhere = all.filter((field) =>
    stages.every(({ required }) => required.includes(field))
  );
  const named = question.fields ? select(all, question.fields) : [];
  const shown = [...new Set([...everywhere, ...named])];
  const isShort = shown.some((field) =>
    !named.includes(field) && isShortened(field, SHORT_LIST.required)
  );
  const { pipeline } = places[0]!;
  return {
    pipeline: { id: pipeline.id, name: pipeline.name },
    required: everywhere.map((field) =>
      describe(
        field,
        resource,
        named.includes(field) ? Infinity : SHORT_LIST.required,
      )
    ),
    stages: stages.map(({ place, required }) => {
      const maybe = all.filter((field) =>
        requirementOf(field, place).uncertain && !required.includes(field) &&
        !isPlaceKey(resource, field.key) && isShown(field, place)
      );
      return {
        ...place.stage,
        requires_also: required.filter((field) => !everywhere.includes(field))
          .map((field) => nameIt(field, resource)),
        ...(maybe.length > 0
          ? {
            maybe_required: maybe.map((field) => nameIt(field, resource)),
          }
          : {}),
      };
    }),
    ...(question.fields
      ? {
        optional: named.filter((field) => !everywhere.includes(field))
          .map((field) => describe(field, resource, Infinity)),
      }
      : {}),
    formats: formatsOf(shown, resource),
    ...noted([
      "required: in every stage. Give stage_id for the details of one",
      ...(isShort ? [SHORTENED] : []),
      ...(all.some((field) =>
          places.some((place) => requirementOf(field, place).uncertain)
        )
        ? [UNCERTAIN_RULE]
        : []),
    ]),
  };
}

/** The fields of a place, by what a caller can do about them. */
interface Sorted {
  readonly required: readonly Field[];
  readonly optional: readonly Field[];
  /** Required, but only Qontak sets them. */
  readonly byQontak: readonly Field[];
  /** Required, but only a person can set them, in the Qontak app. */
  readonly byHand: readonly Field[];
}

function sort(
  fields: readonly Field[],
  resource: Resource,
  place: Place | undefined,
): Sorted {
  // Some keys are needed whatever the template says, such as a task's name.
  const isRequired = (field: Field) =>
    requirementOf(field, place).required ||
    !field.custom && resource.needs.includes(field.key);
  const groups = Map.groupBy(
    fields.filter((field) =>
      !isPlaceKey(resource, field.key) && isShown(field, place)
    ),
    (field): keyof Sorted =>
      !isRequired(field)
        ? "optional"
        : isWritable(field, resource.endpoints.create)
        ? "required"
        : field.type.instead === undefined
        ? "byQontak"
        : "byHand",
  );
  const of = (name: keyof Sorted) => groups.get(name) ?? [];
  return {
    required: of("required"),
    optional: of("optional"),
    byQontak: of("byQontak"),
    byHand: of("byHand"),
  };
}

/** Describes the pipeline and stage, which a record always needs. */
function describePlaceKeys(
  { place: keys }: Resource,
  place: Place | undefined,
): JsonObject[] {
  if (!place || !keys) return [];
  return [
    {
      key: keys.pipeline,
      label: "Pipeline",
      type: "select",
      value: place.pipeline.id,
    },
    {
      key: keys.stage,
      label: "Stage",
      type: "select",
      value: place.stage.id,
    },
  ];
}

/** The required fields that a record lacks, and those that it does not show. */
function lacking(
  resource: Resource,
  required: readonly Field[],
  record: JsonObject,
): JsonObject {
  const held = required.map((field) => ({
    field,
    value: valueIn(record, field),
  }));
  const hidden = held.filter(({ value }) => value === undefined);
  return {
    lacks: held.filter(({ value }) => value !== undefined && isEmpty(value))
      .map(({ field }) => nameIt(field, resource)),
    ...(hidden.length > 0
      ? {
        not_shown: hidden.map(({ field }) =>
          field.custom
            ? `additional_fields id ${field.id}`
            : argumentOf(resource, field.key)
        ),
      }
      : {}),
  };
}

/** Names a field in short: by its key, or by its id if it is custom. */
function nameIt(field: Field, resource: Resource): JsonObject {
  return field.custom
    ? { id: field.id, label: field.label }
    : { key: argumentOf(resource, field.key), label: field.label };
}

/**
 * Whether a field is shown in a place: a pipeline shows only some of the fields
 * of tickets.
 */
function isShown({ shownIn }: Field, place: Place | undefined): boolean {
  return !shownIn || !place || shownIn.includes(place.pipeline.id);
}
