/**
 * The built-in sandbox as the CRM of a server. It comes up while the client
 * says hello, so that nobody waits for it before the first call.
 *
 * @module
 */
import type { ServerOptions } from "./server.ts";

/** Stands for the sandbox until it is known where it listens. */
const PLACEHOLDER = "http://127.0.0.1";

/** One company, one process, no account: any token will do. */
const TOKEN = "sandbox";

/** A sandbox that is starting or has started. */
export interface StartedSandbox {
  /** What leads a server to it. */
  readonly options: ServerOptions;
  /** Ends it. */
  close(): Promise<void>;
}

/**
 * Starts the sandbox on a free port of loopback.
 *
 * @returns The options of a server that works on it.
 */
export function startSandbox(): StartedSandbox {
  const starting = import("./sandbox/mod.ts").then(({ serveSandbox }) =>
    serveSandbox({
      refreshToken: TOKEN,
      // Without a store, a token that rotates would only be warned of.
      rotateRefreshTokens: false,
    })
  );
  return {
    options: {
      baseUrl: PLACEHOLDER,
      refreshToken: TOKEN,
      async fetch(input, init) {
        const { pathname, search } = new URL(String(input));
        const { url } = await starting;
        return await fetch(`${url}${pathname}${search}`, init);
      },
    },
    async close() {
      await (await starting).close();
    },
  };
}
