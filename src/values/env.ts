/**
 * Reads the variables of a `.env` file.
 *
 * It uses the platform's parser instead of @std/dotenv, for two reasons.
 * @std/dotenv expands `$name` even in unquoted values, so a token `tok$en1`
 * becomes `tokundefined`. It also prints lines that it cannot parse, which may
 * contain a pasted secret.
 *
 * @module
 */
import util from "node:util";

/**
 * Whether this runtime can read a `.env` file. Deno 2.5 cannot. Deno Deploy
 * runs Deno 2.5, but has no such file.
 */
export const canReadVariables: boolean = typeof util.parseEnv === "function";

/**
 * Reads variables without expanding them. Lines that are not variables are
 * silently skipped.
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
