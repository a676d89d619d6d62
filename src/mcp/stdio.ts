/**
 * MCP over stdin and stdout. Around the SDK's transport stand three things that
 * it leaves out: a line that is no message is answered with an error instead
 * of silence, what was asked before stdin ended is still answered, and nothing
 * more is read while too much is under way.
 *
 * @module
 */
import {
  type JSONRPCMessage,
  type McpServerFactory,
  parseJSONRPCMessage,
  ProtocolErrorCode,
} from "@modelcontextprotocol/server";
import {
  serveStdio as serve,
  StdioServerTransport,
} from "@modelcontextprotocol/server/stdio";
import process from "node:process";
import { PassThrough } from "node:stream";
import { isObject } from "../values/json.ts";

/** The longest line that is read, in characters. */
const MAX_LINE = 4 * 1024 * 1024;

/** How long requests may take once stdin has ended, in ms. */
const DRAIN = 10_000;

/**
 * How many requests may be under way. What a client sends beyond waits in the
 * pipe: read on, it would fill the memory.
 */
const MOST = 100;

/** A transport that knows which requests it still owes an answer. */
class CountingTransport extends StdioServerTransport {
  /** How often each id is owed: a client may use one twice. */
  readonly #owed = new Map<string, number>();
  #total = 0;
  #waiting: { readonly count: number; readonly end: () => void } | undefined;

  owe(message: JSONRPCMessage): void {
    if (!("method" in message)) return;
    if (message.method === "notifications/cancelled") {
      this.#settle(message.params?.requestId);
    } else if ("id" in message && message.method !== "subscriptions/listen") {
      const key = JSON.stringify(message.id);
      this.#owed.set(key, (this.#owed.get(key) ?? 0) + 1);
      this.#total++;
    }
  }

  override async send(message: JSONRPCMessage): Promise<void> {
    await super.send(message);
    if (!("method" in message)) this.#settle(message.id);
  }

  /** Resolves when fewer than `count` are owed, or when time is up. */
  async fewerThan(count: number, limit?: number): Promise<void> {
    if (this.#total < count) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((end) => {
      this.#waiting = { count, end };
      if (limit !== undefined) timer = setTimeout(end, limit);
    });
    clearTimeout(timer);
  }

  #settle(id: unknown): void {
    const key = JSON.stringify(id);
    const times = this.#owed.get(key);
    if (times === undefined) return;
    if (times === 1) this.#owed.delete(key);
    else this.#owed.set(key, times - 1);
    this.#total--;
    if (this.#waiting && this.#total < this.#waiting.count) this.#waiting.end();
  }
}

/**
 * Serves one client until it closes stdin.
 *
 * @param factory Makes the server once the client has said its revision.
 * @param onerror Told what goes wrong beside the protocol.
 */
export async function serveStdio(
  factory: McpServerFactory,
  onerror: (error: Error) => void,
): Promise<void> {
  const messages = new PassThrough();
  const transport = new CountingTransport(messages, process.stdout);
  const closed = new Promise<void>((resolve) => {
    messages.once("close", resolve);
    // A client that stops reading has gone as well.
    process.stdout.once("error", () => resolve());
  });
  const handle = serve(factory, { transport, onerror });

  for await (const line of lines(process.stdin)) {
    const refusal = line === undefined
      ? refuse(null, ProtocolErrorCode.InvalidRequest, TOO_LONG)
      : examine(line, transport);
    if (refusal) process.stdout.write(`${JSON.stringify(refusal)}\n`);
    else messages.write(`${line}\n`);
    await transport.fewerThan(MOST);
  }
  await transport.fewerThan(1, DRAIN);
  messages.end();
  messages.destroy();
  await closed;
  await handle.close();
}

const TOO_LONG = `A message may have at most ${MAX_LINE} characters`;

/** An error for a line that the SDK would pass over. */
function examine(line: string, transport: CountingTransport) {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return refuse(
      null,
      ProtocolErrorCode.ParseError,
      "This line is not JSON. Send one JSON-RPC message a line",
    );
  }
  try {
    transport.owe(parseJSONRPCMessage(value));
    return undefined;
  } catch {
    const id = isObject(value) &&
        (typeof value.id === "string" || typeof value.id === "number")
      ? value.id
      : null;
    return refuse(
      id,
      ProtocolErrorCode.InvalidRequest,
      Array.isArray(value)
        ? "Batches are not part of this protocol: send one message a line"
        : 'This is no JSON-RPC message: it needs jsonrpc "2.0", a method as text, an id that is text or a number on requests, and params that are an object',
    );
  }
}

function refuse(id: string | number | null, code: number, message: string) {
  return { jsonrpc: "2.0", id, error: { code, message } };
}

/** The lines of a stream without empty ones; undefined for one too long. */
async function* lines(
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<string | undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  let skipping = false;
  for await (const chunk of input) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop()!;
    for (const part of parts) {
      if (skipping) skipping = false;
      else if (part.trim() !== "") yield part;
    }
    if (rest.length > MAX_LINE) {
      if (!skipping) yield undefined;
      skipping = true;
      rest = "";
    }
  }
  if (rest.trim() !== "" && !skipping) yield rest;
}
