/**
 * Dates of records as moments.
 *
 * @module
 */
import { MONTHS, parseDate } from "../fields/dates.ts";
import { epochOf } from "../fields/shown.ts";
import type { Zone } from "../values/zone.ts";

/** A day, in ms. */
export const DAY = 24 * 60 * 60 * 1_000;

/**
 * A moment as Qontak writes it, on a day that every month has. It is parsed
 * several times faster than others.
 */
const USUAL =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/;

/** A moment with its time zone, in any form that a date can be parsed from. */
const MOMENT = /^\d{4}-\d\d-\d\d.*(Z|UTC|[+-]\d\d:?\d\d)$/;

/** A day as check-ins have it: `21 Jul, 2013`. */
const LONG_DAY =
  /^(\d{1,2}) (jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*,? (\d{4})$/i;

/**
 * Converts a date of Qontak's to ms since 1970.
 *
 * @param value ISO, day first, `21 Jul, 2013`, or seconds or ms since 1970.
 * @param zone The time zone for days without a time.
 */
export function toEpoch(value: unknown, zone: Zone): number | undefined {
  if (typeof value === "number") return epochOf(value);
  if (typeof value !== "string") return undefined;
  if (USUAL.test(value)) return Date.parse(value);
  const moment = parseDate(value);
  if (moment && !moment.timed) {
    const [year, month, day] = moment.day.split("-").map(Number);
    return zone.startOf({ year: year!, month: month!, day: day! });
  }
  if (moment) return moment.epoch;
  if (MOMENT.test(value)) return Date.parse(value) || undefined;
  const [, day, month, year] = LONG_DAY.exec(value) ?? [];
  return day === undefined ? undefined : zone.startOf({
    year: Number(year),
    month: MONTHS.indexOf(month!.toLowerCase()) + 1,
    day: Number(day),
  });
}
