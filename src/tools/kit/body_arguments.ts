/**
 * The arguments that become the body of a request, derived from the endpoint's
 * table of body keys.
 *
 * @module
 */
import type { BodyType } from "../../qontak/bodies.ts";
import type { Endpoint } from "../../qontak/endpoints.ts";
import {
  argumentOf,
  nameKeyOf,
  type Resource,
} from "../../qontak/resources.ts";
import { isEmpty, isObject, type JsonObject } from "../../values/json.ts";
import {
  anyValue,
  type Argument,
  type Arguments,
  flag,
  id,
  isBlank,
  list,
  number,
  object,
  oneOf,
  reference,
  required,
  text,
} from "./arguments.ts";
import { unwrap } from "../../values/wrapped.ts";

/** The types of a key with an id whose name may be in another key. */
const NAMED: ReadonlySet<BodyType> = new Set([
  "option",
  "options",
  "record",
  "ids",
]);

/** The key of a person's name: `crm_person_id` → `crm_person_full_name`. */
function fullNameKeyOf(key: string): string | undefined {
  return nameKeyOf(key)?.replace(/_name$/, "_full_name");
}

/** The value of one custom field. */
const customEntry = object({
  id: id(),
  name: text(),
  value: anyValue(),
  // As records show it: a label, null, or a list of labels.
  value_name: { ...anyValue(), isHidden: true },
});

/**
 * Removes blank ids and names from the values of custom fields, and values of
 * no field at all: some clients fill in every key that the schema shows.
 */
function withoutBlankEntries(entries: unknown): unknown {
  if (!Array.isArray(entries)) return entries;
  return entries.flatMap((given) => {
    const entry = unwrap(given);
    if (!isObject(entry)) return [entry];
    const kept = Object.entries(entry).filter(([key, value]) =>
      !(key === "id" && isBlank(value)) &&
      !(key === "name" && (value === "" || value === null))
    );
    const isNothing = Object.keys(entry).length > 0 &&
      kept.every(([key, value]) => key.startsWith("value") && isEmpty(value));
    return isNothing ? [] : [Object.fromEntries(kept)];
  });
}

/** Makes the argument for a body key, by the key's type. */
const bodyArguments: Readonly<
  Record<BodyType, (description?: string) => Argument>
> = {
  line: text,
  text,
  number,
  // Text; a number is accepted too.
  amount: (description) => ({
    ...number(description),
    schema: text(description).schema,
  }),
  degrees: number,
  date: (description) => ({ ...text(description), isText: false }),
  flag,
  option: reference,
  options: (description) => list(reference(), description),
  record: id,
  ids: (description) => list(id(), description),
  lines: (description) => list(text(), description),
  numbers: (description) => list(number(), description),
  checkin: (description) =>
    object({ latitude: number(), longitude: number() }, description),
  custom: (description) => ({
    ...list(customEntry, description),
    arrange: withoutBlankEntries,
  }),
  permissions: (description) =>
    list(
      object({
        email: required(text()),
        access_types: required(
          list(oneOf(["view", "edit", "search_association"])),
        ),
      }),
      description,
    ),
};

/**
 * Makes the arguments for the body of an endpoint.
 *
 * @param resource The kind of record.
 * @param endpoint The endpoint.
 * @param descriptions Descriptions for the arguments that need one, by body
 * key.
 */
export function bodyInput(
  resource: Resource,
  endpoint: Endpoint,
  descriptions: Readonly<Record<string, string>> = {},
): Arguments {
  const entries = Object.entries(endpoint.body);
  // The argument for the id of an option takes the label as well. The id of a
  // record says more than its name, which several may share.
  const labels = new Set(
    entries.filter(([, type]) => NAMED.has(type)).flatMap((
      [key],
    ) => [nameKeyOf(key), fullNameKeyOf(key)]),
  );
  return Object.fromEntries(
    entries.map(([key, type]) => [
      argumentOf(resource, key),
      {
        ...bodyArguments[type](descriptions[key]),
        ...(labels.has(key) ? { isHidden: true } : {}),
      },
    ]),
  );
}

/**
 * Selects the arguments that go into the body.
 *
 * @param resource The kind of record.
 * @param endpoint The endpoint.
 * @param args The arguments of a call.
 */
export function bodyValues(
  resource: Resource,
  endpoint: Endpoint,
  args: JsonObject,
): JsonObject {
  const values: JsonObject = {};
  for (const key in endpoint.body) {
    const value = args[argumentOf(resource, key)];
    if (value !== undefined) values[key] = value;
  }
  return values;
}
