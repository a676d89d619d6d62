/**
 * The transport of stdio: it answers plain requests without the SDK, and counts
 * what the client makes the server hold.
 *
 * @module
 */
import type { JSONRPCMessage, Transport } from "@modelcontextprotocol/server";
import { Buffer } from "node:buffer";
import process from "node:process";
import { setImmediate } from "node:timers";
import { isObject, type JsonObject } from "../values/json.ts";
import { type Shared, splitAt } from "./answers.ts";
import { jsonOf } from "./message_json.ts";
import { type PlainRequest, plainRequest, respond } from "./plain.ts";
import { agreedRevision, STATELESS } from "./protocol.ts";
import type { ToolMethods } from "./tool_methods.ts";

/** What the client makes the server hold. */
interface Load {
  /** The number of requests without an answer. */
  requests: number;
  /** The bytes that the client has not read yet. */
  unread: number;
}

/** Lines that are written together, in pieces. */
interface Ready extends PromiseWithResolvers<void> {
  readonly pieces: Uint8Array[];
}

/** A connection whose revision is settled. */
interface Settled {
  readonly revision: string | undefined;
  /** What the client can do; undefined if each request says it. */
  readonly capabilities: unknown;
}

/** Whether a wait is over. */
type IsOver = (load: Readonly<Load>) => boolean;

/**
 * A transport that tracks which requests have no answer yet, and how much the
 * client has not read.
 */
export class StdioTransport implements Transport {
  onmessage?: Transport["onmessage"];
  onclose?: Transport["onclose"];
  onerror?: Transport["onerror"];
  isClosed = false;
  /** Undefined while only the SDK may answer. */
  settled: Settled | undefined;

  readonly #methods: ToolMethods;
  /** What the client has said of itself before the SDK was loaded. */
  readonly #said: JSONRPCMessage[] = [];
  /** Drops an answer of the SDK that the client has received. */
  #drop: (() => void) | undefined;
  /** The number of open requests by id: a client may use an id twice. */
  readonly #open = new Map<string, number>();
  readonly #load: Load = { requests: 0, unread: 0 };
  /** The requests that are answered without the SDK, by id. */
  readonly #plain = new Map<string, AbortController>();
  /** What is written next: one write costs as much for many lines. */
  #ready: Ready | undefined;
  #waiting: { readonly isOver: IsOver; readonly end: () => void } | undefined;

