/**
 * How requests travel: reads over kept connections, writes each over a
 * connection of its own.
 *
 * Deno's fetch repeats a request by itself when a kept connection closes
 * before the answer, whatever the method (denoland/deno#35610, #36415): a
 * deal would be made twice, or a refresh token used twice and lost. It does
 * not do so on a fresh connection.
 *
 * @module
 */

/** Sends requests. */
export interface Transport {
  /** Sends a request that may safely arrive twice. */
  readonly read: typeof fetch;
  /** Sends a request that must not arrive twice. */
  readonly write: typeof fetch;
  /** Ends kept connections. */
  close(): void;
}

/**
 * Makes a transport.
 *
 * @param custom Sends every request instead of the platform's fetch; it must
 * not repeat writes.
 * @returns The transport.
 */
export function createTransport(custom?: typeof fetch): Transport {
  if (custom) return { read: custom, write: custom, close() {} };
  let client: Deno.HttpClient | undefined;
  return {
    read: fetch,
    write: (input, init) => {
      // Runtimes without it are older than the repeating.
      if (typeof Deno.createHttpClient !== "function") {
        return fetch(input, init);
      }
      client ??= Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
      return fetch(input, { ...init, client });
    },
    close() {
      client?.close();
      client = undefined;
    },
  };
}
