/**
 * Deno KV's file, for its user alone. Deno makes it readable for everybody on
 * the machine, and it holds tokens.
 *
 * @module
 */

/** What belongs to a database in SQLite, besides the file itself. */
const BESIDE = ["", "-wal", "-shm"];

/**
 * Closes Deno KV's file to other users of the machine: the file that
 * DENO_KV_DEFAULT_PATH names (0600), or the folder where Deno keeps the data of
 * all its programs (0700), which nobody else passes then. Call it when the
 * database is open.
 *
 * It does what the permissions of this program allow, asks for none, and never
 * rejects. Windows has its own rights, which keep others out of a user's
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

/** Where Deno keeps what it has where DENO_DIR says nothing. */
function cacheFolder(): string | undefined {
  const home = read("HOME");
  if (Deno.build.os === "darwin") return home && `${home}/Library/Caches/deno`;
  const caches = read("XDG_CACHE_HOME") ?? (home && `${home}/.cache`);
  return caches && `${caches}/deno`;
}

/** A variable; undefined where it is not set or may not be read. */
function read(variable: string): string | undefined {
  if (!isGranted({ name: "env", variable })) return undefined;
  return Deno.env.get(variable) || undefined;
}

/** Sets the mode of a file or folder, where there is one and it is ours. */
async function narrow(path: string, mode: number): Promise<void> {
  if (!isGranted({ name: "write", path })) return;
  try {
    await Deno.chmod(path, mode);
  } catch {
    // It is not there, or another user's, or its file system has no modes.
  }
}

/** Whether something is allowed already: a person is not asked for it. */
function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}
