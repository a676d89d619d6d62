import { defined } from "../../src/values/json.ts";
import { createWorld } from "../support/world.ts";
import {
  cellsOf,
  type Place,
  requestsOf,
  RETRY_BUDGET,
  tryAll,
} from "./cells.ts";
import { calls } from "./matrix.ts";

/** A server that has not read its company's setup yet. */
const open = async (timeout?: number): Promise<Place> =>
  await createWorld({
    ...defined({ timeout }),
    retryBudget: RETRY_BUDGET,
  });

for (const call of calls) {
  Deno.test(`faults over HTTP are reported as promised: ${call.name}`, async () => {
    await using place = await open();
    const requests = await requestsOf(place, call);
    const cells = cellsOf(call, requests);
    await tryAll(cells, { open, atOnce: 16, isKept: false });
  });
}
