/**
 * The tokens of the run, in a store for one company. With --save-token, it
 * saves the newest refresh token in a file before using it.
 *
 * @module
 */
import { ConfigError, sentenceOf } from "../../src/errors.ts";
import { createLog, toStderr } from "../../src/logging/log.ts";
import { openEnv } from "../../src/tokens/stores/env.ts";
import { type EnvFile, openEnvFile } from "../../src/tokens/stores/env_file.ts";
import type { TokenStore } from "../../src/tokens/store.ts";
import { defined } from "../../src/values/json.ts";

/** The variable with the refresh token, in the file too. */
const VARIABLE = "QONTAK_REFRESH_TOKEN";

/**
 * Creates the store of the run, with a file for the newest refresh token. An
 * earlier run may have saved a newer one there, and then the configured token
 * may no longer work: the store starts from the one in the file.
 *
 * @throws {ConfigError} When the file cannot be used.
 */
export async function watchTokens(configured: string, path?: string) {
  const file = path === undefined ? undefined : await prepare(path, configured);
  const inner = openEnv({
    credentials: { refresh_token: configured },
    // Without a file, Qontak is on this machine, so warnings are not needed.
    log: file ? createLog("warn") : () => {},
    ...defined({ file }),
  });
  // Checked first, so that an unwritable file does not cost a token.
  if (file && await inner.keeps() !== "file") {
    throw unusable(
      file.path,
      "cannot be written: let this program write the file and its folder",
    );
  }
  const refreshTokens = [await file?.read() ?? configured];
  const store: TokenStore = {
    ...inner,
    replace(tenant, next, version) {
      if ("refresh_token" in next) refreshTokens.push(next.refresh_token);
      return inner.replace(tenant, next, version);
    },
  };
  return {
    /** Where credentials are kept during the run. */
    store,
    /** The refresh token at the start, and that of each grant. */
    refreshTokens,
    /** Whether the file has the newest refresh token, if there is a file. */
    isKept: async () =>
      !file || await file.read().catch(() => {}) === refreshTokens.at(-1),
  };
}

/** Makes the file private, and writes the token to it if it is empty. */
async function prepare(path: string, configured: string): Promise<EnvFile> {
  const file = openEnvFile(path, VARIABLE);
  try {
    // Created if missing, and private before anything is in it.
    await Deno.writeTextFile(path, "", { append: true, mode: 0o600 });
    if (Deno.build.os !== "windows") await Deno.chmod(path, 0o600);
    const kept = await file.read() ?? configured;
    if (kept !== configured) {
      toStderr(
        `Starting from the refresh token in ${path}, which an earlier run has kept, not from the one that is set. If Qontak refuses it, remove that file`,
      );
    }
    if ((await Deno.readTextFile(path)).trim() === "") {
      await Deno.writeTextFile(path, `${VARIABLE}='${configured}'\n`);
    }
    if (await file.read() !== undefined) return file;
  } catch (error) {
    const why = sentenceOf(error) ?? (error as Error).name;
    throw unusable(path, `cannot be used: ${why}`);
  }
  // A file with other content is left unchanged.
  throw unusable(
    path,
    `holds something else and no ${VARIABLE}: name another file`,
  );
}

const unusable = (path: string, why: string) =>
  new ConfigError([`--save-token ${path} ${why}`]);
