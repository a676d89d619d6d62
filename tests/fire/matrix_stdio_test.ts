import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { bareEnv, program, root } from "../support/process.ts";
import {
  type Cell,
  cellsOf,
  type Place,
  requestsOf,
  RETRY_BUDGET,
  tryAll,
} from "./cells.ts";
import { calls } from "./matrix.ts";

/**
 * A server in a process of its own, on stdin and stdout.
 *
 * @param timeout How long its calls may take, in ms.
 */
async function overStdio(timeout: number): Promise<Place> {
  const sandbox = serveSandbox({ rotateRefreshTokens: false });
  const client = new Client({ name: "tests", version: "1.0.0" }, {
    versionNegotiation: { mode: "auto" },
  });
  await client.connect(
    new StdioClientTransport({
      command: Deno.execPath(),
      args: await program(),
      env: bareEnv({
        QONTAK_BASE_URL: sandbox.url,
        QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
        QONTAK_TIMEOUT_MS: String(timeout),
        QONTAK_RETRY_BUDGET_MS: String(RETRY_BUDGET),
        QONTAK_RATE_LIMIT: "0",
        QONTAK_GLOBAL_RATE_LIMIT: "0",
        TOKEN_CACHE: "memory",
        LOG_LEVEL: "error",
      }),
      cwd: root,
      stderr: "ignore",
    }),
  );
  return {
    sandbox,
    async call(name, args = {}) {
      const result = await client.callTool({ name, arguments: args });
      const [content] = result.content as { text: string }[];
      return {
        text: content!.text,
        data: result.structuredContent,
        isError: result.isError === true,
      };
    },
    async [Symbol.asyncDispose]() {
      await client.close();
      await sandbox.close();
    },
  };
}

/** A server that knows its company's setup. */
async function open(timeout = 30_000): Promise<Place> {
  const place = await overStdio(timeout);
  for (const call of calls) await requestsOf(place, call);
  return place;
}

Deno.test({
  name: "faults over stdio are told as promised: every call",
  // The SDK's transport leaves a timer behind when it closes.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const cells: Cell[] = [];
    {
      await using place = await open();
      for (const call of calls) {
        cells.push(...cellsOf(call, await requestsOf(place, call)));
      }
    }
    await tryAll(cells, { open, atOnce: 6, isKept: true });
  },
});
