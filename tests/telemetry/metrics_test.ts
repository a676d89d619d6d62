import { assert, assertEquals, assertThrows } from "@std/assert";
import { createHandler, createServer, type HandlerOptions } from "../../mod.ts";
import {
  createStaticKeys,
  readStaticKeys,
} from "../../src/auth/static_keys.ts";
import { metricList, prometheusName } from "../../src/telemetry/metrics.ts";
import { MAX_SERIES } from "../../src/telemetry/by_labels.ts";
import {
  createRegistry,
  increment,
  record,
} from "../../src/telemetry/registry.ts";
import { createLimits } from "../../src/limits/limits.ts";
import { sha256 } from "../../src/storage/hash.ts";
import { readMetrics, type Series } from "../support/prometheus.ts";
import { createWorld, type World } from "../support/world.ts";

async function metricsOf({ url }: World): Promise<Series> {
  const response = await fetch(`${url}/metrics`);
  assertEquals(response.status, 200);
  assertEquals(
    response.headers.get("content-type"),
    "text/plain; version=0.0.4; charset=utf-8",
  );
  return readMetrics(await response.text());
}

/** The values of the series of one counter, without its prefix. */
function counts(series: Series, name: string): Record<string, number> {
  const start = `qontak_mcp_${name}_total{`;
  return Object.fromEntries(
    [...series].filter(([key]) => key.startsWith(start)).map(([key, value]) => [
      key.slice(start.length, -1).replaceAll(/\w+="([^"]*)"/g, "$1"),
      value,
    ]),
  );
}

Deno.test("metrics add up for calls with every outcome", async () => {
  await using world = await createWorld({ retryBudget: 2_000 });
  const { sandbox } = world;
  await world.ok("list_pipelines");
  await world.ok("get_deal_template");
  await world.ok("get_deal_template");
  await world.refused("get_deal", { deal_id: "one" });
  await world.refused("get_deal", { deal_id: 987_654_321 });
  await world.refused("get_deal", { deal_id: 1, user_id: "nobody" });
  sandbox.inject({
    path: "/api/v3.1/products",
    fault: { kind: "status", status: 503 },
  });
  await world.ok("list_products");
  sandbox.inject({
    path: "/api/v3.1/deals",
    fault: { kind: "cut", when: "before" },
    // The runtime repeats some requests by itself.
    times: 20,
  });
  await world.refused("list_deals");
  sandbox.clearFaults();
  const series = await metricsOf(world);

  assertEquals(counts(series, "tool_calls"), {
    "list_pipelines,read,ok": 1,
    "get_deal_template,read,ok": 2,
    "get_deal,read,input": 2,
    "get_deal,read,qontak": 1,
    "list_deals,read,network": 1,
    "list_products,read,ok": 1,
  });
  assertEquals(counts(series, "upstream_requests"), {
    "GET,/pipelines,2xx": 1,
    "GET,/deals/info,2xx": 1,
    "GET,/deals/:id,4xx": 1,
    "GET,/deals,network": 4,
    "GET,/products,5xx": 1,
    "GET,/products,2xx": 1,
  });
  assertEquals(counts(series, "upstream_retries"), {
    "GET,/deals,network": 3,
    "GET,/products,503": 1,
  });
  assertEquals(counts(series, "token_refreshes"), { ok: 1 });
  const stored = counts(series, "store_operations");
  assert(stored["env,read,ok"]! > 0 && stored["env,replace,ok"] === 1);
  const cached = counts(series, "cache_lookups");
  assertEquals(cached["setup,miss"], 1);
  assertEquals(cached["setup,memory"], 1);
  assertEquals(cached["tokens,miss"], 1);
  assert(cached["tokens,memory"]! > 0);

  // Everything that is counted is timed as well.
  const timed = [...series].filter(([key]) =>
    key.startsWith("qontak_mcp_tool_call_duration_seconds_count")
  ).reduce((sum, [, n]) => sum + n, 0);
  assertEquals(timed, 8);
});

Deno.test("metrics count what ran out of time", async () => {
  await using world = await createWorld({ timeout: 200 });
  world.sandbox.inject({
    path: "/api/v3.1/pipelines",
    fault: { kind: "delay", ms: 400 },
  });
  await world.refused("list_pipelines");
  const series = await metricsOf(world);
  assertEquals(counts(series, "tool_calls"), {
    "list_pipelines,read,timeout": 1,
  });
  assertEquals(counts(series, "upstream_requests"), {
    "GET,/pipelines,timeout": 1,
  });
});

Deno.test("no value of a call and no tenant becomes a label", async () => {
  await using world = await createWorld();
  await world.call("list_contacts", {
    name: "Canary Name",
    phone: "+6281234567890",
    email: "canary@example.com",
  });
  await world.call("get_contact", {
    contact_id: 424_242,
    user_id: "canary-co",
  });
  await world.call("get_contact", { contact_id: 424_242 });
  const page = await (await fetch(`${world.url}/metrics`)).text();
  readMetrics(page);
  for (const canary of ["anary", "6281234567890", "424242"]) {
    assert(!page.includes(canary), canary);
  }
});

const get = (handler: ReturnType<typeof createHandler>, headers = {}) =>
  handler(
    new Request("http://127.0.0.1:8000/metrics", {
      headers: { host: "127.0.0.1:8000", ...headers },
    }),
  );

function handlerWith(options: HandlerOptions) {
  const server = createServer({ refreshToken: "unused", log: () => {} });
  return createHandler(server, options);
}

