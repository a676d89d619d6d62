/**
 * Restricts the Deno KV file to its user. Deno makes the file readable by every
 * user of the machine, and it contains tokens.
 *
 * @module
 */

import { UnsafeStoreError } from "../errors.ts";

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
 *
 * @returns What others may still read, and why, one sentence each. Empty also
 * where this program may not find out.
 */
export async function closeToOthers(): Promise<readonly string[]> {
  if (Deno.build.os === "windows") return [];
  const path = read("DENO_KV_DEFAULT_PATH");
  // In memory, or on another machine.
  if (path !== undefined && /^:|^https?:/.test(path)) return [];
  const folder = read("DENO_DIR") ?? cacheFolder();
  const problems = await Promise.all(
    path !== undefined
      ? BESIDE.map((end) => narrow(path + end, 0o600))
      : folder !== undefined
      ? [narrow(`${folder}/location_data`, 0o700)]
      : [],
  );
  return problems.filter((problem) => problem !== undefined);
}

/**
 * Denies other users of the machine access to a folder (0700), a database in it
 * and its further files (0600), also if they exist already. On Windows, access
 * rights already keep other users out of a user's folders, and nothing is
 * checked.
 *
 * @param folder The folder.
 * @param files The files; those that do not exist are left out.
 * @throws {UnsafeStoreError} When another user could read or replace one of
 * them: it belongs to another user, everyone may write there, it is a link that
 * another user made, or its file system keeps no rights. Root may use what
 * belongs to others.
 */
export async function keepPrivate(
  folder: string,
  ...files: readonly string[]
): Promise<void> {
  if (Deno.build.os === "windows") return;
  // First the folder: afterwards nobody else can change what is in it.
  let problem = await problemOfFolder(folder) ?? await narrow(folder, 0o700);
  for (const file of files.flatMap((one) => BESIDE.map((end) => one + end))) {
    problem ??= await problemOfLink(file) ?? await narrow(file, 0o600);
  }
  if (problem === undefined) return;
  throw new UnsafeStoreError(
    `Deno KV is not used, because other users of this machine could get at what is in it: ${problem}`,
    { what: "chooseOwnFolder" },
  );
}

/** Why a folder cannot be closed to others; undefined if it can. */
async function problemOfFolder(folder: string): Promise<string | undefined> {
  const { mode } = await Deno.stat(folder);
  // Closing a folder such as /tmp would harm others.
  return mode !== null && (mode & FOR_ALL) === FOR_ALL
    ? `${folder} is a folder for all users`
    : await problemOfLink(folder);
}

/** The bits of a folder such as /tmp: all may write, each keeps what is theirs. */
const FOR_ALL = 0o1002;

/** Why a link is not safe; undefined if it is, or if there is no link. */
async function problemOfLink(path: string): Promise<string | undefined> {
  const link = await Deno.lstat(path).catch(ignoreMissing);
  if (!link?.isSymlink) return undefined;
  const target = await Deno.stat(path).catch(ignoreMissing);
  return target?.uid === link.uid
    ? undefined
    : `${path} is a link to something that belongs to another user`;
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

/**
 * Sets the mode of a file or folder, if it exists.
 *
 * @returns Why others may still have access; undefined if they have none, or if
 * this program may not change or see that.
 */
async function narrow(
  path: string,
  mode: number,
): Promise<string | undefined> {
  if (!isGranted({ name: "write", path })) return undefined;
  try {
    await Deno.chmod(path, mode);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    // Only the owner and root may set a mode.
    return `the rights of ${path} cannot be changed: it belongs to another user, or cannot be written`;
  }
  if (!isGranted({ name: "read", path })) return undefined;
  const found = await Deno.stat(path).catch(ignoreMissing);
  return ((found?.mode ?? 0) & FOR_OTHERS) === 0
    ? undefined
    : `the file system of ${path} keeps no rights`;
}

const FOR_OTHERS = 0o077;

function ignoreMissing(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

/** Whether a permission is already granted; this never prompts. */
function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}
