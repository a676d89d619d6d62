/**
 * The built-in sandbox as the CRM of a server. It comes up with the first
 * request to it, so that no client waits for it to say hello.
 *
 * @module
 */
import type { RunningSandbox } from "../sandbox/mod.ts";
import type { Settings } from "./settings.ts";

/** Stands for the sandbox until it is known where it listens. */
const PLACEHOLDER = "http://127.0.0.1";

/** One company, one process, no account: any token will do. */
const TOKEN = "sandbox";

/**
 * The settings of a server on the sandbox: nothing is kept, and none of the
 * person's own credentials are used.
 *
 * @param settings The settings that the environment says.
 */
export function sandboxSettings(settings: Settings): Settings {
  const { refreshTokenFile: _, ...others } = settings;
  return {
    ...others,
    QONTAK_AUTH: "oauth",
    QONTAK_BASE_URL: PLACEHOLDER,
    QONTAK_REFRESH_TOKEN: TOKEN,
    TOKEN_STORE: "env",
    TOKEN_CACHE: "memory",
    QONTAK_LIMITS: "memory",
    QONTAK_AUDIT: settings.QONTAK_AUDIT === "off" ? "off" : "stderr",
    QONTAK_AUDIT_VALUES: "hash",
  };
}

/** A sandbox that starts when it is needed. */
export interface LazySandbox {
  /** Sends a request to it. */
  readonly fetch: typeof fetch;
  /** Ends it. */
  close(): Promise<void>;
}

/** Makes the way to a sandbox on a free port of loopback. */
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
    async fetch(input, init) {
      const { pathname, search } = new URL(String(input));
      const { url } = await (starting ??= start());
      return await fetch(`${url}${pathname}${search}`, init);
    },
    async close() {
      await (await starting)?.close();
    },
  };
}
