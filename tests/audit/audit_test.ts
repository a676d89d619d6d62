/** The record of a write, for every outcome. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertStringIncludes,
} from "@std/assert";
import type { AuditStore } from "../../mod.ts";
import type { AuditRecord } from "../../src/audit/mod.ts";
import { createAudit } from "../../src/audit/audit.ts";
import { endpoints } from "../../src/qontak/endpoints.ts";
import type { Endpoint } from "../../src/qontak/endpoints.ts";
import type { Fault } from "../../src/sandbox/mod.ts";
import { argumentsFor } from "../../src/sandbox/samples.ts";
import { createMemoryAuditStore } from "../support/memory.ts";
import { createWorld, type World, writes } from "../support/world.ts";
import { sleep, until } from "../support/time.ts";

const contacts = "/api/v3.1/contacts*";

/** Arguments that make a contact. */
// deno-lint-ignore no-explicit-any -- the company decides what is required
async function contactFor(world: World): Promise<any> {
  const { required } = await world.ok("get_required_fields_for_contact");
  // The same contact is created repeatedly.
  return { ...argumentsFor(required), allow_duplicate: true };
}

/** The audit lines of the log. */
// deno-lint-ignore no-explicit-any -- tests read any field of a line
function lines({ logs }: World): any[] {
  return logs.map((line) => JSON.parse(line)).filter(({ message }) =>
    /^A write (was|could not be) sent$/.test(message)
  );
}

Deno.test("a write is recorded before it is sent, and again when its outcome is known", async () => {
  const store = createMemoryAuditStore();
  await using world = await createWorld({ audit: { store } });
  const { id, undo } = await world.ok(
    "create_contact",
    await contactFor(world),
  );
  const [before, after, ...more] = store.kept;
  assertEquals(more, []);
  const { ms, ...rest } = after!;
  assert(ms! >= 0);
  assertMatch(rest.sent.first_name as string, /^hmac:/);
  assertEquals<unknown>(rest, {
    id: before!.id,
    time: before!.time,
    tenant: "_default",
    principal: "loopback",
    tool: "create_contact",
    undo,
    endpoint: "POST /contacts",
    record: id,
    sent: before!.sent,
    outcome: "done",
  });
  assertEquals(before, { ...rest, record: null, outcome: "unknown" });
  const [{ request, ...line }, ...others] = lines(world) as [
    Record<string, unknown>,
  ];
  assertEquals(others, []);
  assertMatch(String(request), /^[\w-]+$/);
  const { time: _, ...told } = after!;
  assertEquals(line, { level: "info", message: "A write was sent", ...told });

  await world.ok("update_contact", { contact_id: id, job_title: "Direktur" });
  await world.ok("delete_contact", { contact_id: id });
  const ended = store.kept.filter(({ outcome }) => outcome === "done");
  assertEquals(
    ended.map(({ tool, endpoint, record }) => [tool, endpoint, record]),
    [
      ["create_contact", "POST /contacts", id],
      ["update_contact", "PUT /contacts/:id", id],
      ["delete_contact", "DELETE /contacts/:id", id],
    ],
  );
  const ids = ended.map(({ id }) => id);
  assertEquals(ids, ids.toSorted());
});

Deno.test("a write that was not sent makes no record, and neither does a read", async () => {
  const store = createMemoryAuditStore();
  await using world = await createWorld({ audit: { store } });
  await world.refused("create_contact", { phone: "021" });
  await world.refused("create_contact", { date_of_birth: "soon" });
  await world.ok("list_contacts");
  assertEquals(store.kept, []);
  assertEquals(writes(world), []);
});

