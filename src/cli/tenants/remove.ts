/**
 * Deletes a company's credentials.
 *
 * @module
 */
import { CredentialsError } from "../../errors.ts";
import { RECHECK } from "../../tokens/rechecked.ts";
import { nameTenant } from "../../tokens/store.ts";
import { command, type Run } from "../command.ts";
import { OK } from "../exit.ts";
import { say } from "../output.ts";
import { nameKeysOf } from "./keys_of.ts";
import { demandMany, readTenant } from "./tenant.ts";

/** Deletes a company's credentials. */
export const removeTenant: Run = command(
  readTenant,
  async (program, tenant) => {
    const { store } = program;
    demandMany(store);
    if (!await store.remove(tenant)) {
      throw new CredentialsError(
        `There are no credentials for ${
          nameTenant(tenant)
        } in the store ${store.name}: qontak-mcp tenants list shows all companies`,
      );
    }
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
