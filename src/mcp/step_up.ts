/**
 * Calls that need more scopes than the caller has, although its client may ask
 * the person for them: they get a 403 with a challenge (RFC 6750, section 3.1),
 * and the client asks.
 *
 * @module
 */
import type { Principal, Scope } from "../auth/principal.ts";
import type { Outline } from "../tools/outline.ts";
import { outlines } from "../tools/outlines.ts";
import { isObject } from "../values/json.ts";
import type { Caller } from "./caller.ts";
import { CALL_READ, calledName, FIND_TOOL } from "./compact_tools.ts";
import { ProtocolError, ProtocolErrorCode } from "./protocol.ts";

/** The scope that each tool needs. */
const effects: ReadonlyMap<string, Scope> = new Map([
  ...outlines.map(({ name, effect }) => [name, effect] as const),
  [CALL_READ, "read"],
  [FIND_TOOL, "read"],
]);

/**
 * The challenge for messages that call tools, or read resources, beyond the
 * caller's scopes.
 *
 * @param messages A message, or a batch.
 * @param principal The caller.
 * @returns The challenge, without where to ask; undefined if it is not needed.
 */
export function stepUp(
  messages: unknown,
  principal: Principal | undefined,
): string | undefined {
  if (!principal?.mayAskFor) return undefined;
  const { scopes, mayAskFor } = principal;
  const missing = [messages].flat().map(scopeOf).filter((scope) =>
    scope !== undefined && !scopes.includes(scope) && mayAskFor.includes(scope)
  );
  if (missing.length === 0) return undefined;
  const asked = mayAskFor.filter((scope) =>
    scopes.includes(scope) || missing.includes(scope)
  );
  const parameters = [
    'error="insufficient_scope"',
    `scope="${asked.join(" ")}"`,
    'error_description="The person has not allowed this yet"',
  ];
  return `Bearer ${parameters.join(", ")}`;
}

/** The scope that a message needs; undefined if it needs none. */
function scopeOf(message: unknown): Scope | undefined {
  if (!isObject(message) || !isObject(message.params)) return undefined;
  const { method, params } = message;
  if (method === "tools/call") return effects.get(calledName(params));
  // How values of fields are written belongs to nobody.
  const { uri } = params;
  const isRead = method === "resources/read" && typeof uri === "string" &&
    uri.startsWith("qontak://") && uri !== "qontak://field-types";
  return isRead ? "read" : undefined;
}

/**
 * Refuses a tool beyond the caller's scopes, which it may see.
 *
 * @throws {ProtocolError} When the caller may not call it.
 */
export function demandScope(
  { name, effect }: Outline,
  { scopes }: Caller,
): void {
  if (scopes.includes(effect)) return;
  throw new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `The tool ${name} needs the scope ${effect}, which the person has not allowed`,
  );
}
