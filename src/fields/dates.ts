/**
 * Reads dates as people write them, and writes them as Qontak accepts them.
 *
 * @module
 */

/**
 * The UTC offset of Qontak's clock, in ms. Its answers have +07:00 (western
 * Indonesian time).
 */
const OFFSET = 7 * 60 * 60 * 1000;

/** The months as Qontak abbreviates them, in lower case. */
export const MONTHS: readonly string[] =
  "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");

/** The time of what is only a day. */
export const MIDNIGHT = "00:00";

const ISO =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$/i;

const DAY_FIRST =
  /^(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2}))?)?$/;

/** The time zone of that clock, for messages. */
const ZONE = "Asia/Jakarta";

/** A calendar day with a time. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly epoch: number;
  /**
   * What was written, as the moment at which a clock in UTC shows it, in ms
   * since 1970.
   */
  readonly clock: number;
  /** Whether it was written with an offset from UTC. */
  readonly hasOffset: boolean;
  /** Whether a time of day was given. */
  readonly timed: boolean;
  /** The time as written, such as `14:00`; midnight if none was given. */
  readonly time: string;
  /** The day as written, such as `2026-11-30`, in any time zone. */
  readonly day: string;
  /**
   * Whether it was written with the day first, which some people read as the
   * month.
   */
  readonly dayFirst: boolean;
}

/**
 * Reads a date: ISO (2026-11-30, 2026-11-30T14:00, with or without an offset)
 * or day first (30/11/2026, 30-11-2026, with or without a time). Without an
 * offset, +07:00 is assumed, as on Qontak's clock.
 *
 * @param text What was written.
 * @returns The moment; undefined if the text is not a valid date.
 */
export function parseDate(text: string): Moment | undefined {
  const trimmed = text.trim();
  const iso = ISO.exec(trimmed);
  if (iso) {
    const [, year, month, day, hour, minute, second, fraction, zone] = iso;
    return moment(
      [year, month, day, hour, minute, second],
      fraction ? Number(`0.${fraction}`) * 1000 : 0,
      zone,
    );
  }
  const dayFirst = DAY_FIRST.exec(trimmed);
  if (dayFirst) {
    const [, day, month, year, hour, minute, second] = dayFirst;
    const parts = [year, month, day, hour, minute, second];
    const found = moment(parts, 0, undefined);
    return found && { ...found, dayFirst: true };
  }
  return undefined;
}

const SHORT_YEAR = /^\d{1,2}[/-]\d{1,2}[/-]\d{2}$/;

/**
 * Says what is wrong with a text that looks like a date, as a phrase to put
 * after it; empty if it does not look like one.
 *
 * @param value A text that {@linkcode parseDate} does not read, or any other
 * value.
 */
export function whyNoDate(value: unknown): string {
  if (typeof value !== "string") return "";
  const trimmed = value.trim();
  if (SHORT_YEAR.test(trimmed)) return ": write the year with four digits";
  if (ISO.test(trimmed)) return ": there is no such day, time or offset";
  return DAY_FIRST.test(trimmed)
    ? ": there is no such day or time, read with the day first"
    : "";
}

function offsetOf(zone: string): number | undefined {
  if (zone.toUpperCase() === "Z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  if (hours > 14 || minutes > 59) return undefined;
  return (zone[0] === "-" ? -1 : 1) * (hours * 60 + minutes) * 60 * 1000;
}

function moment(
  parts: (string | undefined)[],
  ms: number,
  zone: string | undefined,
): Moment | undefined {
  const offset = zone === undefined ? OFFSET : offsetOf(zone);
  if (offset === undefined) return undefined;
  const [year, month, day, hour, minute, second] = parts.map((part) =>
    Number(part ?? 0)
  ) as [number, number, number, number, number, number];
  const utc = Date.UTC(year, month - 1, day, hour, minute, second, ms);
  const back = new Date(utc);
  // Date.UTC turns 31 February into a day in March, so compare the parts.
  const exists = year >= 1000 && back.getUTCMonth() === month - 1 &&
    back.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  if (!exists) return undefined;
  const iso = back.toISOString();
  return {
    epoch: utc - offset,
    clock: utc,
    hasOffset: zone !== undefined,
    timed: parts[3] !== undefined,
    time: iso.slice(11, 16),
    day: iso.slice(0, 10),
    dayFirst: false,
  };
}

function local({ epoch }: Pick<Moment, "epoch">): string {
  return new Date(epoch + OFFSET).toISOString();
}

/** Writes `2026-11-30T00:00:00.000+07:00`, the form for deals and tasks. */
export function toIso(moment: Pick<Moment, "epoch">): string {
  return local(moment).replace("Z", "+07:00");
}

/**
 * Writes a moment for standard fields that store days. Keeps the time if it
 * falls on the same day on Qontak's clock; otherwise uses midnight of the day
 * as written.
 */
export function toIsoDay(moment: Moment): string {
  return isMoved(moment) ? `${moment.day}T00:00:00.000+07:00` : toIso(moment);
}

/**
 * Writes the day as written, such as `30/11/2026`, the form for custom Date
 * fields.
 */
export function toDayFirst({ day }: Moment): string {
  return day.split("-").reverse().join("/");
}

/** Writes `2026-11-30T14:00:00`, the form for custom date-time fields. */
export function toLocalDateTime(moment: Pick<Moment, "epoch">): string {
  return local(moment).slice(0, 19);
}

/** Whether the day as written differs from the day on Qontak's clock. */
function isMoved(moment: Moment): boolean {
  return local(moment).slice(0, 10) !== moment.day;
}

/**
 * Says how a day was read, if the reader should know: it was written day first,
 * or its offset moves it to another day on Qontak's clock.
 */
export function sayDay(moment: Moment): string | undefined {
  if (isMoved(moment)) {
    return `${
      inWords(moment.day)
    }, the day that is written; in the company's zone (${ZONE}) that moment is on ${
      inWords(local(moment).slice(0, 10))
    }`;
  }
  return moment.dayFirst ? inWords(moment.day) : undefined;
}

/** As {@linkcode sayDay}, for a field that cannot hold the time of the day. */
export function sayDayAlone(moment: Moment): string | undefined {
  if (isMoved(moment) || moment.time === MIDNIGHT) return sayDay(moment);
  return `${
    inWords(moment.day)
  }: the time ${moment.time} is left out, because this field holds a day`;
}

/** Says how a moment was read, if it was written day first. */
export function sayMoment(moment: Moment): string | undefined {
  if (!moment.dayFirst) return undefined;
  const time = local(moment).slice(11, 16);
  return `${inWords(moment.day)}${moment.timed ? `, ${time} (${ZONE})` : ""}`;
}

/** Writes a day in words, such as `5 March 1988`. */
function inWords(day: string): string {
  return new Date(day).toLocaleDateString("en-GB", {
    day: "numeric",
    month: "long",
    year: "numeric",
    timeZone: "UTC",
  });
}
