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
import type { JsonObject } from "../../values/json.ts";
import {
  anyValue,
  type Argument,
  type Arguments,
  flag,
  id,
  list,
  number,
  object,
  oneOf,
  reference,
  required,
  text,
} from "./arguments.ts";

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
  date: text,
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
    ...list(
      object({
        id: id(),
        name: text(),
        value: anyValue(),
        // As records show it: a label, null, or a list of labels.
        value_name: anyValue(),
      }),
    ),
    // The description explains the entries: it is shorter than a schema.
    schema: {
      type: "array",
      items: { type: "object" },
      ...(description === undefined ? {} : { description }),
    },
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
  // The argument for the id takes the label as well.
  const labels = new Set(
    entries.filter(([, type]) => type === "option" || type === "options")
      .map(([key]) => nameKeyOf(key)),
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
  return Object.fromEntries(
    Object.keys(endpoint.body)
      .map((key) => [key, args[argumentOf(resource, key)]] as const)
      .filter(([, value]) => value !== undefined),
  );
}
