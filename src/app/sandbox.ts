/**
 * The built-in sandbox as the CRM of a server. It comes up with the first
 * request to it, so that no client waits for it to say hello.
 *
 * @module
 */
import type { Sandbox } from "../sandbox/mod.ts";
import type { Settings } from "./settings.ts";

/** Stands for the sandbox, which listens nowhere. */
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

/**
 * Makes the way to a sandbox in this process, which is made when it is needed.
 * No request leaves the process.
 *
 * @returns Sends a request to it.
 */
export function lazySandbox(): typeof fetch {
  let starting: Promise<Sandbox> | undefined;
  const start = () =>
    import("../sandbox/mod.ts").then(({ createSandbox }) =>
      createSandbox({
        refreshToken: TOKEN,
        // Without a store, a token that rotates would only be warned of.
        rotateRefreshTokens: false,
      })
    );
  return async (input, init) => {
    const sandbox = await (starting ??= start());
    return await sandbox.fetch(new Request(input, init));
  };
}
