/**
 * A caller in a separate thread, so that the computing time of a test does not
 * count as waiting. It calls a tool repeatedly until it gets a message to stop.
 *
 * @module
 */
import { callTool } from "../support/call.ts";
import { post, request } from "../support/rpc.ts";
import { sleep } from "../support/time.ts";

/** The first message to the thread. */
export interface Orders {
  /** The URL of MCP. */
  readonly url: string;
  /** The tool; without one it asks for the list of tools. */
  readonly tool: string | undefined;
  /** The process of the server. */
  readonly pid: number;
}

/** The results of the thread. */
export interface Seen {
  /** The longest wait, in ms. */
  readonly longest: number;
  /**
   * The longest wait during which the server computed, in ms: of each wait,
   * at most the CPU time that the server used in it. On a busy machine the
   * server often pauses, which an attack does not cause.
   */
  readonly computed: number;
  /** When the wait of `computed` began, in ms since 1970. */
  readonly at: number;
  /** The first call that failed, if any. */
  readonly failure: string | undefined;
}

interface Thread {
  onmessage: ((event: MessageEvent<Orders | "stop">) => void) | null;
  postMessage(seen: Seen): void;
}

const thread = self as unknown as Thread;
let isOver = false;

async function listTools(url: string) {
  const response = await fetch(url, post(request(1, "tools/list")));
  return { isError: !response.ok, text: await response.text() };
}

/** Reads a line of /proc for each line it gets, without new processes. */
const READ =
  'while read -r _; do read -r stat < "/proc/$1/stat"; echo "$stat"; done';

/** How many ms a tick of CPU time in /proc is. */
const TICK = 10;

/**
 * Makes a function that says how much CPU time a process has used, in ms;
 * Infinity where the system does not say it.
 */
function cpuOf(pid: number): { used(): Promise<number>; stop(): void } {
  if (Deno.build.os !== "linux") {
    return { used: () => Promise.resolve(Infinity), stop: () => {} };
  }
  const child = new Deno.Command("sh", {
    args: ["-c", READ, "sh", String(pid)],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  return {
    async used() {
      await writer.write(new TextEncoder().encode("\n"));
      let line = "";
      while (!line.endsWith("\n")) line += (await reader.read()).value ?? "\n";
      // The name of the program, which stands in brackets, may have spaces.
      const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
      return (Number(fields[11]) + Number(fields[12])) * TICK;
    },
    stop: () => child.kill(),
  };
}

async function watch({ url, tool, pid }: Orders): Promise<void> {
  let seen: Seen = { longest: 0, computed: 0, at: 0, failure: undefined };
  const cpu = cpuOf(pid);
  while (!isOver) {
    const before = await cpu.used();
    const at = Date.now();
    const start = performance.now();
    const { isError, text } = tool === undefined
      ? await listTools(url)
      : await callTool(url, tool);
    const longest = performance.now() - start;
    const after = await cpu.used();
    const used = after === Infinity ? longest : after - before + TICK;
    const computed = Math.min(longest, used);
    if (computed > seen.computed) seen = { ...seen, computed, at };
    if (isError) seen = { ...seen, failure: seen.failure ?? text };
    if (longest > seen.longest) seen = { ...seen, longest };
    await sleep(5);
  }
  cpu.stop();
  thread.postMessage(seen);
}

thread.onmessage = ({ data }) => {
  if (data === "stop") isOver = true;
  else watch(data);
};
