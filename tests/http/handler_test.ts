import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { StoreError } from "../../src/errors.ts";
import { createHandler, createServer } from "../../mod.ts";
import {
  createStaticKeys,
  readStaticKeys,
} from "../../src/auth/static_keys.ts";
import { createThrottle } from "../../src/http/throttle.ts";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { sha256 } from "../../src/storage/hash.ts";
import { createMemoryStore } from "../support/memory.ts";

const server = () => createServer({ refreshToken: "unused", log: () => {} });

function post(body: string, headers: Record<string, string> = {}) {
  return new Request("http://127.0.0.1:8000/mcp", {
    method: "POST",
    headers: {
      host: "127.0.0.1:8000",
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...headers,
    },
    body,
  });
}

const list = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });

Deno.test("createHandler() answers only MCP, health and a page", async () => {
  const handler = createHandler(server());
  const listed = await handler(post(list));
  assertEquals(listed.status, 200);
  assertStringIncludes(await listed.text(), '"create_deal"');
  const get = (path: string, init?: RequestInit) =>
    handler(
      new Request(`http://127.0.0.1:8000${path}`, {
        headers: { host: "127.0.0.1:8000" },
        ...init,
      }),
    );
  const health = await get("/health");
  assertEquals((await health.json()).status, "ok");
  for (
    const [path, method, status] of [
      ["/", "GET", 200],
      ["/", "POST", 405],
      ["/admin", "GET", 404],
      ["/constructor", "GET", 404],
      // A message without a type.
      ["/mcp/", "POST", 415],
      ["/mcp/x", "POST", 404],
      ["/health", "POST", 405],
      ["/mcp", "GET", 405],
      ["/mcp", "DELETE", 405],
    ] as const
  ) {
    const response = await get(path, { method });
    assertEquals(response.status, status, `${method} ${path}`);
    await response.body?.cancel();
  }
  // A person who opens the address of MCP in a browser.
  const visit = await get("/mcp", {
    headers: { accept: "text/html,application/xhtml+xml,*/*;q=0.8" },
  });
  assertEquals([visit.status, visit.headers.get("allow")], [405, "POST"]);
  assertStringIncludes(
    (await visit.json()).error,
    "The page for people is at /",
  );
  const { error } = await (await get("/admin")).json();
  for (const path of ["/mcp", "/,", "/health", "/ready"]) {
    assertStringIncludes(error, path);
  }
  assert(!error.includes("/metrics"), error);
});

Deno.test("createHandler() refuses malformed requests with an error that says so", async () => {
  const handler = createHandler(server());
  const table: [string, Record<string, string>, number][] = [
    ["{", {}, 400],
    ["[]", {}, 400],
    [list, { "content-type": "text/plain" }, 415],
    [
      `{"jsonrpc":"2.0","id":1,"method":"x","params":${"[".repeat(2_000_000)}`,
      {},
      413,
    ],
  ];
  for (const [body, headers, status] of table) {
    const response = await handler(post(body, headers));
    assertEquals(response.status, status, body.slice(0, 20));
    const { jsonrpc, error } = await response.json();
    assertEquals(jsonrpc, "2.0", body.slice(0, 20));
    assert(error.message.length > 10, body.slice(0, 20));
  }
});

Deno.test("createHandler() without keys serves only this machine", async () => {
  const handler = createHandler(server());
  for (
    const headers of [
      { host: "crm.attacker.example" },
      { origin: "https://attacker.example" },
    ]
  ) {
    const response = await handler(post(list, headers));
    assertEquals(response.status, 403, JSON.stringify(headers));
    await response.body?.cancel();
  }
});

