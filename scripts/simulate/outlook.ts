/**
 * What many replicas ask of a store and of the processors, computed from what
 * single calls cost.
 *
 * @module
 */
import { TENANTS_HELD, TOKEN_LIFETIME } from "../../src/tokens/held.ts";
import { RECHECK } from "../../src/tokens/rechecked.ts";
import { type Measured, STEPS } from "./shared.ts";

/** A load that is spread over replicas. */
export interface Plan {
  readonly companies: number;
  /** Calls per second of all companies together. */
  readonly calls: number;
  readonly replicas: number;
  /** The share of calls that update something, from 0 to 1. */
  readonly updates: number;
  /**
   * Whether all calls of a company reach the same replica; otherwise any.
   */
  readonly isSticky: boolean;
  /** Whether limits, audit records and changes are in the store too. */
  readonly isAllKept: boolean;
}

/** What a plan asks for. */
export interface Outlook {
  /** Operations per second of the store. */
  readonly operations: number;
  /** The share of one core that a replica computes on. */
  readonly replica: number;
  /** The share of one core that the store computes on, if that is known. */
  readonly store: number | undefined;
  /**
   * At how many calls per second the first of these cores is full: a replica
   * and a Redis each compute on one.
   */
  readonly full: number;
}

/**
 * The parts of calls that find a company's token in memory and just checked,
 * that check it again, and that read it from the store. Calls come at random.
 *
 * @param plan The load.
 */
export function shares(
  { companies, calls, replicas, isSticky }: Plan,
): { readonly warm: number; readonly recheck: number; readonly first: number } {
  const there = isSticky ? companies / replicas : companies;
  const held = Math.min(1, TENANTS_HELD / there);
  // Calls per second of one company on one replica.
  const rate = calls / replicas / there;
  const isOld = Math.exp(-rate * RECHECK / 1_000);
  return { warm: held * (1 - isOld), recheck: held * isOld, first: 1 - held };
}

/** The further settings of a server, as the costs name them. */
const settingsIn = ({ costs }: Measured) =>
  Object.keys(costs).flatMap((name) =>
    name.startsWith("read, ") ? [name.slice("read, ".length)] : []
  );

/**
 * Computes what a plan asks for.
 *
 * @param measured What was measured of the store.
 * @param plan The load.
 */
export function outlook(measured: Measured, plan: Plan): Outlook {
  const { costs, storeCpu } = measured;
  const of = (what: "operations" | "cpu") => {
    const cost = (name: string) => costs[name]![what];
    const { first, recheck, read, write, expired } = STEPS;
    const share = shares(plan);
    const added = (base: string, kind: string) =>
      plan.isAllKept
        ? settingsIn(measured).reduce(
          (sum, name) => sum + cost(`${kind}, ${name}`) - cost(base),
          0,
        )
        : 0;
    const reads = share.warm * cost(read) + share.recheck * cost(recheck) +
      share.first * cost(first) + added(read, "read");
    const updates = reads - added(read, "read") - cost(read) + cost(write) +
      added(write, "update");
    const renewals = plan.companies / TOKEN_LIFETIME *
      (cost(expired) - cost(first));
    return plan.calls *
        ((1 - plan.updates) * reads + plan.updates * updates) + renewals;
  };
  const operations = of("operations");
  const replica = of("cpu") / 1_000 / plan.replicas;
  const store = storeCpu === undefined
    ? undefined
    : operations * storeCpu / 1_000;
  const full = plan.calls / Math.max(replica, store ?? 0);
  return { operations, replica, store, full };
}
