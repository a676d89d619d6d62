/**
 * Serving MCP: on stdin and stdout, or over HTTP.
 *
 * @module
 */
import { ConfigError } from "../errors.ts";
import { readWhole, type Settings } from "../app/settings.ts";
import { watchFaults } from "../logging/faults.ts";
import type { Handler } from "../http/handler.ts";
import { type Log, toStderr } from "../logging/log.ts";
import { isLoopback } from "../net/address.ts";
import { createServer } from "../server.ts";
import { isObject } from "../values/json.ts";
import { VERSION } from "../version.ts";
import { FAILED, OK } from "./exit.ts";
import { type Flags, flags } from "./flags.ts";
import { createParts, createSandboxParts } from "../app/open.ts";

const HINT =
  `qontak-mcp ${VERSION} speaks the Model Context Protocol on stdin and stdout, and is waiting for a client.
An MCP client starts this command by itself: "qontak-mcp config <client>" prints what it needs (deno run -A jsr:@qontak/mcp config claude-code, for example; with --sandbox no account is needed). --http serves over HTTP; Ctrl+C ends.`;

/**
 * Serves until the client, or a signal, ends it.
 *
 * @param given The flags.
 * @param settings The settings.
 * @param fileOf The file that a variable stands in, if any.
 * @returns The exit code.
 * @throws {ConfigError} When a flag or setting is missing or malformed.
 */
export async function serve(
  given: Flags,
  settings: Settings,
  fileOf: (name: string) => string | undefined,
): Promise<number> {
  const address = given.http ? readAddress(given) : undefined;
  const parts = given.sandbox
    ? createSandboxParts(settings)
    : createParts(settings, fileOf);
  const { log } = parts;
  const server = createServer(parts.options);
  using _watch = watchFaults(log);
  try {
    if (address) {
      // Loaded only where they are needed.
      const [{ createHandler }, { createGuard }] = await Promise.all([
        import("../http/handler.ts"),
        import("../app/callers.ts"),
      ]);
      const isPublic = !isLoopback(address.hostname);
      const { keys } = parts;
      const guard = createGuard(settings, { isPublic, keys, log });
      return await serveHttp(createHandler(server, guard), address, log);
    }
    if (Deno.stdin.isTerminal()) toStderr(HINT);
    await server.stdio();
    return OK;
  } finally {
    await server.close();
    await parts.close();
  }
}

interface Address {
  readonly hostname: string;
  readonly port: number;
}

function readAddress(given: Flags): Address {
  const hostname = String(given.host ?? flags.host.value);
  let port: number;
  try {
    port = readWhole(String(given.port ?? flags.port.value), 0, 65_535);
  } catch (error) {
    throw new ConfigError([`--port ${(error as Error).message}`]);
  }
  return { hostname, port };
}

async function serveHttp(
  handler: Handler,
  address: Address,
  log: Log,
): Promise<number> {
  const { listen } = await import("../http/listen.ts");
  try {
    await listen(handler, { address, log });
    return OK;
  } catch (error) {
    const reason = error instanceof Deno.errors.AddrInUse
      ? "the port is taken: give another one with --port"
      : isObject(error) && "message" in error
      ? String(error.message)
      : String(error);
    toStderr(
      `qontak-mcp: cannot listen on ${address.hostname}:${address.port}: ${reason}`,
    );
    return FAILED;
  }
}
