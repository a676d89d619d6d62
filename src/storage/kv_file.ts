/**
 * Restricts the Deno KV file to its user. Deno makes the file readable by every
 * user of the machine, and it contains tokens.
 *
 * @module
 */

/** The suffixes of the files of an SQLite database. */
const BESIDE = ["", "-wal", "-shm"];

/**
 * Denies other users of the machine access to the Deno KV file: restricts the
 * file that DENO_KV_DEFAULT_PATH names (0600), or the folder with the data of
 * all Deno programs (0700), which other users then cannot enter. Call it when
 * the database is open.
 *
 * Works within the permissions of this program, requests none, and never
 * rejects. On Windows, access rights already keep other users out of a user's
 * folders.
 */
export async function closeToOthers(): Promise<void> {
  if (Deno.build.os === "windows") return;
  const path = read("DENO_KV_DEFAULT_PATH");
  if (path !== undefined) {
    // In memory, or on another machine.
    if (/^:|^https?:/.test(path)) return;
    await Promise.all(BESIDE.map((end) => narrow(path + end, 0o600)));
    return;
  }
  const folder = read("DENO_DIR") ?? cacheFolder();
  if (folder !== undefined) await narrow(`${folder}/location_data`, 0o700);
}

/**
 * Denies other users of the machine access to a folder (0700), a database in it
 * and its further files (0600), also if they exist already. Never rejects. On
 * Windows, access rights already keep other users out.
 *
 * @param folder The folder.
 * @param files The files; those that do not exist are left out.
 */
export async function keepPrivate(
  folder: string,
  ...files: readonly string[]
): Promise<void> {
  if (Deno.build.os === "windows") return;
  await Promise.all([
    narrow(folder, 0o700),
    ...files.flatMap((file) => BESIDE.map((end) => narrow(file + end, 0o600))),
  ]);
}

/** Deno's default data folder when DENO_DIR is not set. */
function cacheFolder(): string | undefined {
  const home = read("HOME");
  if (Deno.build.os === "darwin") return home && `${home}/Library/Caches/deno`;
  const caches = read("XDG_CACHE_HOME") ?? (home && `${home}/.cache`);
  return caches && `${caches}/deno`;
}

/** A variable; undefined if it is not set or cannot be read. */
function read(variable: string): string | undefined {
  if (!isGranted({ name: "env", variable })) return undefined;
  return Deno.env.get(variable) || undefined;
}

/** Sets the mode of a file or folder, if it exists and is ours. */
async function narrow(path: string, mode: number): Promise<void> {
  if (!isGranted({ name: "write", path })) return;
  try {
    await Deno.chmod(path, mode);
  } catch {
    // It is missing, belongs to another user, or its file system has no modes.
  }
}

/** Whether a permission is already granted; this never prompts. */
function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}
