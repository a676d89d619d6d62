/**
 * Dates as people write them, and as Qontak takes them.
 *
 * @module
 */

/** Qontak's clock: its answers carry +07:00 (western Indonesian time), in ms. */
const OFFSET = 7 * 60 * 60 * 1000;

const ISO =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$/i;

const DAY_FIRST =
  /^(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2}))?)?$/;

/** The zone of that clock, for messages. */
const ZONE = "Asia/Jakarta";

/** A day on the calendar with a time. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly epoch: number;
  /** Whether a time of day was given. */
  readonly timed: boolean;
  /** The day that was written, as `2026-11-30`, whatever its zone. */
  readonly day: string;
  /** Whether it was written day first, which others read month first. */
  readonly dayFirst: boolean;
}

/**
 * Reads a date: ISO (2026-11-30, 2026-11-30T14:00, with or without an offset)
 * or day first (30/11/2026, 30-11-2026, with or without a time). Without an
 * offset it is meant on Qontak's clock, +07:00.
 *
 * @param text What was written.
 * @returns The moment, or undefined where this is no date of the calendar.
 */
export function parseDate(text: string): Moment | undefined {
  const trimmed = text.trim();
  const iso = ISO.exec(trimmed);
  if (iso) {
    const [, year, month, day, hour, minute, second, fraction, zone] = iso;
    return moment(
      [year, month, day, hour, minute, second],
      fraction ? Number(`0.${fraction}`) * 1000 : 0,
      zone === undefined ? OFFSET : offsetOf(zone),
    );
  }
  const dayFirst = DAY_FIRST.exec(trimmed);
  if (dayFirst) {
    const [, day, month, year, hour, minute, second] = dayFirst;
    const parts = [year, month, day, hour, minute, second];
    const found = moment(parts, 0, OFFSET);
    return found && { ...found, dayFirst: true };
  }
  return undefined;
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
  offset: number | undefined,
): Moment | undefined {
  if (offset === undefined) return undefined;
  const [year, month, day, hour, minute, second] = parts.map((part) =>
    Number(part ?? 0)
  ) as [number, number, number, number, number, number];
  const utc = Date.UTC(year, month - 1, day, hour, minute, second, ms);
  const back = new Date(utc);
  // Date.UTC carries 31 February over into March; the calendar does not.
  const exists = year >= 1000 && back.getUTCMonth() === month - 1 &&
    back.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  if (!exists) return undefined;
  return {
    epoch: utc - offset,
    timed: parts[3] !== undefined,
    day: back.toISOString().slice(0, 10),
    dayFirst: false,
  };
}

function local({ epoch }: Pick<Moment, "epoch">): string {
  return new Date(epoch + OFFSET).toISOString();
}

/** `2026-11-30T00:00:00.000+07:00`, as deals and tasks take it. */
export function toIso(moment: Pick<Moment, "epoch">): string {
  return local(moment).replace("Z", "+07:00");
}

/**
 * The day that was written, at midnight, as standard fields take it that keep
 * days; with its time where that falls on the same day on Qontak's clock.
 */
export function toIsoDay(moment: Moment): string {
  return isMoved(moment) ? `${moment.day}T00:00:00.000+07:00` : toIso(moment);
}

/** `30/11/2026`, the day that was written, as custom Date fields take it. */
export function toDayFirst({ day }: Moment): string {
  return day.split("-").reverse().join("/");
}

/** `2026-11-30T14:00:00`, as custom date-time fields take it. */
export function toLocalDateTime(moment: Pick<Moment, "epoch">): string {
  return local(moment).slice(0, 19);
}

/** Whether the day that was written is another one on Qontak's clock. */
function isMoved(moment: Moment): boolean {
  return local(moment).slice(0, 10) !== moment.day;
}

/**
 * How a day was read, in words, where that is worth saying: day first, or with
 * an offset that puts it on another day here.
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

/** How a moment was read, in words, where it was written day first. */
export function sayMoment(moment: Moment): string | undefined {
  if (!moment.dayFirst) return undefined;
  const time = local(moment).slice(11, 16);
  return `${inWords(moment.day)}${moment.timed ? `, ${time} (${ZONE})` : ""}`;
}

/** `5 March 1988`. */
function inWords(day: string): string {
  return new Date(day).toLocaleDateString("en-GB", {
    day: "numeric",
    month: "long",
    year: "numeric",
    timeZone: "UTC",
  });
}
