/**
 * Qontak's formats for a moment. Inside, a moment is in epoch milliseconds.
 *
 * @module
 */

const JAKARTA = 7 * 3_600_000;

/** One day in milliseconds. */
export const DAY = 86_400_000;

/** `2026-10-05T09:30:00.000+07:00`, as records and `meta` have it. */
export function toIso(ms: number): string {
  return new Date(ms + JAKARTA).toISOString().replace("Z", "+07:00");
}

/** `2026-10-05 09:30:00 +0700`, as timelines have it. */
export function toTimeline(ms: number): string {
  return `${toIso(ms).slice(0, 19).replace("T", " ")} +0700`;
}

/** `05/10/2026`, as a custom Date has it. */
export function toDayFirst(ms: number): string {
  return toIso(ms).slice(0, 10).split("-").reverse().join("/");
}

/** Whether the calendar has this day: `isDay(2026, 2, 30)` is false. */
function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:?\d\d)$/;

/**
 * The moment of an ISO date-time with an offset, undefined for anything else.
 * Real traffic sends these to deals. Whether Qontak accepts a plain
 * `YYYY-MM-DD` is unknown; the sandbox refuses it, so that its use is noticed.
 */
export function fromIso(text: string): number | undefined {
  const [, year, month, day] = ISO.exec(text) ?? [];
  if (!isDay(Number(year), Number(month), Number(day))) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/**
 * Midnight in Jakarta of a day written `24-11-2026` or `24/11/2026`, undefined
 * for anything else. Both are in Qontak's collection, the day first.
 */
export function fromDayFirst(text: string): number | undefined {
  const [, day, , month, year] = /^(\d\d)([/-])(\d\d)\2(\d{4})$/.exec(text) ??
    [];
  if (!isDay(Number(year), Number(month), Number(day))) return undefined;
  return Date.UTC(Number(year), Number(month) - 1, Number(day)) - JAKARTA;
}

/**
 * The moment of an HTTP date as it must be written today (RFC 7231,
 * IMF-fixdate: `Mon, 05 Oct 2026 02:30:00 GMT`), undefined for anything else.
 */
export function fromHttpDate(text: string): number | undefined {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return undefined;
  return toHttpDate(ms) === text ? ms : undefined;
}

/** `Mon, 05 Oct 2026 02:30:00 GMT`, as the headers of HTTP have it. */
export function toHttpDate(ms: number): string {
  return new Date(ms).toUTCString();
}

/** Whether this is a day as a custom Date accepts it: `dd/mm/yyyy`. */
export function isDayFirst(text: string): boolean {
  const [, day, month, year] = /^(\d\d)\/(\d\d)\/(\d{4})$/.exec(text) ?? [];
  return isDay(Number(year), Number(month), Number(day));
}

/** Whether this is `YYYY-MM-DDTHH:MM:SS`, as a custom Date time accepts it. */
export function isLocalDateTime(text: string): boolean {
  return text.length === 19 && fromIso(`${text}Z`) !== undefined;
}
