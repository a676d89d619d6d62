/**
 * The simulation of many companies: what it computes, and its smallest form.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { outlook, type Plan, shares } from "../../scripts/simulate/outlook.ts";
import { type Measured, STEPS } from "../../scripts/simulate/shared.ts";
import { STORES } from "../../scripts/simulate/stores.ts";
import { denoRun } from "../../scripts/program.ts";
import { TENANTS_HELD, TOKEN_LIFETIME } from "../../src/tokens/held.ts";
import { runDeno } from "../support/process.ts";

function assertNear(found: number, expected: number): void {
  assert(Math.abs(found - expected) < 1e-6, `${found}, and not ${expected}`);
}

const plan: Plan = {
  companies: 2 * TENANTS_HELD,
  calls: 1_000,
  replicas: 10,
  updates: 0.1,
  isSticky: false,
  isAllKept: false,
};

/** A store whose calls cost these operations, and a millisecond each. */
function measured(operations: Readonly<Record<string, number>>): Measured {
  const costs = Object.fromEntries(
    Object.entries(operations).map((
      [name, operations],
    ) => [name, { operations, cpu: 1 }]),
  );
  return {
    costs,
    bytes: undefined,
    storeCpu: 0.1,
    commit: undefined,
    heap: [0, 0],
    rss: 0,
  };
}

const plain = {
  [STEPS.first]: 3,
  [STEPS.expired]: 8,
  [STEPS.recheck]: 1,
  [STEPS.read]: 0,
  [STEPS.write]: 0,
};

Deno.test("shares() counts companies that do not fit into memory as first calls", () => {
  const { warm, recheck, first } = shares(plan);
  assertNear(first, 0.5);
  // A company calls one replica every hundred seconds.
  assert(warm > 0 && warm < 0.05, String(warm));
  assertNear(warm + recheck + first, 1);
});

Deno.test("shares() knows all companies of a replica that has only its own", () => {
  const sticky = shares({ ...plan, isSticky: true });
  assertEquals(sticky.first, 0);
  const busy = shares({ ...plan, isSticky: true, calls: 1e6 });
  assertNear(busy.warm, 1);
});

Deno.test("outlook() adds up calls and renewals, and names the core that is full first", () => {
  const found = measured(plain);
  const { operations, replica, store, full } = outlook(found, plan);
  const { recheck, first } = shares(plan);
  const renewals = plan.companies / TOKEN_LIFETIME * (8 - 3);
  assertNear(operations, plan.calls * (recheck + 3 * first) + renewals);
  // Each of ten replicas computes for a millisecond a hundred times a second.
  assertNear(replica, 0.1);
  assertNear(store!, operations * 0.1 / 1_000);
  assertNear(full, plan.calls / store!);
});

Deno.test("outlook() adds what is kept in the store only if it is", () => {
  const more = measured({
    ...plain,
    "read, limits counted in the store": 1,
    "update, limits counted in the store": 2,
    "read, audit records in the store": 0,
    "update, audit records in the store": 2,
  });
  const { operations } = outlook(measured(plain), plan);
  assertNear(
    outlook(more, { ...plan, isAllKept: true }).operations - operations,
    plan.calls * (0.9 * 1 + 0.1 * (2 + 2)),
  );
  assertNear(outlook(more, plan).operations, operations);
});

Deno.test("deno task simulate prints what calls ask of Deno KV", async () => {
  const flags = ["--store", "kv", "--companies", "16", "--ms", "50"];
  const { code, stdout, stderr } = await runDeno(
    await denoRun("scripts/simulate/main.ts", ...flags),
  );
  assertEquals(code, 0, stderr);
  const operations = (name: string) =>
    Number(
      new RegExp(`^${RegExp.escape(name)} +([\\d.]+), [\\d.]+ ms`, "m")
        .exec(stdout)?.[1],
    );
  // A company that has just called costs the store nothing.
  assertEquals(operations(STEPS.read), 0, stdout);
  assertEquals(operations(STEPS.write), 0, stdout);
  assertEquals(operations(STEPS.recheck), 1, stdout);
  assert(operations(STEPS.first) >= 1, stdout);
  assert(operations(STEPS.expired) > operations(STEPS.first), stdout);
  for (const setting of Object.keys(STORES.kv.settings)) {
    assert(operations(`update, ${setting}`) > 0, `${setting}\n${stdout}`);
  }
  assert(stdout.includes("Not measured here: Deno KV on Deno Deploy"), stdout);
});
