/**
 * What every store must give: a change is taken back once, also by two servers
 * that share it.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { createHistory } from "../../../src/changes/history.ts";
import { ok } from "../../support/client.ts";
import { startOther } from "../../support/other_server.ts";
import { createWorld, writes } from "../../support/world.ts";
import type { Ground } from "./contract.ts";

/** How many changes both servers take back. */
const CHANGES = 6;

/** Claims changes through two stores at once. */
export async function claims({ open }: Pick<Ground, "open">): Promise<void> {
  const stores = [open(), open()];
  try {
    const histories = stores.map((store) =>
      createHistory(store, { scope: "acme", principal: "me" }, {
        days: 1,
        log: () => {},
      })
    );
    const [one, other] = histories as [
      typeof histories[0],
      typeof histories[0],
    ];
    const ids: string[] = [];
    for (let record = 0; record < 12; record++) {
      const begun = await one.begin({
        tool: "update_note",
        act: "update",
        kind: "note",
        record,
        body: { note: "x" },
        canUndo: true,
      });
      ids.push(begun!.id);
    }
    const later = Date.now() + 60_000;
    for (const id of ids) {
      const found = await Promise.all(
        [one, other, one, other].map((history) => history.claim([id], later)),
      );
      const taken = found.filter((claim) => claim !== undefined);
      assertEquals(taken.length, 1);
      await taken[0]!.release();
    }
    const [id = "", second = "", third = ""] = ids;
    // A claim of several changes is all or nothing.
    const claim = await one.claim([id], later);
    assertEquals(await other.claim([second, id], later), undefined);
    assert(await other.claim([second], later));
    // What was taken back is not claimed again.
    await claim!.settle("done", "later");
    assertEquals(await other.claim([id], later), undefined);
    const listed = (await other.list()).find((change) => change.id === id);
    assertEquals(listed!.undone!.by, "later");
    // A claim whose call ended without an outcome can be claimed again, once.
    assert(await one.claim([third], Date.now() - 1));
    const again = await Promise.all(
      [one, other, one].map((history) => history.claim([third], later)),
    );
    assertEquals(again.filter((claim) => claim !== undefined).length, 1);
  } finally {
    for (const store of stores) await store.close?.();
  }
}

/** Takes deletes back on two servers at once; each must come back once. */
export async function undoneOnce(
  { open }: Pick<Ground, "open">,
): Promise<void> {
  const stores = [open(), open()];
  try {
    await using world = await createWorld({
      rotateRefreshTokens: false,
      changes: { store: stores[0]! },
    });
    await using other = await startOther(world, {
      changes: { store: stores[1]! },
    });
    const { client } = other;
    const { records } = await world.ok("list_deals");
    const undos: string[] = [];
    for (const { id: deal_id } of records.slice(0, CHANGES)) {
      undos.push((await world.ok("delete_deal", { deal_id })).undo);
    }
    const clients = [world.client, client, world.client, client];
    const plans = await Promise.all(
      undos.flatMap((undo) =>
        clients.map(async (client) => ({
          client,
          plan: (await ok(client, "undo_change", { ids: [undo] })).plan,
        }))
      ),
    );
    await Promise.all(
      plans.map(({ client, plan }) =>
        client.callTool({ name: "undo_change", arguments: { plan } })
      ),
    );
    const made = writes(world).filter(({ method, path }) =>
      method === "POST" && path.endsWith("/deals")
    );
    assertEquals(made.length, CHANGES);
    const listed = (await ok(client, "undo_change")).records;
    for (const undo of undos) {
      const one = listed.find((change: { undo: string }) =>
        change.undo === undo
      );
      assert(one.undone_by, JSON.stringify(one));
    }
  } finally {
    for (const store of stores) await store.close?.();
  }
}