Deno.test("createHandler() accepts only static keys", async () => {
  const hashes = await Promise.all(["first-key", "second-key"].map(sha256));
  const handler = createHandler(server(), {
    authenticate: createStaticKeys(readStaticKeys(hashes.join(","))),
  });
  const status = async (authorization?: string) => {
    const response = await handler(
      post(list, {
        host: "crm.example.com",
        ...(authorization === undefined ? {} : { authorization }),
      }),
    );
    await response.body?.cancel();
    return response.status;
  };
  assertEquals(await status("Bearer first-key"), 200);
  assertEquals(await status("bearer second-key"), 200);
  for (
    const header of [
      undefined,
      "",
      "Bearer",
      "Bearer first-ke",
      "Bearer first-key second-key",
      `Bearer ${hashes[0]}`,
      "Basic first-key",
    ]
  ) assertEquals(await status(header), 401, header);
  // What is said depends on the form of the header, and on nothing else.
  for (
    const [header, sentence] of [
      [undefined, "This endpoint needs a credential"],
      ["first-key", "must be Bearer <key>"],
      ["Bearer first-ke", "This key or token is not known here"],
    ] as const
  ) {
    const response = await handler(post(list, {
      host: "crm.example.com",
      ...(header === undefined ? {} : { authorization: header }),
    }));
    assertStringIncludes(await response.text(), sentence);
  }
});

Deno.test("createHandler() decides which origins may call, and tells browsers", async () => {
  const handler = createHandler(server(), {
    authenticate: () =>
      Promise.resolve({ name: "key", tenants: ["_default"], scopes: ["read"] }),
    allowedOrigins: ["https://app.example.com"],
  });
  const ask = (origin: string, init: RequestInit = {}) =>
    handler(
      new Request("https://mcp.example.com/mcp", {
        method: "OPTIONS",
        ...init,
        headers: { origin, "access-control-request-method": "POST" },
      }),
    );
  for (
    const origin of [
      "https://app.example.com",
      "https://mcp.example.com",
      // A proxy has terminated TLS before this server.
      "http://mcp.example.com",
      "http://localhost:5173",
    ]
  ) {
    const { status, headers } = await ask(origin);
    assertEquals(status, 204, origin);
    assertEquals(headers.get("access-control-allow-origin"), origin);
    assertStringIncludes(
      headers.get("access-control-allow-headers")!,
      "authorization",
    );
    assertStringIncludes(headers.get("vary")!, "Origin");
  }
  for (
    const origin of [
      "https://evil.example.com",
      "https://app.example.com.evil.com",
      "https://mcp.example.com.evil.com",
      "http://app.example.com",
      "null",
      "file://",
      "not an origin",
    ]
  ) {
    const response = await ask(origin);
    assertEquals(response.status, 403, origin);
    assertEquals(response.headers.get("access-control-allow-origin"), null);
    await response.body?.cancel();
  }
});

Deno.test("createHandler() gives a page of an allowed origin a readable answer", async () => {
  const handler = createHandler(server());
  const response = await handler(
    post(list, { origin: "http://127.0.0.1:8000" }),
  );
  assertEquals(response.status, 200);
  assertEquals(
    response.headers.get("access-control-allow-origin"),
    "http://127.0.0.1:8000",
  );
  await response.body?.cancel();
});

Deno.test("createHandler() says whether its dependencies work, and nothing more", async () => {
  await using sandbox = serveSandbox();
  let isDown = false;
  const ready = async () => {
    const server = createServer({
      baseUrl: sandbox.url,
      log: () => {},
      store: {
        ...createMemoryStore({}),
        read: () =>
          isDown
            ? Promise.reject(new StoreError("Redis at secret.host is down"))
            : Promise.resolve(undefined),
      },
    });
    const handler = createHandler(server);
    const response = await handler(new Request("http://127.0.0.1:8000/ready"));
    await server.close();
    const { note, ...found } = await response.json();
    assertStringIncludes(note, "There is no Deno KV");
    return [response.status, found];
  };
  const fine = { store: "ok", kv: "absent", qontak: "ok" };
  assertEquals(await ready(), [200, { status: "ready", ...fine }]);
  isDown = true;
  assertEquals(await ready(), [503, {
    status: "not ready",
    ...fine,
    store: "failing",
  }]);
  isDown = false;
  await sandbox.close();
  assertEquals(await ready(), [503, {
    status: "not ready",
    ...fine,
    qontak: "failing",
  }]);
});

