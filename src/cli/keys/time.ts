/**
 * Times in a readable form.
 *
 * @module
 */

/** Formats a time for people: to the minute, in UTC. */
export function show(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ") +
    "Z";
}
