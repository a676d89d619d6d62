/**
 * The API keys that may call for a company.
 *
 * @module
 */
import type { Program } from "../../app/open.ts";
import { StoreError } from "../../errors.ts";
import { nameTenant } from "../../tokens/store.ts";
import { complain, lineOf } from "../output.ts";

/**
 * Names the stored keys that may call for a tenant whose credentials were added,
 * removed or replaced. If another company gets the tenant's name, these keys
 * call for that company.
 *
 * @param program The program, with the store of keys.
 * @param tenant The tenant.
 */
export async function nameKeysOf(
  { keys }: Program,
  tenant: string,
): Promise<void> {
  const ids: string[] = [];
  try {
    for (const id of await keys?.ids() ?? []) {
      const found = await keys!.read(id).catch(ignoreDamaged);
      if (found?.key.tenants.includes(tenant)) ids.push(lineOf(id));
    }
  } catch (error) {
    // The credentials are changed, whether the keys can be listed or not.
    ignoreDamaged(error);
  }
  if (ids.length === 0) return;
  complain(
    `These API keys may still call for ${nameTenant(tenant)}: ${
      ids.join(", ")
    }. If another company gets this id, first revoke those of the old one with: qontak-mcp keys revoke ID`,
  );
}

function ignoreDamaged(error: unknown): undefined {
  if (!(error instanceof StoreError)) throw error;
}
