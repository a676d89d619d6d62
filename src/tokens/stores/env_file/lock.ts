/**
 * The lock of a file, which only one of all processes has: a file beside it.
 *
 * @module
 */
import { StoreError } from "../../../errors.ts";

/**
 * A lock that was taken: a file beside the one that it locks. New content is
 * written there, and the one then renamed over the other, so that there are
 * just two paths that the process must have permission for.
 */
export interface Lock {
  readonly path: string;
  readonly target: string;
  readonly file: Deno.FsFile;
  /** Who has it; undefined where it was taken for one replacement only. */
  readonly holder: string | undefined;
}

/** The lock of one file, as this process holds it or not. */
export interface FileLock {
  /** What it holds. */
  readonly held: Lock | undefined;
  /**
   * Takes the lock where it is free, or was not prolonged for `ms` ms.
   *
   * @returns The lock, or undefined while another process has it.
   */
  take(ms: number, holder?: string): Promise<Lock | undefined>;
  /**
   * The lock that is held, or a new one, so that nobody can take it over.
   *
   * @throws {StoreError} While another process has it.
   */
  claim(ms: number): Promise<Lock>;
  /** Ends a lock, if it has not ended. Never rejects. */
  drop(lock: Lock): Promise<void>;
}

/**
 * Makes the lock of a file, not held.
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
    // A file that somebody has made read-only stays as it is.
    (await Deno.open(target, { write: true })).close();
    // Twice, since a lock that was left behind is cleared away first.
    for (let tries = 0; tries < 2; tries++) {
      const file = await unless(
        Deno.errors.AlreadyExists,
        Deno.open(lock, { write: true, createNew: true, mode: 0o600 }),
      );
      if (file) {
        // One of our own that was taken over is only closed.
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
      // It was held for too long, and another has it by now.
      await drop(lock);
    }
  }

  async function drop(lock: Lock): Promise<void> {
    if (held === lock) held = undefined;
    try {
      await lock.file.lock(true);
      if (await isAt(lock.path, lock.file)) await Deno.remove(lock.path);
    } catch {
      // It ends by itself.
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
 * Removes a lock that was left behind. Two may want to at once: one at a time
 * has it locked for the system as well, and looks whether it is still there.
 *
 * @returns Whether the way is free.
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
    // Its holder may have come back.
    if (!await isOld() || !await isAt(path, file)) return false;
    await Deno.remove(path);
    return true;
  } finally {
    file.close();
  }
}

/** Makes a lock as good as new; false where it is another's by now. */
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

/** Whether a path still leads to an open file. */
async function isAt(path: string, file: Deno.FsFile): Promise<boolean> {
  const there = await unless(Deno.errors.NotFound, Deno.lstat(path));
  const own = await file.stat();
  // Not every system numbers its files.
  return there !== undefined && there.ino === own.ino &&
    there.mtime?.getTime() === own.mtime?.getTime();
}

/** Asked for beforehand: a question at the terminal would hold the server. */
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

/** What a promise brings, or undefined where it fails in the expected way. */
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
