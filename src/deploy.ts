/**
 * The entry for Deno Deploy, and for any host that runs a program and routes
 * HTTP to it: the same handler as `--http`, set up by environment variables.
 * Callers must present a key that `keys create` made, one of `MCP_API_KEYS`,
 * or a JWT. Where a variable is missing,
 * every request is answered with what to set, instead of a failed start.
 *
 * @module
 */
import { ConfigError } from "./errors.ts";
import { auditOf } from "./app/audit.ts";
import { readSettings, serverOptionsOf } from "./app/settings.ts";
import { watchFaults } from "./logging/faults.ts";
import { createGuard } from "./app/callers.ts";
import { createHandler, type Handler } from "./http/handler.ts";
import { createKv } from "./storage/kv.ts";
import { openLimits } from "./app/limits.ts";
import { listen } from "./http/listen.ts";
import { createLog, type Log } from "./logging/log.ts";
import { redactSecrets } from "./logging/redact.ts";
import { createServer } from "./server.ts";
import { openStores } from "./app/stores.ts";
import { defined } from "./values/json.ts";

/** What is served, and how it ends. */
interface Deployed {
  readonly handler: Handler;
  readonly log: Log;
  /** Keeps what is not kept yet, and ends all connections. */
  close(): Promise<void>;
}

function deployed(): Deployed {
  const settings = readSettings(Deno.env.toObject());
  const log = createLog(settings.LOG_LEVEL ?? "info");
  const kv = createKv(log);
  const parts = { kv, log, envFile: undefined };
  const { store, keys } = openStores(settings, parts);
  const guard = createGuard(settings, { isPublic: true, keys, log });
  const isCached = kv && settings.TOKEN_CACHE === "kv" && store.name !== "kv";
  if (isCached && !settings.TOKEN_ENCRYPTION_KEY) {
    log(
      "warn",
      "Tokens are cached unsealed in Deno KV: whoever can read the database can use them. Set TOKEN_ENCRYPTION_KEY",
    );
  }
  const limits = openLimits(settings, { kv, log });
  const server = createServer({
    ...serverOptionsOf(settings),
    ...defined({ kv }),
    limits,
    store,
    log,
    audit: auditOf(settings, kv),
  });
  return {
    handler: createHandler(server, guard),
    log,
    async close() {
      await server.close();
      await limits.close();
      await kv?.close();
    },
  };
}

/** Says what is missing, instead of a start that fails without saying why. */
function notSetUp(error: unknown): Deployed {
  if (!(error instanceof ConfigError)) throw error;
  const log = createLog("info");
  const problems = error.problems.map(redactSecrets);
  for (const problem of problems) log("error", problem);
  return {
    handler: () =>
      Promise.resolve(
        Response.json(
          { status: "not set up", problems },
          { status: 503, headers: { "cache-control": "no-store" } },
        ),
      ),
    log,
    close: () => Promise.resolve(),
  };
}

function start(): Deployed {
  try {
    return deployed();
  } catch (error) {
    return notSetUp(error);
  }
}

const { handler, log, close } = start();
const ending = listen(handler, { log });
// Not before it listens: a start that fails must end the process.
watchFaults(log);
// Not awaited: whoever imports this file is not held until the end.
ending.then(close);
