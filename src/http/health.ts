/**
 * Reports whether the server is alive, and whether its dependencies work.
 *
 * @module
 */
import type { QontakServer } from "../server.ts";
import type { KvState } from "../storage/kv.ts";
import { VERSION } from "../version.ts";
import { answer } from "./route.ts";

/** Answers that the server is alive. */
export async function health(server: QontakServer): Promise<Response> {
  const kv = await server.kv();
  return answer(200, { status: "ok", version: VERSION, kv, ...notes[kv] });
}

/** Reports whether the server's dependencies work: 200 if so, otherwise 503. */
export async function ready(server: QontakServer): Promise<Response> {
  const found = await server.ready();
  const isReady = Object.values(found).every((state) => state !== "failing");
  return answer(isReady ? 200 : 503, {
    status: isReady ? "ready" : "not ready",
    ...found,
    ...notes[found.kv],
  });
}

/** What to do if Deno KV does not work. */
const notes: Readonly<Record<KvState, { readonly note?: string }>> = {
  ok: {},
  unused: {},
  absent: {
    note:
      "There is no Deno KV: what no other store keeps is in memory only, and is lost when this process ends. Attach a database to the app on Deno Deploy, or start Deno with --unstable-kv",
  },
  failing: {
    note:
      "Deno KV cannot be opened, or does not answer: the log of this process says more",
  },
};
