/**
 * Tests a company's credentials.
 *
 * @module
 */
import { report, tryTenant } from "../checks.ts";
import { command, type Run } from "../command.ts";
import { readTenant } from "./tenant.ts";

/** Tests a company's credentials at Qontak. */
export const checkTenant: Run = command(
  readTenant,
  async (program, tenant, { json }) =>
    report(await tryTenant(program, tenant), json === true),
);
