/**
 * Checks a write against a company's own template before anything is sent. It
 * converts labels to ids and values to the form that Qontak reads, and reports
 * all problems at once. It never replaces a value with a default.
 *
 * @module
 */
import type { BodyType } from "../qontak/bodies.ts";
import type { Endpoint } from "../qontak/endpoints.ts";
import {
  argumentOf,
  isPersonKey,
  isPlaceKey,
  nameKeyOf,
  type Resource,
} from "../qontak/resources.ts";
import {
  isEmpty,
  isObject,
  type JsonObject,
  show,
  toId,
} from "../values/json.ts";
import { createDerived } from "../values/derived.ts";
import { fold } from "../values/words.ts";
import { encodeCustomFields, passCustomFields } from "./custom.ts";
import { listOptions } from "./options.ts";
import { findPlace } from "./place.ts";
import {
  type Place,
  requirementOf,
  UNCERTAIN_RULE,
  valueIn,
} from "./required.ts";
import type { Setup } from "./setup.ts";
import {
  encodeStandard,
  formatOf,
  insteadOf,
  isWritable,
  typeFor,
} from "./standard.ts";
import { typeOf } from "./types.ts";
import type { Field } from "./template.ts";

/** A write that a caller requests. */
export interface WriteRequest {
  /** The kind of record. */
  readonly resource: Resource;
  /** The endpoint to send it to: the resource's create or update. */
  readonly endpoint: Endpoint;
  /** The values by body key. Undefined entries are ignored. */
  readonly values: JsonObject;
  /** The current record, on an update. */
  readonly existing?: JsonObject;
  /** The company's CRM setup. */
  readonly setup: Setup;
  /** Whether it restores what the record was: nothing is required then. */
  readonly restores?: boolean;
  /**
   * Whether problems may say what the current record holds.
   *
   * @default {true}
   */
  readonly mayRead?: boolean;
}

/** The result of the check. */
export interface CheckedWrite {
  /** The body to send. It is complete only if there are no problems. */
  readonly body: JsonObject;
  /** All problems, one sentence each. */
  readonly problems: readonly string[];
  /**
   * The problems that rest on a rule which Qontak does not document; they are
   * among the problems.
   */
  readonly uncertain: readonly string[];
  /** Information for the reader that is not a problem. */
  readonly notes: readonly string[];
  /** Possible reasons if Qontak refuses the write. */
  readonly doubts: readonly Doubt[];
}

/** A possible reason why a write is refused. */
export interface Doubt {
  /** The names of the field concerned. */
  readonly names: readonly string[];
  /** The reason, in one sentence. */
  readonly sentence: string;
}

/**
 * Whether a text is about a field: it contains one of the field's names as
 * whole words.
 *
 * @param text The text.
 * @param doubt The possible reason, with the field's names.
 */
export function isAbout(text: string, { names }: Doubt): boolean {
  const words = (text: string) =>
    ` ${fold(text.replace(/[^\p{L}\p{N}]+/gu, " "))} `;
  const all = words(text);
  return names.some((name) => all.includes(words(name)));
}

/**
 * Checks a write.
 *
 * @param request The write.
 * @returns The body and the problems.
 * @throws {QontakError | UnreachableError} When the template cannot be loaded.
 */
export async function checkWrite(request: WriteRequest): Promise<CheckedWrite> {
  const { resource, endpoint, values, setup } = request;
  const fields = await setup.fields(resource);
  const check: Check = {
    body: {},
    problems: [],
    uncertain: [],
    notes: [],
    doubts: [],
    refused: new Set(),
    fields,
    request,
  };
  const place = await checkPlace(check);
  for (const key in endpoint.body) {
    const value = values[key];
    if (value === undefined || isPlaceKey(resource, key)) continue;
    const type = endpoint.body[key]!;
    if (type === "custom") {
      const custom = resource.endpoints.template
        ? encodeCustomFields(value, fields)
        : passCustomFields(value);
      check.problems.push(...custom.problems);
      check.notes.push(...custom.notes);
      check.refused = custom.refused;
      check.body[key] = custom.wire;
    } else {
      checkStandard(check, key, type, value);
    }
  }
  if (!request.restores) {
    checkRequired(check, place);
    checkNeeds(check);
  }
  const { body, problems, uncertain, notes, doubts } = check;
  return { body, problems, uncertain, notes, doubts };
}

interface Check {
  readonly request: WriteRequest;
  readonly fields: readonly Field[];
  readonly body: JsonObject;
  readonly problems: string[];
  readonly uncertain: string[];
  readonly notes: string[];
  readonly doubts: Doubt[];
  /** The ids of the custom fields whose values have problems. */
  refused: ReadonlySet<number>;
}

