/**
 * MCP over HTTP. The SDK implements the protocol. This module adds what the SDK
 * lacks: a time limit for the body, which is read and parsed only once.
 *
 * @module
 */
import {
  createMcpHandler,
  isJsonContentType,
  type McpServerFactory,
  ProtocolErrorCode,
} from "@modelcontextprotocol/server";
import type { Principal } from "../auth/principal.ts";
import { readText } from "../net/body.ts";
import { deadline, isTimeUp } from "../net/deadline.ts";
import { authInfoOf } from "./caller.ts";
import { parseSent } from "../values/json.ts";
import { NOT_UTF8, refusedMessage } from "./messages.ts";

/** The maximum size of a body, in bytes. */
const MAX_BODY = 1024 * 1024;

/** How long a client may take to send its body, in ms. */
const BODY_TIMEOUT = 15_000;

/** Answers requests to an MCP endpoint. */
export interface HttpEndpoint {
  /**
   * Answers one request.
   *
   * @param request The request.
   * @param principal Who calls; undefined if no credential is required.
   */
  fetch(request: Request, principal?: Principal): Promise<Response>;
  /** Ends the requests in progress. */
  close(): Promise<void>;
}

/**
 * Makes an MCP endpoint.
 *
 * @param factory Makes a server for each request.
 * @param onerror Receives errors outside the protocol.
 */
export function createEndpoint(
  factory: McpServerFactory,
  onerror: (error: Error) => void,
): HttpEndpoint {
  const handler = createMcpHandler(factory, {
    // Deno notices that a client disconnected only after the answer has begun.
    responseMode: "sse",
    onerror,
  });
  return {
    async fetch(request, principal) {
      const options = principal ? { authInfo: authInfoOf(principal) } : {};
      const isMessage = request.method === "POST" &&
        isJsonContentType(request.headers.get("content-type"));
      if (!isMessage) {
        await request.body?.cancel();
        return await handler.fetch(request, options);
      }
      const body = await readBody(request);
      if (body instanceof Response) return body;
      const parsedBody = parseSent(body);
      if (parsedBody === undefined) {
        return refuse(400, ProtocolErrorCode.ParseError, NO_JSON);
      }
      const refused = refusedMessage(parsedBody);
      if (refused) {
        const { id, problem } = refused;
        return refuse(400, ProtocolErrorCode.InvalidRequest, problem, id);
      }
      return await handler.fetch(request, { ...options, parsedBody });
    },
    close: handler.close,
  };
}

/**
 * Reads the body of a request, with limits on size and time: a client that
 * sends slowly must not block the server.
 */
async function readBody(request: Request): Promise<string | Response> {
  using limit = deadline(BODY_TIMEOUT);
  try {
    if (Number(request.headers.get("content-length") ?? 0) > MAX_BODY) {
      await request.body?.cancel();
      return tooLarge();
    }
    const text = await readText(request.body, MAX_BODY, limit.signal);
    return text === null
      ? refuse(400, ProtocolErrorCode.ParseError, NOT_UTF8)
      : text ?? tooLarge();
  } catch {
    return isTimeUp(limit.signal)
      ? refuse(
        408,
        REFUSED,
        `The body did not arrive within ${BODY_TIMEOUT} ms`,
      )
      : refuse(400, REFUSED, "The body ended before it was complete");
  }
}

function tooLarge(): Response {
  return refuse(
    413,
    REFUSED,
    `The body is too large: send at most ${MAX_BODY} bytes`,
  );
}

/** The JSON-RPC error code for requests that the HTTP server refuses. */
const REFUSED = -32_000;

const NO_JSON = "The body is not JSON. Send one JSON-RPC message";

/** Makes an error response. Its id is null if no request could be read. */
function refuse(
  status: number,
  code: number,
  message: string,
  id: string | number | null = null,
): Response {
  return Response.json({ jsonrpc: "2.0", id, error: { code, message } }, {
    status,
    headers: { "cache-control": "no-store" },
  });
}
