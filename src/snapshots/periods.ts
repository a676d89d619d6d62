/**
 * Periods of time, as questions name them: calendar dates (`2026-11`,
 * `30/11/2026`), or relative to today (`-21d`, `last_quarter`).
 *
 * @module
 */
import { parseDate } from "../fields/dates.ts";
import { type Day, writeDay, type Zone } from "../values/zone.ts";
import { DAY } from "./moments.ts";

/** A period, from its first moment to the first moment after it. */
export interface Period {
  /** The first moment, in ms since 1970. */
  readonly start: number;
  /** The first moment after it, in ms since 1970. */
  readonly end: number;
}

/** The valid forms of a period, for messages. */
export const PERIODS =
  "a date (2026-11-30, 2026-W48, 2026-11, 2026-Q4, 2026 or 30/11/2026), today, yesterday, tomorrow, days, weeks, months or years from today (-21d, +2w, -3m, -1y), or this_, last_ or next_ with week, month, quarter or year";

/** The units of the calendar. */
export const UNITS = ["day", "week", "month", "quarter", "year"] as const;

/** A unit of the calendar. */
export type Unit = (typeof UNITS)[number];

/** The maximum number of units. */
const MOST = 10_000;

/**
 * The first day of the unit that contains a day, moved by a number of units.
 */
function firstDay(day: Day, unit: Unit, steps: number): Day {
  const { year, month } = day;
  switch (unit) {
    case "day":
      return { ...day, day: day.day + steps };
    case "week": {
      const weekday = new Date(Date.UTC(year, month - 1, day.day)).getUTCDay();
      // Weeks begin on Monday.
      return { ...day, day: day.day - (weekday + 6) % 7 + 7 * steps };
    }
    case "month":
      return { year, month: month + steps, day: 1 };
    case "quarter":
      return { year, month: month - (month - 1) % 3 + 3 * steps, day: 1 };
    case "year":
      return { year: year + steps, month: 1, day: 1 };
  }
}

function span(day: Day, unit: Unit, steps: number, zone: Zone): Period {
  return {
    start: zone.startOf(firstDay(day, unit, steps)),
    end: zone.startOf(firstDay(day, unit, steps + 1)),
  };
}

/** What words mean, in steps from the present unit. */
const STEPS: Readonly<Record<string, number>> = {
  this: 0,
  ini: 0,
  last: -1,
  lalu: -1,
  next: 1,
  depan: 1,
};

/** The words for days near today, in English and Indonesian. */
const DAYS: Readonly<Record<string, number>> = {
  today: 0,
  hari_ini: 0,
  yesterday: -1,
  kemarin: -1,
  tomorrow: 1,
  besok: 1,
};

/** The Indonesian words for units of the calendar. */
const INDONESIAN: Readonly<Record<string, Unit>> = {
  minggu: "week",
  pekan: "week",
  bulan: "month",
  kuartal: "quarter",
  triwulan: "quarter",
  tahun: "year",
};

const ENGLISH_STEP = /^(this|last|next)_(day|week|month|quarter|year)$/;

const INDONESIAN_STEP =
  /^(minggu|pekan|bulan|kuartal|triwulan|tahun)_(ini|lalu|depan)$/;

/** Reads words such as `last_quarter` or `bulan_lalu`. */
function stepOf(word: string): readonly [Unit, number] | undefined {
  const [, which, unit] = ENGLISH_STEP.exec(word) ?? [];
  if (which !== undefined) return [unit as Unit, STEPS[which]!];
  const [, period, where] = INDONESIAN_STEP.exec(word) ?? [];
  return period === undefined
    ? undefined
    : [INDONESIAN[period]!, STEPS[where!]!];
}

/**
 * Parses a period. Its words may also be Indonesian, or have spaces between
 * them.
 *
 * @param text The text of the period.
 * @param now The current time, in ms since 1970.
 * @param zone The time zone that decides when days begin.
 * @returns The period; undefined if the text is not a period.
 */
