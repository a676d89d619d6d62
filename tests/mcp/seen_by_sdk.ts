/**
 * Writes to stderr which requests for tools the SDK's server answers.
 *
 * @module
 */
import { PlainServer } from "../../src/mcp/sdk.ts";

const wrap = PlainServer.prototype["_wrapHandler"];

PlainServer.prototype["_wrapHandler"] = function (method, handler) {
  const run = wrap.call(this, method, handler);
  return method.startsWith("tools/")
    ? (request, context) => {
      // deno-lint-ignore no-console -- the test reads this
      console.error(JSON.stringify({ seen: context.mcpReq.id }));
      return run(request, context);
    }
    : run;
};
