/**
 * Runs a server on the built-in sandbox instead of the CRM. The sandbox starts
 * with the first request to it, so clients do not wait for it when they
 * connect.
 *
 * @module
 */
import type { RunningSandbox, Sandbox } from "../sandbox/mod.ts";
import { DEFAULT_TENANT } from "../tokens/store.ts";
import { createMemoryStore } from "../tokens/stores/memory.ts";
import type { Settings } from "./settings.ts";
import type { Stores } from "./stores.ts";

/** A placeholder for the sandbox's address; nothing listens there. */
const PLACEHOLDER = "http://127.0.0.1";

/** The sandbox has one company and no accounts, so any token works. */
const TOKEN = "sandbox";

/**
 * The settings of a server on the sandbox: nothing is kept, and the person's
 * own credentials are not used.
 *
 * @param settings The settings from the environment.
 * @param replacement The sandbox, if it listens; otherwise it is in this
 * process.
 */
export function sandboxSettings(
  settings: Settings,
  replacement: true | RunningSandbox,
): Settings {
  const { refreshTokenFile: _, ...others } = settings;
  return {
    ...others,
    QONTAK_AUTH: "oauth",
    QONTAK_BASE_URL: replacement === true ? PLACEHOLDER : replacement.url,
    QONTAK_REFRESH_TOKEN: TOKEN,
    TOKEN_STORE: "env",
    TOKEN_CACHE: "memory",
    QONTAK_LIMITS: "memory",
    QONTAK_AUDIT: settings.QONTAK_AUDIT === "off" ? "off" : "stderr",
    QONTAK_AUDIT_VALUES: "hash",
    ...(replacement === true
      // Nobody can sign in at a sandbox that does not listen.
      ? { MCP_SIGN_IN: "off" }
      : {
        QONTAK_CLIENT_ID: APPLICATION.clientId,
        QONTAK_CLIENT_SECRET: APPLICATION.clientSecret,
      }),
  };
}

/** The application of a sandbox at which people sign in. */
const APPLICATION = { clientId: "sandbox", clientSecret: "sandbox" };

/**
 * Starts a sandbox at which people can sign in with a browser, on a free port
 * of this machine.
 */
export async function listeningSandbox(): Promise<RunningSandbox> {
  const { serveSandbox } = await import("../sandbox/mod.ts");
  return serveSandbox({ ...APPLICATION, refreshToken: TOKEN });
}

/**
 * The stores of a server on a sandbox at which people sign in: in memory.
 * Callers with API keys act for its first user.
 */
export function storesOf({ refreshToken }: RunningSandbox): Stores {
  const store = createMemoryStore({
    [DEFAULT_TENANT]: { refresh_token: refreshToken },
  });
  return {
    store,
    keys: undefined,
    keyRecords: undefined,
    inspect: (tenant) => store.read(tenant),
    sealed: undefined,
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
