/**
 * What errors say about the fields of questions: names that no field has, and
 * the fields that can be named.
 *
 * @module
 */
import { show } from "../values/json.ts";
import { fold, nearest } from "../values/words.ts";
import type { Kind } from "./subject.ts";

/** The records that notes belong to. */
const NOTED: ReadonlySet<string> = new Set(["contacts", "companies", "deals"]);

/** Words for when a deal was won or lost. */
const ENDED = /^(?:won|lost|win|loss|ended|moved)[ _]?(?:at|on|date|time)$/i;

/** The most fields that a refusal names. */
const MAX_NAMES = 40;

/** The most fields of the records that others belong to that it names. */
const MAX_INHERITED = 25;

/** The names of fields, and how each is written in a sentence. */
export interface FieldNames {
  /** The names. */
  readonly candidates: () => string[];
  /** Writes one: a company's own name is in quotation marks. */
  readonly call: (name: string) => string;
}

/**
 * Names the fields that a question can name.
 *
 * @param resource The records.
 * @param own Their fields.
 * @param above The records that they belong to, and the fields of these.
 */
export function nameFields(
  { plural }: Kind,
  { candidates, call }: FieldNames,
  above?: FieldNames & { readonly plural: string },
): string {
  const all = candidates();
  const inherited = above?.candidates().filter((one) => !all.includes(one));
  return `Fields of ${plural.replaceAll("_", " ")}: ${
    listNames(all, MAX_NAMES, call)
  }${
    inherited === undefined
      ? ""
      : `, and those of their ${above!.plural}: ${
        listNames(inherited, MAX_INHERITED, above!.call)
      }`
  }`;
}

function listNames(
  names: readonly string[],
  most: number,
  call: FieldNames["call"],
): string {
  const more = names.length - most;
  return `${names.slice(0, most).map(call).join(", ")}${
    more > 0 ? ` and ${more} more` : ""
  }`;
}

/**
 * The fields that a word may mean, by the words that other resources and other
 * programs have for them.
 */
const MEANT: Readonly<Record<string, readonly string[]>> = {
  "from stage": ["from"],
  "to stage": ["to"],
  status: ["state", "crm_task_status_id", "crm_stage_id", "ticket_stage_id"],
  stage: ["crm_stage_id", "ticket_stage_id", "crm_task_status_id", "state"],
  owner: ["creator_id", "assignee_id"],
  assignee: ["assignee_id", "creator_id"],
  value: ["size", "total_price", "price"],
  amount: ["size", "total_price", "price"],
  price: ["price", "total_price", "size"],
  total: ["total_price", "size"],
  phone: ["telephone"],
  deadline: ["due_date", "expired_date", "closed_date"],
  title: ["name"],
  subject: ["name"],
};

/** How many fields that a word may mean an error names. */
const MOST_MEANT = 2;

/**
 * Says that records have no field of a name, and which may be meant.
 *
 * @param name The name.
 * @param resource The records.
 * @param names The fields that a question can name.
 */
export function unknownField(
  name: string,
  { plural }: Kind,
  names: FieldNames,
): string {
  const records = plural.replaceAll("_", " ");
  if (/^notes?$/i.test(name) && NOTED.has(plural)) {
    return `${records} have no field ${
      show(name)
    }: notes are records of their own. Ask with resource notes, of {resource: ${plural}, where} for those of some ${records}, and where {field: note, op: contains, value}`;
  }
  if (plural === "deals" && ENDED.test(name)) {
    return `${records} have no field ${
      show(name)
    }: when a deal was won or lost is in its moves. Ask with resource stage_moves, of {resource: deals}, where {field: to_state, value: won} and {field: moved_date, op: gte, value: 2026-11}`;
  }
  return `${records} have no field ${show(name)}${meant(name, names)}`;
}

/**
 * Says that the list of records does not show a field, and which may be used
 * instead.
 *
 * @param name The name of the field.
 * @param resource The records.
 * @param names The fields that a question can name.
 */
export function unlistedField(
  name: string,
  { plural }: Kind,
  names: FieldNames,
): string {
  return `Qontak's list of ${plural.replaceAll("_", " ")} does not show ${
    show(name)
  }, so nothing can be asked about it${meant(name, names)}`;
}

function meant(name: string, { candidates, call }: FieldNames): string {
  const all = candidates();
  const word = fold(name).replace(/ (?:id|name)$/, "");
  const known = Object.hasOwn(MEANT, word)
    ? MEANT[word]!.filter((one) => all.includes(one))
    // Check-ins are listed in parts, such as checkin_latitude.
    : all.filter((one) => one.endsWith(`_${name}`));
  const near = known.length > 0 ? known : nearest(name, all) ?? [];
  const words = [near].flat().slice(0, MOST_MEANT).map(call).join(" or ");
  return words === "" ? "" : `. Did you mean ${words}?`;
}
