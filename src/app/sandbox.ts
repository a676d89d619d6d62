/**
 * Runs a server on the built-in sandbox instead of the CRM. The sandbox starts
 * with the first request to it, so clients do not wait for it when they
 * connect.
 *
 * @module
 */
import type { Sandbox } from "../sandbox/mod.ts";
import type { Settings } from "./settings.ts";

/** A placeholder for the sandbox's address; nothing listens there. */
const PLACEHOLDER = "http://127.0.0.1";

/** The sandbox has one company and no accounts, so any token works. */
const TOKEN = "sandbox";

/**
 * The settings of a server on the sandbox: nothing is kept, and the person's
 * own credentials are not used.
 *
 * @param settings The settings from the environment.
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
 * Creates the access to a sandbox in this process, which starts on first use.
 * No request leaves the process.
 *
 * @returns A function that sends a request to the sandbox.
 */
export function lazySandbox(): typeof fetch {
  let starting: Promise<Sandbox> | undefined;
  const start = () =>
    import("../sandbox/mod.ts").then(({ createSandbox }) =>
      createSandbox({
        refreshToken: TOKEN,
        // Without a store, a rotated token would only cause a warning.
        rotateRefreshTokens: false,
      })
    );
  return async (input, init) => {
    const sandbox = await (starting ??= start());
    return await sandbox.fetch(new Request(input, init));
  };
}
