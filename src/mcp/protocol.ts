/**
 * What this server itself needs of MCP: names, numbers and errors. The SDK has
 * the same, and a test compares the two. But the SDK takes longer to load than
 * all else that a first answer needs, so nothing here imports it.
 *
 * @module
 */

/** Revisions in which a client says at first who it is, the newest first. */
export const REVISIONS: readonly string[] = [
  "2025-11-25",
  "2025-06-18",
  "2025-03-26",
  "2024-11-05",
  "2024-10-07",
];

/** The newest of these revisions. */
export const LATEST_REVISION = "2025-11-25";

/** The one of these revisions in which the server speaks with a client. */
export function agreedRevision(asked: string): string {
  return REVISIONS.includes(asked) ? asked : LATEST_REVISION;
}

/** The revision in which each request says what earlier ones said at first. */
export const STATELESS = "2026-07-28";

/** The keys with which a request of that revision says it. */
export const ENVELOPE = {
  revision: "io.modelcontextprotocol/protocolVersion",
  client: "io.modelcontextprotocol/clientInfo",
  capabilities: "io.modelcontextprotocol/clientCapabilities",
} as const;

/** The key with which a result of that revision says who answers. */
export const SERVER_INFO = "io.modelcontextprotocol/serverInfo";

/** The error codes of JSON-RPC. */
export const ProtocolErrorCode = {
  ParseError: -32_700,
  InvalidRequest: -32_600,
  InvalidParams: -32_602,
  InternalError: -32_603,
} as const;

/** An error that a client receives instead of a result. */
export class ProtocolError extends Error {
  override readonly name: string = "ProtocolError";

  /**
   * @param code The error code of JSON-RPC.
   * @param message What is wrong, and what to do, as a sentence.
   * @param data What a program can read of it.
   */
  constructor(
    readonly code: number,
    message: string,
    readonly data?: unknown,
  ) {
    super(message);
  }
}

/** There is no resource at an address. */
export class ResourceNotFoundError extends ProtocolError {
  /** @param uri The address. */
  constructor(uri: string) {
    super(ProtocolErrorCode.InvalidParams, `Resource not found: ${uri}`, {
      uri,
    });
  }
}
