/** Hosts that are served without credentials, and origins that may call. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import http2 from "node:http2";
import { createHandler, createServer, type HandlerOptions } from "../../mod.ts";
import { open } from "../../src/app/open.ts";
import { readSettings } from "../../src/app/settings.ts";
import { ConfigError } from "../../src/errors.ts";
import { HEADERS, request } from "../support/rpc.ts";
import { serveMcp } from "../support/serve.ts";
import { serveQontak } from "../support/sign_in.ts";

const server = () => createServer({ refreshToken: "unused", log: () => {} });

/** One request over HTTP/2 without TLS. */
async function ask(
  url: string,
  headers: Record<string, string>,
): Promise<{ status: number; text: string }> {
  const session = http2.connect(new URL(url).origin);
  try {
    return await new Promise((resolve, reject) => {
      const stream = session.request({
        ":method": "POST",
        ":path": "/mcp",
        ...HEADERS,
        ...headers,
      });
      let status = 0;
      let text = "";
      stream.on("response", (found) => status = Number(found[":status"]));
      stream.on("data", (data) => text += data);
      stream.on("end", () => resolve({ status, text }));
      stream.on("error", reject);
      stream.end(JSON.stringify(request(1, "tools/list")));
    });
  } finally {
    session.close();
  }
}

Deno.test("createHandler() reads HTTP/2's authority as HTTP/1.1's Host", async () => {
  await using served = serveMcp(server());
  const { host, port } = new URL(served.url);
  for (const authority of [host, `localhost:${port}`, "[::1]"]) {
    const { status, text } = await ask(served.url, { ":authority": authority });
    assertEquals(status, 200, authority);
    assertStringIncludes(text, '"create_deal"');
  }
  const table = [
    { ":authority": "evil.example" },
    { ":authority": `localhost.evil.example:${port}` },
    { ":authority": "evil.example", host },
    { ":authority": host, host: "evil.example" },
  ];
  for (const headers of table) {
    const { status, text } = await ask(served.url, headers);
    assertEquals(status, 403, JSON.stringify(headers));
    assertStringIncludes(text, "With the option authenticate");
  }
});

/** The answer to a preflight request from an origin. */
async function preflight(
  origin: string,
  options: HandlerOptions,
): Promise<[number, string | null, string]> {
  const response = await createHandler(server(), options)(
    new Request("http://127.0.0.1:8000/mcp", {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST" },
    }),
  );
  const allowed = response.headers.get("access-control-allow-origin");
  return [response.status, allowed, await response.text()];
}

Deno.test("createHandler() accepts extensions and desktop programs by their whole origin", async () => {
  const origins = [
    "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
    "moz-extension://6f1a0d3c-0c5e-4a7b-9f6e-1f2f3f4f5f6f",
    "tauri://localhost",
    "vscode-webview://0k5h2m9q",
    "app://obsidian.md",
    "capacitor://localhost",
  ];
  const env = { MCP_ALLOWED_ORIGINS: origins.join(", ") };
  const { MCP_ALLOWED_ORIGINS: allowedOrigins = [] } = readSettings(env);
  assertEquals(allowedOrigins, origins);
  for (const origin of origins) {
    const [status, allowed] = await preflight(origin, { allowedOrigins });
    assertEquals([status, allowed], [204, origin]);
    // Only if it is listed.
    const [refused, none, text] = await preflight(origin, {});
    assertEquals([refused, none], [403, null]);
    assertStringIncludes(text, "allowedOrigins");
  }
  for (
    const origin of [
      "chrome-extension://ponmlkjihgfedcbaponmlkjihgfedcba",
      "tauri://localhost.evil.example",
      "tauri://localhost:1",
      "app://localhost",
      "null",
      "file://",
    ]
  ) {
    const [status] = await preflight(origin, { allowedOrigins });
    assertEquals(status, 403, origin);
  }
});

Deno.test("MCP_ALLOWED_ORIGINS takes only origins", () => {
  for (
    const origin of [
      "*",
      "null",
      "file://",
      "chrome-extension://*",
      "chrome-extension://",
      "tauri://localhost/path",
      "tauri://user@localhost",
      "Tauri://localhost",
      "https://app.example.com/",
      "HTTPS://app.example.com",
      "http://",
      "app.example.com",
      "javascript:alert(1)",
    ]
  ) {
    assertThrows(
      () => readSettings({ MCP_ALLOWED_ORIGINS: origin }),
      ConfigError,
      "MCP_ALLOWED_ORIGINS must hold origins such as",
    );
  }
});

Deno.test("every answer of an https address tells browsers to use https only", async () => {
  await using qontak = serveQontak();
  for (
    const [address, expected] of [
      ["https://crm.example.com/mcp", "max-age=31536000"],
      ["http://127.0.0.1:8000/mcp", null],
      [undefined, null],
    ] as const
  ) {
    const settings = readSettings({
      MCP_API_KEYS: "0".repeat(64),
      LOG_LEVEL: "error",
      QONTAK_AUDIT: "off",
      ...address && { MCP_PUBLIC_URL: address },
    });
    await using program = await open(settings, { sandbox: qontak });
    const handler = await program.handler(false);
    for (const path of ["/", "/health", "/mcp", "/nothing"]) {
      const { headers, body } = await handler(
        new Request(`http://crm.example.com${path}`),
      );
      await body?.cancel();
      assertEquals(headers.get("strict-transport-security"), expected, path);
    }
  }
});
