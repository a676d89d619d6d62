/**
 * The built-in sandbox as the CRM of a server. It comes up with the first
 * request to it, so that no client waits for it to say hello.
 *
 * @module
 */
import type { RunningSandbox } from "../sandbox/mod.ts";

/** Stands for the sandbox until it is known where it listens. */
const PLACEHOLDER = "http://127.0.0.1";

/** One company, one process, no account: any token will do. */
const TOKEN = "sandbox";

/** A sandbox that starts when it is needed. */
export interface LazySandbox {
  /** What leads a server to it. */
  readonly options: {
    readonly baseUrl: string;
    readonly refreshToken: string;
    readonly fetch: typeof fetch;
  };
  /** Ends it. */
  close(): Promise<void>;
}

/**
 * Makes the way to a sandbox on a free port of loopback.
 *
 * @returns The options of a server that works on it.
 */
export function lazySandbox(): LazySandbox {
  let starting: Promise<RunningSandbox> | undefined;
  const start = () =>
    import("../sandbox/mod.ts").then(({ serveSandbox }) =>
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
        const { url } = await (starting ??= start());
        return await fetch(`${url}${pathname}${search}`, init);
      },
    },
    async close() {
      await (await starting)?.close();
    },
  };
}
