/**
 * Who this server is.
 *
 * @module
 */

/** The version of this package; the same as in deno.json. */
export const VERSION = "0.1.0";

/** How the server introduces itself. */
export const IDENTITY = {
  name: "qontak-mcp",
  title: "Qontak CRM",
  version: VERSION,
} as const;
