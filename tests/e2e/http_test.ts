import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { createHandler, createServer } from "../../mod.ts";

const server = () => createServer({ refreshToken: "unused", log: () => {} });
async function sha256(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(hash).toHex();
}

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

Deno.test("createHandler() answers MCP, health and nothing else", async () => {
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
      ["/", "GET", 404],
      ["/mcp/", "POST", 404],
      ["/health", "POST", 405],
      ["/mcp", "GET", 405],
      ["/mcp", "DELETE", 405],
    ] as const
  ) {
    const response = await get(path, { method });
    assertEquals(response.status, status, `${method} ${path}`);
    await response.body?.cancel();
  }
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
    assert((await response.text()).includes("error"));
  }
});

Deno.test("createHandler() serves only this machine without keys", async () => {
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

Deno.test("createHandler() lets in who presents a key, and nobody else", async () => {
  const hashes = await Promise.all(["first-key", "second-key"].map(sha256));
  const handler = createHandler(server(), { apiKeys: hashes });
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
});

Deno.test("createHandler() refuses a hash that is none", () => {
  assertThrows(
    () => createHandler(server(), { apiKeys: ["first-key"] }),
    TypeError,
    "SHA-256",
  );
});