  /**
   * @param methods The methods of tools.
   * @param onerror Receives errors until the SDK does.
   */
  constructor(methods: ToolMethods, onerror: (error: Error) => void) {
    this.#methods = methods;
    this.onerror = onerror;
    process.stdout.on("error", this.#fail);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  /** Writes the error that answers what is not a message. */
  refuse(refusal: object): void {
    this.#write(refusal).catch(() => {});
  }

  /**
   * Takes a message that needs nothing of the SDK.
   *
   * @returns Whether it did.
   */
  takes(message: unknown): boolean {
    const plain = this.#plainRequest(message);
    if (plain) {
      if (plain.method === "initialize") {
        this.#said.push(message as JSONRPCMessage);
        const { protocolVersion, capabilities } = plain.params;
        const revision = agreedRevision(String(protocolVersion));
        this.settled = { revision, capabilities };
      }
      this.#answer(this.settled!, plain).catch(() => {});
      return true;
    }
    // The SDK need not know of requests that it does not see.
    if (this.#isConnected || !isPlainNotification(message)) return false;
    if (message.method === "notifications/cancelled") this.#follow(message);
    else if (this.#said.length !== 1) return false;
    else this.#said.push(message);
    return true;
  }

  /** Passes a message on to the SDK. */
  receive(message: JSONRPCMessage): void {
    this.#follow(message);
    this.onmessage?.(message);
  }

  /** Tells the SDK what the client has said of itself. */
  async repeat(): Promise<void> {
    for (const message of this.#said) {
      const { promise, resolve } = Promise.withResolvers<void>();
      if ("id" in message) this.#drop = resolve;
      else resolve();
      this.onmessage?.(message);
      await promise;
    }
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if (this.#drop && !("method" in message)) {
      this.#drop();
      this.#drop = undefined;
      return;
    }
    await this.#write(message);
    if (!("method" in message)) this.#settle(message.id);
  }

  close(): Promise<void> {
    if (!this.isClosed) {
      this.isClosed = true;
      for (const controller of this.#plain.values()) controller.abort();
      this.#waiting?.end();
      this.#drop?.();
      this.onclose?.();
    }
    return Promise.resolve();
  }

  /** Resolves when a wait is over, when time is up, or at the end. */
  async until(isOver: IsOver, limit?: number): Promise<void> {
    if (this.isClosed || isOver(this.#load)) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((end) => {
      this.#waiting = { isOver, end };
      if (limit !== undefined) timer = setTimeout(end, limit);
    });
    clearTimeout(timer);
  }

  /**
   * Writes a message, together with others that are ready at the same time.
   *
   * @param message The message.
   * @param part What it has a placeholder for.
   */
  #write(message: object, part?: Shared): Promise<void> {
    const line = `${jsonOf(message)}\n`;
    const pieces = (part && splitAt(line, part)) ?? [Buffer.from(line)];
    for (const { byteLength } of pieces) this.#add({ unread: byteLength });
    if (!this.#ready) {
      this.#ready = { pieces: [], ...Promise.withResolvers<void>() };
      setImmediate(() => this.flush());
    }
    this.#ready.pieces.push(...pieces);
    return this.#ready.promise;
  }

  /** Writes what is ready. */
  flush(): void {
    if (!this.#ready) return;
    const { pieces, resolve, reject } = this.#ready;
    this.#ready = undefined;
    const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    process.stdout.write(bytes, (error) => {
      this.#add({ unread: -bytes.byteLength });
      if (error) reject(error);
      else resolve();
    });
  }

  /** Changes the load, and ends a wait that is over. */
  #add({ requests = 0, unread = 0 }: Partial<Load>): void {
    this.#load.requests += requests;
    this.#load.unread += unread;
    if (this.#waiting?.isOver(this.#load)) this.#waiting.end();
  }

  /** The client no longer reads, so no answer can reach it. */
  readonly #fail = (error: Error): void => {
    this.onerror?.(error);
    void this.close();
  };

  /** Whether the SDK is there. */
  get #isConnected(): boolean {
    return this.onmessage !== undefined;
  }

  /** What a message is as a plain request; undefined if the SDK must see it. */
  #plainRequest(message: unknown): PlainRequest | undefined {
    const plain = plainRequest(message);
    if (!plain) return undefined;
    if (plain.method === "initialize") {
      return this.#isConnected || this.settled ? undefined : plain;
    }
    // Of two requests with the same id, the SDK cancels the later one.
    return this.settled && !this.#open.has(JSON.stringify(plain.id)) &&
        isEnough(this.settled, this.#methods, plain)
      ? plain
      : undefined;
  }

  /** Answers a request as the SDK does: not if the client has cancelled it. */
  async #answer(
    { revision, capabilities }: Settled,
    plain: PlainRequest,
  ): Promise<void> {
    const key = this.#count(plain.id);
    const controller = new AbortController();
    const { signal } = controller;
    this.#plain.set(key, controller);
    let part: Shared | undefined;
    const answer = await respond(this.#methods, plain, {
      signal,
      revision,
      capabilities,
      share(shared) {
        part = shared;
        return [shared.mark];
      },
    });
    if (this.#plain.get(key) === controller) this.#plain.delete(key);
    if (signal.aborted) return;
    await this.#write(answer, part);
    this.#settle(plain.id);
  }

  /** Notes what a message for the SDK changes. */
  #follow(message: JSONRPCMessage): void {
    if (!("method" in message)) return;
    const { method, params } = message;
    if (method === "notifications/cancelled") {
      if (!("id" in message)) this.#cancel(params ?? {});
      this.#settle(params?.requestId);
    } else if ("id" in message && method !== "subscriptions/listen") {
      this.#plain.delete(this.#count(message.id));
      if (method === "initialize") this.settled = undefined;
    }
  }

  /** Cancels a plain request; the SDK ignores what it cannot read, too. */
  #cancel({ requestId, reason }: JsonObject): void {
    if (reason !== undefined && typeof reason !== "string") return;
    this.#plain.get(JSON.stringify(requestId))?.abort(reason);
  }

  /** Counts a request, and returns its key. */
  #count(id: string | number): string {
    const key = JSON.stringify(id);
    this.#open.set(key, (this.#open.get(key) ?? 0) + 1);
    this.#add({ requests: 1 });
    return key;
  }

  #settle(id: unknown): void {
    const key = JSON.stringify(id);
    const times = this.#open.get(key);
    if (times === undefined) return;
    if (times === 1) this.#open.delete(key);
    else this.#open.set(key, times - 1);
    this.#add({ requests: -1 });
  }
}

/** Whether a plain request needs nothing of the SDK on a connection. */
function isEnough(
  { revision, capabilities }: Settled,
  { view }: ToolMethods,
  { method, params, envelope }: PlainRequest,
): boolean {
  if (revision === STATELESS) return envelope !== undefined;
  if (revision === undefined || envelope) return false;
  // In earlier revisions, the SDK asks the person before the call is answered.
  return method === "tools/list" || view.reads(String(params.name)) ||
    !isObject(capabilities) || capabilities.elicitation === undefined;
}

/** A notification in its usual form. */
type PlainNotification = JSONRPCMessage & {
  readonly method: "notifications/initialized" | "notifications/cancelled";
};

/** Whether a message is a notification of a client that calls tools. */
function isPlainNotification(message: unknown): message is PlainNotification {
  if (!isObject(message)) return false;
  const { jsonrpc, method, params = {}, ...others } = message;
  if (jsonrpc !== "2.0" || Object.keys(others).length > 0) return false;
  if (!isObject(params)) return false;
  const { requestId, reason = "", ...further } = params;
  if (Object.keys(further).length > 0) return false;
  return method === "notifications/cancelled"
    ? (typeof requestId === "string" || Number.isSafeInteger(requestId)) &&
      typeof reason === "string"
    : method === "notifications/initialized" &&
      Object.keys(params).length === 0;
}
