/**
 * Lists the companies that have credentials.
 *
 * @module
 */
import { advise } from "../../app/advice.ts";
import { sentenceOf, StoreError } from "../../errors.ts";
import {
  DEFAULT_TENANT,
  isTenantName,
  type TokenStore,
} from "../../tokens/store.ts";
import { NoCredentialsError } from "../../tokens/stores/record.ts";
import { command, noWord, type Run } from "../command.ts";
import { FAILED, OK } from "../exit.ts";
import { complain, lineOf, say } from "../output.ts";

/** How many records to read at once. */
const AT_ONCE = 10;

/**
 * Lists the companies that have credentials. It names records that cannot be
 * read, and leaves out those that are not a company's credentials.
 */
export const listTenants: Run = command(
  noWord,
  async ({ store }, _, { json }) => {
    const names = await store.tenants();
    const problems = await problemsOf(names, store);
    for (const [name, error] of problems) {
      const what = error instanceof NoCredentialsError
        ? "is not a company's credentials, and is left out"
        : "cannot be read";
      complain(
        `the record of ${lineOf(name)} ${what}. ${
          lineOf(sentenceOf(error, advise) ?? "")
        }`,
      );
    }
    const shown = names.filter((name) =>
      !(problems.get(name) instanceof NoCredentialsError)
    );
    const lines = shown.map((name) =>
      name === DEFAULT_TENANT
        ? `${name}  (calls without user_id)`
        : isTenantName(name)
        ? name
        : `${lineOf(name)}  (no tenant can be called so)`
    );
    say(json ? JSON.stringify(shown) : lines.join("\n") || "no tenants yet");
    return problems.size === 0 ? OK : FAILED;
  },
);

/** The records that cannot be read, by name. */
async function problemsOf(
  names: readonly string[],
  store: TokenStore,
): Promise<Map<string, StoreError>> {
  const problems = new Map<string, StoreError>();
  for (let at = 0; at < names.length; at += AT_ONCE) {
    await Promise.all(
      names.slice(at, at + AT_ONCE).map(async (name) => {
        try {
          await store.read(name);
        } catch (error) {
          if (!(error instanceof StoreError)) throw error;
          problems.set(name, error);
        }
      }),
    );
  }
  return problems;
}