/** Finds the pipeline and stage, and adds them to the body. */
async function checkPlace(check: Check): Promise<Place | undefined> {
  const { resource, values, existing, setup, mayRead = true } = check.request;
  const keys = resource.place;
  if (!keys) return undefined;
  for (const key of [keys.pipeline, keys.stage]) {
    if (values[key] === null) {
      check.problems.push(
        `${key} cannot be cleared: a record must have one`,
      );
    }
  }
  const asked = {
    pipeline: placeValue(check, keys.pipeline),
    stage: placeValue(check, keys.stage),
  };
  const moves = !isEmpty(asked.pipeline) || !isEmpty(asked.stage);
  const found = await findPlace(setup, resource, asked, keys, {
    pipeline: existing?.[keys.pipeline],
    stage: existing?.[keys.stage],
  });
  if (found.problem !== undefined) {
    if (existing && !moves) {
      // The record's current place is not known, but that must not prevent
      // other changes.
      check.notes.push(
        `The company's setup does not list the pipeline or stage of this ${resource.name}, so its required fields were not checked`,
      );
    } else if (existing && !mayRead && isEmpty(asked.pipeline)) {
      check.problems.push(
        `${keys.stage}: ${
          show(asked.stage)
        } is not a stage of the pipeline that the ${resource.name} is in, which your credential may not read. Give ${keys.pipeline} too`,
      );
    } else check.problems.push(found.problem);
    return undefined;
  }
  const { place } = found;
  if (!existing || moves) {
    check.body[keys.pipeline] = place.pipeline.id;
    check.body[keys.stage] = place.stage.id;
    // Send both the id and the name if the caller gave both or only the name.
    for (
      const [key, { name }] of [
        [keys.pipeline, place.pipeline],
        [keys.stage, place.stage],
      ] as const
    ) {
      const nameKey = nameKeyOf(key)!;
      if (isEmpty(values[nameKey])) continue;
      check.body[nameKey] = name;
      if (fold(String(values[nameKey])) !== fold(name)) {
        check.problems.push(
          `${nameKey} ${show(values[nameKey])} and ${key} ${
            show(values[key])
          } do not agree: ${key} means ${show(name)}`,
        );
      }
    }
  }
  return place;
}

/** The value that the caller gave: the id, or else the name. */
function placeValue(check: Check, key: string): unknown {
  const { values } = check.request;
  const id = values[key];
  const name = values[nameKeyOf(key)!];
  return isEmpty(id) ? name : id;
}

/** Why a currency may be refused where no template lists them. */
const CURRENCY: Doubt = {
  names: ["currency"],
  sentence:
    'currency takes a code such as IDR: get_deal_template with fields "currency" lists those of the company\'s deals',
};

function checkStandard(
  check: Check,
  key: string,
  type: BodyType,
  value: unknown,
): void {
  const { request: { resource, values }, fields, body } = check;
  const { problems, notes, doubts } = check;
  if (value === null) {
    if (key === resource.owner?.key) {
      problems.push(
        `${
          argumentOf(resource, key)
        } cannot be cleared: a ${resource.name} must have ${
          key === "user_id" ? "an assignee" : "an owner"
        }`,
      );
    } else if (!isBesideId(check, key)) body[key] = null;
    return;
  }
  const idKey = idKeyOf(check, key);
  if (idKey !== undefined) {
    const id = values[idKey];
    if (id === null) {
      problems.push(
        `${key} ${
          show(value)
        } and ${idKey} null do not agree: give one of them`,
      );
    } else if (id === undefined) checkName(check, key, idKey, value);
    // If there is an id, the name is compared when the id is encoded.
    return;
  }
  const field = fields.find((field) => !field.custom && field.key === key);
  const encoded = encodeStandard(field, type, value, resource);
  const described = describeKey(argumentOf(resource, key), field);
  if (encoded.problem !== undefined) {
    problems.push(`${described} ${encoded.problem}`);
    return;
  }
  body[key] = encoded.wire;
  if (encoded.read !== undefined) notes.push(`${described} ${encoded.read}`);
  if (type === "checkin") notes.push(typeOf("checkin").doubt!);
  if (key === "currency" && !field?.options) doubts.push(CURRENCY);
  const nameKey = nameKeyOf(key);
  const name = nameKey === undefined ? undefined : values[nameKey];
  if (!isEmpty(name) && encoded.label !== undefined) {
    body[nameKey!] = encoded.label;
    if (fold(String(name)) !== fold(encoded.label)) {
      problems.push(
        `${nameKey} ${show(name)} and ${key} ${
          show(value)
        } name different options: ${key} means ${show(encoded.label)}`,
      );
    }
  }
}

/**
 * The key of the id, if `key` holds the label of a field with options and the
 * label can be converted to the id.
 */
function idKeyOf({ fields, request }: Check, key: string): string | undefined {
  if (!key.endsWith("_name")) return undefined;
  const idKey = key.replace(/_name$/, "_id");
  if (!Object.hasOwn(request.endpoint.body, idKey)) return undefined;
  const field = fields.find((field) => !field.custom && field.key === idKey);
  return field?.options ? idKey : undefined;
}

/**
 * Whether a name is cleared while its id is given. The id is then sufficient.
 */
function isBesideId(check: Check, key: string): boolean {
  const idKey = idKeyOf(check, key);
  return idKey !== undefined && !isEmpty(check.request.values[idKey]);
}

