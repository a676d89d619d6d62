/** Runs and undo over stdio: a real process, and clients of both revisions. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { outside } from "../support/changed.ts";
import { call, connectStdio, type Mode, ok } from "../support/client.ts";

for (const mode of ["auto", "legacy"] as const) {
  Deno.test({
    name:
      `change_records and undo_change work over stdio, with a client that speaks ${mode}`,
    // The SDK's client leaves its timers.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: () => takeBackARun(mode),
  });
}

async function takeBackARun(mode: Mode): Promise<void> {
  await using sandbox = serveSandbox();
  const client = await connectStdio({
    QONTAK_BASE_URL: sandbox.url,
    QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
  }, mode);
  // One after the other: each gets a new token.
  const ownersOf = async (ids: readonly number[]) => {
    const owners: number[] = [];
    for (const id of ids) {
      const { creator_id } = await outside(
        { sandbox },
        "GET",
        `/deals/${id}`,
      );
      owners.push(creator_id);
    }
    return owners;
  };
  try {
    const where = [
      { field: "state", value: "open" },
      { field: "creator_id", value: "I Made Suryana" },
    ];
    const { records } = await ok(client, "query_records", {
      resource: "deals",
      where,
    });
    const ids: number[] = records.map(({ id }: { id: number }) => id);
    const before = await ownersOf(ids);
    const planned = await ok(client, "change_records", {
      resource: "deals",
      action: "update",
      where,
      change: { creator_id: "Fitri Handayani" },
    });
    assertEquals(await ownersOf(ids), before);
    const run = await ok(client, "change_records", { plan: planned.plan });
    assertEquals(run.done, ids.length);
    const [fitri, ...others] = new Set(await ownersOf(ids));
    assertEquals(others, []);
    assertEquals(before.includes(fitri!), false);
    const used = await call(client, "change_records", { plan: planned.plan });
    assertStringIncludes(used.text, "no such plan");

    const undo = await ok(client, "undo_change", { ids: [run.run] });
    const undone = await ok(client, "undo_change", { plan: undo.plan });
    assertEquals(undone.done, ids.length);
    assertEquals(await ownersOf(ids), before);
  } finally {
    await client.close();
  }
}
