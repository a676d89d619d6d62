/**
 * Tools that list records in pages, with filters that Qontak lacks.
 *
 * @module
 */
import { InputError } from "../../errors.ts";
import { argumentOf, type Resource } from "../../qontak/resources.ts";
import { isLastPage } from "../../qontak/pages.ts";
import {
  findByPhone,
  type FoundByPhone,
  PHONE_QUERY,
} from "../../snapshots/find_by_phone.ts";
import { defined, type JsonObject } from "../../values/json.ts";
import { phoneKey } from "../../values/phone.ts";
import { type Tool, tool, type ToolContext } from "../tool.ts";
import { type Arguments, reference } from "./arguments.ts";
import { pickOption, type RecordTest, recordTest } from "./filter.ts";
import { type Position, presentPage } from "./fit.ts";
import { frames } from "./frames.ts";
import { presentRecords } from "../../fields/present.ts";
import {
  fieldsArgument,
  pageArgument,
  perPageArgument,
  selectedKeys,
  tenantArgument,
} from "./shared_arguments.ts";
import { spoken, type ToolTraits } from "./tool_traits.ts";
import { objects } from "./whole_list.ts";

/** The default number of records in a page. */
const PER_PAGE = 25;

/**
 * The maximum number of pages, of 100 records each, that a filtered scan reads.
 */
const SCAN_PAGES = 10;

const SCAN_SIZE = 100;

/** The maximum number of records that a filter of this server reads. */
export const MAX_SCAN: number = SCAN_PAGES * SCAN_SIZE;

/**
 * Makes a tool that lists the records of a resource in pages.
 *
 * @param traits What is special about the resource.
 */
export function listTool(traits: ToolTraits): Tool {
  const { resource, query = {}, filters = [] } = traits;
  const names = filters.map((key) => argumentOf(resource, key));
  const plural = spoken(resource.plural);
  const filtered = names.length > 0
    ? ` This server applies ${names.join(", ")} itself.`
    : "";
  return tool({
    name: `list_${resource.plural}`,
    title: `List ${plural}`,
    description: `A page of ${plural}, in short.${filtered}`,
    effect: "read",
    input: {
      ...query,
      ...Object.fromEntries(names.map((name) => [name, reference()])),
      ...pageArgument,
      ...(isSized(resource) ? perPageArgument : {}),
      ...fieldsArgument,
      ...tenantArgument,
    } as Arguments,
    output: frames.page,
    about: resource,
    run: async (context, args) => {
      const read = await pageReader(context, traits, args);
      const present: Present = (records) =>
        presentRecords(
          records,
          selectedKeys(resource, args.fields),
          traits.summary,
        );
      const first = (args.page as number | undefined) ?? 1;
      const perPage = args.per_page as number | undefined;
      const byPhone = await listByPhone(context, traits, args);
      if (byPhone) {
        const { records, forms } = byPhone;
        const size = perPage ?? PER_PAGE;
        const { shown, extra } = present(
          records.slice((first - 1) * size, first * size),
        );
        return presentPage(shown, {
          page: first,
          total_data: records.length,
          isLast: records.length <= first * size,
        }, { ...extra, ...(forms.length > 0 ? { stored_as: forms } : {}) });
      }
      if (names.every((name) => args[name] === undefined)) {
        const { records, position } = await read(first, perPage ?? PER_PAGE);
        const { shown, extra } = present(records);
        return presentPage(shown, position, extra);
      }
      if (perPage !== undefined) {
        throw new InputError(
          `per_page cannot be combined with ${
            names.join(", ")
          }: this server applies those filters itself, on pages of ${SCAN_SIZE}`,
        );
      }
      const test = await recordTest(context, resource, filters, args);
      return await scan(read, test, present, first);
    },
  });
}

/** Whether Qontak lets a caller choose the page size. */
function isSized({ endpoints: { list } }: Resource): boolean {
  return list.query.includes("per_page");
}

/** Finds records by a whole phone number, if the caller gave one. */
async function listByPhone(
  context: ToolContext,
  { resource, queryOptions = [] }: ToolTraits,
  args: JsonObject,
): Promise<FoundByPhone | undefined> {
  const { [PHONE_QUERY]: phone } = args;
  if (typeof phone !== "string" || phoneKey(phone) === undefined) {
    return undefined;
  }
  const query = await queryOf(context, resource, queryOptions, args);
  delete query[PHONE_QUERY];
  return await findByPhone(context, resource, phone, { query });
}

/** The query parameters that a call names. */
async function queryOf(
  { setup }: ToolContext,
  resource: Resource,
  queryOptions: readonly string[],
  args: JsonObject,
): Promise<Record<string, string | number>> {
  const { query: keys } = resource.endpoints.list;
  const query: Record<string, string | number> = {};
  for (const key of keys) {
    if (args[key] === undefined || key === "page" || key === "per_page") {
      continue;
    }
    query[key] = args[key] as string | number;
    if (!queryOptions.includes(key)) continue;
    const option = await pickOption(setup, resource, key, args[key]);
    query[key] = option.id ?? option.name;
  }
  return query;
}

type Present = (records: JsonObject[]) => ReturnType<typeof presentRecords>;

type ReadPage = (page: number, perPage: number) => Promise<{
  records: JsonObject[];
  position: Position;
}>;

/** Makes a function that reads pages, with the query parameters of a call. */
async function pageReader(
  context: ToolContext,
  { resource, queryOptions = [] }: ToolTraits,
  args: JsonObject,
): Promise<ReadPage> {
  const { crm, signal } = context;
  const { list } = resource.endpoints;
  const query = await queryOf(context, resource, queryOptions, args);
  return async (page, perPage) => {
    const { response, page: position } = await crm.call(list, {
      query: {
        ...query,
        page,
        ...(isSized(resource) ? { per_page: perPage } : {}),
      },
      signal,
    });
    const records = objects(response);
    const read = {
      page,
      perPage: isSized(resource) ? perPage : undefined,
      count: Array.isArray(response) ? response.length : 0,
    };
    return {
      records,
      position: { page, ...position, isLast: isLastPage(read, position) },
    };
  };
}

/**
 * Reads page after page and keeps the records that pass the test. It stops only
 * after a whole page, so that the next call can continue on the following page.
 */
async function scan(
  read: ReadPage,
  test: RecordTest,
  present: Present,
  first: number,
): Promise<JsonObject> {
  const matches: JsonObject[] = [];
  let seen = 0;
  let page = first;
  for (;; page++) {
    const { records, position } = await read(page, SCAN_SIZE);
    seen += records.length;
    matches.push(...records.filter(test));
    const { total_page, total_data, isLast } = position;
    if (
      isLast || page - first + 1 >= SCAN_PAGES || matches.length >= PER_PAGE
    ) {
      const { shown, extra } = present(matches);
      const of = total_data === undefined ? "" : ` of ${total_data}`;
      // total_data is left out: a reader would take it for the number of
      // matches.
      return presentPage(shown, { page, ...defined({ total_page }), isLast }, {
        ...extra,
        matches: matches.length,
        read: `${seen}${of} records, pages ${first} to ${page}${
          isLast ? "" : `; call again with page ${page + 1} for the rest`
        }`,
      });
    }
  }
}
