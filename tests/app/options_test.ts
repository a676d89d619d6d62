/**
 * An error about an option of a program that embeds the server has the same
 * sentence as the error about the variable.
 */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { createHandler, createServer, OptionError } from "../../mod.ts";
import { createKvAuditStore } from "../../src/audit/mod.ts";
import { createLimits } from "../../src/limits/mod.ts";
import { createRedisStore } from "../../src/tokens/stores/mod.ts";
import { run } from "../support/process.ts";

const server = (options: Record<string, unknown>) => () =>
  createServer({ refreshToken: "a-token", kv: false, ...options });

/**
 * Each row: an option, a value, the function that takes it, the variable, and
 * the value as text.
 */
const table: readonly [string, unknown, () => unknown, string, string][] = [
  ["timeout", -1, server({ timeout: -1 }), "QONTAK_TIMEOUT_MS", "-1"],
  ["timeout", 0.5, server({ timeout: 0.5 }), "QONTAK_TIMEOUT_MS", "0.5"],
  [
    "retryBudget",
    600_001,
    server({ retryBudget: 600_001 }),
    "QONTAK_RETRY_BUDGET_MS",
    "600001",
  ],
  ["auth", "oaut", server({ auth: "oaut" }), "QONTAK_AUTH", "oaut"],
  ["tokenCache", "disk", server({ tokenCache: "disk" }), "TOKEN_CACHE", "disk"],
  ["baseUrl", "crm", server({ baseUrl: "crm" }), "QONTAK_BASE_URL", "crm"],
  [
    "baseUrl",
    "http://crm.example.com",
    server({ baseUrl: "http://crm.example.com" }),
    "QONTAK_BASE_URL",
    "http://crm.example.com",
  ],
  [
    "refreshToken",
    "'a-token'",
    server({ refreshToken: "'a-token'" }),
    "QONTAK_REFRESH_TOKEN",
    "'a-token'",
  ],
  [
    "clientSecret",
    "Bearer secret",
    server({ clientSecret: "Bearer secret" }),
    "QONTAK_CLIENT_SECRET",
    "Bearer secret",
  ],
  [
    "content",
    "strikt",
    server({ content: "strikt" }),
    "QONTAK_CONTENT",
    "strikt",
  ],
  [
    "tools",
    ["-deal"],
    server({ tools: ["-deal"] }),
    "QONTAK_TOOLS",
    "-deal",
  ],
  [
    "toolsets",
    ["deal"],
    server({ toolsets: ["deal"] }),
    "QONTAK_TOOLSETS",
    "deal",
  ],
  [
    "tokenTtl",
    0,
    () => createRedisStore({ url: "redis://127.0.0.1", tokenTtl: 0 }),
    "REDIS_TOKEN_TTL",
    "0",
  ],
  [
    "days",
    9_999,
    () =>
      createKvAuditStore({
        kv: { open: () => Promise.resolve(undefined) },
        days: 9_999,
      }),
    "QONTAK_AUDIT_DAYS",
    "9999",
  ],
];

Deno.test("options are refused with the same sentences as settings", async () => {
  for (const [option, value, make, variable, text] of table) {
    const { message } = assertThrows(make, OptionError);
    const env = { QONTAK_REFRESH_TOKEN: "a-token", [variable]: text };
    const { code, stderr } = await run([], { env });
    assertEquals(code, 2, stderr);
    // A number in an option is not in quotation marks.
    const said = typeof value === "number"
      ? message.replace(/not (\S+)$/, 'not "$1"')
      : message;
    const [first] = stderr.split("\n");
    assertEquals(
      first!.replace(`qontak-mcp: ${variable} `, ""),
      said.slice(option.length + 1),
      option,
    );
  }
});

Deno.test("createLimits() and createHandler() refuse invalid options", () => {
  for (
    const tenant of [
      { perSecond: 0, burst: 1 },
      { perSecond: 1, burst: 0 },
      { perSecond: 200_000, burst: 1 },
      { perSecond: 1, burst: 1.5 },
    ]
  ) {
    const { message } = assertThrows(() => createLimits({ tenant }), TypeError);
    assertStringIncludes(message, "tenant must be like { perSecond: 10");
  }
  const { message } = assertThrows(
    () =>
      createHandler(createServer({ refreshToken: "a-token", kv: false }), {
        allowedOrigins: ["https://app.example.com/"],
      }),
    TypeError,
  );
  assertStringIncludes(
    message,
    'allowedOrigins must hold origins such as https://app.example.com or chrome-extension://<id>, not "https://app.example.com/"',
  );
});

Deno.test("createServer() takes only true and false for a switch", () => {
  const { message } = assertThrows(server({ readOnly: "false" }), OptionError);
  assertEquals(message, 'readOnly must be true or false, not "false"');
});

Deno.test("createServer() accepts an address with the path of the API, as the settings do", () => {
  createServer({
    refreshToken: "a-token",
    baseUrl: "https://app.qontak.com/api/v3.1/",
    kv: false,
  });
});
