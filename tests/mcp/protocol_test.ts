/**
 * What this server itself needs of MCP is what the SDK has.
 *
 * @module
 */
import * as sdk from "@modelcontextprotocol/server";
import { assertEquals } from "@std/assert";
import {
  ENVELOPE,
  LATEST_REVISION,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  REVISIONS,
  SERVER_INFO,
} from "../../src/mcp/protocol.ts";

Deno.test("names and numbers are the SDK's", () => {
  assertEquals(REVISIONS, sdk.SUPPORTED_PROTOCOL_VERSIONS);
  assertEquals(LATEST_REVISION, sdk.LATEST_PROTOCOL_VERSION);
  assertEquals(SERVER_INFO, sdk.SERVER_INFO_META_KEY);
  assertEquals(Object.values(ENVELOPE), [
    sdk.PROTOCOL_VERSION_META_KEY,
    sdk.CLIENT_INFO_META_KEY,
    sdk.CLIENT_CAPABILITIES_META_KEY,
  ]);
  for (const [name, code] of Object.entries(ProtocolErrorCode)) {
    assertEquals(sdk.ProtocolErrorCode[code], name);
  }
});

Deno.test("errors say what the SDK's say", () => {
  const said = (
    { code, message, data }: ProtocolError | sdk.ProtocolError,
  ) => ({
    code,
    message,
    data,
  });
  assertEquals(
    said(new ProtocolError(-32_000, "a", { b: 1 })),
    said(new sdk.ProtocolError(-32_000, "a", { b: 1 })),
  );
  assertEquals(
    said(new ResourceNotFoundError("qontak://a")),
    said(new sdk.ResourceNotFoundError("qontak://a")),
  );
});
