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
  /** The store of credentials. */
  readonly store: "ok" | "failing";
  /**
   * Deno KV: "absent" if the runtime has none or no database is attached,
   * "unused" if it is turned off.
   */
  readonly kv: "ok" | "failing" | "absent" | "unused";
  /** Qontak itself. */
  readonly qontak: "ok" | "failing";
}

/** How long the result of a readiness check is reused, in ms. */
const READY_TTL = 10_000;

/** The time limit of a readiness check, in ms. */
const READY_LIMIT = 3_000;

/** The checks. Their results are cached for a few seconds. */
export interface Checks {
  /** Checks everything. */
  ready(): Promise<Readiness>;
  /** Checks Deno KV only. */
  kv(): Promise<KvState>;
}

/**
 * Creates the checks.
 *
 * @param access The access to the CRM.
 * @param kv Deno KV, if available; false if it is turned off.
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

/**
 * Runs a check. Returns its result; undefined if it fails or takes too long.
 */
async function within<T>(run: () => Promise<T>): Promise<T | undefined> {
  using limit = deadline(READY_LIMIT);
  try {
    return await untilAborted(run(), limit.signal);
  } catch {
    return undefined;
  }
}

/** Checks the store, the database and the connection to Qontak. */
async function checkReady(
  { store, reach }: Access,
  state: () => Promise<KvState>,
): Promise<Readiness> {
  const works = async (run: () => Promise<unknown>) =>
    await within(run) === undefined ? "failing" : "ok";
  const [stored, kv, qontak] = await Promise.all([
    // It does not matter which tenant is read, or whether the tenant exists.
    works(async () => await store.read(DEFAULT_TENANT) ?? null),
    state(),
    works(() => reach(AbortSignal.timeout(READY_LIMIT))),
  ]);
  return { store: stored, kv, qontak };
}

/** Caches the result of a function for a while. */
function once<T>(ms: number, make: () => Promise<T>): () => Promise<T> {
  let made: { readonly value: Promise<T>; readonly until: number } | undefined;
  return () => {
    if (!made || made.until < Date.now()) {
      made = { value: make(), until: Date.now() + ms };
    }
    return made.value;
  };
}
