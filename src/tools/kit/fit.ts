/**
 * Fits answers into a conversation: splits lists into pages, shortens what is
 * too long, and says so.
 *
 * @module
 */
import type { Page } from "../../qontak/pages.ts";
import { defined, isObject, type JsonObject } from "../../values/json.ts";
import { cut as cutText } from "../../values/marks.ts";

/**
 * The maximum size of an answer unless the caller asks for more, in characters.
 */
export const MAX_ANSWER = 56_000;

/**
 * The maximum length of a text unless the caller names its field, in
 * characters.
 */
export const MAX_TEXT = 8_000;

/**
 * Shortens an answer that is too large for a conversation. It truncates the
 * longest texts first, and marks them.
 *
 * @param answer What a tool answered.
 * @param most The maximum size as JSON, in characters.
 */
export function bound(answer: JsonObject, most: number): JsonObject {
  for (const limit of isLargeAtLeast(answer, most) ? [] : LIMITS) {
    const bounded = cutTexts(answer, limit) as JsonObject;
    if (JSON.stringify(bounded).length <= most) return bounded;
  }
  const small = Object.entries(answer).filter(([, value]) =>
    !isLargeAtLeast(value, MAX_SMALL) &&
    JSON.stringify(value).length <= MAX_SMALL
  ).slice(0, MOST_SMALL);
  const large = Object.keys(answer).filter((key) =>
    !small.some(([one]) => one === key)
  );
  return {
    ...Object.fromEntries(small),
    cut: `The answer is too large for a conversation. It also has ${
      large.slice(0, MOST_SMALL).join(", ")
    }: get the record with fields to see the keys you need`,
  };
}

/** The longest values that stay in an answer that is too large, as JSON. */
const MAX_SMALL = 1_000;

/** How many of them stay. */
const MOST_SMALL = 20;

/**
 * The limits for the length of texts, in characters. The first limit that makes
 * the answer fit is used.
 */
const LIMITS = [MAX_TEXT, 2_000, 500, 100];

/**
 * Whether a value is larger as JSON than allowed, even with all texts truncated
 * to the shortest limit. It stops as soon as the answer is known.
 */
function isLargeAtLeast(value: unknown, most: number): boolean {
  let size = 0;
  const walk = (one: unknown): boolean => {
    size += typeof one === "string" ? Math.min(one.length, LIMITS.at(-1)!) : 1;
    if (size > most) return true;
    if (Array.isArray(one)) return one.some(walk);
    if (!isObject(one)) return false;
    for (const key in one) {
      size += key.length + 4;
      if (walk(one[key])) return true;
    }
    return false;
  };
  return walk(value);
}

/** Truncates every text in a value to a maximum length. */
function cutTexts(value: unknown, limit: number): unknown {
  if (typeof value === "string" && value.length > limit) {
    return cutText(value, limit, "name the key in fields to see all");
  }
  if (Array.isArray(value)) return value.map((one) => cutTexts(one, limit));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, cutTexts(one, limit)]),
  );
}

/** The position of a page among all pages, in Qontak's terms. */
export interface Position extends Page {
  /** The number of this page, starting at 1. */
  readonly page: number;
  /** Whether this is the last page. */
  readonly isLast: boolean;
}

/**
 * Makes one page of an answer. It leaves out records that do not fit, and says
 * so.
 *
 * @param all The records of the page.
 * @param position The position of the page.
 * @param extra Further keys of the answer.
 */
export function presentPage(
  all: readonly JsonObject[],
  position: Position,
  extra: JsonObject = {},
): JsonObject {
  const { page, total_page, total_data, isLast } = position;
  const base = {
    page,
    ...defined({ total_page, total_data }),
    ...(isLast ? {} : { next_page: page + 1 }),
    ...extra,
  };
  const { shown, cut } = fit(
    all,
    "name the keys you need in fields, or read the missing ones one by one",
  );
  return { records: shown, ...base, ...cut };
}

/**
 * Selects as many entries as fit into one answer, and says what was left out.
 *
 * @param all The entries.
 * @param instead What a reader can do about the omitted entries.
 */
export function fit(
  all: readonly JsonObject[],
  instead: string,
): { readonly shown: readonly JsonObject[]; readonly cut: JsonObject } {
  let size = 0;
  const shown: JsonObject[] = [];
  const left: unknown[] = [];
  for (let entry of all) {
    let length = JSON.stringify(entry).length + 1;
    if (length > MAX_TEXT + 1 && !isLargeAtLeast(entry, MAX_ANSWER)) {
      entry = cutTexts(entry, 2_000) as JsonObject;
      length = JSON.stringify(entry).length + 1;
    }
    // An entry that is too large on its own does not displace the others.
    if (size + length > MAX_ANSWER) left.push(entry.id ?? entry.key);
    else {
      size += length;
      shown.push(entry);
    }
  }
  if (left.length === 0) return { shown, cut: {} };
  return {
    shown,
    cut: {
      cut: `${shown.length} of ${all.length} fit into an answer: ${instead}`,
      left_out: left.slice(0, 100),
    },
  };
}

/**
 * The number of records in a page of a list that Qontak sends without pages.
 */
const PER_PAGE = 50;

/**
 * Makes one page of a list that Qontak always sends without pages.
 *
 * @param all The list.
 * @param page The page number, starting at 1.
 * @param extra Further keys of the answer.
 */
export function presentList(
  all: readonly JsonObject[],
  page = 1,
  extra: JsonObject = {},
): JsonObject {
  const start = (page - 1) * PER_PAGE;
  const total_page = Math.ceil(all.length / PER_PAGE);
  return presentPage(all.slice(start, start + PER_PAGE), {
    page,
    total_page,
    total_data: all.length,
    isLast: page >= total_page,
  }, extra);
}
