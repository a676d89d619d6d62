/**
 * The caller, the companies that the caller may act for, and the caller's
 * scopes. Only the caller's credential determines them, never the arguments
 * that a model writes.
 *
 * @module
 */

/**
 * What a caller may do: call tools with that effect, or read the metrics of all
 * companies.
 */
export type Scope = "read" | "write" | "delete" | "metrics";

/** The default scopes of keys and callers, which allow all tools. */
export const DEFAULT_SCOPES: readonly Scope[] = ["read", "write", "delete"];

/** All scopes. */
export const SCOPES: readonly Scope[] = [...DEFAULT_SCOPES, "metrics"];

/** Whether a value is a scope. */
export function isScope(word: unknown): word is Scope {
  return (SCOPES as readonly unknown[]).includes(word);
}

/** The default name of the JWT claim that lists the tenants. */
export const TENANT_CLAIM = "qontak_tenants";

/** A caller. */
export interface Principal {
  /** The caller's name in logs, such as "key 7f3a…"; never a secret. */
  readonly name: string;
  /**
   * The tenants that the caller may act for, at least one. With one tenant,
   * tools have no user_id; with several, user_id selects one.
   */
  readonly tenants: readonly string[];
  /** What the caller may do for those tenants. */
  readonly scopes: readonly Scope[];
  /** When the credential expires, in seconds since 1970; undefined: never. */
  readonly expires_at?: number;
  /**
   * The scopes that the caller's client may ask the person for. The caller sees
   * the tools of these scopes, and a call beyond its own scopes gets a 403 that
   * names what is missing. By default, it sees the tools of its own scopes only.
   */
  readonly mayAskFor?: readonly Scope[];
  /**
   * Ends the session of the credential, because Qontak no longer accepts the
   * person who signed in. The call then gets a 401, so that the client asks the
   * person to sign in again. By default, the call gets an error that says what
   * to do.
   *
   * @throws {StoreError} When it cannot be ended now.
   */
  readonly onLost?: () => Promise<void>;
}

/**
 * Identifies the caller with a bearer credential.
 *
 * @returns The caller, or undefined if the credential is of another kind,
 * unknown, revoked or expired. The result does not distinguish these cases.
 * @throws {StoreError} When the credential cannot be checked now.
 */
export type Authenticate = (bearer: string) => Promise<Principal | undefined>;
