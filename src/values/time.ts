/**
 * Times as stores keep them.
 *
 * @module
 */

/** The latest time that a date can hold, in seconds since 1970. */
const LATEST = 8.64e12;

/**
 * Whether a value is a time in seconds since 1970 that can be shown.
 *
 * @param value Any value.
 */
export function isTime(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= LATEST;
}
