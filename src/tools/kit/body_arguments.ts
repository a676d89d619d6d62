/**
 * The arguments that become the body of a request, made from the endpoint's
 * own table.
 *
 * @module
 */
import type { BodyType } from "../../qontak/bodies.ts";
import type { Endpoint } from "../../qontak/endpoints.ts";
import { argumentOf, type Resource } from "../../qontak/resources.ts";
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

/** The argument for a body key of each kind. */
const bodyArguments: Readonly<
  Record<BodyType, (description?: string) => Argument>
> = {
  line: text,
  text,
  number,
  // Text, which a number is taken for as well.
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
    // What an entry holds is said in words, which are shorter than a schema.
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
 * The arguments for the body of an endpoint.
 *
 * @param resource The kind of record.
 * @param endpoint The endpoint.
 * @param descriptions What some of them need said, by body key.
 */
export function bodyInput(
  resource: Resource,
  endpoint: Endpoint,
  descriptions: Readonly<Record<string, string>> = {},
): Arguments {
  return Object.fromEntries(
    Object.entries(endpoint.body).map(([key, type]) => [
      argumentOf(resource, key),
      bodyArguments[type](descriptions[key]),
    ]),
  );
}

/**
 * The part of the arguments that goes into the body.
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
