/**
 * Describes a company's fields in answers.
 *
 * @module
 */
import { InputError } from "../../errors.ts";
import { insteadOf, isWritable, typeFor } from "../../fields/standard.ts";
import type { Setup } from "../../fields/setup.ts";
import type { Field } from "../../fields/template.ts";
import { argumentOf, type Resource } from "../../qontak/resources.ts";
import { fold } from "../../values/words.ts";
import { isEmpty, type JsonObject } from "../../values/json.ts";
import { fit } from "./fit.ts";

/**
 * The maximum length of a list of options, unless the caller names the field.
 */
export const SHORT_LIST = { required: 20, optional: 5 } as const;

/** What a reader can do about fields that were left out. */
export const NAME_THEM = "name the fields you need in fields";

/** An answer says this once if any list of options was shortened. */
export const SHORTENED =
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

/** Adds notes to an answer, if there are any. */
export function noted(notes: readonly string[]): JsonObject {
  return notes.length > 0 ? { notes } : {};
}

/** Whether a list of options is longer than its limit. */
export function isShortened({ options = [] }: Field, limit: number): boolean {
  return options.length > limit;
}

/**
 * Describes a field: how to set it, its label, type and options.
 *
 * @param field The field.
 * @param resource The kind of record.
 * @param limit The maximum number of options to show.
 */
export function describe(
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
export function formatsOf(
  fields: readonly Field[],
  { endpoints }: Resource,
): JsonObject {
  return Object.fromEntries(
    fields.map((field) => typeFor(field, endpoints.create))
      .map(({ name, format }) => [name, format]),
  );
}

/**
 * Selects the fields that a caller named by key, name, label or id.
 *
 * @throws {InputError} When there is no such field.
 */
export function select(
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
