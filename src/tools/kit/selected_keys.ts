/**
 * The keys that the argument `fields` of a tool names.
 *
 * @module
 */
import { ForeseenError } from "../../errors.ts";
import type { Setup } from "../../fields/setup.ts";
import { answerKey, fullNameKey } from "../../fields/shown.ts";
import {
  argumentOf,
  isMoney,
  isShortFor,
  nameKeyOf,
  type Resource,
} from "../../qontak/resources.ts";
import { isEmpty, isObject, type JsonObject } from "../../values/json.ts";
import { fold } from "../../values/words.ts";

/**
 * Converts the names in `fields` to keys of records, and ids of custom fields.
 * A name is that of an argument, a key as answers show it, also that of the
 * name beside an id, the name, id or label of a field, or short for the key of
 * an id. An unknown name stays as it is. The names beside ids are shown too.
 *
 * @param setup The company's setup.
 * @param resource The kind of record.
 * @param fields What the caller named, if anything.
 * @param records The records, as Qontak sent them.
 */
export async function selectedKeys(
  setup: Setup,
  resource: Resource,
  fields: unknown,
  records: readonly JsonObject[],
): Promise<string[] | undefined> {
  if (!Array.isArray(fields)) return undefined;
  const has = new Set(records.flatMap(Object.keys));
  const custom = new Set(
    records.flatMap(({ additional_fields: entries }) =>
      Array.isArray(entries) ? entries.filter(isObject) : []
    ).flatMap(({ id, name }) => [String(id), String(name)]),
  );
  const renamed = Object.entries(resource.arguments);
  const keyOf = (word: string): string | undefined => {
    const key = renamed.find(([, name]) => name === word)?.[0] ?? word;
    if (key === "*" || has.has(key) || custom.has(key)) return key;
    return [...has].find((one) => answerKey(resource, one) === word) ??
      [...has].find((one) => {
        const name = nameKeyOf(one);
        return name !== undefined && answerKey(resource, name) === word;
      });
  };
  const ids = [...has].filter((key) => key.endsWith("_id"))
    .map((key) => [key, argumentOf(resource, key)] as const);
  const keys: string[] = [];
  for (const word of fields as string[]) {
    const key = keyOf(word);
    if (key !== undefined || records.length === 0) keys.push(key ?? word);
    else {
      const found = await labelled(setup, resource, word);
      const short = ids.filter(([key, argument]) =>
        isShortFor(word, key, argument)
      );
      if (found.length > 0) keys.push(...found);
      else keys.push(short.length === 1 ? short[0]![0] : word);
    }
  }
  const named = new Set(
    records.flatMap((record) =>
      Object.keys(record).filter((one) => !isEmpty(record[one]))
    ),
  );
  for (const key of [...keys]) {
    const name = nameKeyOf(key);
    if (name === undefined) continue;
    const beside = [name, fullNameKey(name), `${name}s`]
      .find((one) => named.has(one));
    if (beside !== undefined && !keys.includes(beside)) keys.push(beside);
  }
  // An amount says nothing without its currency.
  return keys.some((key) => isMoney(resource, key)) &&
      !keys.includes("currency")
    ? [...keys, "currency"]
    : keys;
}

/** The fields with a label. */
async function labelled(
  setup: Setup,
  resource: Resource,
  label: string,
): Promise<string[]> {
  if (resource.endpoints.template === null) return [];
  try {
    const fields = await setup.fields(resource);
    return fields.filter((one) => fold(one.label) === fold(label))
      .map(({ custom, id, key }) => custom ? String(id) : key);
  } catch (error) {
    if (!(error instanceof ForeseenError)) throw error;
    return [];
  }
}
