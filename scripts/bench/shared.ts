/**
 * What the processes of the benchmark agree on, and how they are started.
 *
 * @module
 */
import { bareEnv } from "../../tests/support/process.ts";
import { denoRun } from "../program.ts";
import type { Wire } from "./cases.ts";

/** Where tokens are granted. */
export const TOKEN_PATH = "/oauth/token";

/** What the upstream says of itself. */
export interface Upstream {
  /** Its address. */
  readonly url: string;
  /** The ids of deals with many custom fields. */
  readonly deals: readonly number[];
  /** A refresh token. */
  readonly token: string;
}

/** What a subject serves, and for which upstream. */
export interface SubjectOptions extends Upstream {
  readonly wire: Wire;
  /** The tools of the SDK's handler, so that its list has the same bytes. */
  readonly tools: readonly unknown[];
  /** The port on 127.0.0.1 where a subject on stdio says what it has used. */
  readonly usagePort?: number;
  /** Whether each `user_id` is a company with a valid access token. */
  readonly isForMany?: boolean;
}

/** What a subject has used so far. */
export interface Usage {
  /** Resident memory, in bytes. */
  readonly rss: number;
  /** Memory of live objects, in bytes, after unused ones were collected. */
  readonly heap: number;
  /** Computing time of the process, in ms. */
  readonly cpu: number;
}

/**
 * Where a subject says what it has used. With `?collect`, it collects unused
 * objects before.
 */
export const USAGE_PATH = "/_usage";

/** Asks a subject what it has used. */
export async function usageOf<U extends Usage>(
  url: string | URL,
  isCollected = false,
): Promise<U> {
  const path = USAGE_PATH + (isCollected ? "?collect" : "");
  return await (await fetch(new URL(path, url))).json();
}

/** A process of the benchmark. */
export interface Process extends AsyncDisposable {
  /** The first line that it printed. */
  // deno-lint-ignore no-explicit-any -- each process says something else
  readonly said: any;
}

/**
 * Starts a process that prints one line of JSON, and serves until it is killed.
 *
 * @param file Its file.
 * @param args Its arguments.
 * @param flags Flags of deno, before the file.
 * @param env Its variables; it has no others.
 */
export async function start(
  file: string,
  args: readonly string[] = [],
  flags: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Process> {
  const [run = "run", ...rest] = await denoRun(file, ...args);
  const child = new Deno.Command(Deno.execPath(), {
    args: [run, ...flags, ...rest],
    env: bareEnv(env),
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  while (!said.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`${file} ${args[0] ?? ""} did not start`);
    said += value;
  }
  return {
    said: JSON.parse(said),
    async [Symbol.asyncDispose]() {
      child.kill();
      await reader.cancel();
      await child.status;
    },
  };
}
