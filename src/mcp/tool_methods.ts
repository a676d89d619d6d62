/**
 * The methods that list and call tools, for one caller. The SDK's server calls
 * them, and so does the quick way for requests that need nothing else of it.
 *
 * @module
 */
import type {
  CallToolResult,
  InputRequiredResult,
  Server,
  ServerContext,
} from "@modelcontextprotocol/server";
import { showsApps } from "../apps/apps.ts";
import { defined, isObject, type JsonObject } from "../values/json.ts";
import { IDENTITY } from "../version.ts";
import type { Exchange, Shared } from "./answers.ts";
import type { CallOptions } from "./call.ts";
import { capabilitiesOf } from "./capabilities.ts";
import type { Caller } from "./caller.ts";
import type { Opened } from "./compact_tools.ts";
import type { Hold } from "./hold.ts";
import type { Tell } from "./progress.ts";
import { agreedRevision, ENVELOPE } from "./protocol.ts";
import { demandScope } from "./step_up.ts";
import type { View } from "./view.ts";

/** What a request says besides its params. */
export interface ToolRequest
  extends Pick<ServerContext["mcpReq"], "inputResponses" | "requestState"> {
  /** What the client can do; undefined if it is not known. */
  readonly capabilities: unknown;
  /** Fires when the client cancels it, or is gone. */
  readonly signal: AbortSignal;
  /** The revision of the protocol, if it is known. */
  readonly revision: string | undefined;
  /** Tells the client about progress; undefined if it did not ask. */
  readonly tell: Tell | undefined;
  /**
   * Puts a shared part into the answer, instead of that of all calls of an HTTP
   * request.
   *
   * @returns What the answer has in its place.
   */
  readonly share?: (shared: Shared) => unknown[];
}

/**
 * A request as the SDK passes it on.
 *
 * @param server The server that received it.
 * @param context The request.
 */
export function toolRequestOf(
  server: Server,
  context: ServerContext,
): ToolRequest {
  const { mcpReq, http } = context;
  const envelope = mcpReq.envelope as JsonObject | undefined;
  return {
    signal: mcpReq.signal,
    ...defined({ inputResponses: mcpReq.inputResponses }),
    requestState: mcpReq.requestState,
    // A client of an older revision says it at first.
    capabilities: envelope?.[ENVELOPE.capabilities] ??
      server.getClientCapabilities(),
    // Over HTTP, requests of older revisions say it in a header, which clients
    // may leave out.
    revision: server.getNegotiatedProtocolVersion() ??
      revisionIn(http?.req),
    tell: tellerOf(context),
  };
}

/**
 * Makes the function that tells the client about its request, if the client
 * asked for reports.
 *
 * @param context The request.
 */
function tellerOf({ mcpReq }: ServerContext): Tell | undefined {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return undefined;
  return (progress, message) => {
    mcpReq.notify({
      method: "notifications/progress",
      params: { progressToken, progress, message },
    }).catch(() => {
      // The client has disconnected.
    });
  };
}

/** The revision in the header of an HTTP request. */
export function revisionIn(request: Request | undefined): string | undefined {
  return request?.headers.get("mcp-protocol-version") ?? undefined;
}

/** Makes an answer when there is room for it. */
export type Answer = <T>(
  make: () => T | Promise<T>,
  request: { readonly signal: AbortSignal },
  isWrite?: boolean,
) => T | Promise<T>;

/** A call of a tool that the caller has. */
export interface ToolCall extends Opened {
  /** What the caller sees. */
  readonly view: View;
  /** What the request says besides. */
  readonly request: ToolRequest;
  /** Who calls, and how. */
  readonly options: CallOptions;
}

/** Makes the answer to a call. */
export type AnswerCall = (
  call: ToolCall,
) => Promise<CallToolResult | InputRequiredResult>;

/** The methods for one caller. */
export interface ToolMethods {
  /** What the caller sees. */
  readonly view: View;
  /** Makes answers to other methods. */
  readonly answer: Answer;
  /** How a request calls tools. */
  optionsOf(request: ToolRequest): CallOptions;
  /** Answers `initialize`: what the server offers, and in which revision. */
  initialize(params: { readonly protocolVersion: string }): JsonObject;
  /** Answers `tools/list`. */
  list(
    request: ToolRequest,
  ): JsonObject | Promise<JsonObject>;
  /**
   * Answers `tools/call`.
   *
   * @throws {ProtocolError} When the caller has no such tool.
   */
  call(
    params: { readonly name: string; readonly arguments?: unknown },
    request: ToolRequest,
  ): Promise<CallToolResult | InputRequiredResult>;
}

/** Who calls, and what is needed for it. */
export interface ToolMethodsOptions {
  /** Who calls. */
  readonly caller: Caller;
  /** What the caller sees. */
  readonly view: View;
  /** Where the answers to one HTTP request are counted. */
  readonly exchange: Exchange | undefined;
  /** Holds the answer to one HTTP request back; undefined if nothing does. */
  readonly hold: Hold | undefined;
  /** Calls tools. */
  readonly answerCall: AnswerCall;
}

/**
 * Makes the methods.
 *
 * @param options Who calls.
 */
export function createToolMethods(
  { caller, view, exchange, hold, answerCall }: ToolMethodsOptions,
): ToolMethods {
  const answer: Answer = async (make, { signal }, isWrite = false) => {
    try {
      return await (exchange?.answer(make, { signal, isWrite }) ?? make());
    } finally {
      hold?.onEnd();
    }
  };
  const optionsOf = ({ signal, tell }: ToolRequest): CallOptions => ({
    caller,
    signal,
    tell,
    onQontak() {
      exchange?.uncount();
      hold?.onQontak();
    },
    onLost: hold?.onLost,
  });

  /** Finds the tool of a call, and its arguments. */
  async function opened(name: string, args: JsonObject): Promise<Opened> {
    try {
      const found = await view.open(name, args);
      demandScope(found.tool, caller);
      return found;
    } catch (error) {
      hold?.onEnd();
      throw error;
    }
  }

  return {
    view,
    answer,
    optionsOf,
    initialize: ({ protocolVersion }) => ({
      protocolVersion: agreedRevision(protocolVersion),
      capabilities: capabilitiesOf(view),
      serverInfo: IDENTITY,
      instructions: view.instructions,
    }),
    list: (request) =>
      answer(() => {
        const hasApps = showsApps(request.capabilities);
        const share = request.share ?? exchange?.share;
        const tools = share?.(view.shared(hasApps)) ?? view.listed(hasApps);
        return { tools };
      }, request),
    async call({ name, arguments: given }, request) {
      const { tool, args } = await opened(name, isObject(given) ? given : {});
      const options = optionsOf(request);
      return await answer(
        () => answerCall({ tool, args, view, request, options }),
        request,
        tool.effect !== "read",
      );
    },
  };
}
