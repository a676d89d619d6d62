import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { QontakError, UnreachableError } from "../../src/errors.ts";
import { endpoints, nameOf } from "../../src/qontak/endpoints.ts";
import { createRetries, readRetryAfter } from "../../src/qontak/retry.ts";
import { createServer } from "../../mod.ts";
import { type RunningSandbox, serveSandbox } from "../../src/sandbox/mod.ts";
import { callTool } from "../support/call.ts";
import { argumentsFor } from "../../src/sandbox/samples.ts";
import { freePort } from "../support/free_port.ts";
import { createWorld, writes } from "../support/world.ts";
import { serveMcp } from "../support/serve.ts";

const { list, create } = endpoints.deals;

function no(endpoint: string, status: number, retryAfter?: number) {
  return new QontakError("No", {
    endpoint,
    status,
    said: "",
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

function lost(
  endpoint: string,
  reason: UnreachableError["reason"],
  mayHaveArrived: boolean,
) {
  return new UnreachableError("Lost", { endpoint, reason, mayHaveArrived });
}

/** A server whose sandbox can stop and return. */
function startServer({ url: baseUrl, refreshToken }: RunningSandbox) {
  return serveMcp(createServer({ baseUrl, refreshToken, log: () => {} }));
}

Deno.test("createRetries() repeats reads after temporary failures, and writes that did not arrive", () => {
  const outcomes: [(endpoint: string) => unknown, boolean, boolean][] = [
    // The error; whether a read is repeated, and whether a write is.
    [(name) => no(name, 429), true, true],
    [(name) => no(name, 429, 3), true, true],
    [(name) => no(name, 500), false, false],
    [(name) => no(name, 502), true, false],
    [(name) => no(name, 503), true, false],
    [(name) => no(name, 503, 2), true, false],
    [(name) => no(name, 504), true, false],
    [(name) => no(name, 401), false, false],
    [(name) => no(name, 404), false, false],
    [(name) => no(name, 422), false, false],
    [(name) => lost(name, "network", false), true, true],
    [(name) => lost(name, "network", true), true, false],
    [(name) => lost(name, "timeout", true), false, false],
    [(name) => lost(name, "timeout", false), false, false],
    [(name) => lost(name, "cancelled", false), false, false],
    [(name) => lost(name, "unreadable", true), false, false],
    [(name) => lost(name, "redirected", true), false, false],
    [() => no("POST /oauth/token", 503), false, false],
    [() => lost("POST /oauth/token", "network", true), false, false],
    [() => new TypeError("An internal fault"), false, false],
  ];
  for (const [make, read, write] of outcomes) {
    for (
      const [endpoint, expected] of [[list, read], [create, write]] as const
    ) {
      const error = make(nameOf(endpoint));
      const patience = createRetries({ budget: 10_000 })(endpoint);
      assertEquals(
        patience(error) !== undefined,
        expected,
        `${nameOf(endpoint)}: ${JSON.stringify(error)}`,
      );
    }
  }
});

Deno.test("createRetries() waits longer each time, and at most three times", () => {
  const waits = (random: number) => {
    const patience = createRetries({ budget: 10_000, random: () => random })(
      list,
    );
    const error = no(nameOf(list), 503);
    return Array.from({ length: 5 }, () => patience(error));
  };
  assertEquals(waits(1), [250, 500, 1000, undefined, undefined]);
  assertEquals(waits(0), [0, 0, 0, undefined, undefined]);
});

Deno.test("readRetryAfter() reads seconds and HTTP dates, and nothing else", () => {
  const date = "Thu, 26 Nov 2026 10:00:00 GMT";
  const table: [Record<string, string>, number | undefined][] = [
    [{}, undefined],
    [{ "retry-after": "120" }, 120],
    [{ "retry-after": "0" }, 0],
    [{ "retry-after": "1.5" }, 2],
    [{ "retry-after": "Thu, 26 Nov 2026 10:02:00 GMT", date }, 120],
    [{ "retry-after": "Thursday, 26-Nov-26 10:02:00 GMT", date }, 120],
    [{ "retry-after": "Thu, 26 Nov 2026 09:00:00 GMT", date }, 0],
    [{ "retry-after": "-1" }, undefined],
    [{ "retry-after": "soon" }, undefined],
    [{ "retry-after": "5 minutes" }, undefined],
  ];
  for (const [headers, expected] of table) {
    const what = JSON.stringify(headers);
    assertEquals(readRetryAfter(new Headers(headers)), expected, what);
  }
  const inAMinute = new Date(Date.now() + 60_000).toUTCString();
  const seconds = readRetryAfter(new Headers({ "retry-after": inAMinute }));
  assert(seconds! >= 58 && seconds! <= 60, `${seconds}`);
});

Deno.test("createRetries() follows Retry-After if the remaining time allows it", () => {
  const forEndpoint = createRetries({ budget: 10_000, random: () => 0 });
  const name = nameOf(list);
  assertEquals(forEndpoint(list)(no(name, 429, 11)), undefined);
  assertEquals(forEndpoint(list)(no(name, 429, 0)), 0);
  assertEquals(forEndpoint(list)(no(name, 429, 6)), 6_000);
  // The requests of one call share it.
  assertEquals(forEndpoint(list)(no(name, 429, 6)), undefined);
  assertEquals(forEndpoint(list)(no(name, 503, 4)), 4_000);
  assertEquals(forEndpoint(list)(no(name, 503, 1)), undefined);
  assertEquals(
    createRetries({ budget: 0 })(list)(no(name, 429, 0)),
    undefined,
  );
});

Deno.test("a call repeats temporary failures, and reports the number of attempts if it gives up", async () => {
  await using world = await createWorld({ retryBudget: 5_000 });
  const path = "/api/v3.1/pipelines";
  const status = (status: number, times: number) =>
    world.sandbox.inject({ fault: { kind: "status", status }, path, times });
  status(503, 3);
  await world.ok("list_pipelines");
  assertEquals(world.seen().filter((one) => one.path === path).length, 4);
  status(503, 10);
  const text = await world.refused("list_pipelines");
  assertStringIncludes(text, "It was tried 4 times");
  assertEquals(world.seen().filter((one) => one.path === path).length, 4);
  world.sandbox.clearFaults();
  world.sandbox.inject({
    fault: { kind: "status", status: 429, retryAfter: 60 },
    path,
  });
  const busy = await world.refused("list_pipelines");
  assertStringIncludes(busy, "Wait 60 s");
  assertEquals(world.seen().filter((one) => one.path === path).length, 1);
});

Deno.test("a call without enough time to wait reports the wait immediately", async () => {
  await using world = await createWorld({ timeout: 3_000 });
  const path = "/api/v3.1/pipelines";
  world.sandbox.inject({
    fault: { kind: "status", status: 429, retryAfter: 5 },
    path,
  });
  const text = await world.refused("list_pipelines");
  assertStringIncludes(text, "Wait 5 s");
  assert(!text.includes("It was tried"), text);
});

Deno.test("a write that was certainly not carried out is sent again, and one that may have arrived is not", async () => {
  await using world = await createWorld();
  const { records: [{ id }] } = await world.ok("list_deals");
  const update = { deal_id: id, size: 7 };
  await world.ok("update_deal", update);
  const count = () => writes(world).length;
  const before = count();
  world.sandbox.inject({
    fault: { kind: "status", status: 429, retryAfter: 0 },
    method: "PUT",
    times: 2,
  });
  await world.ok("update_deal", update);
  // Two that were not carried out, and one that was.
  assertEquals(count() - before, 3);
  for (
    const fault of [
      { kind: "status", status: 502 },
      { kind: "status", status: 503 },
      { kind: "status", status: 504, when: "after" },
      { kind: "cut", when: "after" },
      { kind: "cut", when: "before" },
    ] as const
  ) {
    const sent = count();
    world.sandbox.inject({ fault, method: "PUT" });
    assertStringIncludes(
      await world.refused("update_deal", update),
      "unknown whether Qontak carried out the change",
    );
    assertEquals(count() - sent, 1, JSON.stringify(fault));
    world.sandbox.clearFaults();
  }
});

Deno.test("a write to an address where nothing listens is sent again, and its outcome is known", async () => {
  const where = { port: freePort(), rotateRefreshTokens: false };
  const gone = serveSandbox(where);
  await using server = startServer(gone);
  const create = (name: string) =>
    callTool(server.url, "create_product", { name });
  assertEquals((await create("Pertama")).isError, false);
  await gone.close();
  const { isError, text } = await create("Kedua");
  assert(isError, text);
  assertStringIncludes(text, "Nothing was sent");
  assertStringIncludes(text, "It was tried 4 times");

  const creating = create("Ketiga");
  await using back = serveSandbox(where);
  assertEquals((await creating).isError, false, (await creating).text);
  const posts = back.requests.filter(({ method, path }) =>
    method === "POST" && path !== "/oauth/token"
  );
  // The first one had an expired token.
  assertEquals(posts.map(({ status }) => status), [401, 200]);
});

Deno.test("after a create whose answer is lost the server searches for the record, and says what it found", async () => {
  await using world = await createWorld();
  const made = {
    fault: { kind: "cut", when: "after" },
    method: "POST",
  } as const;
  const unmade = { ...made, fault: { kind: "status", status: 503 } } as const;
  const { records: [{ id: deal }] } = await world.ok("list_deals");
  // Unique names, and everything else that is required.
  const whole = async (kind: string, args: object, place: object = {}) => {
    const { required } = await world.ok(
      `get_required_fields_for_${kind}`,
      { ...place },
    );
    return { ...argumentsFor(required), ...args };
  };
  const pipeline = (pipeline_id: string, stage_id: string) => ({
    pipeline_id,
    stage_id,
  });
  const { records: [open] } = await world.ok("list_deals");
  const table = [
    [
      "contact",
      await whole("contact", {
        first_name: "Sari",
        email: "sari.baru@example.co.id",
      }),
    ],
    [
      "contact",
      await whole("contact", { telephone: "0812-9876-5432" }),
    ],
    ["company", await whole("company", { name: "PT Baru" })],
    [
      "deal",
      await whole(
        "deal",
        { name: "Deal Baru" },
        pipeline(open.crm_pipeline_name, open.crm_stage_name),
      ),
    ],
    ["task", await whole("task", { name: "Tugas Baru" })],
    [
      "ticket",
      await whole(
        "ticket",
        { name: "Tiket Baru" },
        pipeline("Layanan Pelanggan", "Baru"),
      ),
    ],
    ["note", { note: "Baru saja", crm_deal_id: deal }],
    ["product", { name: "Produk Baru" }],
  ] as const;
  for (const [kind, args] of table) {
    const tool = `create_${kind}`;
    world.sandbox.inject(unmade);
    const absent = await world.refused(tool, args);
    assertStringIncludes(
      absent,
      `found no such ${kind} from the last minutes`,
      absent,
    );
    world.sandbox.clearFaults();
    const before = writes(world).length;
    world.sandbox.inject(made);
    const text = await world.refused(tool, args);
    assertStringIncludes(text, "It is unknown whether");
    const id = Number(new RegExp(`${kind} (\\d+) \\(`).exec(text)?.[1]);
    assert(id > 0, text);
    assertEquals(writes(world).length - before, 1);
    const { record } = await world.ok(`get_${kind}`, { [`${kind}_id`]: id });
    assertEquals(Number(record.id), id);
    world.sandbox.clearFaults();
  }
  // If the search fails as well, the answer says so.
  world.sandbox.inject(made);
  world.sandbox.inject({
    fault: { kind: "status", status: 500 },
    method: "GET",
    path: "/api/v3.1/products",
    times: 5,
  });
  const text = await world.refused("create_product", { name: "Lain" });
  assertStringIncludes(text, "Looking for it failed as well");
  assertStringIncludes(text, "500");
});
