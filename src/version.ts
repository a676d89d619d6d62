/**
 * Who this server is.
 *
 * @module
 */

/** The version of this package; the same as in deno.json. */
export const VERSION = "0.1.0";

/** Our own mark, small: since 2026-07-28 it travels with every answer. */
const MARK =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0f766e"/><path d="M15 8a7 7 0 1 0 .01 0zm4.5 11.5 5 5" fill="none" stroke="#fff" stroke-width="3"/></svg>';

/** How the server introduces itself. */
export const IDENTITY = {
  name: "qontak-mcp",
  title: "Qontak CRM",
  version: VERSION,
  websiteUrl: "https://jsr.io/@qontak/mcp",
  icons: [{
    src: `data:image/svg+xml;base64,${btoa(MARK)}`,
    mimeType: "image/svg+xml",
    sizes: ["any"],
  }],
};