function checkName(
  check: Check,
  key: string,
  idKey: string,
  value: unknown,
): void {
  const { fields, body, notes, problems } = check;
  const field = fields.find(({ custom, key }) => !custom && key === idKey)!;
  const encoded = field.type.encode(value, {
    ...field,
    people: isPersonKey(field.key),
  });
  if (encoded.problem !== undefined) {
    problems.push(`${describeKey(key, field)} ${encoded.problem}`);
    return;
  }
  body[key] = encoded.label ?? value;
  body[idKey] = encoded.wire;
  if (encoded.read !== undefined) {
    notes.push(`${describeKey(key, field)} ${encoded.read}`);
  }
}

/**
 * Checks the keys that a record must have even if the template does not require
 * them.
 */
function checkNeeds({ request, fields, problems }: Check): void {
  const { resource, endpoint, values } = request;
  const creates = endpoint === resource.endpoints.create;
  const { needsOne } = resource;
  if (creates && needsOne?.of.every((key) => isEmpty(values[key]))) {
    problems.push(`${needsOne.of.join(" or ")} is required: ${needsOne.why}`);
  }
  for (const key of resource.needs) {
    const value = values[key];
    const isBlank = isEmpty(value) ||
      (typeof value === "string" && value.trim() === "");
    if (!isBlank || (!creates && value === undefined)) continue;
    const field = fields.find((field) => !field.custom && field.key === key);
    const name = describeKey(argumentOf(resource, key), field);
    if (problems.some((problem) => problem.startsWith(`${name} `))) continue;
    problems.push(
      `${name} is required. It takes ${formatOf(endpoint.body[key]!)}`,
    );
  }
}

/** The fields that are required anywhere: few, and each write asks for them. */
const mayBeRequired = createDerived((fields: readonly Field[]) =>
  fields.filter(({ required: { always, pipelines, stages } }) =>
    always || pipelines || stages
  )
);

function checkRequired(check: Check, place: Place | undefined): void {
  const { request: { endpoint, resource }, fields, problems, notes, doubts } =
    check;
  const where = place
    ? ` in stage ${show(place.stage.name)} of pipeline ${
      show(place.pipeline.name)
    }`
    : "";
  for (const field of mayBeRequired(fields)) {
    if (isPlaceKey(resource, field.key)) continue;
    const { required, uncertain } = requirementOf(field, place);
    if ((!required && !uncertain) || hasValue(check, field)) continue;
    const name = describeField(resource, field);
    if (!required) {
      doubts.push({
        names: [field.key, field.name, field.label],
        sentence: `${name} may be required${where}. ${UNCERTAIN_RULE}`,
      });
    } else if (isHidden(check, field)) {
      notes.push(
        `${name} is required${where}, and the record does not show whether it has a value`,
      );
    } else if (!isWritable(field, endpoint)) {
      // A standard field without a body key is left to Qontak.
      if (!field.custom) continue;
      notes.push(
        `${name} is required${where} but cannot be written through the API: ${
          insteadOf(field)
        }`,
      );
    } else if (!failed(check, field)) {
      const problem = `${name} is required${where}. It takes ${
        typeFor(field, endpoint).format
      }${field.options ? `. ${listOptions(field.options)}` : ""}${
        uncertain ? `. ${UNCERTAIN_RULE}` : ""
      }`;
      problems.push(problem);
      if (uncertain) check.uncertain.push(problem);
    }
  }
}

/** Whether a value was given that already has a problem. */
function failed({ request: { values }, refused }: Check, field: Field) {
  return field.custom ? refused.has(field.id!) : !isEmpty(values[field.key]);
}

/** Whether the record will have a value after the write. */
function hasValue({ body, request }: Check, field: Field): boolean {
  const { existing = {} } = request;
  const given = field.custom
    ? customEntry(body.additional_fields, field) !== undefined
    : field.key in body;
  return !isEmpty(valueIn(given ? body : existing, field));
}

/** Whether the record that Qontak returns omits a field. */
function isHidden({ request: { existing, values } }: Check, field: Field) {
  const key = field.custom ? "additional_fields" : field.key;
  return existing !== undefined && values[key] === undefined &&
    valueIn(existing, field) === undefined;
}

function customEntry(list: unknown, field: Field): JsonObject | undefined {
  if (!Array.isArray(list)) return undefined;
  return list.find((entry) => isObject(entry) && toId(entry.id) === field.id);
}

/** `closed_date ("Tanggal Tutup")`, or a custom field with its id. */
function describeField(resource: Resource, field: Field): string {
  return field.custom
    ? `additional_fields id ${field.id} (${show(field.label)})`
    // A key that no body has is a name that the company chose.
    : field.key in resource.endpoints.create.body
    ? describeKey(argumentOf(resource, field.key), field)
    : show(field.key);
}

function describeKey(key: string, field: Field | undefined): string {
  return field && field.label !== key ? `${key} (${show(field.label)})` : key;
}
