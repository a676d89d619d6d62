/**
 * Whether what calls depend on works.
 *
 * @module
 */
import type { Access } from "./connection.ts";
import { deadline, untilAborted } from "../net/deadline.ts";
import { checkKv, type Kv, type KvState } from "../storage/kv.ts";
import { DEFAULT_TENANT } from "../tokens/store.ts";

/** Whether what calls depend on works. */
export interface Readiness {
  /** Where credentials are kept. */
  readonly store: "ok" | "failing";
  /**
   * Deno KV; "absent" where the runtime has none, or none is attached, "unused"
   * where nothing is to be kept there.
   */
  readonly kv: "ok" | "failing" | "absent" | "unused";
  /** Where Qontak is. */
  readonly qontak: "ok" | "failing";
}

/** How long what was found ready is believed, in ms. */
const READY_TTL = 10_000;

/** How long a check of readiness may take, in ms. */
const READY_LIMIT = 3_000;

/** The checks; what they found is kept for some seconds. */
export interface Checks {
  /** Tries all of it. */
  ready(): Promise<Readiness>;
  /** Tries Deno KV alone. */
  kv(): Promise<KvState>;
}

/**
 * Makes the checks.
 *
 * @param access The way to the CRM.
 * @param kv Deno KV, where there is one; false where it is not wanted.
 */
export function createChecks(
  access: Access,
  kv: Kv | false | undefined,
): Checks {
  const state = once(
    READY_TTL,
    async () => await within(() => checkKv(kv)) ?? "failing" as const,
  );
  return {
    ready: once(READY_TTL, () => checkReady(access, state)),
    kv: state,
  };
}

/** An answer; undefined where it fails, or takes too long. */
async function within<T>(run: () => Promise<T>): Promise<T | undefined> {
  using limit = deadline(READY_LIMIT);
  try {
    return await untilAborted(run(), limit.signal);
  } catch {
    return undefined;
  }
}

/** Tries the store, the database and the way to Qontak. */
async function checkReady(
  { store, reach }: Access,
  state: () => Promise<KvState>,
): Promise<Readiness> {
  const works = async (run: () => Promise<unknown>) =>
    await within(run) === undefined ? "failing" : "ok";
  const [stored, kv, qontak] = await Promise.all([
    // Whose record it is does not matter, nor whether there is one.
    works(async () => await store.read(DEFAULT_TENANT) ?? null),
    state(),
    works(() => reach(AbortSignal.timeout(READY_LIMIT))),
  ]);
  return { store: stored, kv, qontak };
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
