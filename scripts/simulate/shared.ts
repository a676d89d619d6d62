/**
 * What the processes of the simulation agree on.
 *
 * @module
 */
import type { Usage } from "../bench/shared.ts";

/** What a server has used so far. */
export interface Used extends Usage {
  /** Operations on Redis or Deno KV. */
  readonly operations: number;
  /** How long those that write to Deno KV took, in ms, and how many there were. */
  readonly commits: { readonly ms: number; readonly count: number };
}

/** Companies to put into the store. */
export interface Filling {
  readonly from: number;
  readonly to: number;
  /** Whether their access tokens have expired. */
  readonly isExpired: boolean;
}

/** Where the server puts companies into its store. */
export const FILL_PATH = "/_fill";

/** The name of a company. */
export const companyName = (index: number): string => `company-${index}`;

/** The refresh token of a company, as long as a real one. */
export const tokenOf = (company: string): string =>
  `refresh token of ${company} `.padEnd(64, ".");
