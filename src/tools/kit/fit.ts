/**
 * Answers that fit into a conversation: pages of lists, cut where they are too
 * long, and saying so.
 *
 * @module
 */
import type { Page } from "../../qontak/pages.ts";
import { defined, isObject, type JsonObject } from "../../values/json.ts";
import { cut as cutText } from "../../values/marks.ts";

/** The most that one answer may hold unless asked for, in characters. */
export const MAX_ANSWER = 56_000;

/** A text longer than this is cut unless asked for by name, in characters. */
export const MAX_TEXT = 8_000;

/**
 * Makes an answer fit that is too large for a conversation: texts are cut,
 * longest first, and say so.
 *
 * @param answer What a tool answered.
 * @param most How many characters it may have as JSON.
 */
export function bound(answer: JsonObject, most: number): JsonObject {
  for (const limit of isLargeAtLeast(answer, most) ? [] : LIMITS) {
    const bounded = cutTexts(answer, limit) as JsonObject;
    if (JSON.stringify(bounded).length <= most) return bounded;
  }
  return {
    cut: `The answer is too large for a conversation. It has ${
      Object.keys(answer).join(", ")
    }: name the keys you need in fields`,
  };
}

/** How long texts may be, in characters: the first limit that fits is taken. */
const LIMITS = [MAX_TEXT, 2_000, 500, 100];

/**
 * Whether a value has more characters as JSON than it may, however short its
 * texts are cut. It looks at no more of it than that takes.
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

/** A value in which every text is at most so long. */
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

/** Which page of how many, in Qontak's words. */
export interface Position extends Page {
  /** This page, counted from 1. */
  readonly page: number;
  /** Whether no page follows. */
  readonly isLast: boolean;
}

/**
 * One page of an answer, cut where it would not fit, and saying so.
 *
 * @param all The records of the page.
 * @param position Which page of how many.
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
 * As many entries as fit into one answer, and what was left out.
 *
 * @param all The entries.
 * @param instead What a reader can do about those that were left out.
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
    // One that is too large on its own keeps no other out.
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

/** How many records a page has of a list that Qontak sends whole. */
const PER_PAGE = 50;

/**
 * One page of a list that Qontak always sends whole.
 *
 * @param all The list.
 * @param page The page, counted from 1.
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
