/**
 * Tests the credentials of one company or of all.
 *
 * @module
 */
import { refuseBoth, report, tryAll, tryTenant } from "../checks.ts";
import { command, type Run } from "../command.ts";
import { readTenant } from "./tenant.ts";

/** Tests a company's credentials at Qontak, or those of every company. */
export const checkTenant: Run = command(
  (word) => word === undefined ? undefined : readTenant(word),
  async (program, wanted, { json, all }) => {
    if (all) refuseBoth(wanted);
    const findings = all
      ? await tryAll(program, await program.store.tenants())
      : await tryTenant(program, wanted ?? readTenant(undefined));
    return report(findings, json === true);
  },
);
