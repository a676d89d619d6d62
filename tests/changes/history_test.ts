/** The history: what is kept of each change. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { OptionError } from "../../mod.ts";
import { assertThrows } from "@std/assert";
import { createServer } from "../../mod.ts";
import type { AuditRecord } from "../../src/audit/mod.ts";
import { changeOf, type PastChange } from "../../src/changes/history.ts";
import type { ChangeStore } from "../../src/changes/store.ts";
import { createMemoryChangeStore } from "../../src/changes/stores/memory.ts";
import { StoreError } from "../../src/errors.ts";
import { outside } from "../support/changed.ts";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { startGate } from "../support/gate.ts";
import { createWorld, type World } from "../support/world.ts";

/** A store, and the changes in it by id. */
function watchedStore() {
  const inner = createMemoryChangeStore();
  const changes = new Map<string, PastChange>();
  const lifetimes = new Set<number>();
  const store: ChangeStore = {
    ...inner,
    put(place, text, lifetime) {
      if (place.kind === "change") {
        changes.set(place.id, changeOf(text));
        lifetimes.add(lifetime);
      }
      return inner.put(place, text, lifetime);
    },
    async replace(place, from, to) {
      const isReplaced = await inner.replace(place, from, to);
      if (isReplaced && place.kind === "change") {
        changes.set(place.id, changeOf(to));
      }
      return isReplaced;
    },
    remove(place) {
      changes.delete(place.id);
      return inner.remove(place);
    },
  };
  return { store, changes, lifetimes };
}

const first = async (world: World, list: string) =>
  (await world.ok(list)).records[0].id as number;

Deno.test("each change leaves what the record was before and after", async () => {
  const { store, changes, lifetimes } = watchedStore();
  const audited: AuditRecord[] = [];
  await using world = await createWorld({
    changes: { store, undoDays: 3 },
    audit: {
      store: {
        name: "memory",
        begin: () => Promise.resolve(),
        end: (record) => Promise.resolve(void audited.push(record)),
        async *list() {},
      },
    },
  });
  const contact_id = await first(world, "list_contacts");
  // Qontak answers a contact in a list of one.
  const read = async () =>
    [await outside(world, "GET", `/contacts/${contact_id}`)].flat()[0];

  const before = await read();
  const { undo, undo_lasts } = await world.ok("update_contact", {
    contact_id,
    job_title: "Changed",
  });
  const after = await read();
  assertEquals(undo_lasts, "until this server ends");
  const change = changes.get(undo)!;
  assertEquals(change.before, before);
  assertEquals(change.after, after);
  assertEquals({ ...change, before: 0, after: 0, body: 0 }, {
    id: undo,
    time: change.time,
    principal: "loopback",
    tool: "update_contact",
    act: "update",
    kind: "contact",
    record: contact_id,
    before: 0,
    body: 0,
    after: 0,
    canUndo: true,
    effect: "done",
  });
  assertEquals(change.body.job_title, "Changed");
  assert(Date.now() - Date.parse(change.time) < 60_000);
  assertEquals([...lifetimes], [3 * 24 * 60 * 60 * 1000]);

  const owner = await world.ok("update_contact_owner", {
    contact_id,
    creator_id: "Ratna Kusumawardani",
  });
  assertEquals(changes.get(owner.undo)!.before, after);
  const owned = await read();
  assertEquals(changes.get(owner.undo)!.after, owned);

  const gone = await world.ok("delete_contact", { contact_id });
  assertEquals(gone.deleted, true);
  const deleted = changes.get(gone.undo)!;
  assertEquals(deleted.before, owned);
  assertEquals(deleted.after, undefined);
  assertEquals(deleted.record, contact_id);

  const made = await world.ok("create_product", { name: "New", price: 5 });
  const created = changes.get(made.undo)!;
  assertEquals(created.record, made.id);
  assertEquals(created.before, undefined);
  assertEquals(created.act, "create");

  const category = await world.ok("create_task_category", { name: "New" });
  assertEquals(changes.get(category.undo)!.record, category.record.id);
  const dropped = await world.ok("delete_task_category", {
    category_id: category.record.id,
  });
  assertEquals(changes.get(dropped.undo)!.before!.name, "New");

  // The audit names the same ids.
  assertEquals(audited.map(({ undo }) => undo), [...changes.keys()]);
  assert(world.logs.some((line) => line.includes(undo)));
  assert(
    !world.logs.some((line) => line.includes("Changed")),
    "the log has values",
  );
});

