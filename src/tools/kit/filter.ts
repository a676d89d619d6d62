/**
 * Filters that Qontak lacks, applied by this server. Names are first resolved
 * to ids, so that a misspelled name causes an error and not an empty answer.
 *
 * @module
 */
import { InputError } from "../../errors.ts";
import { choose, type Option } from "../../fields/options.ts";
import { isMe } from "../../fields/people.ts";
import type { Setup } from "../../fields/setup.ts";
import {
  argumentOf,
  isPersonKey,
  type Resource,
} from "../../qontak/resources.ts";
import { isEmpty, type JsonObject, show, toId } from "../../values/json.ts";
import type { ToolContext } from "../tool.ts";

/** Tests a record, whose values it gets by key. */
export type RecordTest = (valueOf: (key: string) => unknown) => boolean;

/**
 * Makes the test for the filters of a call.
 *
 * @param context The company's setup.
 * @param resource The kind of record.
 * @param filters The keys that can be filtered by.
 * @param args The arguments of the call.
 * @throws {InputError} When the value of a filter does not exist in the
 * company's setup.
 */
export async function recordTest(
  { setup }: ToolContext,
  resource: Resource,
  filters: readonly string[],
  args: JsonObject,
): Promise<RecordTest> {
  const wanted = new Map<string, ReadonlySet<number>>();
  for (const key of filters) {
    const value = args[argumentOf(resource, key)];
    if (isEmpty(value)) continue;
    const ids = key === resource.place?.stage
      ? await stageIds(setup, resource, value, wanted)
      : [(await pickOption(setup, resource, key, value)).id];
    wanted.set(key, new Set(ids.filter((id) => id !== null)));
  }
  return (valueOf) =>
    [...wanted].every(([key, ids]) => {
      const value = valueOf(key);
      const held = Array.isArray(value) ? value : [value];
      return held.some((one) => ids.has(toId(one) ?? -1));
    });
}

/**
 * Finds the option of a field for a value. If the company's setup lists no
 * options, the value is used as an id.
 *
 * @param setup The company's setup.
 * @param resource The kind of record.
 * @param key The body key of the field.
 * @param value An id or label.
 * @throws {InputError} When there is no such option.
 */
export async function pickOption(
  setup: Setup,
  resource: Resource,
  key: string,
  value: unknown,
): Promise<Option> {
  const name = argumentOf(resource, key);
  if (isPersonKey(key) && isMe(value)) value = await setup.me();
  const given = toId(value);
  let options: readonly Option[] | undefined;
  try {
    options = await optionsOf(setup, resource, key);
  } catch (error) {
    // An id needs no list; Qontak itself refuses an unknown id.
    if (given === null) throw error;
    return { id: given, name: String(given) };
  }
  if (!options && given !== null) return { id: given, name: String(given) };
  return pick(name, options ?? [], value, isPersonKey(key));
}

async function optionsOf(
  setup: Setup,
  resource: Resource,
  key: string,
): Promise<readonly Option[] | undefined> {
  return key === resource.place?.pipeline
    ? await setup.pipelines(resource)
    : (await setup.fields(resource)).find((field) =>
      !field.custom && field.key === key
    )?.options;
}

function pick(
  name: string,
  options: readonly Option[],
  value: unknown,
  people = false,
): Option {
  if (options.length === 0) {
    throw new InputError(`${name} takes an id, not ${show(value)}`);
  }
  const choice = choose(options, value, { translate: true, people });
  if (choice.problem === undefined) return choice.option;
  throw new InputError(`${name}: ${choice.problem}`);
}

/**
 * Finds the ids of stages by name. Several pipelines may have a stage with that
 * name: the name then means all of them.
 */
async function stageIds(
  setup: Setup,
  resource: Resource,
  value: unknown,
  wanted: ReadonlyMap<string, ReadonlySet<number>>,
): Promise<(number | null)[]> {
  const { pipeline, stage } = resource.place!;
  const only = wanted.get(pipeline);
  const pipelines = (await setup.pipelines(resource)).filter(({ id }) =>
    only === undefined || only.has(id)
  );
  const found: (number | null)[] = [];
  const all: Option[] = [];
  for (const { id } of pipelines) {
    const stages = await setup.stages(resource, id);
    all.push(...stages);
    const choice = choose(stages, value);
    if (choice.problem === undefined) found.push(choice.option.id);
  }
  if (found.length === 0) pick(argumentOf(resource, stage), all, value);
  return found;
}
