/**
 * A lock on a file that only one process can hold: a second file next to it.
 *
 * @module
 */
import { StoreError } from "../../../errors.ts";

/**
 * A lock that this process took: a file next to the locked one. New content is
 * written to the lock file, which is then renamed over the locked file. So the
 * process needs permission for only two paths.
 */
export interface Lock {
  readonly path: string;
  readonly target: string;
  readonly file: Deno.FsFile;
  /** The holder; undefined for a lock taken for a single replacement. */
  readonly holder: string | undefined;
}

/** The lock of one file, whether this process holds it or not. */
export interface FileLock {
  /** The lock that this process holds. */
  readonly held: Lock | undefined;
  /**
   * Takes the lock if it is free, or has not been extended for `ms` ms.
   *
   * @returns The lock, or undefined while another process holds it.
   */
  take(ms: number, holder?: string): Promise<Lock | undefined>;
  /**
   * Returns the held lock, or a new one, so that no other process can take it.
   *
   * @throws {StoreError} While another process holds the lock.
   */
  claim(ms: number): Promise<Lock>;
  /** Releases a lock, if it is still held. Never rejects. */
  drop(lock: Lock): Promise<void>;
}

/**
 * Makes the lock of a file, initially not held.
 *
 * @param path The file, or a link to it.
 */
export function createFileLock(path: string): FileLock {
  let held: Lock | undefined;

  async function take(
    ms: number,
    holder?: string,
  ): Promise<Lock | undefined> {
    const isLink = (await Deno.lstat(path)).isSymlink;
    const target = isLink ? await Deno.realPath(path) : path;
    const lock = `${target}.lock`;
    demandPermission(target, lock);
    // A file that a person made read-only must stay unchanged.
    (await Deno.open(target, { write: true })).close();
    // Two attempts: the first may only remove an abandoned lock.
    for (let tries = 0; tries < 2; tries++) {
      const file = await unless(
        Deno.errors.AlreadyExists,
        Deno.open(lock, { write: true, createNew: true, mode: 0o600 }),
      );
      if (file) {
        // If another process took over our lock, only close our file.
        if (held) await drop(held);
        return held = { path: lock, target, file, holder };
      }
      if (!await clearAway(lock, ms)) break;
    }
    return undefined;
  }

  async function claim(ms: number): Promise<Lock> {
    for (;;) {
      const lock = held ?? await take(ms);
      if (!lock) throw new StoreError(`Another process is changing ${path}`);
      await lock.file.lock(true);
      if (await isAt(lock.path, lock.file)) return lock;
      // We held the lock for too long, and another process has taken it.
      await drop(lock);
    }
  }

  async function drop(lock: Lock): Promise<void> {
    if (held === lock) held = undefined;
    try {
      await lock.file.lock(true);
      if (await isAt(lock.path, lock.file)) await Deno.remove(lock.path);
    } catch {
      // The lock expires anyway.
    }
    lock.file.close();
  }

  return {
    get held() {
      return held;
    },
    take,
    claim,
    drop,
  };
}

/**
 * Removes an abandoned lock. Two processes may try at once, so each one first
 * takes a system lock on the file, then checks that the file is still there.
 *
 * @returns Whether the lock can be taken now.
 */
async function clearAway(path: string, ms: number): Promise<boolean> {
  const file = await unless(
    Deno.errors.NotFound,
    Deno.open(path, { write: true }),
  );
  if (!file) return true;
  const isOld = async () => {
    const { mtime } = await file.stat();
    return mtime !== null && mtime.getTime() + ms <= Date.now();
  };
  try {
    if (!await isOld()) return false;
    await file.lock(true);
    // The holder may have become active again.
    if (!await isOld() || !await isAt(path, file)) return false;
    await Deno.remove(path);
    return true;
  } finally {
    file.close();
  }
}

/** Restarts the lock's timeout; false if another process now has the lock. */
export async function prolong({ path, file }: Lock): Promise<boolean> {
  await file.lock(true);
  try {
    if (!await isAt(path, file)) return false;
    const now = new Date();
    await file.utime(now, now);
    return true;
  } finally {
    await file.unlock();
  }
}

/** Whether a path still refers to an open file. */
async function isAt(path: string, file: Deno.FsFile): Promise<boolean> {
  const there = await unless(Deno.errors.NotFound, Deno.lstat(path));
  const own = await file.stat();
  // Not every system has inode numbers.
  return there !== undefined && there.ino === own.ino &&
    there.mtime?.getTime() === own.mtime?.getTime();
}

/**
 * Checks permissions first: a prompt at the terminal would block the server.
 */
function demandPermission(...paths: string[]): void {
  const lacking = (["read", "write"] as const).filter((name) =>
    paths.some((path) =>
      Deno.permissions.querySync({ name, path }).state !== "granted"
    )
  );
  if (lacking.length === 0) return;
  throw new StoreError(
    `${paths[0]} may not be written by this process. Start it with ${
      lacking.map((name) => `--allow-${name}=${paths.join(",")}`).join(" and ")
    }`,
  );
}

/**
 * The result of a promise, or undefined if it fails with the expected error.
 */
export async function unless<T>(
  expected: new (message: string) => Error,
  promise: Promise<T>,
): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof expected) return undefined;
    throw error;
  }
}
