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
}

/** The results of the thread. */
export interface Seen {
  /** The longest wait, in ms. */
  readonly longest: number;
  /** When it began, in ms since 1970. */
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

async function watch({ url, tool }: Orders): Promise<void> {
  let seen: Seen = { longest: 0, at: 0, failure: undefined };
  while (!isOver) {
    const at = Date.now();
    const start = performance.now();
    const { isError, text } = tool === undefined
      ? await listTools(url)
      : await callTool(url, tool);
    const longest = performance.now() - start;
    if (isError) seen = { ...seen, failure: seen.failure ?? text };
    if (longest > seen.longest) seen = { ...seen, longest, at };
    await sleep(5);
  }
  thread.postMessage(seen);
}

thread.onmessage = ({ data }) => {
  if (data === "stop") isOver = true;
  else watch(data);
};
