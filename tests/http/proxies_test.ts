/** An endpoint behind a reverse proxy: who is slowed down, and who is not. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createHandler, createServer } from "../../mod.ts";
import {
  createBrowser,
  createRawClient,
  register,
  world,
} from "../support/sign_in.ts";

/** Asks an endpoint that accepts one key, through a proxy. */
function behind(trustedProxies?: readonly string[]) {
  const lines: string[] = [];
  const handler = createHandler(
    createServer({ refreshToken: "a-token", kv: false, log: () => {} }),
    {
      ...trustedProxies && { trustedProxies },
      log: (level, message) => lines.push(`${level} ${message}`),
      authenticate: (bearer) =>
        Promise.resolve(
          bearer === "right"
            ? { name: "key", tenants: ["_default"], scopes: ["read"] }
            : undefined,
        ),
    },
  );
  const ask = async (bearer: string, forwarded: string, peer = "10.0.0.7") => {
    const response = await handler(
      new Request("http://mcp.example.co.id/mcp", {
        method: "POST",
        headers: {
          "content-type": "application/json",
          accept: "application/json",
          "x-forwarded-for": forwarded,
          authorization: `Bearer ${bearer}`,
        },
        body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
      }),
      { remoteAddr: { transport: "tcp", hostname: peer, port: 1 } },
    );
    await response.body?.cancel();
    return response.status;
  };
  return { ask, lines };
}

Deno.test("createHandler() counts guesses by the address that a trusted proxy names", async () => {
  const { ask, lines } = behind(["10.0.0.0/8"]);
  const guess = (i: number, forwarded: string) => ask(`guess-${i}`, forwarded);
  const guessed: number[] = [];
  for (let i = 0; i < 40; i++) {
    // What the guesser writes in front of it changes nothing.
    guessed.push(await guess(i, `198.51.100.${i}, 203.0.113.5`));
  }
  assertEquals(guessed.filter((status) => status === 401).length, 20);
  assertEquals(await ask("right", "203.0.113.5:81"), 429);
  assertEquals(await ask("right", "203.0.113.6"), 200);
  // IPv6 is counted by networks of 64 bits.
  for (let i = 0; i < 40; i++) await guess(i, `[2001:db8::${i}]:4711`);
  assertEquals(await ask("right2", "2001:db8::ffff:1"), 429);
  assertEquals(await ask("right2", "2001:db8:0:1::1"), 401);
  assert(!lines.some((line) => line.includes("proxy")), lines.join("\n"));
});

Deno.test("createHandler() does not believe X-Forwarded-For of others", async () => {
  const { ask, lines } = behind(["10.0.0.7"]);
  for (const peer of ["203.0.113.9", "10.0.0.8"]) {
    const guessed: number[] = [];
    for (let i = 0; i < 40; i++) {
      guessed.push(await ask(`guess-${i}`, `198.51.100.${i}`, peer));
    }
    assertEquals(guessed.filter((status) => status === 401).length, 20, peer);
  }
  const told = lines.filter((line) => line.includes("proxy at"));
  assertEquals(told.length, 1, told.join("\n"));
  assertStringIncludes(told[0]!, "10.0.0.8 that is not trusted");
  assertStringIncludes(told[0]!, "trustedProxies");
});

Deno.test("behind a trusted proxy, one person's sign-ins do not slow down another's", async () => {
  for (const trusted of [true, false]) {
    await using endpoint = await world({
      ...trusted && { more: { MCP_TRUSTED_PROXIES: "127.0.0.1" } },
    });
    const client = await createRawClient(endpoint);
    const url = await client.authorizeUrl();
    const open = async (forwarded: string) => {
      const response = await fetch(url, {
        redirect: "manual",
        headers: { "x-forwarded-for": forwarded },
      });
      await response.body?.cancel();
      return response.status;
    };
    const begun: number[] = [];
    for (let i = 0; i < 40; i++) begun.push(await open(`9.9.9.9, 192.0.2.1`));
    assert(begun.includes(429), String(begun));
    assertEquals(await open("192.0.2.2"), trusted ? 303 : 429);
    // Registrations, and guesses at the token endpoint, are counted so, too.
    const elsewhere = createBrowser({ "x-forwarded-for": "192.0.2.3" });
    const shown = await elsewhere.open(url);
    assertEquals(shown.status, trusted ? 200 : 429);
    const registered: number[] = [];
    for (let i = 0; i < 40; i++) {
      registered.push((await register(endpoint.origin, {})).status);
    }
    assert(registered.includes(429));
    const { status } = await fetch(`${endpoint.origin}/oauth/register`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-forwarded-for": "192.0.2.4",
      },
      body: JSON.stringify({
        redirect_uris: ["https://client.example.co.id/"],
      }),
    }).then(async (response) => (await response.body?.cancel(), response));
    assertEquals(status, trusted ? 201 : 429);
  }
});
