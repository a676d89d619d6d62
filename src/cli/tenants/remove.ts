/**
 * Deletes a company's credentials. Without an id it asks first: a token that is
 * deleted by mistake has to be made again at Qontak.
 *
 * @module
 */
import type { Program } from "../../app/open.ts";
import { CredentialsError } from "../../errors.ts";
import { RECHECK } from "../../tokens/rechecked.ts";
import { nameTenant } from "../../tokens/store.ts";
import { createAsker } from "../ask.ts";
import { command, type Run } from "../command.ts";
import { FAILED, OK } from "../exit.ts";
import { say } from "../output.ts";
import { nameKeysOf } from "./keys_of.ts";
import { demandMany, readTenant } from "./tenant.ts";

/** Deletes a company's credentials. */
export const removeTenant: Run = command(
  (word) => ({ tenant: readTenant(word), isNamed: word !== undefined }),
  async (program, { tenant, isNamed }, { apply }) => {
    const { store } = program;
    demandMany(store);
    if (!isNamed && !apply && !await isMeant(program, tenant)) {
      say("Nothing was removed. With --apply, the command does not ask");
      return FAILED;
    }
    if (!await store.remove(tenant)) throw absent(program, tenant);
    await program.access.forget(tenant);
    say(
      `The credentials for ${
        nameTenant(tenant)
      } are removed. Running servers notice within ${RECHECK / 1000} seconds`,
    );
    await nameKeysOf(program, tenant);
    return OK;
  },
);

/**
 * Says what would be removed, and asks.
 *
 * @throws {CredentialsError} When there is nothing to remove.
 */
async function isMeant(program: Program, tenant: string): Promise<boolean> {
  const { store } = program;
  // The record itself may be damaged: that is a reason to remove it.
  const names = await store.tenants();
  if (!names.includes(tenant)) throw absent(program, tenant);
  const asker = createAsker();
  asker.tell(
    `This removes from ${store.name} the credentials ${
      names.length > 1 ? `for ${nameTenant(tenant)}` : "of the only company"
    }. They cannot be read again: to go back, you need a new token from Qontak. To remove those of another company, name its id`,
  );
  return await asker.ask("Type yes to remove them") === "yes";
}

function absent({ store }: Program, tenant: string): CredentialsError {
  return new CredentialsError(
    `There are no credentials for ${
      nameTenant(tenant)
    } in the store ${store.name}: qontak-mcp tenants list shows all companies`,
  );
}
