/**
 * The deploy entry on a runtime without Deno's unstable parts: no KV, and no
 * separate HTTP clients.
 *
 * @module
 */
const { openKv: _openKv, createHttpClient: _createHttpClient, ...rest } = Deno;
Object.defineProperty(globalThis, "Deno", { value: rest });
await import("../../src/deploy.ts");
