/**
 * What an attack is, and what it needs.
 *
 * @module
 */
import type { HttpProcess } from "../../tests/support/process.ts";
import { callTool, type HttpCall } from "../../tests/support/call.ts";
import { bearer } from "../../tests/support/deployed.ts";

/** One attack. */
export interface Attack {
  /** What kind of attack it is. */
  readonly kind: string;
  /** What is tried, as a phrase. */
  readonly tried: string;
  /**
   * Tries it.
   *
   * @returns What did not hold; undefined where all did.
   */
  readonly run: () => Promise<string | undefined>;
}

/** The key of a caller that may call all tools. */
export const KEY = "attack-all";

/** The key of a customer that may only read. */
export const READER = "attack-reader";

/** Calls a tool with a key. */
export function callWith(
  { url }: HttpProcess,
  tool: string,
  args: Record<string, unknown> = {},
  key = KEY,
): Promise<HttpCall> {
  return callTool(url, tool, args, bearer(key), AbortSignal.timeout(30_000));
}

/** The worst that was measured. */
export const worst = {
  /** The most memory that a server took, in MB. */
  memory: 0,
  /** The longest that another caller waited while work was made, in ms. */
  wait: 0,
};

/** The most memory that a process has ever had, in MB. */
export async function peakOf({ pid }: HttpProcess): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const [, kilobytes = "0"] = /^VmHWM:\s+(\d+)/m.exec(status) ?? [];
  const peak = Math.round(Number(kilobytes) / 1024);
  worst.memory = Math.max(worst.memory, peak);
  return peak;
}
