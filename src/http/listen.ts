/**
 * Serves HTTP until a signal ends it.
 *
 * @module
 */
import type { Handler } from "./handler.ts";
import type { Log } from "../logging/log.ts";
import { localOrigin } from "../net/address.ts";

/**
 * How long requests may take after the signal to end, in ms. Deno Deploy kills
 * the process after 5 s; the remaining time is for closing stores.
 */
const DRAIN_TIMEOUT = 3_500;

/** When the process ends, even if connections are open, in ms. */
const EXIT_TIMEOUT = 4_500;

/** How long to wait before listening again after a failure, in ms. */
const RETRY_DELAY = 500;

/** Settings of {@linkcode listen}. */
export interface ListenOptions {
  /** Where to listen; if omitted, the host decides. */
  readonly address?: { readonly hostname: string; readonly port: number };
  /** Tells it to end. */
  readonly ending: AbortSignal;
  /** Writes log lines. */
  readonly log: Log;
}

/**
 * Serves until the signal `ending` fires. It then accepts no more requests, and finishes
 * those in progress. The process ends within 5 seconds.
 *
 * @param handler Answers requests.
 * @param options Where to listen.
 * @returns A promise that resolves when all requests are answered or have run
 * out of time, so that their resources can be closed.
 * @throws {Error} When it cannot listen at the address. It throws before it
 * returns, so that no failed start goes unnoticed.
 */
export function listen(
  handler: Handler,
  { address, ending, log }: ListenOptions,
): Promise<void> {
  const open = (where: ListenOptions["address"]) =>
    Deno.serve({
      ...where,
      onListen: (where) => log("info", "Listening", addressesOf(where)),
    }, handler);
  let server = open(address);
  const where = "port" in server.addr ? server.addr : address;
  const late = Promise.withResolvers<void>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    server.shutdown();
    log("info", "Stopping: finishing the requests under way");
    Deno.unrefTimer(setTimeout(() => Deno.exit(0), EXIT_TIMEOUT));
    timer = setTimeout(() => {
      log("warn", "Requests did not end in time and are cancelled", {
        ms: DRAIN_TIMEOUT,
      });
      late.resolve();
    }, DRAIN_TIMEOUT);
  };
  ending.addEventListener("abort", stop);
  return Promise.race([finished(), late.promise])
    .finally(() => clearTimeout(timer));

  /** Resolves at the end. Deno also stops listening when accepting fails. */
  async function finished(): Promise<void> {
    for (;;) {
      try {
        return await server.finished;
      } catch (error) {
        // There are too many connections. Those that are open still work.
        log("error", "Connections cannot be accepted: trying again", {
          reason: error instanceof Error ? error.message : typeof error,
        });
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY));
      if (timer !== undefined) return;
      try {
        server = open(where);
      } catch {
        // The next round of the loop logs it.
      }
    }
  }
}

/** The URLs of MCP and of the page here; none if there is no network address. */
function addressesOf(where: Deno.Addr): Record<string, string> {
  if (!("hostname" in where)) return {};
  const page = `${localOrigin(where.hostname, where.port)}/`;
  return { url: `${page}mcp`, page };
}
