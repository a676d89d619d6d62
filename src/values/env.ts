/**
 * The text of a `.env` file as variables.
 *
 * The platform reads it, not @std/dotenv: that expands `$name` also in values
 * without quotes, so that a token `tok$en1` becomes `tokundefined`, and prints
 * lines that it does not understand, which may be a secret that was pasted.
 *
 * @module
 */
import { parseEnv } from "node:util";

/**
 * Reads variables. Nothing is expanded, and what is no variable is passed
 * over without a word.
 *
 * @param text The text; a byte order mark in front is taken off.
 * @returns The values by name.
 */
export function parseVariables(text: string): Record<string, string> {
  const variables = parseEnv(text.replace(/^\uFEFF/, ""));
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, value ?? ""]),
  );
}
