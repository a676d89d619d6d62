/**
 * Standard fields: the fields that Qontak gives every company, each with its
 * own key.
 *
 * @module
 */
import type { BodyType } from "../qontak/bodies.ts";
import type { Endpoint } from "../qontak/endpoints.ts";
import { isPersonKey, type Resource } from "../qontak/resources.ts";
import { defined } from "../values/json.ts";
import type { Field } from "./template.ts";
import {
  encodeAmount,
  type Encoded,
  encodeDegrees,
  type Target,
} from "./encode.ts";
import { type FieldType, typeOf } from "./types.ts";

/**
 * Whether a field can be written through an endpoint.
 *
 * @param field The field.
 * @param endpoint The resource's create or update.
 */
export function isWritable(field: Field, endpoint: Endpoint): boolean {
  return field.type.instead === undefined &&
    (field.custom || Object.hasOwn(endpoint.body, field.key));
}

/**
 * The kind of value that a field takes in a body. If the body takes the id of a
 * record, the template's type (Number, Upload) is not specific enough.
 *
 * @param field The field.
 * @param endpoint The resource's create or update.
 */
export function typeFor(field: Field, endpoint: Endpoint): FieldType {
  const type = field.custom ? undefined : endpoint.body[field.key];
  return type === "record" || type === "ids" ? typeOf("assoc") : field.type;
}

/** What a person can do instead, if the API cannot write a field. */
export function insteadOf(field: Field): string {
  return field.type.instead ??
    "the API has no key for it: Qontak fills it in, or a person does in the app";
}

/**
 * Encodes the value of a standard key.
 *
 * @param field The company's field of that key, if the template has one.
 * @param type What the endpoint's table says that the key holds.
 * @param value What the caller gave.
 * @param resource The kind of record.
 */
export function encodeStandard(
  field: Field | undefined,
  type: BodyType,
  value: unknown,
  { dates }: Resource,
): Encoded {
  const target = {
    custom: false,
    dates,
    people: field !== undefined && isPersonKey(field.key),
    ...defined({ options: field?.options }),
  };
  switch (type) {
    case "ids":
    case "numbers":
    case "lines":
    case "options":
      return encodeList(type, value, target);
    case "line":
    case "text":
      return typeOf("single-line text").encode(value, target);
    case "number":
      return typeOf("number").encode(value, target);
    case "amount":
      return encodeAmount(value);
    case "degrees":
      return encodeDegrees(value);
    case "checkin":
      return typeOf("checkin").encode(value, target);
    case "date":
      return (field?.type ?? typeOf("date")).encode(value, target);
    case "option":
      return typeOf("dropdown select").encode(value, target);
    case "record":
      return typeOf("assoc").encode(value, target);
    default:
      return { wire: value };
  }
}

/**
 * The format of a body key's value, as a phrase after "takes".
 *
 * @param type What the endpoint's table says that the key holds.
 */
export function formatOf(type: BodyType): string {
  if (type === "record") return "the id of a record";
  const isNumber = type === "number" || type === "degrees";
  return typeOf(isNumber ? "number" : "single-line text").format;
}

/** The type of the entries in each kind of list. */
const entryTypes = {
  ids: "assoc",
  numbers: "number",
  lines: "single-line text",
  options: "dropdown select",
} as const;

/** Encodes a list of values, or reports the first problem. */
function encodeList(
  type: keyof typeof entryTypes,
  value: unknown,
  target: Target,
): Encoded {
  const encoded = (Array.isArray(value) ? value : [value]).map((entry) =>
    typeOf(entryTypes[type]).encode(entry, target)
  );
  const wrong = encoded.find(({ problem }) => problem !== undefined);
  if (wrong?.problem !== undefined) return wrong;
  const good = encoded.flatMap((one) => "wire" in one ? [one] : []);
  const read = good.flatMap((one) => one.read ?? []);
  return {
    wire: good.map(({ wire }) => wire),
    ...(read.length > 0 ? { read: read.join(", ") } : {}),
  };
}
