/**
 * The entry point for Deno Deploy, and for any host that runs a program and
 * routes HTTP to it. It is the same handler as `--http`, configured by
 * environment variables. Callers must present a key from `keys create`, one of
 * `MCP_API_KEYS`, or a JWT. If a variable is missing, the program starts
 * anyway: the log says what to set, and every request gets a 503.
 *
 * @module
 */
import { open } from "./app/open.ts";
import { watchSignals } from "./app/ending.ts";
import { readSettings } from "./app/settings.ts";
import { ConfigError } from "./errors.ts";
// Imported early, because it is always needed here and one graph loads faster.
import "./app/callers.ts";
import "./server.ts";
import "./mcp/http.ts";
import type { Handler } from "./http/handler.ts";
import "./http/handler.ts";
import { listen } from "./http/listen.ts";
import { watchFaults } from "./logging/faults.ts";
import { createLog, type Log } from "./logging/log.ts";
import { redactSecrets } from "./logging/redact.ts";

/** What the program serves, and how to stop it. */
interface Deployed extends AsyncDisposable {
  readonly handler: Handler;
  readonly log: Log;
}

async function deployed(): Promise<Deployed> {
  await using opened = new AsyncDisposableStack();
  const program = opened.use(await open(readSettings(Deno.env.toObject())));
  const handler = await program.handler(true);
  const all = opened.move();
  return {
    handler,
    log: program.log,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Serves an error that says what is missing, instead of failing to start. */
function notSetUp(error: unknown): Deployed {
  if (!(error instanceof ConfigError)) throw error;
  const log = createLog();
  const problems = error.problems.map(redactSecrets);
  for (const problem of problems) log("error", problem);
  return {
    handler: () =>
      Promise.resolve(
        Response.json(
          {
            status: "not set up",
            note: "The log of this app says what is missing",
          },
          { status: 503, headers: { "cache-control": "no-store" } },
        ),
      ),
    log,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

const served = await deployed().catch(notSetUp);
const ending = listen(served.handler, {
  ending: watchSignals(),
  log: served.log,
});
// Only after it listens: a failed start must end the process.
watchFaults(served.log);
// Not awaited: importing this file must not wait until serving ends.
ending.then(() => served[Symbol.asyncDispose]());
