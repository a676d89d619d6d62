/**
 * The tokens of the run. Whatever refresh token Qontak hands out is written
 * to a file before it is used: the one it was made from may be dead by then.
 *
 * @module
 */
import { ConfigError } from "../../src/errors.ts";
import { toStderr } from "../../src/logging/log.ts";
import { TOKEN_PAGE } from "../../src/qontak/oauth.ts";
import { DEFAULT_TENANT, type TokenStore } from "../../src/tokens/store.ts";
import { createEnvStore } from "../../src/tokens/stores/env.ts";
import type { RefreshGrant } from "../../src/tokens/tokens.ts";

/** What became of the refresh token. */
export interface TokenWatch {
  /** Where credentials are kept during the run. */
  readonly store: TokenStore;
  /** How many grants there were. */
  readonly grants: number;
  /** How many of them brought another refresh token than they were asked with. */
  readonly rotations: number;
  /** Whether the configured refresh token has been replaced. */
  readonly replaced: boolean;
  /**
   * Writes the newest refresh token again where that has failed.
   *
   * @returns Whether the file has it.
   */
  flush(): boolean;
  /** Asks for new tokens with the newest refresh token. */
  renew(): Promise<void>;
  /** Asks for new tokens with the one that the run was started with. */
  reuse(): Promise<void>;
}

/** Settings of {@linkcode watchTokens}. */
export interface TokenWatchOptions {
  /** The refresh token that the run was started with. */
  readonly refreshToken: string;
  /** Asks Qontak for new tokens. */
  readonly refresh: RefreshGrant;
  /** Where the newest refresh token is written. */
  readonly path?: string;
}

/**
 * Makes the store of the run.
 *
 * @param options The token, and where the newest one is to be kept.
 * @throws {ConfigError} When the file cannot be written.
 */
export function watchTokens(options: TokenWatchOptions): TokenWatch {
  const { refresh, path } = options;
  const refreshToken = startFrom(options);
  const inner = createEnvStore({
    credentials: { refresh_token: refreshToken },
    log: () => {},
  });
  let newest = refreshToken;
  let grants = 0;
  let rotations = 0;
  let saved = true;

  function flush(): boolean {
    try {
      save(newest, path);
      saved = true;
    } catch (error) {
      saved = false;
      toStderr(
        `The newest refresh token could not be written to ${path} (${
          (error as Error).name
        }). It is tried again; should it fail until the end, make a new token at ${TOKEN_PAGE}`,
      );
    }
    return saved;
  }

  const store: TokenStore = {
    ...inner,
    replace(tenant, next, version) {
      if ("refresh_token" in next) {
        grants++;
        if (next.refresh_token !== newest) rotations++;
        newest = next.refresh_token;
        flush();
      }
      return inner.replace(tenant, next, version);
    },
  };

  async function grant(token: string): Promise<void> {
    const { refresh_token, access_token, expires_in } = await refresh(
      token,
      DEFAULT_TENANT,
    );
    const kept = await store.read(DEFAULT_TENANT);
    await store.replace(DEFAULT_TENANT, {
      refresh_token,
      access_token,
      expires_in,
      expires_at: Math.floor(Date.now() / 1000) + expires_in,
    }, kept?.version);
  }

  return {
    store,
    get grants() {
      return grants;
    },
    get rotations() {
      return rotations;
    },
    get replaced() {
      return newest !== refreshToken;
    },
    flush: () => saved || flush(),
    renew: () => grant(newest),
    reuse: () => grant(refreshToken),
  };
}

/**
 * The token to start from: the one that an earlier run has kept in the file,
 * since the configured one may be dead by then.
 */
function startFrom({ refreshToken, path }: TokenWatchOptions): string {
  if (path === undefined) return refreshToken;
  let kept = "";
  try {
    kept = Deno.readTextFileSync(path).trim();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw new ConfigError([
        `--save-token ${path} cannot be read: ${(error as Error).name}`,
      ]);
    }
  }
  // A token replaces a token, and nothing else that somebody keeps.
  if (!/^[\w.~+/-]*=*$/.test(kept)) {
    throw new ConfigError([
      `--save-token ${path} holds something else than one token: name another file`,
    ]);
  }
  const token = kept === "" ? refreshToken : kept;
  if (token !== refreshToken) {
    toStderr(
      `Starting from the refresh token in ${path}, which an earlier run has kept, not from QONTAK_REFRESH_TOKEN. Should Qontak refuse it, remove that file`,
    );
  }
  try {
    // Before anything is asked for: a path that cannot be written must not
    // cost a token.
    save(token, path);
  } catch (error) {
    throw new ConfigError([
      `--save-token ${path} cannot be written: ${(error as Error).name}`,
    ]);
  }
  return token;
}

function save(token: string, path: string | undefined): void {
  if (path === undefined) return;
  const fresh = `${path}.new`;
  try {
    // A file that is left of a run that was cut off keeps its own mode.
    Deno.removeSync(fresh);
  } catch {
    // There is none.
  }
  Deno.writeTextFileSync(fresh, `${token}\n`, { mode: 0o600, createNew: true });
  // Renamed, so that the file never holds half a token.
  Deno.renameSync(fresh, path);
}