Deno.test("a record has the outcome of a write, for each possible outcome", async () => {
  const store = createMemoryAuditStore();
  await using world = await createWorld({
    timeout: 2_000,
    retryBudget: 0,
    audit: { store },
  });
  const contact = await contactFor(world);
  const table: [Fault, Partial<AuditRecord>][] = [
    [{ kind: "status", status: 422 }, { outcome: "refused", status: 422 }],
    [{ kind: "status", status: 403 }, { outcome: "refused", status: 403 }],
    [{ kind: "status", status: 429 }, { outcome: "refused", status: 429 }],
    [{ kind: "status", status: 401 }, { outcome: "refused", status: 401 }],
    [{ kind: "soft404" }, { outcome: "refused", status: 404 }],
    [{ kind: "status", status: 500 }, { outcome: "unknown", status: 500 }],
    [{ kind: "status", status: 502, when: "after" }, {
      outcome: "unknown",
      status: 502,
    }],
    [{ kind: "html" }, { outcome: "unknown" }],
    [{ kind: "truncated" }, { outcome: "unknown" }],
    [{ kind: "redirect" }, { outcome: "unknown" }],
    [{ kind: "delay", ms: 10_000 }, { outcome: "unknown" }],
    [{ kind: "cut", when: "before" }, { outcome: "unknown" }],
    [{ kind: "cut", when: "after" }, { outcome: "unknown" }],
    [{ kind: "cut", when: "body" }, { outcome: "unknown" }],
    [{ kind: "content-type" }, { outcome: "done" }],
  ];
  for (const [fault, expected] of table) {
    store.kept.splice(0);
    world.sandbox.inject({ fault, method: "POST", path: contacts, times: 2 });
    await world.call("create_contact", contact);
    world.sandbox.clearFaults();
    assertEquals(store.kept.length, 2, JSON.stringify(fault));
    const { outcome, status, ms } = store.kept[1]!;
    const found = { outcome, ...(status === undefined ? {} : { status }) };
    assertEquals<unknown>(found, expected, JSON.stringify(fault));
    assert(ms !== undefined);
  }
});

Deno.test("a write that certainly did not arrive is recorded as failed", async () => {
  const store = createMemoryAuditStore();
  await using world = await createWorld({ retryBudget: 0, audit: { store } });
  const contact = await contactFor(world);
  const outcomes = () =>
    store.kept.splice(0).map(({ outcome, status }) => [outcome, status]);
  const failed: unknown[] = [["unknown", undefined], ["failed", undefined]];

  // The token endpoint refuses, so there is no token for the write.
  world.sandbox.revokeRefreshTokens();
  world.sandbox.inject({
    fault: { kind: "status", status: 401 },
    method: "POST",
    path: contacts,
  });
  const refused = await world.refused("create_contact", contact);
  assertStringIncludes(refused, "invalid_grant");
  assertEquals<unknown[]>(outcomes(), failed);

  await world.sandbox.close();
  const away = await world.refused("create_contact", contact);
  assertStringIncludes(away, "Nothing was sent");
  assertEquals<unknown[]>(outcomes(), failed);
  assertEquals(lines(world).map(({ message }) => message), [
    "A write could not be sent",
    "A write could not be sent",
  ]);
});

Deno.test("the outcome of a cancelled write is unknown", async () => {
  const store = createMemoryAuditStore();
  await using world = await createWorld({ audit: { store } });
  const contact = await contactFor(world);
  world.sandbox.inject({
    fault: { kind: "delay", ms: 5_000 },
    method: "POST",
    path: contacts,
  });
  const cancel = new AbortController();
  const call = world.client.callTool(
    { name: "create_contact", arguments: contact },
    { signal: cancel.signal },
  ).catch(() => {});
  await until(() => store.kept.length > 0, "the write is about to be sent");
  // Long enough for the request to be sent.
  await sleep(200);
  cancel.abort();
  await call;
  await until(() => store.kept.length >= 2, "what came of it is kept");
  assertEquals(store.kept.map(({ outcome }) => outcome), [
    "unknown",
    "unknown",
  ]);
});

/** A store that does what a test chooses. */
function storeThat(keep: AuditStore["begin"]): AuditStore {
  return { name: "test", begin: keep, end: keep, async *list() {} };
}

