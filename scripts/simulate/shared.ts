/**
 * What the parts of the simulation agree on.
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

/** What calls cost. */
export interface Cost {
  /** Operations of the store for one call. */
  readonly operations: number;
  /** Computing time of the server for one call, in ms. */
  readonly cpu: number;
}

/** What calls cost, by what is measured. */
export type Costs = Readonly<Record<string, Cost>>;

/** What was measured of one kind of store. */
export interface Measured {
  readonly costs: Costs;
  /** Bytes of one company in the store. */
  readonly bytes: number | undefined;
  /** Computing time of the store for one operation, in ms. */
  readonly storeCpu: number | undefined;
  /** How long a write to Deno KV took, in ms. */
  readonly commit: number | undefined;
  /**
   * Memory of the server's live objects with few companies and after all, in
   * bytes.
   */
  readonly heap: readonly [few: number, all: number];
  /** Resident memory of the server after all, in bytes. */
  readonly rss: number;
}

/** The names of what is measured for every store. */
export const STEPS = {
  first: "first call of a company",
  expired: "the same, when its access token has expired",
  recheck: "a call after more than five seconds",
  read: "the next reads",
  write: "an update, in these five seconds",
} as const;

/** What a store may keep in addition to tokens. */
export const SETTINGS = [
  "limits counted in the store",
  "audit records in the store",
  "changes kept for undo",
] as const;
