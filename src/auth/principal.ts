/**
 * Who calls, for which companies, and what for. The credential that a caller
 * presents decides it, and nothing that a model writes into a call.
 *
 * @module
 */

/**
 * What a caller may do: call the tools with that effect, or read what the
 * server has counted for all companies.
 */
export type Scope = "read" | "write" | "delete" | "metrics";

/** The default scopes of keys and callers: all tools. */
export const DEFAULT_SCOPES: readonly Scope[] = ["read", "write", "delete"];

/** Everything that a caller may do. */
export const SCOPES: readonly Scope[] = [...DEFAULT_SCOPES, "metrics"];

/** Whether a value is a scope. */
export function isScope(word: unknown): word is Scope {
  return (SCOPES as readonly unknown[]).includes(word);
}

/** The claim of a JWT that lists its tenants, unless set otherwise. */
export const TENANT_CLAIM = "qontak_tenants";

/** Who calls. */
export interface Principal {
  /** Names the caller in logs, such as "key 7f3a…"; never a secret. */
  readonly name: string;
  /**
   * The tenants that it may act for, at least one. With exactly one, tools
   * have no user_id; with several, user_id picks one of them.
   */
  readonly tenants: readonly string[];
  /** What it may do there. */
  readonly scopes: readonly Scope[];
  /** When its credential ends, in seconds since 1970; undefined: never. */
  readonly expires_at?: number;
}

/**
 * Finds out who presents a bearer credential.
 *
 * @returns The caller, or undefined where the credential is not this kind's,
 * unknown, revoked or ended: nothing tells these apart.
 * @throws {StoreError} When it cannot be found out now.
 */
export type Authenticate = (bearer: string) => Promise<Principal | undefined>;
