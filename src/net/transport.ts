/**
 * How requests travel: reads over kept connections, writes each over a
 * connection of its own.
 *
 * Deno's fetch repeats a request by itself when a kept connection closes
 * before the answer, whatever the method (denoland/deno#35610, #36415): a
 * deal would be made twice, or a refresh token used twice and lost. It does
 * not do so on a fresh connection.
 *
 * What is on this machine is reached without a proxy, whatever the environment
 * says.
 *
 * What goes through here is not told to collectors of traces: the addresses
 * hold what people search for.
 *
 * @module
 */
import { quietly } from "../telemetry/otel.ts";
import { isLoopback } from "./address.ts";
import { type Reply, replyOf } from "./reply.ts";

/** What a request carries. The signal limits how long all of it takes. */
export interface Outgoing extends RequestInit {
  readonly signal: AbortSignal;
}

/** Sends a request; rejects with what fetch rejects with. */
export type Send = (url: string | URL, init: Outgoing) => Promise<Reply>;

/** Sends requests. */
export interface Transport {
  /** Sends a request that may safely arrive twice. */
  readonly read: Send;
  /** Sends a request that must not arrive twice. */
  readonly write: Send;
  /** Ends kept connections. */
  close(): void;
}

/**
 * Makes a transport.
 *
 * @param custom Sends every request instead of the platform's fetch; it must
 * not repeat writes.
 * @param http2 Whether HTTP/2 may be spoken.
 * @returns The transport.
 */
export function createTransport(
  custom?: typeof fetch,
  http2 = true,
): Transport {
  const { read, write, close } = createFetches(custom, http2);
  const through = (send: typeof fetch): Send => async (url, init) =>
    replyOf(await send(url, init), init.signal);
  return { read: through(read), write: through(write), close };
}

/** The same two ways for those who need the platform's own Response. */
export interface Fetches {
  /** Sends a request that may safely arrive twice. */
  readonly read: typeof fetch;
  /** Sends a request that must not arrive twice. */
  readonly write: typeof fetch;
  /** Ends kept connections. */
  close(): void;
}

/**
 * Makes the two ways to send requests, without the bounds of a
 * {@linkcode Transport}. The product itself sends nothing through it: scripts
 * do that record what came back, whatever it was.
 *
 * @param custom As for {@linkcode createTransport}.
 * @param http2 As for {@linkcode createTransport}.
 */
export function createFetches(custom?: typeof fetch, http2 = true): Fetches {
  const quiet = (send: typeof fetch): typeof fetch => (input, init) =>
    quietly(() => send(input, init));
  if (custom) return { read: quiet(custom), write: quiet(custom), close() {} };
  const clients = new Map<string, Deno.HttpClient>();

  function through(own?: Deno.CreateHttpClientOptions): typeof fetch {
    return (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input);
      const direct = takesProxy(url) ? directTo(url) : undefined;
      // Runtimes without it are older than the repeating.
      const isNeeded = (own ?? direct) !== undefined &&
        typeof Deno.createHttpClient === "function";
      if (!isNeeded) return fetch(input, init);
      const options = { ...own, ...direct };
      const key = JSON.stringify(options);
      let client = clients.get(key);
      if (!client) clients.set(key, client = Deno.createHttpClient(options));
      // One that connects to one place only cannot follow to another.
      const still = direct ? { redirect: "manual" as const } : {};
      return fetch(input, { ...still, ...init, client });
    };
  }

  return {
    read: quiet(through(http2 ? undefined : { http2 })),
    write: quiet(through({ http2, poolMaxIdlePerHost: 0 })),
    close() {
      for (const client of clients.values()) client.close();
      clients.clear();
    },
  };
}

/** The variables by which the runtime sends requests through a proxy. */
const PROXIES = ["http_proxy", "https_proxy", "all_proxy"];

/** Whether the runtime would ask a proxy for an address of this machine. */
function takesProxy({ hostname }: URL): boolean {
  if (!isLoopback(hostname)) return false;
  return PROXIES.some((name) => isSet(name) || isSet(name.toUpperCase()));
}

function isSet(name: string): boolean {
  try {
    return (Deno.env.get(name) ?? "") !== "";
  } catch {
    // What may not be read is not known.
    return false;
  }
}

/**
 * The way past the proxies of the environment. Deno leaves them out only when
 * it is told where to connect; the request then names the whole address, as to
 * a proxy, so that this is done only where there is one.
 */
function directTo(
  { hostname, port, protocol }: URL,
): Deno.CreateHttpClientOptions {
  return {
    proxy: {
      transport: "tcp",
      hostname: hostname.replace(/^\[|\]$/g, ""),
      port: Number(port || (protocol === "https:" ? 443 : 80)),
    },
    // The types of Deno 2.5, which Deno Deploy runs, lack this transport. There
    // is no proxy there, so that it is never asked for.
  } as unknown as Deno.CreateHttpClientOptions;
}

/**
 * Whether a request that failed has certainly never been sent, since there was
 * no connection. What the runtime says is only looked at, not handed on: it can
 * hold the whole URL with its query.
 *
 * @param error What fetch rejected with; the words are in its cause, or in
 * older runtimes its own.
 */
export function neverLeft(error: unknown): boolean {
  return error instanceof Error &&
    (/\(connect\)|connection refused|dns error|failed to lookup/i
      .test(error.message) || neverLeft(error.cause));
}
