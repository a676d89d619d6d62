/**
 * Changes to a list that name what to add and what to remove, such as
 * `{"add": [1], "remove": [2]}`, for callers that do not know the rest.
 *
 * @module
 */
import { choose, type Option } from "../fields/options.ts";
import { valueIn } from "../fields/required.ts";
import type { Setup } from "../fields/setup.ts";
import type { Field } from "../fields/template.ts";
import { argumentOf, type Resource } from "../qontak/resources.ts";
import {
  isEmpty,
  isObject,
  type JsonObject,
  show,
  toId,
} from "../values/json.ts";

/** A write in which such changes may be. */
export interface ListWrite {
  /** The kind of record. */
  readonly resource: Resource;
  /** The values by body key. */
  readonly values: JsonObject;
  /** The record before; undefined if there is none or it was not read. */
  readonly before: JsonObject | undefined;
  /** Whether the caller may see what records hold. */
  readonly mayRead: boolean;
}

/** The values with whole lists, and what is wrong. */
export interface WholeLists {
  readonly values: JsonObject;
  readonly problems: readonly string[];
}

/**
 * Whether a value names what to add to a list, or what to remove.
 *
 * @param value The value of an argument.
 */
export function isListChange(value: unknown): value is JsonObject {
  return isObject(value) && Object.keys(value).length > 0 &&
    Object.entries(value).every(([key, part]) =>
      (key === "add" || key === "remove") && Array.isArray(part)
    );
}

/**
 * Replaces changes to lists by the whole lists.
 *
 * @param setup The company's setup.
 * @param write The write.
 */
export async function withWholeLists(
  setup: Setup,
  { resource, values, before, mayRead }: ListWrite,
): Promise<WholeLists> {
  const { additional_fields: custom } = values;
  const isChanged = Object.values(values).some(isListChange) ||
    (Array.isArray(custom) &&
      custom.some((entry) => isObject(entry) && isListChange(entry.value)));
  if (!isChanged) return { values, problems: [] };
  const fields = await setup.fields(resource);
  const problems: string[] = [];
  const whole = (name: string, field: Field | undefined, change: unknown) => {
    if (!isListChange(change)) return change;
    const [key] = name.split(" ");
    const now = !before ? undefined : field ? valueIn(before, field) : before[
      Object.keys(values).find((one) => argumentOf(resource, one) === key)!
    ];
    if (now === undefined) {
      problems.push(
        `${name} cannot be added to or removed from, because Qontak does not show what it holds: give the whole list`,
      );
      return change;
    }
    const found = changed(idsOf(now), change, field?.options, mayRead);
    problems.push(...found.problems.map((problem) => `${name} ${problem}`));
    return found.list;
  };
  const found = Object.fromEntries(
    Object.entries(values).map(([key, value]) => {
      if (key !== "additional_fields" || !Array.isArray(value)) {
        const field = fields.find((field) =>
          !field.custom && field.key === key
        );
        return [key, whole(argumentOf(resource, key), field, value)];
      }
      return [
        key,
        value.map((entry) => {
          if (!isObject(entry)) return entry;
          const field = fields.find((field) =>
            field.custom && field.id === toId(entry.id)
          );
          const name = `additional_fields id ${entry.id}`;
          return { ...entry, value: whole(name, field, entry.value) };
        }),
      ];
    }),
  );
  return { values: found, problems };
}

/** The ids of a list; a multiple select holds them as one text. */
function idsOf(value: unknown): unknown[] {
  if (isEmpty(value)) return [];
  const list = typeof value === "string" ? value.split(",") : [value].flat();
  return list.map((one) => toId(one) ?? one);
}

/** Carries out a change to a list. */
function changed(
  now: readonly unknown[],
  change: JsonObject,
  options: readonly Option[] | undefined,
  mayRead: boolean,
): { readonly list: unknown[]; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const idOf = (one: unknown): unknown => {
    const id = toId(one) ?? one;
    if (!options) return id;
    const choice = choose(options, one, { translate: true });
    if (choice.problem === undefined) return choice.option.id;
    problems.push(choice.problem);
    return id;
  };
  const { add = [], remove = [] } = change as Record<string, unknown[]>;
  const gone = remove.map(idOf);
  const absent = gone.filter((id) => !now.includes(id));
  if (absent.length > 0) {
    problems.push(
      `does not hold ${
        absent.map((id) => show(id)).join(", ")
      }, so it cannot be removed${
        mayRead
          ? `. It holds ${now.map((id) => show(id)).join(", ") || "nothing"}`
          : ""
      }`,
    );
  }
  const kept = now.filter((id) => !gone.includes(id));
  const list = [...new Set([...kept, ...add.map(idOf)])];
  return { list, problems };
}
