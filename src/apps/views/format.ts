/// <reference lib="dom" />
/**
 * Values as people read them, in the host's language and time zone.
 *
 * @module
 */
import type { HostContext } from "./bridge.ts";
import { isObject } from "./data.ts";
import { h } from "./dom.ts";
import { type Words, words } from "./words.ts";

/** The words and formats of a language. */
export interface Format {
  /** The language's words. */
  readonly say: Words;
  /** A number. */
  number(value: number): string;
  /** An amount of money; shortened where space is short. */
  money(value: number, currency: string, isShort?: boolean): string;
  /** A point in time. */
  time(value: string): string;
  /** Puts texts into the order of the language. */
  compare(a: string, b: string): number;
  /** Any value of the field of that key. */
  value(value: unknown, key?: string): HTMLElement | string;
  /** The same as text. */
  text(value: unknown, key?: string): string;
}

/** A point in time; one of a record has the company's own offset. */
const TIME =
  /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/;
const DAY = /^\d{4}-\d\d-\d\d$/;
/** The mark with which the server adds an option's id to its label. */
const WITH_ID = /^(.+) (\(id \d+\))$/s;
/** Keys whose numbers are names, not amounts. */
const NAMES = /(^|_)(ids?|phone|telephone|code|year)$/;

/** Chooses the language of the host: Indonesian, or English. */
export function formatOf({ locale, timeZone }: HostContext): Format {
  const wanted = locale ?? navigator.language;
  const isIndonesian = /^(id|in)\b/i.test(wanted);
  const language = isIndonesian
    ? "id-ID"
    : /^en-[A-Z]{2}$/.test(wanted)
    ? wanted
    : "en-GB";
  const say = isIndonesian ? words.id : words.en;
  document.documentElement.lang = isIndonesian ? "id" : "en";
  const zone = zoneOf(timeZone);
  const plain = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const moneys = new Map<string, Intl.NumberFormat>();
  const collator = new Intl.Collator(language, { numeric: true });
  const both = { dateStyle: "medium", timeStyle: "short" } as const;
  const here = new Intl.DateTimeFormat(language, { ...both, ...zone });
  const own = new Intl.DateTimeFormat(language, { ...both, timeZone: "UTC" });
  const day = new Intl.DateTimeFormat(language, {
    dateStyle: "medium",
    timeZone: "UTC",
  });

  function money(value: number, currency: string, isShort = false): string {
    const key = `${currency} ${isShort}`;
    let format = moneys.get(key);
    if (!format) {
      const digits = isShort
        ? { notation: "compact" as const, maximumFractionDigits: 1 }
        : { maximumFractionDigits: 2, minimumFractionDigits: 0 };
      try {
        format = new Intl.NumberFormat(language, {
          style: "currency",
          currency,
          currencyDisplay: "narrowSymbol",
          ...digits,
        });
      } catch {
        // What records have as their currency may be any text.
        return `${currency} ${plain.format(value)}`;
      }
      moneys.set(key, format);
    }
    return format.format(value);
  }

  function time(value: string): string {
    const [, date, clock, offset] = TIME.exec(value) ?? [];
    // Records have the time of the company, which is not moved to another zone.
    const isRecord = offset !== undefined && offset !== "Z";
    if (isRecord && clock === "00:00") return writeDay(date!);
    const when = new Date(isRecord ? `${date}T${clock}Z` : value);
    if (Number.isNaN(when.getTime())) return value;
    return (isRecord ? own : here).format(when);
  }

  function writeDay(value: string): string {
    const date = new Date(`${value}T00:00Z`);
    return Number.isNaN(date.getTime()) ? value : day.format(date);
  }

  function text(value: unknown, key = ""): string {
    if (value === null || value === undefined || value === "") return say.empty;
    if (typeof value === "number") {
      return NAMES.test(key) ? String(value) : plain.format(value);
    }
    if (typeof value === "boolean") return value ? say.yes : say.no;
    if (typeof value === "string") {
      if (TIME.test(value)) return time(value);
      return DAY.test(value) ? writeDay(value) : value;
    }
    if (Array.isArray(value)) {
      return value.map((one) => text(one, key)).join(", ") || say.empty;
    }
    if (isObject(value)) {
      const amounts = Object.entries(value);
      return amounts.every(([, amount]) => typeof amount === "number")
        ? amounts.map(([unit, amount]) => money(amount as number, unit))
          .join(" + ")
        : JSON.stringify(value);
    }
    return String(value);
  }

  return {
    say,
    number: (value) => plain.format(value),
    money,
    time,
    compare: collator.compare,
    text,
    value(value, key) {
      const shown = text(value, key);
      if (shown === say.empty) return h("span", { class: "quiet" }, shown);
      const [, label, id] = typeof value === "string"
        ? WITH_ID.exec(value) ?? []
        : [];
      return label === undefined
        ? shown
        : h("span", {}, `${label} `, h("small", { class: "quiet" }, id));
    },
  };
}

/** A time zone that exists; that of the browser otherwise. */
function zoneOf(timeZone: string | undefined): { timeZone?: string } {
  try {
    if (timeZone === undefined) return {};
    new Intl.DateTimeFormat("en", { timeZone });
    return { timeZone };
  } catch {
    return {};
  }
}

/**
 * A key as people read it: `crm_company_name` is "Company", and `sum:size`
 * is "Total size".
 *
 * @param key The key.
 * @param say The words for measures; its own without.
 */
export function titleOf(key: string, say?: Words): string {
  const [, measure = "", field = key] = /^([a-z]+)[:_](.+)$/.exec(key) ?? [];
  const measures: Readonly<Record<string, string | undefined>> = {
    sum: say?.sumOf,
    avg: say?.averageOf,
    weighted: say?.weighted,
    without: say?.without,
  };
  if (key === "count" && say) return say.number;
  const named = measures[measure];
  if (named) return `${named} ${titleOf(field).toLowerCase()}`;
  const words = key.replace(/^crm_/, "")
    .replace(/^(?!first|last)(.+)_(ids?|name)$/, "$1")
    .replaceAll("_", " ").replace(/:/g, " · ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
