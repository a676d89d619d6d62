/**
 * Tools for lists that Qontak sends without pages. This server splits them into
 * pages.
 *
 * @module
 */
import { InputError } from "../../errors.ts";
import type { Endpoint } from "../../qontak/endpoints.ts";
import type { Resource } from "../../qontak/resources.ts";
import { isEmpty, isObject, type JsonObject } from "../../values/json.ts";
import { foldText } from "../../values/words.ts";
import { type Tool, tool } from "../tool.ts";
import { type Arguments, id, required } from "./arguments.ts";
import { presentList } from "./fit.ts";
import { frames } from "./frames.ts";
import { presentRecords } from "../../fields/present.ts";
import { isoOf } from "../../fields/shown.ts";
import {
  fieldsArgument,
  fixedPages,
  pageArgument,
  tenantArgument,
} from "./shared_arguments.ts";
import { presentRows } from "./rows.ts";
import type { ToolTraits } from "./tool_traits.ts";

/** A list that Qontak sends without pages. */
export interface WholeList {
  /** The tool's name. */
  readonly name: string;
  /** The tool's title. */
  readonly title: string;
  /** What the tool returns. */
  readonly description: string;
  /** The endpoint. */
  readonly endpoint: Endpoint;
  /** The ids in the endpoint's path, and the required argument for each. */
  readonly path?: Readonly<Record<string, string>>;
  /** The arguments that become query parameters. */
  readonly query?: Arguments;
  /**
   * Says what is wrong with the combination of query parameters, if anything.
   */
  readonly problem?: (query: JsonObject) => string | undefined;
  /** The kind of record in the list, if it has a summary. */
  readonly resource?: Resource;
  /**
   * The keys that are shown unless `fields` names others. If omitted, all keys
   * with a value are shown, and the tool has no `fields`.
   */
  readonly summary?: readonly string[];
  /**
   * Converts Qontak's response to the list. If omitted, the response is the
   * list.
   */
  readonly records?: (response: unknown) => JsonObject[];
}

/**
 * Makes a tool for a list that Qontak sends without pages.
 *
 * @param list What is special about the list.
 * @throws {TypeError} When Qontak sends the list in pages.
 */
export function wholeList(list: WholeList): Tool {
  const { name, title, description, endpoint, summary } = list;
  const { path = {}, query = {}, problem, records = objects } = list;
  // Otherwise one page would look like the whole list.
  if (endpoint.answers === "page") {
    throw new TypeError(
      `${name}: ${endpoint.path} is sent in pages, which listTool() shows`,
    );
  }
  return tool({
    name,
    title,
    description,
    effect: "read",
    input: {
      ...Object.fromEntries(
        Object.values(path).map((argument) => [argument, required(id())]),
      ),
      ...query,
      ...pageArgument,
      ...(summary ? fieldsArgument : {}),
      ...tenantArgument,
    } as Arguments,
    output: frames.page,
    renamed: fixedPages,
    run: async (context, args) => {
      const { crm, signal } = context;
      const parameters = pick(args, Object.keys(query));
      const wrong = problem?.(parameters);
      if (wrong !== undefined) throw new InputError(`${name} ${wrong}`);
      const { response } = await crm.call(endpoint, {
        path: Object.fromEntries(
          Object.entries(path).map(([part, argument]) => [
            part,
            args[argument] as number,
          ]),
        ),
        query: parameters,
        signal,
      });
      const { shown, extra } = list.resource && summary
        ? await presentRows(
          context,
          { resource: list.resource, summary },
          args,
          records(response),
        )
        : presentRecords(
          records(response),
          args.fields as string[] | undefined,
          summary,
        );
      return presentList(shown, args.page as number | undefined, extra);
    },
  });
}

/** Selects the given arguments with these names; all of them are ids. */
function pick(
  args: JsonObject,
  names: readonly string[],
): Record<string, number> {
  return Object.fromEntries(
    names.filter((name) => args[name] !== undefined)
      .map((name) => [name, args[name] as number]),
  );
}

/**
 * The records of a list.
 *
 * @param response What Qontak sent; anything in it that is not an object is
 * left out.
 */
export function objects(response: unknown): JsonObject[] {
  return Array.isArray(response) ? response.filter(isObject) : [];
}

/**
 * Makes a tool for the timeline of a record.
 *
 * @param traits What is special about the record.
 * @param endpoint The endpoint.
 */
export function timelineTool(
  { resource: { name, idArgument } }: ToolTraits,
  endpoint: Endpoint,
): Tool {
  return wholeList({
    name: `get_${name}_timeline`,
    title: `Get ${name}'s timeline`,
    description: `What happened to a ${name}, newest first.`,
    endpoint,
    path: { id: idArgument },
    records: (response) => objects(response).map(sayOnce),
  });
}

/**
 * An entry of a timeline that says each thing once: Qontak repeats in `why`
 * what `how`, `what` and `content` say.
 */
function sayOnce({ why, how, when, ...entry }: JsonObject): JsonObject {
  const said = foldText(why);
  const isSaid = (text: unknown) =>
    !isEmpty(text) && said.includes(foldText(text));
  const [, noun = entry.what] = /^an? (.+)$/.exec(String(entry.what)) ?? [];
  const isRepeated = isSaid(entry.content) && isSaid(how) && isSaid(noun);
  return {
    ...entry,
    how: typeof how === "string" ? how.trim() : how,
    ...(isRepeated ? {} : { why }),
    when: isoOf(when),
  };
}

/**
 * Makes a tool for the chat that belongs to a record.
 *
 * @param traits What is special about the record.
 * @param endpoint The endpoint.
 */
export function chatTool(
  { resource: { name, idArgument } }: ToolTraits,
  endpoint: Endpoint,
): Tool {
  return wholeList({
    name: `get_${name}_chat_history`,
    title: `Get ${name}'s chat history`,
    description: "The chat with the customer, where a chat panel is connected.",
    endpoint,
    path: { id: idArgument },
    records: messages,
  });
}

/**
 * Qontak's API collection shows one room, but real responses may be a list of
 * rooms.
 */
function messages(response: unknown): JsonObject[] {
  const rooms = Array.isArray(response) ? response : [response];
  return rooms.filter(isObject).flatMap(({ room_id, chat_contents }) =>
    objects(chat_contents).map((message) => ({ room_id, ...message }))
  );
}