Deno.test("createHandler() does not report an outage of the key store as a wrong key", async () => {
  const handler = createHandler(server(), {
    authenticate: () => Promise.reject(new StoreError("Redis is down")),
  });
  const response = await handler(
    post(list, { authorization: "Bearer a-key" }),
  );
  assertEquals(response.status, 503);
  assertEquals(response.headers.get("retry-after"), "5");
  assert(!(await response.text()).includes("Redis"));
});

Deno.test("createHandler() never rejects, and shows no internal error", async () => {
  const lines: string[] = [];
  const handler = createHandler(server(), {
    authenticate: () => Promise.reject(new TypeError("canary")),
    log: (...line) => lines.push(JSON.stringify(line)),
  });
  const response = await handler(
    post(list, { authorization: "Bearer a-key" }),
  );
  assertEquals(response.status, 500);
  assert(!(await response.text()).includes("canary"));
  assertStringIncludes(lines.join(), "a fault in this server");
  assert(!lines.join().includes("canary"));
});

Deno.test("createHandler() limits the time and the size of a body", async () => {
  using time = new FakeTime();
  const handler = createHandler(server());
  const sent = (start: (controller: ReadableStreamDefaultController) => void) =>
    handler(
      new Request("http://127.0.0.1:8000/mcp", {
        method: "POST",
        headers: {
          host: "127.0.0.1:8000",
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
        },
        body: new ReadableStream({ start }),
      }),
    );
  const drip = sent((controller) => controller.enqueue(new Uint8Array([123])));
  // The handler has started to read by then.
  for (let i = 0; i < 20; i++) await Promise.resolve();
  time.tick(16_000);
  const late = await drip;
  assertEquals(late.status, 408);
  await late.body?.cancel();
  const large = await sent((controller) => {
    controller.enqueue(new Uint8Array(600_000));
    controller.enqueue(new Uint8Array(600_000));
  });
  assertEquals(large.status, 413);
  await large.body?.cancel();
  const cut = await sent((controller) => {
    controller.enqueue(new Uint8Array([123]));
    controller.error(new Error("gone"));
  });
  assertEquals(cut.status, 400);
  await cut.body?.cancel();
});

/** A handler that accepts one key, and the credentials that it checks. */
function counting(right = "right") {
  const checked: string[] = [];
  let isDown = false;
  const lines: string[] = [];
  const handler = createHandler(server(), {
    log: (...line) => lines.push(JSON.stringify(line)),
    async authenticate(bearer) {
      checked.push(bearer);
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (isDown) throw new StoreError("Redis is down");
      return bearer === right
        ? { name: "key", tenants: ["_default"], scopes: ["read"] }
        : undefined;
    },
  });
  /** The status for a credential from an address. */
  async function ask(bearer: string, hostname = "192.0.2.1") {
    const response = await handler(
      post(list, { authorization: `Bearer ${bearer}` }),
      { remoteAddr: { transport: "tcp", hostname, port: 1 } },
    );
    await response.body?.cancel();
    return response.status;
  }
  return {
    checked,
    lines,
    down: (value: boolean) => void (isDown = value),
    ask,
    /**
     * Whether an address has used up its guesses: of 30 at once, at least 20 are
     * refused. From a new address, ten are. The second figure is less than the
     * first by what was forgotten meanwhile: one guess a second.
     */
    async isSlowedDown(hostname = "192.0.2.1") {
      const statuses = await Promise.all(
        Array.from({ length: 30 }, (_, i) => ask(`again-${i}`, hostname)),
      );
      return statuses.filter((status) => status === 429).length >= 20;
    },
  };
}

