/**
 * The deploy entry on a runtime that lacks what Deno has without a promise to
 * keep it: no KV, and no HTTP clients of its own.
 *
 * @module
 */
const { openKv, createHttpClient, ...rest } = Deno;
if (typeof createHttpClient !== "function") {
  throw new Error("Nothing is taken away from this deno");
}
Object.defineProperty(globalThis, "Deno", { value: rest });
await import("../../src/deploy.ts");
