/**
 * Tools that list records in pages, with filters that Qontak lacks.
 *
 * @module
 */
import { isLastPage } from "../../qontak/pages.ts";
import { argumentOf, type Resource } from "../../qontak/resources.ts";
import { findByPhone, PHONE_QUERY } from "../../snapshots/find_by_phone.ts";
import { changedAt } from "../../snapshots/read.ts";
import type { Query } from "../../snapshots/records.ts";
import { type JsonObject, show, toId } from "../../values/json.ts";
import { phoneIn } from "../../values/phone.ts";
import { type Tool, tool, type ToolContext } from "../tool.ts";
import { type Arguments, reference } from "./arguments.ts";
import { pickOption, recordTest } from "./filter.ts";
import { type Position, presentPage } from "./fit.ts";
import { frames } from "./frames.ts";
import { describeReading } from "./reading.ts";
import {
  fieldsArgument,
  fixedPages,
  pageArgument,
  perPageArgument,
  tenantArgument,
} from "./shared_arguments.ts";
import { presentRows } from "./rows.ts";
import { meaningOf, spoken, type ToolTraits } from "./tool_traits.ts";
import { objects } from "./whole_list.ts";

/** The default number of records in a page. */
const PER_PAGE = 25;

/** The query parameters that choose a page. */
const POSITION = ["page", "per_page"];

/**
 * Makes a tool that lists the records of a resource in pages.
 *
 * @param traits What is special about the resource.
 */
export function listTool(traits: ToolTraits): Tool {
  const { resource, query = {}, filters = [] } = traits;
  const names = filters.map((key) => argumentOf(resource, key));
  const plural = spoken(resource.plural);
  return tool({
    name: `list_${resource.plural}`,
    title: `List ${plural}`,
    description: `A page of ${plural}${meaningOf(traits)}.`,
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
    renamed: {
      ...(isSized(resource) ? {} : fixedPages),
      ...traits.renamedInList,
    },
    about: resource,
    run: async (context, args) => {
      const wanted = {
        page: (args.page as number | undefined) ?? 1,
        perPage: (args.per_page as number | undefined) ?? PER_PAGE,
      };
      const query = await queryOf(context, traits, args);
      const { records, position, said = {} } =
        await pageByPhone(context, resource, query, wanted) ??
          (names.some((name) => args[name] !== undefined)
            ? await pageOfMatches(context, traits, args, query, wanted)
            : await pageOfQontak(context, resource, query, wanted));
      const { shown, extra } = await presentRows(
        context,
        traits,
        args,
        records,
      );
      const notes = sayPhone(query[PHONE_QUERY], records);
      return presentPage(shown, position, { ...extra, ...said, ...notes });
    },
  });
}

/** Whether Qontak lets a caller choose the page size. */
function isSized({ endpoints: { list } }: Resource): boolean {
  return list.query.includes("per_page");
}

/** The query parameters of a call. */
async function queryOf(
  { setup }: ToolContext,
  { resource, queryOptions = [] }: ToolTraits,
  args: JsonObject,
): Promise<Query> {
  const { list } = resource.endpoints;
  const query: Record<string, string | number> = {};
  for (const key of list.query) {
    const value = args[key];
    if (value === undefined || POSITION.includes(key)) continue;
    if (!queryOptions.includes(key)) query[key] = value as string | number;
    else {
      const option = await pickOption(setup, resource, key, value);
      query[key] = option.id ?? option.name;
    }
  }
  return query;
}

/** Which page the caller wants. */
interface Wanted {
  readonly page: number;
  readonly perPage: number;
}

/** One page, and how it was made. */
interface ListedPage {
  readonly records: JsonObject[];
  readonly position: Position;
  /** What else the answer says. */
  readonly said?: JsonObject;
}

/**
 * A page of the records with a whole phone number, however they store it, also
 * if the caller gave it among words; undefined if the caller gave none.
 */
async function pageByPhone(
  context: ToolContext,
  resource: Resource,
  { [PHONE_QUERY]: phone, ...query }: Query,
  { page, perPage }: Wanted,
): Promise<ListedPage | undefined> {
  if (typeof phone !== "string") return undefined;
  const number = phoneIn(phone) ?? phone;
  const found = await findByPhone(context, resource, number, { query });
  if (!found) return undefined;
  const { records, forms } = found;
  return {
    records: records.slice((page - 1) * perPage, page * perPage),
    position: {
      page,
      total_data: records.length,
      isLast: records.length <= page * perPage,
    },
    said: forms.length > 0 ? { stored_as: forms } : {},
  };
}

/** Says what was searched for if a phone number came with words. */
function sayPhone(
  phone: unknown,
  found: readonly JsonObject[],
): { readonly notes?: readonly string[] } {
  if (typeof phone !== "string") return {};
  const number = phoneIn(phone);
  if (number !== undefined && number !== phone.trim()) {
    return { notes: [`Searched for the phone number ${show(number)} alone`] };
  }
  return number === undefined && found.length === 0 && /\p{L}/u.test(phone)
    ? {
      notes: [
        `${show(phone)} has no phone number: phone takes one, or part of one`,
      ],
    }
    : {};
}

/** A page as Qontak sends it. */
async function pageOfQontak(
  { crm, signal }: ToolContext,
  resource: Resource,
  query: Query,
  { page, perPage }: Wanted,
): Promise<ListedPage> {
  const size = isSized(resource) ? { per_page: perPage } : {};
  const { response, page: position } = await crm.call(resource.endpoints.list, {
    query: { ...query, page, ...size },
    signal,
  });
  const read = {
    page,
    perPage: size.per_page,
    count: Array.isArray(response) ? response.length : 0,
  };
  return {
    records: objects(response),
    position: { page, ...position, isLast: isLastPage(read, position) },
  };
}

/**
 * A page of the records that pass the filters of this server, the newest change
 * first.
 */
async function pageOfMatches(
  context: ToolContext,
  { resource, filters = [] }: ToolTraits,
  args: JsonObject,
  query: Query,
  { page, perPage }: Wanted,
): Promise<ListedPage> {
  const test = await recordTest(context, resource, filters, args);
  const snapshot = await context.records.listed(resource, query);
  const said = describeReading(snapshot, resource.plural);
  if (snapshot.partial) {
    return { records: [], position: { page, isLast: true }, said };
  }
  const { table } = snapshot;
  const matches = [...table.rows()]
    .filter((row) => test((key) => table.value(row, key)))
    .map((row) => ({
      row,
      id: toId(table.value(row, "id")) ?? 0,
      at: changedAt({ updated_at: table.value(row, "updated_at") }) || 0,
    })).sort((a, b) => b.at - a.at || b.id - a.id);
  const total_page = Math.ceil(matches.length / perPage);
  return {
    records: matches.slice((page - 1) * perPage, page * perPage)
      .map(({ row }) => table.record(row, true)),
    position: {
      page,
      total_page,
      total_data: matches.length,
      isLast: page >= total_page,
    },
    said,
  };
}
