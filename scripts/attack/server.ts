/**
 * Runs the server under attack in a separate process with little memory, and
 * measures how long another caller waits.
 *
 * @module
 */
import { keyEntry } from "../../tests/support/deployed.ts";
import {
  type HttpProcess,
  program,
  startServing,
} from "../../tests/support/process.ts";
import { sleep } from "../../tests/support/time.ts";
import { KEY, READER } from "./attack.ts";

/** The limit of the JavaScript heap in the server, in MB. */
const HEAP = 384;

/** Starts the program with little memory, for three kinds of callers. */
export async function startAttacked(
  env: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<HttpProcess> {
  const [run = "run", ...rest] = await program(
    "--http",
    "--port",
    "0",
    ...args,
  );
  return await startServing(
    Deno.execPath(),
    [run, `--v8-flags=--max-old-space-size=${HEAP}`, ...rest],
    {
      MCP_API_KEYS: [
        await keyEntry(KEY),
        await keyEntry(READER, ":_default:read"),
      ].join(),
      MCP_METRICS: "true",
      QONTAK_TIMEOUT_MS: "3000",
      QONTAK_RETRY_BUDGET_MS: "0",
      LOG_LEVEL: "info",
      ...env,
    },
  );
}

/** Measures how long another caller waits for its answers. */
export interface Neighbour {
  /** Stops measuring; resolves to the longest wait since the start, in ms. */
  stop(): Promise<number>;
}

/** Requests the server's health repeatedly. */
export function watchNeighbour({ url }: HttpProcess): Neighbour {
  let isOver = false;
  let longest = 0;
  const asking = (async () => {
    while (!isOver) {
      const start = performance.now();
      const response = await fetch(new URL("/health", url));
      await response.body?.cancel();
      longest = Math.max(longest, performance.now() - start);
      await sleep(20);
    }
  })();
  return {
    async stop() {
      isOver = true;
      await asking;
      return Math.round(longest);
    },
  };
}
