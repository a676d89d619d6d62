/**
 * Qontak's CRM API in memory: for tests, for a demo, and for a developer who
 * has no tenant yet.
 *
 * @example Asking a sandbox for its pipelines
 * ```ts
 * import { serveSandbox } from "@qontak/mcp/sandbox";
 *
 * await using sandbox = serveSandbox();
 * const grant = await fetch(`${sandbox.url}/oauth/token`, {
 *   method: "POST",
 *   body: new URLSearchParams({
 *     grant_type: "refresh_token",
 *     refresh_token: sandbox.refreshToken,
 *   }),
 * });
 * const { access_token } = await grant.json();
 * const answer = await fetch(`${sandbox.url}/api/v3.1/pipelines`, {
 *   headers: { authorization: `Bearer ${access_token}` },
 * });
 * const { response } = await answer.json();
 * ```
 *
 * @example Testing a program with a server of its own
 * ```ts
 * import { assert } from "@std/assert";
 * import { createServer } from "@qontak/mcp";
 * import { createSandbox } from "@qontak/mcp/sandbox";
 *
 * const sandbox = createSandbox({ rotateRefreshTokens: false });
 * const server = createServer({
 *   refreshToken: sandbox.refreshToken,
 *   fetch: (input, init) => sandbox.fetch(new Request(input, init)),
 *   kv: false,
 *   audit: false,
 * });
 * const answer = await server.fetch(
 *   new Request("http://127.0.0.1/mcp", {
 *     method: "POST",
 *     headers: {
 *       "content-type": "application/json",
 *       accept: "application/json, text/event-stream",
 *     },
 *     body: JSON.stringify({
 *       jsonrpc: "2.0",
 *       id: 1,
 *       method: "tools/call",
 *       params: {
 *         name: "update_deal",
 *         arguments: { deal_id: 48283761, size: 31_500_000 },
 *       },
 *     }),
 *   }),
 * );
 * assert((await answer.text()).includes("31500000"));
 * // What Qontak was sent:
 * const sent = sandbox.requests.find(({ method }) => method === "PUT");
 * assert(sent?.path.endsWith("/deals/48283761"));
 * await server.close();
 * ```
 *
 * The same endpoints answer below `/qontak/crm`, as behind Mekari's gateway, to
 * requests that are signed by {@linkcode SANDBOX_MEKARI}.
 *
 * @module
 */

import { MemorySandbox } from "./sandbox.ts";
import type { Sandbox, SandboxOptions } from "./types.ts";

export { ssoIdOf } from "./gateway.ts";
export { type ServeOptions, serveSandbox } from "./serve.ts";
export {
  type Fault,
  type FaultRule,
  type MekariApplication,
  type RunningSandbox,
  type Sandbox,
  SANDBOX_CODE,
  SANDBOX_MEKARI,
  SANDBOX_PASSWORD,
  SANDBOX_REFRESH_TOKEN,
  type SandboxOptions,
  type SandboxRequest,
} from "./types.ts";

/**
 * Makes a sandbox that you call through its `fetch`, without a network.
 *
 * @example Asking without a token
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createSandbox } from "@qontak/mcp/sandbox";
 *
 * const sandbox = createSandbox();
 * const request = new Request("http://sandbox/api/v3.1/pipelines");
 * assertEquals((await sandbox.fetch(request)).status, 401);
 * ```
 *
 * @param options Its data and its behavior.
 */
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  return new MemorySandbox(options);
}
