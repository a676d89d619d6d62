/**
 * How the sandbox learns whose a request is: by a bearer token or a signature.
 *
 * @module
 */

import type { User } from "./records.ts";

/** The body of a 401. */
export type Denial = Readonly<Record<string, string>>;

/** Whose a request is, or the body of the 401 that it gets. */
export type Access = { readonly user: User } | { readonly denial: Denial };

/** What a request must pass to be somebody's. */
export interface Gate {
  /** What a 401 says that has no particular reason. */
  readonly denial: Denial;
  /** Whose a request is; its body is left alone. */
  check(request: Request): Access | Promise<Access>;
}
