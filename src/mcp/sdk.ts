/**
 * The SDK, and the servers that it runs for this one. This is the one module
 * that imports it, and it is loaded with the first message that needs it:
 * loading it takes longer than all else that a first answer needs.
 *
 * @module
 */
import { Server, type ServerContext } from "@modelcontextprotocol/server";
import { isObject, type JsonObject, parseJson } from "../values/json.ts";
import { IDENTITY } from "../version.ts";
import type { Call } from "./call.ts";
import { CACHE_HINTS, capabilitiesOf } from "./capabilities.ts";
import { registerExtras } from "./extras.ts";
import { ProtocolError, ProtocolErrorCode } from "./protocol.ts";
import { type ToolMethods, toolRequestOf } from "./tool_methods.ts";

export {
  createMcpHandler,
  inputRequired,
  inputResponse,
  isJsonContentType,
  parseJSONRPCMessage,
} from "@modelcontextprotocol/server";
export { serveStdio } from "@modelcontextprotocol/server/stdio";

/**
 * Creates the SDK's server for one caller, with the answer to each method.
 *
 * @param methods The methods of tools.
 * @param call Calls a tool for other methods.
 */
export function serverFor(methods: ToolMethods, call: Call): Server {
  const { view, answer, optionsOf } = methods;
  const server = new PlainServer(IDENTITY, {
    capabilities: capabilitiesOf(view),
    instructions: view.instructions,
    cacheHints: CACHE_HINTS,
  });
  const requestOf = (context: ServerContext) => toolRequestOf(server, context);
  server.setRequestHandler(
    "tools/list",
    (_, context) => methods.list(requestOf(context)) as never,
  );
  server.setRequestHandler(
    "tools/call",
    ({ params }, context) => methods.call(params, requestOf(context)),
  );
  registerExtras(server, { view, answer, call, optionsOf });
  return server;
}

/** What each type of a validator is for people. */
const TYPES: Readonly<Record<string, string>> = {
  object: "an object",
  record: "an object",
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
};

/** The SDK's server, which refuses what it cannot read in a sentence. */
export class PlainServer extends Server {
  protected override _wrapHandler(
    ...[method, handler]: Parameters<Server["_wrapHandler"]>
  ): ReturnType<Server["_wrapHandler"]> {
    const run = super._wrapHandler(method, handler);
    return async (request, context) => {
      try {
        return await run(request, context);
      } catch (error) {
        throw explained(method, error);
      }
    };
  }
}

/** The error of a validator as a sentence; any other error as it is. */
function explained(method: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const start = error.message.indexOf("[\n");
  const issues = start < 0 ? undefined : parseJson(error.message.slice(start));
  if (!Array.isArray(issues) || !issues.every(isObject)) return error;
  return new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `${method} was refused: ${issues.map(describeIssue).join("; ")}`,
  );
}

function describeIssue({ path, expected, message }: JsonObject): string {
  const where = Array.isArray(path) && path.length > 0
    ? path.map(String).join(".")
    : "the request";
  const type = TYPES[String(expected)];
  if (type === undefined) return `${where} is not valid`;
  const [, got] = /received (\w+)$/.exec(String(message)) ?? [];
  return got === undefined || got === "undefined"
    ? `${where} is missing: it must be ${type}`
    : `${where} must be ${type}, not ${TYPES[got] ?? got}`;
}