export function parsePeriod(
  text: string,
  now: number,
  zone: Zone,
): Period | undefined {
  const word = text.trim().toLowerCase();
  const today = zone.dayOf(now);
  if (word === "now") return { start: now, end: now + 1 };
  const joined = word.replace(/ +/g, "_");
  if (Object.hasOwn(DAYS, joined)) {
    return span(today, "day", DAYS[joined]!, zone);
  }
  const step = stepOf(joined);
  if (step) return span(today, ...step, zone);
  const [, sign, digits, letter] = /^([+-])(\d{1,5})([dwmy])$/.exec(word) ?? [];
  if (sign !== undefined) {
    const steps = Number(sign + digits);
    return Math.abs(steps) > MOST ? undefined : span(
      shifted(today, steps, letter!),
      "day",
      0,
      zone,
    );
  }
  return onCalendar(word, zone);
}

/**
 * Moves a day by days, weeks, months or years. If a month is too short, the
 * result is its last day.
 */
function shifted(day: Day, steps: number, letter: string): Day {
  if (letter === "d" || letter === "w") {
    return { ...day, day: day.day + steps * (letter === "w" ? 7 : 1) };
  }
  const months = day.year * 12 + day.month - 1 +
    steps * (letter === "y" ? 12 : 1);
  const year = Math.floor(months / 12);
  const month = months - year * 12 + 1;
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return { year, month, day: Math.min(day.day, last) };
}

/** A quarter or a week, as {@linkcode nameUnit} names them. */
function namedUnit(word: string, zone: Zone): Period | undefined {
  const [, digits, letter, number = ""] =
    /^([12]\d{3})-([qw])([1-9]\d?)$/.exec(word.replace("w0", "w")) ?? [];
  if (digits === undefined) return undefined;
  const [year, nth] = [Number(digits), Number(number)];
  if (letter === "q") {
    const first = { year, month: 1, day: 1 };
    return nth > 4 ? undefined : span(first, "quarter", nth - 1, zone);
  }
  // The first week of a year has its fourth day of January.
  const week = span({ year, month: 1, day: 4 }, "week", nth - 1, zone);
  const name = nameUnit(week.start, "week", zone).toLowerCase();
  return name === `${digits}-w${number.padStart(2, "0")}` ? week : undefined;
}

function onCalendar(word: string, zone: Zone): Period | undefined {
  const named = namedUnit(word, zone);
  if (named) return named;
  const [, year, month] = /^([12]\d{3})(?:-(\d{1,2}))?$/.exec(word) ?? [];
  if (year !== undefined) {
    const first = { year: Number(year), month: Number(month ?? 1), day: 1 };
    return first.month < 1 || first.month > 12
      ? undefined
      : span(first, month === undefined ? "year" : "month", 0, zone);
  }
  const moment = parseDate(word);
  if (!moment) return undefined;
  if (moment.timed) {
    const start = moment.hasOffset
      ? moment.epoch
      : zone.whenShown(moment.clock);
    return { start, end: start + 1 };
  }
  const [y, m, d] = moment.day.split("-").map(Number);
  return span({ year: y!, month: m!, day: d! }, "day", 0, zone);
}

/**
 * The name of the calendar unit that contains a moment, as in the names of
 * groups: `2026-11-30`, `2026-W48`, `2026-11`, `2026-Q4`, `2026`.
 */
export function nameUnit(epoch: number, unit: Unit, zone: Zone): string {
  const day = zone.dayOf(epoch);
  const { year, month } = day;
  switch (unit) {
    case "day":
      return writeDay(day);
    case "week": {
      // A week belongs to the year that contains its Thursday.
      const monday = firstDay(day, "week", 0);
      const thursday = new Date(
        Date.UTC(monday.year, monday.month - 1, monday.day + 3),
      );
      const first = Date.UTC(thursday.getUTCFullYear(), 0, 1);
      const week = Math.floor((thursday.getTime() - first) / 604_800_000) + 1;
      return `${thursday.getUTCFullYear()}-W${String(week).padStart(2, "0")}`;
    }
    case "month":
      return writeDay(day).slice(0, 7);
    case "quarter":
      return `${year}-Q${Math.ceil(month / 3)}`;
    case "year":
      return String(year);
  }
}

/**
 * Names many moments as {@linkcode nameUnit} does. Those of one day have one
 * name, which is made once.
 */
export function unitNames(unit: Unit, zone: Zone): (epoch: number) => string {
  const byDay = new Map<number, string>();
  return (epoch) => {
    const day = Math.floor(zone.clockAt(epoch) / DAY);
    let name = byDay.get(day);
    if (name === undefined) {
      name = nameUnit(epoch, unit, zone);
      byDay.set(day, name);
    }
    return name;
  };
}
