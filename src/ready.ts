/**
 * Whether what calls depend on works.
 *
 * @module
 */
import type { Access } from "./access.ts";
import type { Kv } from "./kv.ts";
import { DEFAULT_TENANT } from "./tokens/store.ts";

/** Whether what calls depend on works. */
export interface Readiness {
  /** Where credentials are kept. */
  readonly store: "ok" | "failing";
  /** Deno KV. */
  readonly kv: "ok" | "failing" | "absent";
  /** Where Qontak is. */
  readonly qontak: "ok" | "failing";
}

/** How long what was found ready is believed, in ms. */
const READY_TTL = 10_000;

/** How long a check of readiness may take, in ms. */
const READY_LIMIT = 3_000;

/**
 * Makes the check of readiness. What was found is kept for some seconds.
 *
 * @param access The way to the CRM.
 * @param kv Deno KV, where there is one.
 * @param send Sends a request to Qontak; the platform's fetch when left out.
 */
export function createReady(
  access: Access,
  kv: Kv | undefined,
  send?: typeof fetch,
): () => Promise<Readiness> {
  return once(READY_TTL, () => checkReady(access, kv, send));
}

/** Tries the store, the database and the way to Qontak. */
async function checkReady(
  { store, baseUrl }: Access,
  kv: Kv | undefined,
  send: typeof fetch = fetch,
): Promise<Readiness> {
  const works = async (run: () => Promise<unknown>) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), READY_LIMIT);
    });
    const isFine = run().then((found) => found !== undefined, () => false);
    const answer = await Promise.race([isFine, late]);
    clearTimeout(timer);
    return answer ? "ok" : "failing";
  };
  const [stored, database, qontak] = await Promise.all([
    // Whose record it is does not matter, nor whether there is one.
    works(async () => await store.read(DEFAULT_TENANT) ?? null),
    kv ? works(() => kv.open()) : "absent" as const,
    works(async () => {
      const { body, status } = await send(baseUrl, {
        method: "HEAD",
        redirect: "manual",
        signal: AbortSignal.timeout(READY_LIMIT),
      });
      await body?.cancel();
      return status;
    }),
  ]);
  return { store: stored, kv: database, qontak };
}

/** Makes something once in a while, however often it is asked for. */
function once<T>(ms: number, make: () => Promise<T>): () => Promise<T> {
  let made: { readonly value: Promise<T>; readonly until: number } | undefined;
  return () => {
    if (!made || made.until < Date.now()) {
      made = { value: make(), until: Date.now() + ms };
    }
    return made.value;
  };
}
