/**
 * The text of a `.env` file as variables.
 *
 * The platform reads it, not @std/dotenv: that expands `$name` also in values
 * without quotes, so that a token `tok$en1` becomes `tokundefined`, and prints
 * lines that it does not understand, which may be a secret that was pasted.
 *
 * @module
 */
import util from "node:util";

/**
 * Whether this runtime can read variables: Deno 2.5, which Deno Deploy runs and
 * where there is no such file, cannot.
 */
export const canReadVariables: boolean = typeof util.parseEnv === "function";

/**
 * Reads variables. Nothing is expanded, and what is no variable is passed
 * over without a word.
 *
 * @param text The text; a byte order mark in front is taken off.
 * @returns The values by name.
 */
export function parseVariables(text: string): Record<string, string> {
  const variables = util.parseEnv(text.replace(/^\uFEFF/, ""));
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, value ?? ""]),
  );
}
