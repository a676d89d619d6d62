/**
 * Days in a time zone: when a day begins, and on which day a moment falls.
 *
 * @module
 */
import type { Rule } from "./rules.ts";

/** The time zone of Qontak: western Indonesian time. */
export const DEFAULT_ZONE = "Asia/Jakarta";

/** A rule for the name of a time zone that the runtime knows. */
export const zoneName: Rule<string> = (value, given = value) => {
  // Every runtime knows the default, and looking a zone up takes milliseconds.
  if (value === DEFAULT_ZONE) return DEFAULT_ZONE;
  try {
    createZone(String(value)).clockAt(0);
    return String(value);
  } catch {
    throw new Error(
      `must be the name of a time zone such as ${DEFAULT_ZONE}, not ${
        JSON.stringify(given)
      }`,
    );
  }
};

/** A calendar day. Months count from 1. Values out of range carry over. */
export interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** A time zone. */
export interface Zone {
  /** Its name, such as `Asia/Jakarta`. */
  readonly name: string;
  /** When a day begins in this zone, in ms since 1970. */
  startOf(day: Day): number;
  /** The day on which a moment falls in this zone. */
  dayOf(epoch: number): Day;
  /**
   * What a clock of this zone shows at a moment, as the moment at which a clock
   * in UTC shows the same, in ms since 1970.
   */
  clockAt(epoch: number): number;
  /** When a clock of this zone shows that: the reverse of `clockAt()`. */
  whenShown(clock: number): number;
}

/**
 * Makes a time zone. Its first use loads what the runtime knows about zones,
 * which takes milliseconds, and throws a RangeError if there is no such zone.
 *
 * @param name Its IANA name.
 */
export function createZone(name: string): Zone {
  let format: Intl.DateTimeFormat | undefined;
  /**
   * A cache: formatting is slow, and many records share a quarter of an hour.
   */
  const offsets = new Map<number, number>();

  /**
   * The offsets of whole days in UTC. On most days the clock is not changed;
   * undefined for the others.
   */
  const days = new Map<number, number | undefined>();

  /** How far the zone's clock is ahead of UTC at a moment, in ms. */
  function offsetAt(epoch: number): number {
    const day = Math.floor(epoch / DAY);
    if (!days.has(day)) {
      const [first, last] = [day * DAY, (day + 1) * DAY - 1].map(readOffset);
      if (days.size >= MAX_OFFSETS) days.clear();
      days.set(day, first === last ? first : undefined);
    }
    return days.get(day) ?? readOffset(epoch);
  }

  function readOffset(epoch: number): number {
    // Zones change their clocks only at a whole quarter of an hour.
    const quarter = Math.floor(epoch / QUARTER);
    const known = offsets.get(quarter);
    if (known !== undefined) return known;
    format ??= new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    const parts = Object.fromEntries(
      format.formatToParts(quarter * QUARTER)
        .map(({ type, value }) => [type, Number(value)]),
    ) as Record<string, number>;
    const local = Date.UTC(
      parts.year!,
      parts.month! - 1,
      parts.day,
      parts.hour,
      parts.minute,
      parts.second,
    );
    const offset = local - quarter * QUARTER;
    if (offsets.size >= MAX_OFFSETS) offsets.clear();
    offsets.set(quarter, offset);
    return offset;
  }

  const clockAt = (epoch: number) => epoch + offsetAt(epoch);

  function whenShown(clock: number): number {
    // The clock may change between that time in UTC and that time in the zone.
    const guess = clock - offsetAt(clock);
    const found = clock - offsetAt(guess);
    // A clock that is put forward skips some times, in some zones midnight: the
    // time that it shows then is later.
    return clockAt(found) === clock
      ? found
      : clock - Math.min(offsetAt(guess), offsetAt(found));
  }

  return {
    name,
    clockAt,
    whenShown,
    startOf: ({ year, month, day }) =>
      whenShown(Date.UTC(year, month - 1, day)),
    dayOf(epoch) {
      const local = new Date(clockAt(epoch));
      return {
        year: local.getUTCFullYear(),
        month: local.getUTCMonth() + 1,
        day: local.getUTCDate(),
      };
    },
  };
}

/** A day, in ms. */
const DAY = 24 * 60 * 60 * 1_000;

/** A quarter of an hour, in ms. */
const QUARTER = 15 * 60 * 1_000;

/** How many offsets are cached. */
const MAX_OFFSETS = 50_000;

/** A day as `2026-11-30`. */
export function writeDay({ year, month, day }: Day): string {
  return new Date(Date.UTC(year, month - 1, day)).toISOString().slice(0, 10);
}
