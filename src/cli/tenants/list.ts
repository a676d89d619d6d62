/**
 * Lists the companies that have credentials.
 *
 * @module
 */
import { DEFAULT_TENANT, isTenantName } from "../../tokens/store.ts";
import { command, noWord, type Run } from "../command.ts";
import { OK } from "../exit.ts";
import { lineOf, say } from "../output.ts";

/** Lists the companies that have credentials. */
export const listTenants: Run = command(
  noWord,
  async ({ store }, _, { json }) => {
    const names = await store.tenants();
    const lines = names.map((name) =>
      name === DEFAULT_TENANT
        ? `${name}  (calls without user_id)`
        : isTenantName(name)
        ? name
        : `${lineOf(name)}  (no tenant can be called so)`
    );
    say(json ? JSON.stringify(names) : lines.join("\n") || "no tenants yet");
    return OK;
  },
);
