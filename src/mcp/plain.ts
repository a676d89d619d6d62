/**
 * Plain requests: the first message of a client, and those that list or call
 * tools and need nothing else of the SDK, on any transport. The client receives
 * the same bytes as from the SDK, which takes long to load, and makes several
 * validations and a context for each answer.
 *
 * @module
 */
import { createLru } from "../storage/lru.ts";
import { defined, isObject, type JsonObject } from "../values/json.ts";
import { IDENTITY } from "../version.ts";
import { CACHE_HINTS } from "./capabilities.ts";
import {
  ENVELOPE,
  type ProtocolError,
  ProtocolErrorCode,
  SERVER_INFO,
  STATELESS,
} from "./protocol.ts";
import { areCapabilities, isClient } from "./self.ts";
import type { ToolMethods, ToolRequest } from "./tool_methods.ts";

/** What a request of the newest revision says with its params. */
const SAID: readonly string[] = Object.values(ENVELOPE);

/** The params of the methods. */
const METHODS: Readonly<Record<PlainRequest["method"], readonly string[]>> = {
  initialize: ["protocolVersion", "capabilities", "clientInfo"],
  "tools/call": ["name", "arguments"],
  "tools/list": [],
};

/** The keys of such a request. */
const KEYS: readonly string[] = ["jsonrpc", "id", "method", "params"];

/** A request that {@linkcode respond} takes. */
export interface PlainRequest {
  readonly id: string | number;
  readonly method: "initialize" | "tools/call" | "tools/list";
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
  const plain = { id, method, params, envelope } as PlainRequest;
  const isPlain = areParams(plain) &&
    (envelope === undefined || (isObject(envelope) && isStateless(envelope)));
  return isPlain ? plain : undefined;
}

/** Whether the params of a method have the types that they must have. */
function areParams({ method, params, envelope }: PlainRequest): boolean {
  const { name, arguments: args = {} } = params;
  const { protocolVersion, clientInfo, capabilities } = params;
  switch (method) {
    case "initialize":
      return envelope === undefined && typeof protocolVersion === "string" &&
        isClient(clientInfo) && areCapabilities(capabilities);
    case "tools/call":
      return typeof name === "string" && isObject(args);
    case "tools/list":
      return true;
  }
}

/** Whether what a request says of itself is right, as the SDK demands. */
function isStateless(envelope: JsonObject): boolean {
  return envelope[ENVELOPE.revision] === STATELESS &&
    hasOnly(envelope, SAID) && isRight(envelope);
}

/** The envelopes that were right lately, as JSON. */
const rightOnes = createLru<true>(200);

/** The longest envelope that is remembered, in characters. */
const MAX_REMEMBERED = 2_000;

/** Whether an envelope is right. A client repeats the same one each time. */
function isRight(envelope: JsonObject): boolean {
  const text = JSON.stringify(envelope);
  if (rightOnes.get(text)) return true;
  const isRight = isClient(envelope[ENVELOPE.client]) &&
    areCapabilities(envelope[ENVELOPE.capabilities]);
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
  plain: PlainRequest,
  context: PlainContext,
): Promise<JsonObject> {
  const { id, method, envelope } = plain;
  const request: ToolRequest = {
    ...context,
    requestState: () => undefined,
    capabilities: envelope?.[ENVELOPE.capabilities] ??
      context.capabilities,
    tell: undefined,
  };
  try {
    const result = await resultOf(methods, plain, request);
    return {
      result: envelope ? complete(method, result) : result,
      jsonrpc: "2.0",
      id,
    };
  } catch (error) {
    return { jsonrpc: "2.0", id, error: errorOf(error) };
  }
}

async function resultOf(
  methods: ToolMethods,
  { method, params }: PlainRequest,
  request: ToolRequest,
): Promise<JsonObject> {
  switch (method) {
    case "initialize":
      return methods.initialize(params as { readonly protocolVersion: string });
    case "tools/list":
      return await methods.list(request);
    case "tools/call":
      return await methods.call(
        params as { readonly name: string },
        request,
      ) as JsonObject;
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
      [SERVER_INFO]: IDENTITY,
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