Deno.test("a change is kept with the answers that hold its records, and one of an earlier version is read as well", async () => {
  const { store } = watchedStore();
  await using world = await createWorld({ changes: { store } });
  const deal_id = await first(world, "list_deals");
  const { name } = await outside(world, "GET", `/deals/${deal_id}`);
  const { undo } = await world.ok("update_deal", { deal_id, name: "Renamed" });
  const place = { kind: "change", tenant: "", id: undo };
  let text = "";
  const inner = store.get;
  store.get = async (at) => {
    const found = await inner(at);
    if (at.id === undo && at.kind === "change") {
      Object.assign(place, at);
      text = found ?? "";
    }
    return found;
  };
  const planned = await world.ok("undo_change", { ids: [undo] });
  assertEquals(planned.restores.map(({ key }: { key: string }) => key), [
    "name",
  ]);
  const kept = JSON.parse(text);
  assertEquals(kept.before, undefined);
  assertEquals(kept.before_answer.response.name, name);
  assertEquals(changeOf(text).before, kept.before_answer.response);

  // Earlier versions kept the records themselves.
  await store.put(place, JSON.stringify(changeOf(text)), 60_000);
  const again = await world.ok("undo_change", { ids: [undo] });
  assertEquals(again.restores, planned.restores);
  await world.ok("undo_change", { plan: again.plan });
  assertEquals((await outside(world, "GET", `/deals/${deal_id}`)).name, name);
});

Deno.test("a change is kept also where Qontak's answers are far longer than their records", async () => {
  for (const store of [undefined, watchedStore().store]) {
    await using world = await createWorld({
      changes: { store: store ?? createMemoryChangeStore() },
      change(request, answer) {
        if (!/ .*\/deals\/\d+$/.test(request)) return;
        answer.meta.further = "x".repeat(400_000);
      },
    });
    const deal_id = await first(world, "list_deals");
    const { name } = (await world.ok("get_deal", { deal_id })).record;
    const { undo } = await world.ok("update_deal", { deal_id, name: "Other" });
    const { records: [listed] } = await world.ok("undo_change");
    assertEquals([listed.undo, listed.outcome], [undo, undefined]);
    const { plan } = await world.ok("undo_change", { ids: [undo] });
    await world.ok("undo_change", { plan });
    assertEquals((await world.ok("get_deal", { deal_id })).record.name, name);
  }
});

Deno.test("what cannot be taken back has no undo", async () => {
  const { store, changes } = watchedStore();
  await using world = await createWorld({ changes: { store } });
  const checkin = await world.ok("create_geolocation", {
    latitude: -6.2,
    longitude: 106.8,
  });
  assertEquals(checkin.undo, undefined);
  const [change] = [...changes.values()];
  assertEquals(change!.canUndo, false);
  assertEquals(change!.effect, "done");
});

Deno.test("a change that was refused leaves nothing, and one whose fate is unknown stays", async () => {
  const { store, changes } = watchedStore();
  let status = 422;
  await using world = await createWorld({
    changes: { store },
    timeout: 3_000,
    retryBudget: 0,
    change(request, answer) {
      if (!request.startsWith("PUT") && !request.startsWith("POST /api")) {
        return answer;
      }
      const meta = { status, developer_message: "No", message: "No" };
      return { meta };
    },
  });
  const product_id = await first(world, "list_products");
  await world.refused("update_product", { product_id, name: "x" });
  assertEquals(changes.size, 0);
  status = 500;
  await world.refused("create_product", { name: "x", price: 1 });
  const [change] = [...changes.values()];
  assertEquals(change!.effect, "unknown");
  assertEquals(change!.record, null);
});

