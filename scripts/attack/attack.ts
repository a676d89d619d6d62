/**
 * The definition of an attack, and the tools that attacks share.
 *
 * @module
 */
import type { HttpProcess } from "../../tests/support/process.ts";
import { callTool, type HttpCall } from "../../tests/support/call.ts";
import { bearer } from "../../tests/support/deployed.ts";

/** One attack. */
export interface Attack {
  /** The kind of attack. */
  readonly kind: string;
  /** What the attack tries, as a phrase. */
  readonly tried: string;
  /**
   * Runs the attack.
   *
   * @returns What failed to hold; undefined if the server held.
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

/** The worst measurements. */
export const worst = {
  /** The most memory that a server used, in MB. */
  memory: 0,
  /**
   * The longest time that another caller waited during the attacks that make
   * work, in ms.
   */
  wait: 0,
};

/** The peak memory of a process, in MB. */
export async function peakOf({ pid }: HttpProcess): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const [, kilobytes = "0"] = /^VmHWM:\s+(\d+)/m.exec(status) ?? [];
  const peak = Math.round(Number(kilobytes) / 1024);
  worst.memory = Math.max(worst.memory, peak);
  return peak;
}
