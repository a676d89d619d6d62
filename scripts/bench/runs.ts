/**
 * Measures a run of many changes against the bare requests that it sends: 500
 * updates at ten requests a second, through a client, against the sandbox. It
 * takes about three minutes. A number as argument makes another run.
 *
 * @module
 */
import { createLimits } from "../../src/limits/mod.ts";
import { createWorld, NO_RATE } from "../../tests/support/world.ts";
import { accessTo, outside } from "../../tests/support/changed.ts";
import { print } from "../command.ts";

const RATE = { perSecond: 10, burst: 20 };

const rows = Number(Deno.args[0] ?? 500);

await using world = await createWorld({
  limits: createLimits({ tenant: RATE, all: NO_RATE }),
});
await world.ok("list_products");
const known = {
  sandbox: world.sandbox,
  token: await accessTo(world.sandbox),
};
const ids: number[] = [];
for (let i = 0; i < rows; i++) {
  const made = await outside(known, "POST", "/products", {
    name: `Barang ${i}`,
    price: 1,
  });
  ids.push(made.id);
}

/** Runs something, and says how long it took and what it sent. */
async function measure<T>(task: () => Promise<T>) {
  const before = world.sandbox.requests.length;
  const start = performance.now();
  const result = await task();
  const seconds = (performance.now() - start) / 1_000;
  return { result, seconds, sent: world.sandbox.requests.length - before };
}

const planned = await measure(() =>
  world.ok("change_records", {
    resource: "products",
    action: "update",
    rows: ids.map((id) => ({ id, price: 2 })),
  })
);
let calls = 1;
const run = await measure(async () => {
  let answer = await world.ok("change_records", {
    plan: planned.result.plan,
  });
  for (; answer.not_started > 0; calls++) {
    answer = await world.ok("change_records", { run: answer.run });
  }
  return answer;
});
// As many as the burst are sent at once.
const bare = (run.sent - RATE.burst) / RATE.perSecond;
print(
  `plan: ${planned.sent} requests for ${rows} rows, ${
    planned.seconds.toFixed(1)
  } s`,
);
print(
  `run: ${run.result.done} of ${rows} done in ${calls} calls, ${run.sent} requests (${
    (run.sent / rows).toFixed(2)
  } a row), ${run.seconds.toFixed(1)} s`,
);
print(
  `bare: ${run.sent} requests at ${RATE.perSecond} a second take ${
    bare.toFixed(1)
  } s; the run takes ${(run.seconds / bare).toFixed(3)} times that`,
);
