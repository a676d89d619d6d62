/**
 * Reads the variables of a `.env` file.
 *
 * The platform reads it, not @std/dotenv: @std/dotenv expands `$name` even in
 * values without quotes, so that a token `tok$en1` becomes `tokundefined`, and
 * it prints lines that it does not understand, which may hold a pasted secret.
 *
 * @module
 */
import util from "node:util";

/**
 * Whether this runtime can read a `.env` file. Deno 2.5 cannot; Deno Deploy
 * runs it, and has no such file.
 */
export const canReadVariables: boolean = typeof util.parseEnv === "function";

/**
 * Reads variables. Nothing is expanded; other lines are silently skipped.
 *
 * @param text The text; a leading byte order mark is removed.
 * @returns The values by name.
 */
export function parseVariables(text: string): Record<string, string> {
  const variables = util.parseEnv(text.replace(/^\uFEFF/, ""));
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, value ?? ""]),
  );
}
