import { serveSandbox } from "../../src/sandbox/mod.ts";
import { call, connectStdio } from "../support/client.ts";
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
 * A server in a separate process, on stdin and stdout.
 *
 * @param timeout How long its calls may take, in ms.
 */
async function overStdio(timeout: number): Promise<Place> {
  const sandbox = serveSandbox({ rotateRefreshTokens: false });
  const client = await connectStdio({
    QONTAK_BASE_URL: sandbox.url,
    QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
    QONTAK_TIMEOUT_MS: String(timeout),
    QONTAK_RETRY_BUDGET_MS: String(RETRY_BUDGET),
    QONTAK_RATE_LIMIT: "0",
    QONTAK_GLOBAL_RATE_LIMIT: "0",
    TOKEN_CACHE: "memory",
    QONTAK_SNAPSHOT_SECONDS: "0",
    LOG_LEVEL: "error",
  });
  return {
    sandbox,
    call: (name, args) => call(client, name, args),
    async [Symbol.asyncDispose]() {
      await client.close();
      await sandbox.close();
    },
  };
}

/** A server that has read its company's setup. */
async function open(timeout = 30_000): Promise<Place> {
  const place = await overStdio(timeout);
  for (const one of calls) await requestsOf(place, one);
  return place;
}

Deno.test({
  name: "faults over stdio are reported as promised: every call",
  // The SDK's transport leaves a timer running when it closes.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const cells: Cell[] = [];
    {
      await using place = await open();
      for (const one of calls) {
        cells.push(...cellsOf(one, await requestsOf(place, one)));
      }
    }
    await tryAll(cells, { open, atOnce: 6, isKept: true });
  },
});
