/**
 * Finds out which keys of answers hold free text, from the declarations of all
 * bodies, endpoints and resources.
 *
 * @module
 */
import { type Endpoint, endpoints } from "./endpoints.ts";
import { type Resource, resources } from "./resources.ts";

/** When a value is free text. `when-long` means a label, unless it is long. */
export type FreeText = "always" | "when-long" | "never";

/** All declarations of keys, in the order of the tables. */
const declared: readonly (readonly [key: string, holds: string])[] = [
  ...Object.values<Readonly<Record<string, Endpoint>>>(endpoints)
    .flatMap((group) => Object.values(group))
    .flatMap(({ body, shows }) => [
      ...Object.entries(body),
      ...Object.entries(shows),
    ]),
  ...Object.values<Resource>(resources)
    .flatMap(({ shows }) => Object.entries(shows)),
];

const known = new Set(declared.map(([key]) => key));

const free = new Set(
  declared.filter(([, holds]) => holds === "text").map(([key]) => key),
);

/**
 * When the value of a key is free text: `always`; `never` if it is declared as
 * a short label or as another type; `when-long` if it is not declared. Records
 * contain parts of one another, so a key means the same everywhere.
 *
 * @param key A key of an answer.
 */
export function freeTextAt(key: string): FreeText {
  return free.has(key) ? "always" : known.has(key) ? "never" : "when-long";
}