Deno.test("a change that is being sent is listed with an unknown outcome, and then with its own", async () => {
  await using sandbox = serveSandbox();
  await using gate = startGate(sandbox);
  await using world = await createWorld({
    server: { baseUrl: gate.url, refreshToken: sandbox.refreshToken },
  });
  const deal_id = await first(world, "list_deals");
  const outcomes = async () =>
    (await world.ok("undo_change")).records
      // deno-lint-ignore no-explicit-any -- the test reads any part
      .map(({ undo, outcome, record }: any) => [undo, outcome, record]);
  for (const isListed of [true, false]) {
    const before = await outcomes();
    const held = gate.hold("/api/v3.1/notes/", "after");
    const made = world.ok("create_note", {
      note: "Halo",
      crm_deal_id: deal_id,
    });
    await held;
    // Otherwise, nobody asks before the outcome is known.
    const meanwhile = isListed ? await outcomes() : [];
    gate.release();
    const { id, undo } = await made;
    if (isListed) {
      const own = [undo, "unknown", "note of unknown id"];
      assertEquals(meanwhile, [own, ...before]);
    }
    assertEquals(await outcomes(), [
      [undo, undefined, `note ${id}`],
      ...before,
    ]);
  }
});

Deno.test("undoDays: 0 keeps nothing, and a store that fails stops no change", async () => {
  const { store, changes } = watchedStore();
  {
    await using world = await createWorld({ changes: { store, undoDays: 0 } });
    const product_id = await first(world, "list_products");
    const done = await world.ok("update_product", { product_id, name: "x" });
    assertEquals(done.undo, undefined);
    assertEquals(changes.size, 0);
  }
  for (
    const put of [
      () => Promise.reject(new StoreError("The store does not work")),
      () => new Promise<void>(() => {}),
    ]
  ) {
    await using world = await createWorld({
      changes: { store: { ...store, put } },
    });
    const product_id = await first(world, "list_products");
    const started = performance.now();
    const done = await world.ok("update_product", { product_id, name: "y" });
    assertEquals(done.undo, undefined);
    assertEquals(done.applied, ["name"]);
    assert(performance.now() - started < 4_000);
  }
  assertThrows(
    () => createServer({ refreshToken: "x", changes: { undoDays: -1 } }),
    OptionError,
    "undoDays",
  );
});

Deno.test("a fault of the store neither stops a change nor reaches the caller", async () => {
  const { store } = watchedStore();
  const fail = () => Promise.reject(new RangeError("hunter2"));
  const failNow = () => {
    throw new RangeError("hunter2");
  };
  for (
    const [faulty, hasUndo] of [
      [{ put: fail }, false],
      [{ put: failNow }, false],
      [{
        replace: (...[place, from, to]: Parameters<ChangeStore["replace"]>) =>
          place.kind === "change" && JSON.parse(to).effect === "done"
            ? fail()
            : store.replace(place, from, to),
      }, true],
      [{ isLasting: fail }, true],
    ] as const
  ) {
    await using world = await createWorld({
      changes: { store: { ...store, ...faulty } },
    });
    const product_id = await first(world, "list_products");
    const done = await world.ok("update_product", { product_id, name: "z" });
    assertEquals(done.applied, ["name"]);
    assertEquals(done.undo !== undefined, hasUndo);
    const read = await outside(world, "GET", `/products/${product_id}`);
    assertEquals(read.name, "z");
    const logs = world.logs.join("");
    assertStringIncludes(logs, "A change continued without its history");
    assertStringIncludes(logs, "RangeError");
    assert(!logs.includes("hunter2"));
  }
  // What failed says why, also if its trace cannot be removed.
  await using world = await createWorld({
    changes: { store: { ...store, remove: fail } },
    change: (request, answer) =>
      request.startsWith("PUT")
        ? { meta: { status: 422, developer_message: "No", message: "No" } }
        : answer,
  });
  const product_id = await first(world, "list_products");
  const why = await world.refused("update_product", { product_id, name: "x" });
  assertStringIncludes(why, "Qontak");
});

Deno.test("a carried-out plan can be taken back as well", async () => {
  const { store, changes } = watchedStore();
  await using world = await createWorld({ changes: { store } });
  const deal_id = await first(world, "list_deals");
  const { plan } = await world.ok("update_deal", {
    deal_id,
    size: 5,
    dry_run: true,
  });
  assertEquals(changes.size, 0);
  const { undo } = await world.ok("update_deal", { plan });
  assertMatch(undo, /^\d{8}T\d{9}Z-/);
  assertStringIncludes(String(changes.get(undo)!.after!.size), "5");
});
