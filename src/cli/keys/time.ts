/**
 * Times as people read them.
 *
 * @module
 */

/** A time for people: to the minute, in UTC. */
export function show(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ") +
    "Z";
}
