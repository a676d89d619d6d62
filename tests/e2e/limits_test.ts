/** The effect of limits on companies: over HTTP, against the sandbox. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { createServer, type Limits } from "../../mod.ts";
import { SCOPES } from "../../src/auth/principal.ts";
import { createLimiter } from "../../src/limits/limiter.ts";
import { type RunningSandbox, serveSandbox } from "../../src/sandbox/mod.ts";
import { defined } from "../../src/values/json.ts";
import { callTool, type HttpCall } from "../support/call.ts";
import { bearer } from "../support/deployed.ts";
import { createMemoryStore } from "../support/memory.ts";
import { serveMcp } from "../support/serve.ts";
import { sleep, until } from "../support/time.ts";

interface Place extends AsyncDisposable {
  /**
   * Calls a tool that sends one request to Qontak, for a company; with the
   * company's own key by default.
   */
  call(
    tenant: string,
    signal?: AbortSignal,
    key?: string,
  ): Promise<HttpCall>;
  /** The URL of MCP. */
  readonly url: string;
}

const TENANTS = ["greedy", "modest", "third", "fourth"];
const tokenOf = (tenant: string) => `a refresh token of ${tenant}`;

const world = {
  refreshTokens: TENANTS.map(tokenOf),
  rotateRefreshTokens: false,
};

const UNREACHED = /could not be reached|broke before an answer/;

function serveTenants(options: {
  readonly limits?: Limits;
  readonly timeout?: number;
  readonly retryBudget?: number;
} = {}): [RunningSandbox, (sandbox: RunningSandbox) => Place] {
  const sandbox = serveSandbox(world);
  return [sandbox, ({ url }) => {
    const server = createServer({
      store: createMemoryStore(Object.fromEntries(
        TENANTS.map((tenant) => [tenant, { refresh_token: tokenOf(tenant) }]),
      )),
      baseUrl: url,
      tokenCache: "memory",
      retryBudget: 0,
      log: () => {},
      ...defined(options),
    });
    const served = serveMcp(server, {
      authenticate: (key) =>
        Promise.resolve({ name: key, tenants: TENANTS, scopes: SCOPES }),
    });
    return {
      url: served.url,
      call: (tenant, signal, key = `key-of-${tenant}`) =>
        callTool(
          served.url,
          "list_products",
          { per_page: 1, user_id: tenant },
          bearer(key),
          signal,
        ),
      [Symbol.asyncDispose]: served[Symbol.asyncDispose],
    };
  }];
}

Deno.test("a company with too many calls waits or is told how long to wait, and others are served soon", async () => {
  const [sandbox, serve] = serveTenants({ timeout: 6_000 });
  await using _sandbox = sandbox;
  await using place = serve(sandbox);
  const order: string[] = [];
  const send = async (tenant: string) => {
    const called = await place.call(tenant);
    order.push(tenant);
    return called;
  };
  const before = sandbox.requests.length;
  const flood = Array.from({ length: 200 }, () => send("greedy"));
  // Its burst is used up, and other companies call.
  await until(
    () => sandbox.requests.length >= before + 15,
    "the burst is used up",
  );
  const since = sandbox.requests.length;
  const modest = await Promise.all(
    Array.from({ length: 5 }, () => send("modest")),
  );
  assertEquals(modest.filter(({ isError }) => isError), []);
  // The requests of greedy in the meantime: the rest of its burst, and little
  // more.
  const others = sandbox.requests.slice(since).length - 5;
  assert(others <= 20, `${others} other requests came before the five`);
  const called = await Promise.all(flood);
  const refused = called.filter(({ isError }) => isError);
  const served = called.length - refused.length;
  // The burst, and the requests that get their turn in half of the time.
  assert(served >= 40 && served <= 60, `${served} of 200 were served`);
  for (const { text } of refused) {
    assertMatch(text, /GET \/products was not sent\. Too many .*wait \d+ s/);
  }
  assertEquals(
    sandbox.requests.filter(({ path }) => path.endsWith("/products")).length,
    served + 5,
  );
});

Deno.test("while Qontak is down nothing is sent to it; when it is back, calls are", async () => {
  const [first, serve] = serveTenants();
  const port = Number(new URL(first.url).port);
  await using place = serve(first);
  assertEquals((await place.call("greedy")).isError, false);
  assertEquals((await place.call("modest")).isError, false);
  assertEquals((await place.call("third")).isError, false);
  assertEquals((await place.call("fourth")).isError, false);
  await first.close();
  const failures = [];
  for (let count = 0; count < 6; count++) {
    failures.push(await place.call("greedy"));
  }
  assertMatch(failures[4]!.text, UNREACHED);
  assertMatch(
    failures[5]!.text,
    /was not sent\. The last requests were not answered.*wait [45] s/,
  );
  // One company alone does not stop the others; three with separate keys do.
  assertMatch((await place.call("modest")).text, UNREACHED);
  assertMatch((await place.call("modest")).text, UNREACHED);
  assertMatch((await place.call("third")).text, UNREACHED);
  assertMatch(
    (await place.call("third")).text,
    /The last requests were not answered/,
  );
  // One request of another company is still sent as a test.
  assertMatch((await place.call("fourth")).text, UNREACHED);
  await using second = serveSandbox({ ...world, port });
  for (const tenant of ["modest", "fourth"]) {
    assertMatch(
      (await place.call(tenant)).text,
      /The last requests were not answered/,
    );
  }
  assertEquals(second.requests.length, 0);
  const end = performance.now() + 20_000;
  let called = await place.call("modest");
  while (called.isError && performance.now() < end) {
    await sleep(250);
    called = await place.call("modest");
  }
  assertEquals(called.isError, false, called.text);
  // After one answer, all requests are sent again.
  assertEquals((await place.call("greedy")).isError, false);
  assertEquals((await place.call("third")).isError, false);
});

