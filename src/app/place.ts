/**
 * The place of Deno KV on this machine: one for all versions of this program,
 * however they are started. Deno itself would give each version its own.
 *
 * @module
 */
import { ConfigError } from "../errors.ts";

/** Where this machine keeps what the program keeps. */
export interface Place {
  /** The folder; only its user may enter it. */
  readonly folder: string;
  /** The file of Deno KV. */
  readonly database: string;
  /** The file with the key that seals what is in Deno KV. */
  readonly key: string;
}

/** The name of the folder among the data of other programs. */
const NAME = "qontak-mcp";

/**
 * Finds the place. It asks for no permission.
 *
 * @param env The environment variables.
 * @param chosen The folder that the settings name.
 * @returns Undefined if Deno chooses the place: the runtime has no Deno KV,
 * Deno gets its path, or this process may not use files there.
 * @throws {ConfigError} When the process may not use the folder that the
 * settings name.
 */
export function placeOf(
  env: Readonly<Record<string, string | undefined>>,
  chosen: string | undefined,
): Place | undefined {
  if (typeof Deno.openKv !== "function") return undefined;
  if (env.DENO_KV_DEFAULT_PATH) return undefined;
  const folder = chosen ?? folderOf(env);
  if (folder === undefined) return undefined;
  if (isGranted(folder)) {
    return {
      folder,
      // A compiled program has its own database in this folder, and no access
      // to the key.
      database: `${folder}/data.sqlite3`,
      key: `${folder}/data.key`,
    };
  }
  if (chosen === undefined) return undefined;
  throw new ConfigError([
    `QONTAK_DATA_DIR is ${chosen}, where this process may not read and write: start with --allow-read=${chosen} --allow-write=${chosen}, or leave QONTAK_DATA_DIR out`,
  ]);
}

/** The folder in which this system has the data of programs. */
function folderOf(
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const { os } = Deno.build;
  const parent = env.XDG_DATA_HOME ||
    (os === "windows" ? env.LOCALAPPDATA : env.HOME &&
      `${env.HOME}/${
        os === "darwin" ? "Library/Application Support" : ".local/share"
      }`);
  return parent ? `${parent}/${NAME}` : undefined;
}

function isGranted(path: string): boolean {
  return (["read", "write"] as const).every((name) =>
    Deno.permissions.querySync({ name, path }).state === "granted"
  );
}
