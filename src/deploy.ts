/**
 * The entry for Deno Deploy, and for any host that runs a program and routes
 * HTTP to it: the same handler as `--http`, set up by environment variables.
 * Callers must present a key that `keys create` made, one of `MCP_API_KEYS`,
 * or a JWT. Where a variable is missing, the log says what to set, and every
 * request is answered with a 503, instead of a failed start.
 *
 * @module
 */
import { open } from "./app/open.ts";
import { readSettings } from "./app/settings.ts";
import { ConfigError } from "./errors.ts";
// Not when they are needed: here they always are, and one graph loads faster.
import "./app/callers.ts";
import "./server.ts";
import type { Handler } from "./http/handler.ts";
import "./http/handler.ts";
import { listen } from "./http/listen.ts";
import { watchFaults } from "./logging/faults.ts";
import { createLog, type Log } from "./logging/log.ts";
import { redactSecrets } from "./logging/redact.ts";

/** What is served, and how it ends. */
interface Deployed extends AsyncDisposable {
  readonly handler: Handler;
  readonly log: Log;
}

async function deployed(): Promise<Deployed> {
  await using opened = new AsyncDisposableStack();
  const program = opened.use(open(readSettings(Deno.env.toObject())));
  const handler = await program.handler(true);
  const all = opened.move();
  return {
    handler,
    log: program.log,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Says what is missing, instead of a start that fails without saying why. */
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
const ending = listen(served.handler, { log: served.log });
// Not before it listens: a start that fails must end the process.
watchFaults(served.log);
// Not awaited: an import of this file must not wait for the end.
ending.then(() => served[Symbol.asyncDispose]());
