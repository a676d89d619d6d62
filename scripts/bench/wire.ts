/**
 * A load generator for HTTP: it repeats requests over kept-alive TCP
 * connections. It costs less than fetch, so that it takes little from the
 * server that it measures.
 *
 * @module
 */
import { percentile } from "../figures.ts";
import type { Prepared, Requests } from "./cases.ts";

/** What a load found. */
export interface Load {
  /** How many answers came. */
  readonly count: number;
  /** Answers per second. */
  readonly rate: number;
  /** How long half of the answers took at most, in ms. */
  readonly p50: number;
  /** How long 99 of 100 answers took at most, in ms. */
  readonly p99: number;
}

/** How a load is made. */
export interface LoadOptions {
  /** How many requests are under way at the same time. */
  readonly atOnce: number;
  /** How long, in ms. */
  readonly ms: number;
  /** How often each client sends all its requests at most; by default without limit. */
  readonly times?: number;
}

/** The load that measured times make. */
export function loadOf(times: readonly number[], ms: number): Load {
  return {
    count: times.length,
    rate: times.length / ms * 1_000,
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
  };
}

/** The bytes of a POST with a JSON body. */
function postBytes(
  { host, pathname }: URL,
  { message, headers }: Prepared,
): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(JSON.stringify(message));
  const head = new TextEncoder().encode([
    `POST ${pathname} HTTP/1.1`,
    `host: ${host}`,
    "content-type: application/json",
    "accept: application/json, text/event-stream",
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${text.byteLength}`,
    "\r\n",
  ].join("\r\n"));
  const bytes = new Uint8Array(head.byteLength + text.byteLength);
  bytes.set(head);
  bytes.set(text, head.byteLength);
  return bytes;
}

const END = new TextEncoder().encode("0\r\n\r\n");

/** One connection. */
class Connection {
  #bytes = new Uint8Array(256 * 1024);

  constructor(readonly conn: Deno.Conn) {}

  /** Sends a request; returns the bytes of the answer, valid until the next. */
  async ask(request: Uint8Array): Promise<Uint8Array> {
    for (let sent = 0; sent < request.length;) {
      sent += await this.conn.write(request.subarray(sent));
    }
    let size = 0;
    let whole: number | undefined;
    for (;;) {
      if (size === this.#bytes.length) {
        const larger = new Uint8Array(2 * size);
        larger.set(this.#bytes);
        this.#bytes = larger;
      }
      const read = await this.conn.read(this.#bytes.subarray(size));
      if (read === null) throw new Error("The server closed the connection");
      size += read;
      whole ??= wholeSize(this.#bytes.subarray(0, size));
      if (whole === undefined) continue;
      const bytes = this.#bytes.subarray(0, size);
      if (whole >= 0 ? size >= whole : endsWith(bytes, END)) return bytes;
    }
  }
}

/**
 * The size of an answer with its head; -1 if it comes in chunks, undefined if
 * its head is not complete.
 */
function wholeSize(bytes: Uint8Array): number | undefined {
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, 4_096));
  const end = head.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  if (!head.startsWith("HTTP/1.1 200")) throw new Error(head);
  const length = /\r\ncontent-length: (\d+)/i.exec(head.slice(0, end));
  return length ? end + 4 + Number(length[1]) : -1;
}

function endsWith(bytes: Uint8Array, end: Uint8Array): boolean {
  return bytes.length >= end.length &&
    end.every((byte, i) => bytes[bytes.length - end.length + i] === byte);
}

/** Throws if an answer says that something failed. */
export function check(text: string): void {
  if (/"isError":true|"error":\{/.test(text)) throw new Error(text);
}

/**
 * Loads a server. Each connection is a client.
 *
 * @param url Where.
 * @param requests What each client sends, one after the other, and then from
 * the first one.
 * @param options How many, and for how long.
 */
export async function load(
  url: string,
  requests: Requests,
  { atOnce, ms, times: most = Infinity }: LoadOptions,
): Promise<Load> {
  const address = new URL(url);
  const times: number[] = [];
  const { hostname, port } = address;
  const start = performance.now();
  await Promise.all(Array.from({ length: atOnce }, async (_, client) => {
    const bytes = requests(client).map((one) => postBytes(address, one));
    using conn = await Deno.connect({ hostname, port: Number(port) });
    conn.setNoDelay();
    const connection = new Connection(conn);
    const end = bytes.length * most;
    for (let i = 0; i < end && performance.now() - start < ms; i++) {
      const at = performance.now();
      const answer = await connection.ask(bytes[i % bytes.length]!);
      times.push(performance.now() - at);
      if (i < bytes.length) check(new TextDecoder().decode(answer));
    }
  }));
  return loadOf(times, performance.now() - start);
}
