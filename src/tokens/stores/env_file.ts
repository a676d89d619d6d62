/**
 * One variable of a `.env` file. A person maintains the file, so each change
 * replaces the whole file or nothing, and changes only this variable.
 *
 * @module
 */
import { StoreError } from "../../errors.ts";
import { createQueue } from "../../storage/queue.ts";
import { parseVariables } from "../../values/env.ts";
import { LEASE } from "../lease.ts";
import type { Lease } from "../store.ts";
import { createFileLock, type Lock, prolong, unless } from "./env_file/lock.ts";
import {
  decode,
  isSame,
  rewrite,
  valueOf,
  type Variables,
} from "./env_file/text.ts";

/** One variable of a `.env` file. */
export interface EnvFile {
  /** The path of the file, as configured. */
  readonly path: string;
  /**
   * Reads the current value.
   *
   * @returns The value without surrounding whitespace; undefined if there is no
   * value.
   * @throws {StoreError} When the file cannot be read.
   */
  read(): Promise<string | undefined>;
  /**
   * Replaces the value if it is still `from`, and releases the lock. If the
   * process is killed, the file is either the old one or the new one.
   *
   * @returns Whether the value was replaced; false if the file has another
   * value.
   * @throws {StoreError} When the variable is missing, when the file cannot be
   * written, or while another process holds the lock.
   */
  replace(from: string, to: string): Promise<boolean>;
  /**
   * Takes the lock on the file, which only one process can hold, or extends it
   * if `holder` already has it. Takes the lock over from a holder that has not
   * extended it for `ms` milliseconds.
   *
   * @returns The lease, or undefined while another holder has the lock.
   * @throws {StoreError} When the file cannot be written.
   */
  lock(ms: number, holder: string): Promise<Lease | undefined>;
}

/** The current content of the file. */
interface Content {
  readonly bytes: Uint8Array;
  readonly variables: Variables;
}

/** The problem and its remedy, by system error code. */
const reasons: Readonly<Record<string, string>> = {
  EACCES: "this process's user may not. Let it write the file and its folder",
  EPERM:
    "it is protected, or its owner and group could not be kept. Let this process run as its owner",
  EROFS: "it is on a read-only file system",
  EBUSY:
    "it is mounted by itself, as into a container, so that it cannot be replaced. Mount the folder that holds it",
  ENOSPC: "the disk is full",
  ENOENT: "it is gone",
  NotCapable: "this process lacks --allow-read or --allow-write for it",
};

/**
 * Opens one variable of a `.env` file. Reads nothing until first use.
 *
 * @example Replacing a token in its place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openEnvFile } from "@qontak/mcp/stores";
 *
 * const path = await Deno.makeTempFile();
 * await Deno.writeTextFile(path, "# Mine\nTOKEN='old' # of May\n");
 * const file = openEnvFile(path, "TOKEN");
 * await file.replace("old", "new");
 * assertEquals(await Deno.readTextFile(path), "# Mine\nTOKEN='new' # of May\n");
 * await Deno.remove(path);
 * ```
 *
 * @param path The file, or a link to it.
 * @param name The variable.
 * @returns The variable.
 */
export function openEnvFile(path: string, name: string): EnvFile {
  const locking = createFileLock(path);
  let last: { text: string; variables: Variables } | undefined;
  const inTurn = createQueue();
  const change = <T>(task: () => Promise<T>) =>
    inTurn(() => explained(path, "written", task));

  async function load(file = path): Promise<Content> {
    const bytes = await Deno.readFile(file);
    const text = decode(bytes);
    if (last?.text !== text) last = { text, variables: parseVariables(text) };
    return { bytes, variables: last.variables };
  }

  async function swap(lock: Lock, from: string, to: string): Promise<boolean> {
    const { path: written, target } = lock;
    for (;;) {
      const { bytes, variables } = await load(target);
      const value = valueOf(variables, name);
      if (value === undefined) {
        throw new StoreError(
          `${name} is no longer in ${path}. Put it back there, with a valid token`,
        );
      }
      if (value !== from) return false;
      const next = rewrite(bytes, name, to, variables);
      if (!next) {
        throw new StoreError(
          `${name} could not be replaced in ${path} without touching something else. Write it there on one line: ${name}=…`,
        );
      }
      await write(lock, next);
      // A person may have saved the file in the meantime.
      if (!isSame(bytes, await Deno.readFile(target))) continue;
      await Deno.rename(written, target);
      return true;
    }
  }

  return {
    path,
    async read() {
      const content = await explained(
        path,
        "read",
        () => unless(Deno.errors.NotFound, load()),
      );
      return content && valueOf(content.variables, name);
    },

    replace: (from, to) =>
      change(async () => {
        const before = locking.held;
        const lock = await locking.claim(LEASE);
        let isDone = false;
        try {
          isDone = await swap(lock, from, to);
        } finally {
          if (lock === before && !isDone) await lock.file.unlock();
          else await locking.drop(lock);
        }
        return isDone;
      }),

    lock: (ms, holder) =>
      change(async () => {
        const { held } = locking;
        const isOurs = held?.holder === holder && await prolong(held);
        if (!isOurs && !await locking.take(ms, holder)) return undefined;
        return {
          release: () =>
            inTurn(async () => {
              const { held } = locking;
              if (held?.holder === holder) await locking.drop(held);
            }),
        };
      }),
  };
}

/**
 * Writes the new content completely, syncs it to disk, and keeps the old file's
 * owner and mode.
 */
async function write(lock: Lock, content: Uint8Array): Promise<void> {
  const { path, target, file } = lock;
  const { uid, gid, mode } = await Deno.stat(target);
  await file.truncate();
  await file.seek(0, Deno.SeekMode.Start);
  for (let done = 0; done < content.length;) {
    done += await file.write(content.subarray(done));
  }
  if (Deno.build.os !== "windows") {
    const own = await file.stat();
    if (own.uid !== uid || own.gid !== gid) await Deno.chown(path, uid, gid);
    if (mode !== null) await Deno.chmod(path, mode & 0o7777);
  }
  await file.sync();
}

async function explained<T>(
  path: string,
  what: string,
  task: () => Promise<T>,
): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const { name, code = name } = error as Error & { code?: string };
    throw new StoreError(
      `${path} could not be ${what}: ${reasons[code] ?? code}`,
    );
  }
}