Deno.test("one key for three companies does not stop other companies", async () => {
  const [sandbox, serve] = serveTenants();
  await using _sandbox = sandbox;
  await using place = serve(sandbox);
  assertEquals((await place.call("fourth")).isError, false);
  const faults = { path: "/api/v3.1/products", times: 9 } as const;
  sandbox.inject({ ...faults, fault: { kind: "status", status: 503 } });
  for (const tenant of ["greedy", "modest", "third"]) {
    for (let count = 0; count < 3; count++) {
      const called = await place.call(tenant, undefined, "one-key");
      assert(called.isError, called.text);
    }
  }
  const called = await place.call("fourth");
  assertEquals(called.isError, false, called.text);
});

Deno.test("one call whose requests all fail does not suspend its company", async () => {
  const [sandbox, serve] = serveTenants({ retryBudget: 10_000 });
  await using _sandbox = sandbox;
  await using place = serve(sandbox);
  assertEquals((await place.call("greedy")).isError, false);
  // The request is sent four times, and so is the search for the record.
  sandbox.inject({
    path: "/api/v3.1/products",
    times: 5,
    fault: { kind: "status", status: 503 },
  });
  const made = await callTool(
    place.url,
    "create_product",
    { user_id: "greedy", name: "Baru", price: 1, currency: "IDR", quantity: 1 },
    bearer("key-of-greedy"),
  );
  assertMatch(made.text, /POST \/products/);
  assertMatch(made.text, /Looking for it failed as well/);
  assertEquals((await place.call("greedy")).isError, false);
});

Deno.test("a value that makes an address too long is refused in a sentence, and does not count as a failure", async () => {
  const [sandbox, serve] = serveTenants();
  await using _sandbox = sandbox;
  await using place = serve(sandbox);
  assertEquals((await place.call("greedy")).isError, false);
  const before = sandbox.requests.length;
  for (let count = 0; count < 6; count++) {
    const { text } = await callTool(
      place.url,
      "list_contacts",
      { user_id: "greedy", name: "n".repeat(9_000) },
      bearer("key-of-greedy"),
    );
    assertMatch(text, /GET \/contacts was not sent: .* has 9000 characters/);
    assertMatch(text, /at most 8000 fit. Send a shorter value/);
  }
  assertEquals(sandbox.requests.length, before);
  // Shorter ones are sent; Qontak decides about them.
  sandbox.inject({
    path: "/api/v3.1/contacts",
    times: 12,
    fault: { kind: "cut", when: "before" },
  });
  for (let count = 0; count < 6; count++) {
    const { text } = await callTool(
      place.url,
      "list_contacts",
      { user_id: "greedy", name: "n".repeat(7_000) },
      bearer("key-of-greedy"),
    );
    assertMatch(text, UNREACHED);
  }
  assertEquals((await place.call("greedy")).isError, false);
});

Deno.test("answers of 4xx and 500 suspend no tenant", async () => {
  const [sandbox, serve] = serveTenants();
  await using _sandbox = sandbox;
  await using place = serve(sandbox);
  for (const status of [404, 422, 500]) {
    sandbox.inject({
      path: "/api/v3.1/products",
      fault: { kind: "status", status },
      times: 7,
    });
    for (let count = 0; count < 7; count++) {
      assertEquals((await place.call("greedy")).isError, true);
    }
    assertEquals((await place.call("greedy")).isError, false);
  }
});

Deno.test("a caller that disconnects while it waits gives its place to the next", async () => {
  const limits = createLimiter({ tenant: { perSecond: 1, burst: 1 } });
  const [sandbox, serve] = serveTenants({ limits, timeout: 60_000 });
  await using _sandbox = sandbox;
  await using place = serve(sandbox);
  assertEquals((await place.call("greedy")).isError, false);
  const before = sandbox.requests.length;
  const hangingUp = new AbortController();
  const gone = Array.from(
    { length: 20 },
    () => place.call("greedy", hangingUp.signal).catch((error) => error),
  );
  await until(() => limits.waiting === 20, "20 calls wait");
  const next = place.call("greedy");
  await until(() => limits.waiting === 21, "one more call waits");
  hangingUp.abort();
  await until(() => limits.waiting <= 1, "those that hung up are gone");
  assertEquals((await next).isError, false);
  for (const error of await Promise.all(gone)) {
    assertEquals(error.name, "AbortError");
  }
  assertEquals([limits.waiting, limits.running], [0, 0]);
  // One of the disconnected callers may have had its turn before.
  assert(sandbox.requests.length - before <= 2);
});
