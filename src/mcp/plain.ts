/**
 * Plain requests: those that list or call tools and need nothing else of the
 * SDK, on any transport. The client receives the same bytes as from the SDK,
 * which makes several validations and a context for each answer.
 *
 * @module
 */
import {
  classifyInboundRequest,
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  PROTOCOL_VERSION_META_KEY,
  type ProtocolError,
  ProtocolErrorCode,
  SERVER_INFO_META_KEY,
} from "@modelcontextprotocol/server";
import { createLru } from "../storage/lru.ts";
import { defined, isObject, type JsonObject } from "../values/json.ts";
import { IDENTITY } from "../version.ts";
import { CACHE_HINTS } from "./extras.ts";
import type { ToolMethods, ToolRequest } from "./tool_methods.ts";

/** The revision in which each request says what earlier ones said at first. */
export const STATELESS = "2026-07-28";

/** What a request of that revision says with its params. */
const ENVELOPE: readonly string[] = [
  PROTOCOL_VERSION_META_KEY,
  CLIENT_INFO_META_KEY,
  CLIENT_CAPABILITIES_META_KEY,
];

/** The params of the methods. */
const METHODS: Readonly<Record<PlainRequest["method"], readonly string[]>> = {
  "tools/call": ["name", "arguments"],
  "tools/list": [],
};

/** The keys of such a request. */
const KEYS: readonly string[] = ["jsonrpc", "id", "method", "params"];

/** A request that {@linkcode respond} takes. */
export interface PlainRequest {
  readonly id: string | number;
  readonly method: "tools/call" | "tools/list";
  readonly params: JsonObject;
  /** What it says with its params; undefined before revision 2026-07-28. */
  readonly envelope: JsonObject | undefined;
}

/**
 * A message as a plain request: well-formed, with nothing that needs messages
 * before the answer, such as progress.
 *
 * @param message The message, as JSON.
 * @returns The request; undefined if the SDK must look at it.
 */
export function plainRequest(message: unknown): PlainRequest | undefined {
  if (!isObject(message) || !hasOnly(message, KEYS)) return undefined;
  const { jsonrpc, id, method, params: given = {} } = message;
  if (!isObject(given)) return undefined;
  const { _meta: envelope, ...params } = given;
  const isRequest = jsonrpc === "2.0" &&
    (typeof id === "string" || Number.isSafeInteger(id)) &&
    typeof method === "string" && Object.hasOwn(METHODS, method) &&
    hasOnly(params, METHODS[method as PlainRequest["method"]]);
  if (!isRequest) return undefined;
  const { name, arguments: args = {} } = params;
  if (
    method === "tools/call" && (typeof name !== "string" || !isObject(args))
  ) {
    return undefined;
  }
  const isPlain = envelope === undefined ||
    (isObject(envelope) && isStateless(message, envelope));
  return isPlain ? { id, method, params, envelope } as PlainRequest : undefined;
}

/** Whether what a request says of itself is right, as the SDK demands. */
function isStateless(body: JsonObject, envelope: JsonObject): boolean {
  return envelope[PROTOCOL_VERSION_META_KEY] === STATELESS &&
    hasOnly(envelope, ENVELOPE) &&
    isKnownOr(
      envelope,
      () =>
        classifyInboundRequest({ httpMethod: "POST", body }).kind === "modern",
    );
}

/** The envelopes that were right lately, as JSON. */
const rightOnes = createLru<true>(200);

/** The longest envelope that is remembered, in characters. */
const MAX_REMEMBERED = 2_000;

/**
 * Whether an envelope is right. A client repeats the same one with each request,
 * and to check it costs more than all else that is checked here.
 *
 * @param envelope The envelope.
 * @param check Whether it is right; nothing else of the request may matter.
 */
function isKnownOr(envelope: JsonObject, check: () => boolean): boolean {
  const text = JSON.stringify(envelope);
  if (rightOnes.get(text)) return true;
  const isRight = check();
  if (isRight && text.length <= MAX_REMEMBERED) rightOnes.set(text, true);
  return isRight;
}

function hasOnly(object: JsonObject, keys: readonly string[]): boolean {
  return Object.keys(object).every((key) => keys.includes(key));
}

/** What the transport knows of a plain request. */
export interface PlainContext
  extends Pick<ToolRequest, "signal" | "revision" | "share"> {
  /** What the client said at first that it can do; undefined if not known. */
  readonly capabilities?: unknown;
}

/**
 * Answers a plain request.
 *
 * @param methods The methods for the caller.
 * @param plain The request.
 * @param context What the transport knows of it.
 * @returns The JSON-RPC response, whose keys the SDK orders like this.
 */
export async function respond(
  methods: ToolMethods,
  { id, method, params, envelope }: PlainRequest,
  context: PlainContext,
): Promise<JsonObject> {
  const request: ToolRequest = {
    ...context,
    requestState: () => undefined,
    capabilities: envelope?.[CLIENT_CAPABILITIES_META_KEY] ??
      context.capabilities,
    tell: undefined,
  };
  try {
    const result = await (method === "tools/list"
      ? methods.list(request)
      : methods.call(params as { readonly name: string }, request));
    return {
      result: envelope ? complete(method, result as JsonObject) : result,
      jsonrpc: "2.0",
      id,
    };
  } catch (error) {
    return { jsonrpc: "2.0", id, error: errorOf(error) };
  }
}

/** A result with what revision 2026-07-28 adds to each. */
function complete(
  method: PlainRequest["method"],
  result: JsonObject,
): JsonObject {
  return {
    ...result,
    resultType: result.resultType ?? "complete",
    ...(method === "tools/list" ? CACHE_HINTS[method] : {}),
    _meta: {
      ...(result._meta as JsonObject),
      [SERVER_INFO_META_KEY]: IDENTITY,
    },
  };
}

/** A thrown error as JSON-RPC has it. */
function errorOf(error: unknown): JsonObject {
  const { code, message, data } = error as Partial<ProtocolError>;
  return {
    code: Number.isSafeInteger(code) ? code : ProtocolErrorCode.InternalError,
    message: message ?? "Internal error",
    ...defined({ data }),
  };
}
