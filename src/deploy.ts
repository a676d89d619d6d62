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
import { createKv } from "./kv.ts";
import { createLog } from "./log.ts";
import { createServer } from "./server.ts";
import { openStore } from "./stores.ts";
import { defined } from "./values.ts";

function deployed(): Handler {
  try {
    const settings = readSettings(Deno.env.toObject());
    const { MCP_API_KEYS } = settings;
    const log = createLog(settings.LOG_LEVEL ?? "info");
    const kv = createKv(log);
    const problems: string[] = [];
    if (!MCP_API_KEYS) {
      problems.push(
        "MCP_API_KEYS is not set: without it, anybody could call a public endpoint",
      );
    }
    const store = collect(
      problems,
      () => openStore(settings, { kv, log, envFile: undefined }),
    );
    if (!store || !MCP_API_KEYS) throw new ConfigError(problems);
    const isCached = kv && settings.TOKEN_CACHE === "kv" && store.name !== "kv";
    if (isCached && !settings.TOKEN_ENCRYPTION_KEY) {
      log(
        "warn",
        "Tokens are cached unsealed in Deno KV: whoever can read the database can use them. Set TOKEN_ENCRYPTION_KEY",
      );
    }
    const server = createServer({
      ...serverOptionsOf(settings),
      ...defined({ kv }),
      store,
      log,
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

/** What `make` makes; undefined where a setting is missing, which is noted. */
function collect<T>(problems: string[], make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

Deno.serve(deployed());
