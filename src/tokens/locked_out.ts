/**
 * The companies whose refresh token Qontak refused. Nobody may be calling for
 * them when a person could still do something about it, so the log says when it
 * happened, and when it is over.
 *
 * @module
 */
import type { Log } from "../logging/log.ts";
import { createLru } from "../storage/lru.ts";
import { TENANTS_HELD } from "./held.ts";
import { nameTenant } from "./store.ts";

/** The companies that are locked out. */
export interface LockedOut {
  /** How many there are. */
  readonly size: number;
  /**
   * Adds a company; it is logged once until it is removed.
   *
   * @param tenant The company.
   * @param rejected Its access token, if Qontak has refused that too.
   */
  add(tenant: string, rejected: string | undefined): void;
  /**
   * Removes a company that has an access token again. A token that Qontak has
   * refused may still be in the store, and does not count.
   */
  remove(tenant: string, token: string): void;
}

/**
 * Makes the empty list.
 *
 * @param log Writes the lines; they name the company.
 */
export function createLockedOut(log: Log): LockedOut {
  const since = createLru<
    { readonly start: number; readonly rejected: string | undefined }
  >(TENANTS_HELD);
  return {
    get size() {
      return since.size;
    },
    add(tenant, rejected) {
      if (since.get(tenant)) return;
      since.set(tenant, { start: Date.now(), rejected });
      log("error", "Qontak no longer accepts the refresh token of a company", {
        company: nameTenant(tenant),
      });
    },
    remove(tenant, token) {
      const entry = since.get(tenant);
      if (!entry || entry.rejected === token) return;
      since.delete(tenant);
      log("info", "The tokens of a company work again", {
        company: nameTenant(tenant),
        minutes: Math.round((Date.now() - entry.start) / 60_000),
      });
    },
  };
}