Deno.test("createHandler() checks at most 20 of 2,000 guesses, and still accepts a valid key", async () => {
  const { ask, checked, isSlowedDown } = counting();
  assertEquals(await ask("right"), 200);
  assertEquals(await isSlowedDown("192.0.2.3"), false);
  checked.length = 0;
  const begin = performance.now();
  const statuses = await Promise.all(
    Array.from({ length: 2_000 }, (_, i) => ask(`guess-${i}`)),
  );
  const guesses = checked.filter((bearer) => bearer !== "right").length;
  // One more is checked for each second that this took.
  const most = 21 + (performance.now() - begin) / 1_000;
  assert(guesses >= 20 && guesses <= most, `${guesses} were checked`);
  assertEquals(statuses.filter((status) => status === 401).length, guesses);
  assertEquals(
    statuses.filter((status) => status === 429).length,
    2_000 - guesses,
  );
  assertEquals(await ask("right"), 200);
  assert(await isSlowedDown());
  assertEquals(await ask("guess", "192.0.2.2"), 401);
});

Deno.test("createHandler() accepts many valid keys from one address at once", async () => {
  const checked = new Set<string>();
  const handler = createHandler(server(), {
    async authenticate(bearer) {
      checked.add(bearer);
      await new Promise((resolve) => setTimeout(resolve, 1));
      return { name: bearer, tenants: ["_default"], scopes: ["read"] };
    },
  });
  const statuses = await Promise.all(
    Array.from({ length: 100 }, async (_, i) => {
      const response = await handler(
        post(list, { authorization: `Bearer key-${i}` }),
        { remoteAddr: { hostname: "192.0.2.1" } },
      );
      await response.body?.cancel();
      return response.status;
    }),
  );
  assertEquals(statuses.filter((status) => status !== 200), []);
  assertEquals(checked.size, 100);
});

Deno.test("createHandler() counts guesses of an IPv6 network of 64 bits together", async () => {
  const { ask, checked, isSlowedDown } = counting();
  const begin = performance.now();
  for (let i = 0; i < 60; i++) {
    await ask(`guess-${i}`, `2001:db8:1:2:${i}::${i}`);
  }
  const most = 21 + (performance.now() - begin) / 1_000;
  assert(checked.length <= most, `${checked.length} were checked`);
  assert(await isSlowedDown("2001:db8:1:2::1"));
  assertEquals(await ask("guess", "2001:db8:1:3::1"), 401);
  // IPv4 addresses in the form of IPv6 are not one network.
  for (let i = 0; i < 60; i++) await ask(`guess-${i}`, "::ffff:192.0.2.1");
  assert(await isSlowedDown("::ffff:192.0.2.1"));
  assertEquals(await ask("guess", "::ffff:192.0.2.2"), 401);
});

Deno.test("createHandler() logs once a minute that credentials cannot be checked", async () => {
  const { ask, lines, down } = counting();
  down(true);
  const statuses = await Promise.all(
    Array.from({ length: 50 }, (_, i) => ask(`key-${i}`)),
  );
  assertEquals(new Set(statuses), new Set([503]));
  assertEquals(
    lines.filter((line) => line.includes("could not be checked")).length,
    1,
  );
  down(false);
  // An outage does not count as the caller's failure.
  assertEquals(await ask("right"), 200);
});

Deno.test("createThrottle() allows a few failures, and forgets them over time", () => {
  let now = 0;
  const throttle = createThrottle(() => now);
  const passed = (address: string) =>
    Array.from({ length: 40 }, () => throttle.fail(address))
      .filter((wait) => wait === 0).length;
  assertEquals(passed("a"), 20);
  assert(throttle.fail("a") > 0);
  assert(throttle.wait("a") > 0);
  assertEquals(throttle.room("a"), 0);
  assertEquals(throttle.wait("b"), 0);
  assertEquals(throttle.room("b"), 20);
  assertEquals(passed("b"), 20);
  now += 5_000;
  assertEquals(passed("a"), 5);
  now += 3_600_000;
  assertEquals(passed("a"), 20);
});
