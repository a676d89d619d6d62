/**
 * The tokens of the run, in the store of one company: with --save-token in a
 * file, where the newest refresh token is kept before it is used.
 *
 * @module
 */
import { ConfigError, sentenceOf } from "../../src/errors.ts";
import { createLog, toStderr } from "../../src/logging/log.ts";
import { openEnv } from "../../src/tokens/stores/env.ts";
import { type EnvFile, openEnvFile } from "../../src/tokens/stores/env_file.ts";
import { defined } from "../../src/values/json.ts";
import type { TokenStore } from "../../src/tokens/store.ts";

/** The variable that holds the refresh token, in the file too. */
const VARIABLE = "QONTAK_REFRESH_TOKEN";

/** What became of the refresh token. */
export interface TokenWatch {
  /** Where credentials are kept during the run. */
  readonly store: TokenStore;
  /** The refresh token that the run was started with. */
  readonly first: string;
  /** The newest refresh token. */
  readonly newest: string;
  /** How many grants there were. */
  readonly grants: number;
  /** How many of them brought another refresh token than they were asked with. */
  readonly rotations: number;
  /** Whether the file has the newest refresh token, where there is a file. */
  isKept(): Promise<boolean>;
}

/**
 * Makes the store of the run.
 *
 * @param configured The refresh token of the settings.
 * @param path The file in which the newest one is kept.
 * @throws {ConfigError} When the file cannot be used.
 */
export async function watchTokens(
  configured: string,
  path?: string,
): Promise<TokenWatch> {
  const file = path === undefined ? undefined : openEnvFile(path, VARIABLE);
  const first = file ? await startFrom(file, configured) : configured;
  const inner = openEnv({
    credentials: { refresh_token: first },
    // Without a file Qontak is on this machine: nothing need be said.
    log: file ? createLog("warn") : () => {},
    ...defined({ file }),
  });
  // Checked first: a file that cannot be written must not cost a token.
  if (file && await inner.keeps() !== "file") {
    throw new ConfigError([
      `--save-token ${path} cannot be written: let this program write the file and its folder`,
    ]);
  }
  let newest = first, grants = 0, rotations = 0;
  return {
    store: {
      ...inner,
      replace(tenant, next, version) {
        if ("refresh_token" in next) {
          grants++;
          if (next.refresh_token !== newest) rotations++;
          newest = next.refresh_token;
        }
        return inner.replace(tenant, next, version);
      },
    },
    first,
    get newest() {
      return newest;
    },
    get grants() {
      return grants;
    },
    get rotations() {
      return rotations;
    },
    async isKept() {
      if (!file) return true;
      return await file.read().catch(() => undefined) === newest;
    },
  };
}

/**
 * The token to start from: the one that an earlier run has kept in the file,
 * since the configured one may no longer work. A new file gets that one.
 */
async function startFrom(file: EnvFile, configured: string): Promise<string> {
  const { path } = file;
  try {
    const kept = await file.read();
    if (kept !== undefined && kept !== configured) {
      toStderr(
        `Starting from the refresh token in ${path}, which an earlier run has kept, not from the one that is set. If Qontak refuses it, remove that file`,
      );
    }
    // Created where it is missing, and private before anything is in it.
    await Deno.writeTextFile(path, "", { append: true, mode: 0o600 });
    if (Deno.build.os !== "windows") await Deno.chmod(path, 0o600);
    if (kept !== undefined) return kept;
    // A file that holds something else is left alone.
    if ((await Deno.readTextFile(path)).trim() !== "") {
      throw new ConfigError([
        `--save-token ${path} holds something else and no ${VARIABLE}: name another file`,
      ]);
    }
    await Deno.writeTextFile(path, `${VARIABLE}='${configured}'\n`);
    return configured;
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError([
      `--save-token ${path} cannot be used: ${
        sentenceOf(error) ?? (error as Error).name
      }`,
    ]);
  }
}
