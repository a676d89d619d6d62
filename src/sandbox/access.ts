/**
 * How the sandbox finds the user of a request: by bearer token or signature.
 *
 * @module
 */

import type { User } from "./records.ts";

/** The body of a 401. */
export type Denial = Readonly<Record<string, string>>;

/** The user of a request, or the body of the 401 that answers it. */
export type Access = { readonly user: User } | { readonly denial: Denial };

/** Checks who sent a request. */
export interface Gate {
  /** The body of a 401 that gives no reason. */
  readonly denial: Denial;
  /** Finds the user of a request, without reading its body. */
  check(request: Request): Access | Promise<Access>;
}
