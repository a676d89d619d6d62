/**
 * Sends requests: reads over kept-alive connections, and each write over a new
 * connection.
 *
 * Deno's fetch automatically repeats a request of any method when a kept-alive
 * connection closes before the response (denoland/deno#35610, #36415). A deal
 * would be created twice, or a refresh token used twice and lost. Deno does not
 * repeat requests on a new connection.
 *
 * Requests to this machine bypass any proxy set in the environment.
 *
 * These requests are not reported to trace collectors, because their URLs
 * contain search terms.
 *
 * @module
 */
import { quietly } from "../telemetry/otel.ts";
import { isLoopback } from "./address.ts";
import { type Reply, replyOf } from "./reply.ts";

/** The options of a request. The signal limits its total time. */
export interface Outgoing extends RequestInit {
  readonly signal: AbortSignal;
}

/** Sends a request; rejects with the error of fetch. */
export type Send = (url: string | URL, init: Outgoing) => Promise<Reply>;

/** Sends requests. */
export interface Transport {
  /** Sends a request that may safely arrive twice. */
  readonly read: Send;
  /** Sends a request that must not arrive twice. */
  readonly write: Send;
  /** Ends kept connections. Requests that need one later are refused. */
  close(): void;
}

/**
 * Makes a transport.
 *
 * @param custom Sends every request instead of the platform's fetch. It must
 * not repeat writes.
 * @param http2 Whether HTTP/2 is allowed.
 * @returns The transport.
 */
export function createTransport(
  custom?: typeof fetch,
  http2 = true,
): Transport {
  const { read, write, close } = createFetches(custom, http2);
  const through = (send: typeof fetch): Send => async (url, init) =>
    replyOf(await send(url, init), init.signal, custom === undefined);
  return { read: through(read), write: through(write), close };
}

/**
 * The same two functions, for callers that need the platform's own Response.
 */
export interface Fetches {
  /** Sends a request that may safely arrive twice. */
  readonly read: typeof fetch;
  /** Sends a request that must not arrive twice. */
  readonly write: typeof fetch;
  /** Ends kept connections. Requests that need one later are refused. */
  close(): void;
}

/**
 * Makes the two functions that send requests, without the size limits of a
 * {@linkcode Transport}. The server itself does not use it. Scripts use it to
 * record any response.
 *
 * @param custom As for {@linkcode createTransport}.
 * @param http2 As for {@linkcode createTransport}.
 */
export function createFetches(custom?: typeof fetch, http2 = true): Fetches {
  const quiet = (send: typeof fetch): typeof fetch => (input, init) =>
    quietly(() => send(input, init));
  if (custom) return { read: quiet(custom), write: quiet(custom), close() {} };
  const clients = new Map<string, Deno.HttpClient>();
  let isClosed = false;
  /** Whether the runtime uses a proxy for each protocol: it reads that once. */
  const proxied = new Map<string, boolean>();

  function isProxied(url: URL): boolean {
    let known = proxied.get(url.protocol);
    if (known === undefined) {
      proxied.set(url.protocol, known = usesProxy(url));
    }
    return known;
  }

  function through(own?: Deno.CreateHttpClientOptions): typeof fetch {
    return (input, init) => {
      const url = input instanceof URL
        ? input
        : new URL(input instanceof Request ? input.url : input);
      const direct = isLoopback(url.hostname) && isProxied(url)
        ? directTo(url)
        : undefined;
      // Runtimes without createHttpClient are older than the automatic repeats.
      const isNeeded = (own ?? direct) !== undefined &&
        typeof Deno.createHttpClient === "function";
      if (!isNeeded) return fetch(input, init);
      // Nothing would close a client that is made now.
      if (isClosed) {
        return Promise.reject(new TypeError("The server has ended"));
      }
      const options = { ...own, ...direct };
      const key = JSON.stringify(options);
      let client = clients.get(key);
      if (!client) clients.set(key, client = Deno.createHttpClient(options));
      // A direct client connects to one host only, so it cannot follow
      // redirects.
      const still = direct ? { redirect: "manual" as const } : {};
      return fetch(input, { ...still, ...init, client });
    };
  }

  return {
    read: quiet(through(http2 ? undefined : { http2 })),
    write: quiet(through({ http2, poolMaxIdlePerHost: 0 })),
    close() {
      isClosed = true;
      for (const client of clients.values()) client.close();
      clients.clear();
    },
  };
}

/**
 * Whether the runtime uses a proxy for an address, unless NO_PROXY excepts it.
 *
 * @param url The address.
 */
export function usesProxy({ protocol }: URL): boolean {
  return [`${protocol.slice(0, -1)}_proxy`, "all_proxy"]
    .some((name) => isSet(name) || isSet(name.toUpperCase()));
}

function isSet(name: string): boolean {
  try {
    return (Deno.env.get(name) ?? "") !== "";
  } catch {
    // Without permission to read a variable, it counts as not set.
    return false;
  }
}

/**
 * Options that bypass the proxies of the environment. Deno bypasses them only
 * when it is given an address to connect to. The request line then holds the
 * full URL, as for a proxy, so this is used only when a proxy is set.
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
    // The types of Deno 2.5, which Deno Deploy runs, lack this transport. Deno
    // Deploy has no proxy, so it never uses this.
  } as unknown as Deno.CreateHttpClientOptions;
}
