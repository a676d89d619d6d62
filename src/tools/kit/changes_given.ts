/**
 * What the arguments of an update change: values, and keys to clear.
 *
 * @module
 */
import { MAX_FINDINGS } from "../../errors.ts";
import { argumentOf, type Resource } from "../../qontak/resources.ts";
import { isObject, type JsonObject, show } from "../../values/json.ts";
import { didYouMean, fold } from "../../values/words.ts";
import type { ToolContext } from "../tool.ts";
import { bodyValues } from "./body_arguments.ts";

/** What an update changes. */
export interface Given {
  /** The values by body key; null clears a key. */
  readonly values: JsonObject;
  /** What is wrong with the keys to clear. */
  readonly problems: readonly string[];
  /** What the reader should know. */
  readonly notes: readonly string[];
}

/** So many nulls in one call are a client that fills in what it leaves out. */
const MANY_NULLS = 3;

/**
 * Reads the arguments of an update.
 *
 * A null clears a key. But some clients send null for each argument that they
 * leave out, so nulls for many keys, or for all others, clear nothing.
 *
 * @param context The company's setup.
 * @param resource The kind of record.
 * @param args The arguments of the call.
 */
export async function changesGiven(
  context: ToolContext,
  resource: Resource,
  args: JsonObject,
): Promise<Given> {
  const { update } = resource.endpoints;
  const values = bodyValues(resource, update, args);
  const notes: string[] = [];
  const nulls = Object.keys(values).filter((key) => values[key] === null);
  const isFilling = nulls.length >= MANY_NULLS ||
    (nulls.length > 0 &&
      Object.keys(update.body).every((key) => values[key] !== undefined));
  if (isFilling) {
    for (const key of nulls) delete values[key];
    const names = nulls.map((key) => argumentOf(resource, key));
    notes.push(
      `Blank values cleared nothing: they were sent for ${
        names.slice(0, 10).join(", ")
      }${
        names.length > 10 ? ` and ${names.length - 10} more` : ""
      }, as clients do for what they leave out. To clear some of them, name them, such as clear: ["${
        names[0]
      }"]`,
    );
  }
  const problems = await clear(context, resource, args.clear, values);
  return { values, problems, notes };
}

/** Adds the keys to clear to the values; returns what is wrong with them. */
async function clear(
  { setup }: ToolContext,
  resource: Resource,
  names: unknown,
  values: JsonObject,
): Promise<string[]> {
  if (!Array.isArray(names) || names.length === 0) return [];
  const { body } = resource.endpoints.update;
  const keys = Object.keys(body).filter((key) => key !== "additional_fields");
  const custom: JsonObject[] = [];
  const problems: string[] = [];
  for (const name of names.map(String)) {
    if (problems.length === MAX_FINDINGS) {
      problems.push("clear may have more: fix these first");
      break;
    }
    const key = keys.find((key) =>
      key === name || argumentOf(resource, key) === name
    );
    if (key !== undefined) {
      if (values[key] === undefined || values[key] === null) values[key] = null;
      else {
        problems.push(`clear names ${name}, which also has a value: give one`);
      }
      continue;
    }
    const folded = fold(name);
    const fields = (await setup.fields(resource)).filter((field) =>
      field.custom &&
      (String(field.id) === name || fold(field.label) === folded)
    );
    if (fields.length === 1) custom.push({ id: fields[0]!.id, value: null });
    else {
      problems.push(
        fields.length > 1
          ? `clear: ${show(name)} is the label of ${fields.length} fields: ${
            fields.map(({ id }) => id).join(", ")
          }. Give the id`
          : `clear: there is no field ${show(name)}${
            didYouMean(name, keys.map((key) => argumentOf(resource, key)))
          }`,
      );
    }
  }
  if (custom.length > 0) {
    const given = values.additional_fields;
    values.additional_fields = [
      ...(Array.isArray(given) ? given.filter(isObject) : []),
      ...custom,
    ];
  }
  return problems;
}
