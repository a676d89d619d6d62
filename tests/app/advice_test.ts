/**
 * The advice on an error depends on its reader. For a person at the command
 * line it names variables and commands, for a program that embeds the server it
 * names options.
 */
import {
  assert,
  assertEquals,
  assertNotMatch,
  assertStringIncludes,
} from "@std/assert";
import { createServer, type ServerOptions } from "../../mod.ts";
import { commands } from "../../src/cli/commands.ts";
import { variables } from "../../src/app/variables.ts";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { callTool } from "../support/call.ts";
import { createMemoryStore } from "../support/memory.ts";
import { startHttp } from "../support/process.ts";
import { serveMcp } from "../support/serve.ts";

/** An address where nothing answers. */
const NOWHERE = "http://127.0.0.1:9";

/** Matches what only a person at the command line can use. */
const OPERATORS = new RegExp(
  `\\b(${Object.keys(variables).join("|")})\\b|qontak-mcp (${
    Object.keys(commands).join("|")
  })`,
);

/** The answer of a tool to a program that embeds the server. */
async function embedded(options: ServerOptions, args = {}): Promise<string> {
  const server = createServer({ kv: false, log: () => {}, ...options });
  await using http = serveMcp(server);
  return (await callTool(http.url, "list_pipelines", args)).text;
}

/** The answer of the same tool if variables configure the server. */
async function operated(env: Record<string, string>): Promise<string> {
  await using server = await startHttp([], { TOKEN_CACHE: "memory", ...env });
  return (await callTool(server.url, "list_pipelines", {})).text;
}

Deno.test("advice names the option timeout for programs, and QONTAK_TIMEOUT_MS for people", async () => {
  await using sandbox = serveSandbox({ rotateRefreshTokens: false });
  sandbox.inject({
    fault: { kind: "delay", ms: 3_000 },
    path: "/api/v3.1/*",
    times: 2,
  });
  const { url: baseUrl, refreshToken } = sandbox;
  const timeout = 1_000;
  const [program, person] = await Promise.all([
    embedded({ baseUrl, refreshToken, timeout }),
    operated({
      QONTAK_BASE_URL: baseUrl,
      QONTAK_REFRESH_TOKEN: refreshToken,
      QONTAK_TIMEOUT_MS: String(timeout),
    }),
  ]);
  const what = "Qontak did not answer within 1000 ms";
  assertStringIncludes(program, what);
  assertStringIncludes(program, ". The option timeout sets the limit");
  assertNotMatch(program, OPERATORS);
  assertStringIncludes(person, what);
  assertStringIncludes(person, ". QONTAK_TIMEOUT_MS sets the limit");
});

Deno.test("advice names the option baseUrl for programs, and QONTAK_BASE_URL for people", async () => {
  const [program, person] = await Promise.all([
    embedded({ baseUrl: NOWHERE, refreshToken: "a-token" }),
    operated({ QONTAK_BASE_URL: NOWHERE, QONTAK_REFRESH_TOKEN: "a-token" }),
  ]);
  assertStringIncludes(program, "Check the network and the option baseUrl");
  assertNotMatch(program, OPERATORS);
  assertStringIncludes(person, "Check the network and QONTAK_BASE_URL");
});

Deno.test("a program can word advice itself", async () => {
  const text = await embedded({
    store: createMemoryStore({}),
    advise: (remedy) => `Our words for ${remedy.what}`,
  });
  assertStringIncludes(text, "in the store memory. Our words for addTenant");
});

Deno.test("log lines end with advice for their reader", async () => {
  const lines: string[] = [];
  await using sandbox = serveSandbox({ rotateRefreshTokens: true });
  const { url: baseUrl, refreshToken } = sandbox;
  await embedded({
    baseUrl,
    refreshToken,
    log: (level, message) => {
      if (level === "warn") lines.push(message);
    },
  });
  assertEquals(lines.length, 1);
  assertStringIncludes(
    lines[0]!,
    "To keep it, run with --unstable-kv, or give the option store",
  );
  assert(!OPERATORS.test(lines[0]!));
  await using another = serveSandbox({ rotateRefreshTokens: true });
  await using server = await startHttp([], {
    QONTAK_BASE_URL: another.url,
    QONTAK_REFRESH_TOKEN: another.refreshToken,
  });
  await callTool(server.url, "list_pipelines", {});
  const { stderr } = await server.stop("SIGINT");
  assertStringIncludes(stderr, "or set TOKEN_STORE to redis, vault or kv");
});
