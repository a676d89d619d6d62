/**
 * Parses the field descriptors of `GET /<resource>/info` into one shape. It
 * accepts every known variant of a descriptor, and does not require any part to
 * be present.
 *
 * @module
 */
import type { Option } from "./options.ts";
import { type FieldType, typeOf } from "./types.ts";
import { defined, isObject, type JsonObject, toId } from "../values/json.ts";

/**
 * When a field must have a value. A part is undefined if the template does not
 * have it.
 */
export interface Requirement {
  /** In every pipeline and stage if true, in none if false. */
  readonly always?: boolean;
  /** In these pipelines. */
  readonly pipelines?: readonly number[];
  /** In these stages. */
  readonly stages?: readonly number[];
}

/** One field of a resource, as a company has set it up. */
export interface Field {
  /**
   * The body key of a standard field. Custom fields go into
   * `additional_fields`.
   */
  readonly key: string;
  /**
   * The name in the template. For a few standard fields it differs from the
   * key.
   */
  readonly name: string;
  /** The id in `additional_fields`; null for standard fields. */
  readonly id: number | null;
  /** What people see, in the company's language. */
  readonly label: string;
  /** What kind of value it takes. */
  readonly type: FieldType;
  /** Qontak's name of the type. */
  readonly qontakType: string;
  /** Whether the company added it. */
  readonly custom: boolean;
  /** The allowed values; undefined if any value is allowed. */
  readonly options?: readonly Option[];
  /** The items of a checklist, with the ids that values use for them. */
  readonly items?: readonly Option[];
  /** The pipelines that show it; undefined if all do. */
  readonly shownIn?: readonly number[];
  /** When it must have a value. */
  readonly required: Requirement;
}

/**
 * Reads a template.
 *
 * @param response What Qontak sent under `response`.
 * @param aliases Template names that differ from body keys.
 * @returns The fields, in the template's order. Entries that are not
 * descriptors are skipped.
 */
export function parseTemplate(
  response: unknown,
  aliases: Readonly<Record<string, string>> = {},
): Field[] {
  if (!Array.isArray(response)) return [];
  return response.filter(isObject).flatMap((descriptor) => {
    const field = parseField(descriptor, aliases);
    return field ? [field] : [];
  });
}

function parseField(
  descriptor: JsonObject,
  aliases: Readonly<Record<string, string>>,
): Field | undefined {
  const { name } = descriptor;
  if (typeof name !== "string" || name === "") return undefined;
  // Products use the plural for this flag.
  const custom = descriptor.additional_field === true ||
    descriptor.additional_fields === true;
  const id = toId(descriptor.id);
  // A custom field without an id cannot be sent in a body.
  if (custom && id === null) return undefined;
  const qontakType = typeof descriptor.type === "string" ? descriptor.type : "";
  const type = typeOf(qontakType);
  const alias = descriptor.name_alias;
  return {
    key: !custom && Object.hasOwn(aliases, name) ? aliases[name]! : name,
    name,
    id: custom ? id : null,
    label: typeof alias === "string" && alias !== "" ? alias : name,
    type,
    qontakType,
    custom,
    ...defined({
      options: parseOptions(descriptor.dropdown),
      items: parseItems(descriptor.checklist_details_attributes),
      shownIn: notEmpty(toIds(descriptor.show_pipeline_ids)),
    }),
    required: parseRequirement(descriptor),
  };
}

/**
 * Reads options. Null, an empty list and a missing list all mean that the field
 * has none.
 */
function parseOptions(dropdown: unknown): Option[] | undefined {
  if (!Array.isArray(dropdown)) return undefined;
  const options = dropdown.flatMap((entry): Option[] => {
    // Products list their currencies as plain strings.
    if (typeof entry === "string") return [{ id: null, name: entry }];
    if (!isObject(entry) || typeof entry.name !== "string") return [];
    const pipeline = toId(entry.ticket_pipeline_id);
    return [{
      id: toId(entry.id),
      name: entry.name,
      ...(pipeline === null ? {} : { pipeline }),
    }];
  });
  return notEmpty(options);
}

/**
 * Reads checklist items. Qontak lists them in the reverse of the order that
 * people see (source: its collection).
 */
function parseItems(details: unknown): Option[] | undefined {
  if (!Array.isArray(details)) return undefined;
  const items = details.filter(isObject).flatMap((item): Option[] => {
    const id = toId(item.crm_additional_option_id);
    return typeof item.name === "string" ? [{ id, name: item.name }] : [];
  });
  return notEmpty(items.toReversed());
}

function notEmpty<T>(list: T[] | undefined): T[] | undefined {
  return list && list.length > 0 ? list : undefined;
}

function parseRequirement(descriptor: JsonObject): Requirement {
  const pipelines = toIds(descriptor.required_pipeline_ids);
  const stages = toIds(descriptor.required_stage_ids);
  const always = typeof descriptor.required === "boolean"
    ? descriptor.required
    : undefined;
  return defined({ always, pipelines, stages });
}

function toIds(value: unknown): number[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return [...new Set(value.map(toId).filter((id) => id !== null))];
}