Deno.test("a store of records that fails or hangs does not delay or fail a write", async () => {
  const hung = Promise.withResolvers<void>();
  const table: [AuditStore["begin"], RegExp][] = [
    [() => Promise.reject(new Error("no room")), /"reason":"no room"/],
    [() => hung.promise, /is not kept after 1000 ms/],
  ];
  for (const [keep, expected] of table) {
    await using world = await createWorld({
      audit: { store: storeThat(keep) },
    });
    const contact = await contactFor(world);
    await world.ok("create_contact", contact);
    await world.ok("create_contact", contact);
    assertEquals(lines(world).map(({ outcome }) => outcome), ["done", "done"]);
    const errors = world.logs.filter((line) => line.includes('"error"'));
    assert(errors.length > 0);
    for (const line of errors) assertMatch(line, expected);
  }
  hung.resolve();
});

Deno.test("the two steps of a record are stored in order", async () => {
  const steps: string[] = [];
  const store: AuditStore = {
    ...storeThat(() => Promise.resolve()),
    async begin() {
      // Longer than the write waits.
      await sleep(1_300);
      steps.push("begin");
    },
    // deno-lint-ignore require-await -- the interface is asynchronous
    async end() {
      steps.push("end");
    },
  };
  await using world = await createWorld({ audit: { store } });
  await world.ok("create_contact", await contactFor(world));
  await until(() => steps.length >= 2, "both steps");
  assertEquals(steps, ["begin", "end"]);
});

Deno.test("a server that ends stores the records that are not stored yet", async () => {
  const kept: string[] = [];
  const keep: AuditStore["begin"] = async ({ outcome }) => {
    await sleep(600);
    kept.push(outcome);
  };
  {
    await using world = await createWorld({
      audit: { store: { ...storeThat(keep), close: async () => {} } },
    });
    const contact = await contactFor(world);
    const cancel = new AbortController();
    const call = world.client.callTool(
      { name: "create_contact", arguments: contact },
      { signal: cancel.signal },
    ).catch(() => {});
    await until(() => kept.length > 0, "the write is about to be sent");
    await until(() => lines(world).length > 0, "a log line");
    cancel.abort();
    await call;
    assertEquals(kept, ["unknown"]);
  }
  assertEquals(kept, ["unknown", "done"]);
});

/** A value that must never appear; it replaces every value. */
const canaries = {
  phone: "+62 812-9999-0001",
  digits: 6281299990001,
  email: "canary@example.co.id",
  note: "canary note: wire the money",
};

const all: Endpoint[] = Object.values(endpoints).flatMap((group) =>
  Object.values(group)
);
const writing = all.filter(({ method }) => method !== "GET");

/** Bodies of an endpoint with the canary in every key, known or unknown. */
function bodiesOf({ body }: Endpoint): Record<string, unknown>[] {
  const keys = [...Object.keys(body), "unheard_of"];
  return Object.values(canaries).flatMap((canary) => [
    canary,
    [canary],
    { id: canary, [String(canary)]: canary },
    [{ id: canary, value: canary }, { id: 7, value: [canary] }],
    [{ [String(canary)]: canary }],
  ]).map((value) => Object.fromEntries(keys.map((key) => [key, value])));
}

const CANARY = /canary|9999-?0001|wire the money/;

for (const keepsValues of [false, true]) {
  const where = keepsValues ? "in the log" : "anywhere";
  Deno.test(
    `no value that was sent is seen ${where}, whatever stands where${
      keepsValues ? ", where the store is to have them" : ""
    }`,
    async () => {
      const store = createMemoryAuditStore();
      const logs: string[] = [];
      const audit = createAudit({
        store,
        keepsValues,
        log: (...line) => logs.push(JSON.stringify(line)),
      }, undefined);
      const crm = audit.watch({
        call: () =>
          Promise.resolve({ response: { id: 7, first_name: canaries.note } }),
      }, { tenant: "acme", principal: "key 1", tool: "create_contact" });
      let count = 0;
      for (const endpoint of writing) {
        for (const body of bodiesOf(endpoint)) {
          await crm.call(endpoint, { body });
          count++;
        }
      }
      assertEquals(store.kept.length, 2 * count);
      // Each write has a line before it and a line after it.
      assertEquals(logs.length, 2 * count);
      for (const line of logs) assertNotMatch(line, CANARY);
      if (keepsValues) assertMatch(JSON.stringify(store.kept), CANARY);
      else assertNotMatch(JSON.stringify(store.kept), CANARY);
    },
  );
}
