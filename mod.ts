/**
 * An MCP server for Qontak CRM by Mekari. With it, any AI assistant can work
 * safely with a company's contacts, deals, tickets and other records.
 *
 * Run it with `deno run -A jsr:@qontak/mcp`, or create a server in your
 * program:
 *
 * ```ts ignore
 * import { createServer } from "@qontak/mcp";
 *
 * const server = createServer({
 *   refreshToken: Deno.env.get("QONTAK_REFRESH_TOKEN")!,
 * });
 * await server.stdio();
 * ```
 *
 * Qontak may replace a refresh token. With `--unstable-kv`, the server keeps
 * the new token in Deno KV. Otherwise, pass a store that keeps it, for example
 * one that writes a `.env` file:
 *
 * ```ts ignore
 * import { createServer } from "@qontak/mcp";
 * import { createEnvStore, openEnvFile } from "@qontak/mcp/stores";
 *
 * const file = openEnvFile(".env", "QONTAK_REFRESH_TOKEN");
 * const refresh_token = (await file.read())!;
 * const server = createServer({
 *   store: createEnvStore({ credentials: { refresh_token }, file }),
 * });
 * ```
 *
 * Other entry points: `@qontak/mcp/stores` keeps the credentials of any number
 * of companies, `./limits` shares limits among servers, `./audit` records
 * changes, `./changes` keeps plans of changes, `./sandbox` is an in-memory
 * Qontak API for your tests (its page has an example with a server), and
 * `./deploy` is the entry point for Deno Deploy.
 *
 * @module
 */
// The server and its options.
export {
  createServer,
  type QontakServer,
  type ServerOptions,
} from "./src/server.ts";
export type { ConnectionOptions } from "./src/qontak/connection.ts";
export type { Readiness } from "./src/qontak/readiness.ts";
export {
  type ListedTool,
  type Toolset,
  TOOLSETS,
} from "./src/tools/outline.ts";
export type { Confirm } from "./src/changes/confirm.ts";
export type { Content } from "./src/mcp/contents.ts";

// HTTP: who the callers are and what they may do.
export {
  createHandler,
  type Handler,
  type HandlerInfo,
  type HandlerOptions,
} from "./src/http/handler.ts";
export type { Authenticate, Principal, Scope } from "./src/auth/principal.ts";
export type { ProtectedResource } from "./src/auth/protected_resource.ts";

// Errors and how to fix them.
export {
  type ErrorKind,
  ForeseenError,
  OptionError,
  QontakError,
  UnreachableError,
} from "./src/errors.ts";
export type { Advise, Remedies, Remedy } from "./src/advice/advice.ts";

// Types of the server's options; ./stores, ./limits and ./audit create the
// values.
export type { TokenStore } from "./src/tokens/store.ts";
export type { Sealer } from "./src/storage/sealing.ts";
export type { Kv } from "./src/storage/kv.ts";
export type { Limits } from "./src/limits/limits.ts";
export type { AuditOptions } from "./src/audit/audit.ts";
export type { AuditStore } from "./src/audit/store.ts";
export type { ChangeOptions, ChangeStore } from "./src/changes/store.ts";
export type { Log, LogValue } from "./src/logging/log.ts";

if (import.meta.main) {
  const { main } = await import("./src/cli/main.ts");
  Deno.exitCode = await main(Deno.args);
}
