/**
 * The tools that answer with lists.
 *
 * @module
 */
import { InputError } from "../../errors.ts";
import type { Endpoint } from "../../qontak/endpoints.ts";
import { argumentOf } from "../../qontak/resources.ts";
import { isObject, type JsonObject } from "../../values/json.ts";
import { type Arguments, id, reference, required } from "./arguments.ts";
import { type Tool, tool } from "../tool.ts";
import { pickOption, recordTest } from "./filter.ts";
import {
  frames,
  type Position,
  presentList,
  presentPage,
  presentRecord,
  presentRecords,
} from "./present.ts";
import {
  fieldsArgument,
  pageArgument,
  paging,
  type ResourceTools,
  selectedKeys,
  spoken,
  tenantArgument,
} from "./spec.ts";

/** How many records a page has unless asked otherwise. */
const PER_PAGE = 25;

/** A scan for filtered records reads at most so many pages of 100. */
const SCAN_PAGES = 10;

const SCAN_SIZE = 100;

/** A filter that Qontak does not have reads at most so many records. */
export const MAX_SCAN: number = SCAN_PAGES * SCAN_SIZE;

/** A list that belongs to one record, and that Qontak sends whole. */
export interface SubList {
  /** The tool's name. */
  readonly name: string;
  /** The tool's title. */
  readonly title: string;
  /** What it answers with. */
  readonly description: string;
  /** The endpoint; its path has one id. */
  readonly endpoint: Endpoint;
  /** Turns what Qontak sent into the list. */
  readonly records?: (response: unknown) => JsonObject[];
}

/**
 * A tool for a list that belongs to one record, shown in pages made here.
 *
 * @param spec What is special about the record.
 * @param sub What is special about the list.
 */
export function subListTool(spec: ResourceTools, sub: SubList): Tool {
  const { resource: { idArgument }, toolset } = spec;
  const { name, title, description, endpoint, records = objects } = sub;
  return tool({
    name,
    title,
    description,
    toolset,
    effect: "read",
    input: {
      [idArgument]: required(id()),
      ...pageArgument,
      ...tenantArgument,
    } as Arguments,
    output: frames.page,
    run: async ({ crm, signal }, args) => {
      const { response } = await crm.call(endpoint, {
        path: { id: args[idArgument] as number },
        signal,
      });
      const shown = records(response).map((row) => presentRecord(row).record);
      return presentList(shown, args.page as number | undefined);
    },
  });
}

/** The records of a list; anything else in it is passed over. */
export function objects(response: unknown): JsonObject[] {
  return Array.isArray(response) ? response.filter(isObject) : [];
}

/**
 * A tool for what happened to a record.
 *
 * @param spec What is special about the record.
 * @param endpoint The endpoint.
 */
export function timelineTool(spec: ResourceTools, endpoint: Endpoint): Tool {
  const { name } = spec.resource;
  return subListTool(spec, {
    name: `get_${name}_timeline`,
    title: `Get ${name}'s timeline`,
    description: `What happened to a ${name}, newest first.`,
    endpoint,
  });
}

/**
 * A tool for the chat that belongs to a record.
 *
 * @param spec What is special about the record.
 * @param endpoint The endpoint.
 */
export function chatTool(spec: ResourceTools, endpoint: Endpoint): Tool {
  const { name } = spec.resource;
  return subListTool(spec, {
    name: `get_${name}_chat_history`,
    title: `Get ${name}'s chat history`,
    description: "The chat with the customer, where a chat panel is connected.",
    endpoint,
    records: messages,
  });
}

/** Qontak's collection shows one room; in the wild a list of rooms comes too. */
function messages(response: unknown): JsonObject[] {
  const rooms = Array.isArray(response) ? response : [response];
  return rooms.filter(isObject).flatMap(({ room_id, chat_contents }) =>
    objects(chat_contents).map((message) => ({ room_id, ...message }))
  );
}

/**
 * A tool for the pages of a resource's list.
 *
 * @param spec What is special about the resource.
 */
export function listTool(spec: ResourceTools): Tool {
  const { resource, toolset, filters = [] } = spec;
  const { list: endpoint } = resource.endpoints;
  const names = filters.map((key) => argumentOf(resource, key));
  const isSized = endpoint.query.includes("per_page");
  return tool({
    name: `list_${resource.plural}`,
    title: `List ${spoken(resource.plural)}`,
    description: `A page of ${spoken(resource.plural)}, in short.${
      names.length > 0 ? ` ${names.join(", ")} are filtered here.` : ""
    }`,
    toolset,
    effect: "read",
    input: {
      ...spec.query,
      ...Object.fromEntries(names.map((name) => [name, reference()])),
      page: paging.page,
      ...(isSized ? { per_page: paging.per_page } : {}),
      ...fieldsArgument,
      ...tenantArgument,
    } as Arguments,
    output: frames.page,
    about: resource,
    run: async (context, args) => {
      const query = Object.fromEntries(
        endpoint.query.map((key) => [key, args[key] as string | number]),
      );
      for (const key of spec.queryOptions ?? []) {
        if (args[key] === undefined) continue;
        const option = await pickOption(
          context.setup,
          resource,
          key,
          args[key],
        );
        query[key] = option.id ?? option.name;
      }
      const read = async (page: number, perPage: number) => {
        const { response, page: position } = await context.crm.call(endpoint, {
          query: {
            ...query,
            page,
            ...(isSized ? { per_page: perPage } : {}),
          },
          signal: context.signal,
        });
        const records = objects(response);
        return {
          records,
          position: position ??
            { page, total_page: page, total_data: records.length },
        };
      };
      const present = (records: JsonObject[]) =>
        presentRecords(
          records,
          selectedKeys(resource, args.fields),
          spec.summary,
        );
      const first = (args.page as number | undefined) ?? 1;
      if (names.every((name) => args[name] === undefined)) {
        const perPage = (args.per_page as number | undefined) ?? PER_PAGE;
        const { records, position } = await read(first, perPage);
        const { shown, extra } = present(records);
        return presentPage(shown, position, extra);
      }
      if (args.per_page !== undefined) {
        throw new InputError(
          `per_page cannot be combined with ${
            names.join(", ")
          }: those are filtered here, over pages of ${SCAN_SIZE}`,
        );
      }
      const test = await recordTest(context, resource, filters, args);
      return await scan(read, test, present, first);
    },
  });
}

type ReadPage = (page: number, perPage: number) => Promise<{
  records: JsonObject[];
  position: Position;
}>;

/**
 * Reads page after page and keeps what passes the test. It stops at whole
 * pages, so that the next call can go on where this one stopped.
 */
async function scan(
  read: ReadPage,
  test: (record: JsonObject) => boolean,
  present: (records: JsonObject[]) => ReturnType<typeof presentRecords>,
  first: number,
): Promise<JsonObject> {
  const matches: JsonObject[] = [];
  let seen = 0;
  let page = first;
  for (;; page++) {
    const { records, position } = await read(page, SCAN_SIZE);
    seen += records.length;
    matches.push(...records.filter(test));
    const { total_page, total_data } = position;
    const isLast = page >= total_page;
    if (
      isLast || page - first + 1 >= SCAN_PAGES || matches.length >= PER_PAGE
    ) {
      const { shown, extra } = present(matches);
      return presentPage(shown, { page, total_page, total_data }, {
        ...extra,
        matches: matches.length,
        read: `${seen} of ${total_data} records, pages ${first} to ${page}${
          isLast ? "" : `; call again with page ${page + 1} for the rest`
        }`,
      });
    }
  }
}
