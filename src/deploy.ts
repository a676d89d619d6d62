/**
 * The entry for Deno Deploy, and for any host that runs a program and routes
 * HTTP to it: the same handler as `--http`, set up by environment variables.
 * Callers must present a key of `MCP_API_KEYS`. Where a variable is missing,
 * every request is answered with what to set, instead of a failed start.
 *
 * @module
 */
import { ConfigError, readSettings, serverOptionsOf } from "./config.ts";
import { createHandler, type Handler } from "./http.ts";
import { createLog } from "./log.ts";
import { createServer } from "./server.ts";

function deployed(): Handler {
  try {
    const settings = readSettings(Deno.env.toObject());
    const { QONTAK_REFRESH_TOKEN, MCP_API_KEYS } = settings;
    if (!QONTAK_REFRESH_TOKEN || !MCP_API_KEYS) {
      throw new ConfigError([
        ...(QONTAK_REFRESH_TOKEN ? [] : ["QONTAK_REFRESH_TOKEN is not set"]),
        ...(MCP_API_KEYS ? [] : [
          "MCP_API_KEYS is not set: without it, anybody could call a public endpoint",
        ]),
      ]);
    }
    const server = createServer({
      ...serverOptionsOf(settings),
      log: createLog(settings.LOG_LEVEL ?? "info"),
    });
    return createHandler(server, { apiKeys: MCP_API_KEYS });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const log = createLog("error");
    for (const problem of error.problems) log("error", problem);
    return () =>
      Promise.resolve(
        Response.json(
          { status: "not set up", problems: error.problems },
          { status: 503, headers: { "cache-control": "no-store" } },
        ),
      );
  }
}

Deno.serve(deployed());
