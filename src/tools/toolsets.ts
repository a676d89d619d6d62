/**
 * The groups that tools can be switched on and off with.
 *
 * @module
 */

/** A group of tools. */
export type Toolset =
  | "contacts"
  | "companies"
  | "deals"
  | "pipelines"
  | "tickets"
  | "tasks"
  | "notes"
  | "products"
  | "geolocations";

/** Every group, in the order that clients are shown its tools. */
export const TOOLSETS: readonly Toolset[] = [
  "contacts",
  "companies",
  "deals",
  "pipelines",
  "tickets",
  "tasks",
  "notes",
  "products",
  "geolocations",
];