Deno.test("GET /metrics answers only if it is enabled", async () => {
  const off = await get(handlerWith({}));
  assertEquals(off.status, 404);
  await off.body?.cancel();
  const on = await get(handlerWith({ metrics: true }));
  assertEquals(on.status, 200);
  const names = metricList.map(([name]) => prometheusName(name));
  const page = await on.text();
  readMetrics(page);
  for (const name of names) assert(page.includes(`# TYPE ${name} `), name);
});

Deno.test("GET /metrics is for callers with the scope metrics", async () => {
  const foreign = await get(handlerWith({ metrics: true }), {
    host: "crm.attacker.example",
  });
  assertEquals(foreign.status, 403);
  await foreign.body?.cancel();

  const hash = await sha256("a-key");
  const customer = await sha256("customer");
  const authenticate = createStaticKeys(
    readStaticKeys(`${hash}:acme:metrics,${customer}:acme`),
  );
  const handler = handlerWith({ metrics: true, authenticate });
  for (
    const [headers, status] of [
      [{}, 401],
      [{ authorization: "Bearer another" }, 401],
      [{ authorization: "Bearer customer" }, 403],
      [{ authorization: "Bearer a-key", host: "mcp.example.com" }, 200],
    ] as const
  ) {
    const response = await get(handler, headers);
    assertEquals(response.status, status, JSON.stringify(headers));
    const text = await response.text();
    if (status === 403) {
      assert(text.includes("a key with the scope metrics"), text);
    }
    assertEquals(text.includes("# TYPE"), status === 200);
  }
});

Deno.test("createRegistry() escapes labels, fills buckets and limits its size", () => {
  const registry = createRegistry();
  const labels = { store: 'a "b"\\c\nd', operation: "read", outcome: "ok" };
  for (let i = 0; i < 3; i++) {
    increment(registry.series("store_operations", { ...labels }));
  }
  for (const seconds of [0, 0.005, 0.006, 30, 31, 1e9]) {
    record(registry.series("token_refresh_duration", {}), seconds);
  }
  const series = readMetrics(registry.text());
  assertEquals(
    series.get(
      'qontak_mcp_store_operations_total{store="a \\"b\\"\\\\c\\nd",operation="read",outcome="ok"}',
    ),
    3,
  );
  const bucket = (le: string) =>
    series.get(`qontak_mcp_token_refresh_duration_seconds_bucket{le="${le}"}`);
  assertEquals(
    ["0.005", "0.01", "10", "30", "+Inf"].map(bucket),
    [2, 3, 3, 4, 6],
  );

  for (let i = 0; i < MAX_SERIES + 50; i++) {
    increment(registry.series("token_refreshes", { outcome: `o${i}` }));
  }
  const bounded = readMetrics(registry.text());
  const refreshes = counts(bounded, "token_refreshes");
  assertEquals(Object.keys(refreshes).length, MAX_SERIES + 1);
  assertEquals(refreshes.other, 50);
});

Deno.test("readMetrics() refuses what could confuse a scraper", () => {
  for (
    const [text, what] of [
      ["# HELP a A\n# TYPE a counter\na 1", "No end of line"],
      ["# TYPE a counter\na 1\n", "does not follow"],
      ["# HELP a A\n# TYPE a counter\na 1\na 2\n", "twice"],
      ['# HELP a A\n# TYPE a counter\na{b="c"d"} 1\n', "Not a sample"],
      ['# HELP a A\n# TYPE a counter\na{b="c",b="d"} 1\n', "A label twice"],
      ["# HELP a A\n# TYPE a counter\nb 1\n", "Not in the family"],
      ["# HELP a A\n# TYPE a counter\na NaN\n", "Not a value"],
      [
        '# HELP a A\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n',
        "does not add up",
      ],
    ] as const
  ) assertThrows(() => readMetrics(text), Error, what);
});

Deno.test("gauges say how much there is now", async () => {
  await using world = await createWorld({
    retryBudget: 0,
    limits: createLimits(),
  });
  const gauge = async (name: string) =>
    (await metricsOf(world)).get(`qontak_mcp_${name}`);
  assertEquals(await gauge("companies_connected"), 0);
  assertEquals(await gauge("snapshot_bytes"), 0);
  assertEquals(await gauge("requests_running"), 0);
  assertEquals(await gauge("requests_waiting"), 0);

  await world.ok("query_records", { resource: "deals" });
  assertEquals(await gauge("companies_connected"), 1);
  assert((await gauge("snapshot_bytes"))! > 1_000);

  world.sandbox.inject({
    path: "/api/v3.1/deals",
    fault: { kind: "status", status: 503 },
    times: 20,
  });
  for (let i = 0; i < 5; i++) await world.refused("list_deals");
  assertEquals(await gauge("companies_suspended"), 1);
});

Deno.test("a company that is locked out is logged once, and counted until it works again", async () => {
  await using world = await createWorld();
  const lockedOut = async () =>
    (await metricsOf(world)).get("qontak_mcp_companies_locked_out");
  await world.ok("list_pipelines");
  assertEquals(await lockedOut(), 0);
  world.sandbox.expireAccessTokens();
  world.sandbox.revokeRefreshTokens();
  for (let i = 0; i < 3; i++) await world.refused("list_pipelines");
  assertEquals(await lockedOut(), 1);
  const said = world.logs.filter((line) => line.includes("no longer accepts"));
  assertEquals(said.length, 1, said.join("\n"));
});
