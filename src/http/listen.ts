/**
 * Serving HTTP until the process is told to end.
 *
 * @module
 */
import type { Handler } from "./handler.ts";
import type { Log } from "../logging/log.ts";

/**
 * How long requests may take once the process is told to end, in ms. Deno
 * Deploy kills after 5 s; what they work with is closed in the rest of them.
 */
const DRAIN = 3_500;

/** When the process ends, whatever is still open, in ms. */
const LIMIT = 4_500;

/** How long nothing is accepted after a connection could not be, in ms. */
const PAUSE = 500;

/** Settings of {@linkcode listen}. */
export interface ListenOptions {
  /** Where to listen; where the host says when left out. */
  readonly address?: { readonly hostname: string; readonly port: number };
  /** Writes log lines. */
  readonly log: Log;
}

/**
 * Serves until a signal ends it: nothing more is accepted then, and what runs
 * is finished. The process ends by itself within 5 seconds of the signal.
 *
 * @param handler What answers.
 * @param options Where to listen.
 * @returns A promise that resolves when requests are answered or have had their
 * time, so that what they work with can be closed.
 * @throws {Error} At once, when it cannot listen there: a start that fails is
 * not a promise that nobody waits for.
 */
export function listen(
  handler: Handler,
  { address, log }: ListenOptions,
): Promise<void> {
  const open = (where: ListenOptions["address"]) =>
    Deno.serve({
      ...where,
      onListen: (where) => log("info", "Listening", { url: urlOf(where) }),
    }, handler);
  let server = open(address);
  const where = "port" in server.addr ? server.addr : address;
  const late = Promise.withResolvers<void>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    // Ctrl+C reaches this process twice where a wrapper hands it on.
    if (timer !== undefined) return;
    server.shutdown();
    log("info", "Stopping: finishing the requests under way");
    Deno.unrefTimer(setTimeout(() => Deno.exit(0), LIMIT));
    timer = setTimeout(() => {
      log("warn", "Requests were still under way: they are given up", {
        ms: DRAIN,
      });
      late.resolve();
    }, DRAIN);
  };
  const signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, stop);
  return Promise.race([finished(), late.promise])
    .finally(() => clearTimeout(timer));

  /** Until it is told to end: Deno stops to listen by itself as well. */
  async function finished(): Promise<void> {
    for (;;) {
      try {
        return await server.finished;
      } catch (error) {
        // It could not accept a connection: there are too many. Those that are
        // open go on, and end some time.
        log("error", "Connections cannot be accepted: trying again", {
          reason: error instanceof Error ? error.message : typeof error,
        });
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
      if (timer !== undefined) return;
      try {
        server = open(where);
      } catch {
        // The next round says so.
      }
    }
  }
}

/** Where MCP is spoken; undefined where it is no address of the network. */
function urlOf(where: Deno.Addr): string | undefined {
  if (!("hostname" in where)) return undefined;
  const { hostname, port } = where;
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return `http://${host}:${port}/mcp`;
}
