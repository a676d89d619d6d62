/**
 * One variable of a `.env` file. The file belongs to a person: it is changed
 * whole or not at all, and nothing but the variable is changed in it.
 *
 * @module
 */
import { StoreError } from "../../errors.ts";
import { parseVariables } from "../../values/env.ts";
import { LEASE } from "../lease.ts";
import type { Lease } from "../store.ts";

/** One variable of a `.env` file. */
export interface EnvFile {
  /** The file, as it was named. */
  readonly path: string;
  /**
   * Reads the value that stands there now.
   *
   * @returns The value without the blanks around it, or undefined where there
   * is none.
   * @throws {StoreError} When the file cannot be read.
   */
  read(): Promise<string | undefined>;
  /**
   * Replaces the value where it is still `from`, and ends the lock. A process
   * that is killed leaves either the old file or the new one.
   *
   * @returns Whether it was replaced; false where another value stands there.
   * @throws {StoreError} When the variable is gone, when the file cannot be
   * written, or while another process has the lock.
   */
  replace(from: string, to: string): Promise<boolean>;
  /**
   * Takes the right to change the file, which only one of all processes has,
   * or prolongs it where `holder` has it already. It is taken from whoever
   * has not prolonged it for `ms` milliseconds.
   *
   * @returns The lease, or undefined while another holder has it.
   * @throws {StoreError} When the file cannot be written.
   */
  lock(ms: number, holder: string): Promise<Lease | undefined>;
}

type Variables = Readonly<Record<string, string>>;

/** The file as it is now. */
interface Content {
  readonly bytes: Uint8Array;
  readonly variables: Variables;
}

/**
 * A lock that was taken: a file beside the one that it locks. New content is
 * written there, and the one then renamed over the other, so that there are
 * just two paths that the process must have permission for.
 */
interface Lock {
  readonly path: string;
  readonly target: string;
  readonly file: Deno.FsFile;
  /** Who has it; undefined where it was taken for one replacement only. */
  readonly holder: string | undefined;
}

/** What is wrong and what to do, by the code of the system's error. */
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
 * Opens one variable of a `.env` file. Nothing is read before it is asked for.
 *
 * @example Replacing a token where it stands
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openEnvFile } from "@qontak/mcp";
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
  let held: Lock | undefined;
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

  /** The lock that is held, or a new one, so that nobody can take it over. */
  async function claim(): Promise<Lock> {
    for (;;) {
      const lock = held ?? await take(LEASE);
      if (!lock) throw new StoreError(`Another process is changing ${path}`);
      await lock.file.lock(true);
      if (await isAt(lock.path, lock.file)) return lock;
      // It was held for too long, and another has it by now.
      await drop(lock);
    }
  }

  /** Ends a lock, if it has not ended. Never rejects. */
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

  async function swap(lock: Lock, from: string, to: string): Promise<boolean> {
    const { path: written, target } = lock;
    for (;;) {
      const { bytes, variables } = await load(target);
      const value = valueOf(variables, name);
      if (value === undefined) {
        throw new StoreError(
          `${name} no longer stands in ${path}. Put it back there, with a token that is good`,
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
      // Somebody may have saved the file meanwhile.
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
        const before = held;
        const lock = await claim();
        let isDone = false;
        try {
          isDone = await swap(lock, from, to);
        } finally {
          if (lock === before && !isDone) await lock.file.unlock();
          else await drop(lock);
        }
        return isDone;
      }),

    lock: (ms, holder) =>
      change(async () => {
        const isOurs = held?.holder === holder && await prolong(held);
        if (!isOurs && !await take(ms, holder)) return undefined;
        return {
          release: () =>
            inTurn(async () => {
              if (held?.holder === holder) await drop(held);
            }),
        };
      }),
  };
}

/** Makes a function that does one thing after another. */
export function createQueue(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const run = last.then(task);
    last = run.catch(() => {});
    return run;
  };
}

/** An empty variable counts as not set, as it does in the environment. */
function valueOf(variables: Variables, name: string): string | undefined {
  return variables[name]?.trim() || undefined;
}

/**
 * The file with another value of one variable, every other byte as it was.
 * What reads the file judges: what it does not read as just this
 * change is not taken. So it matters little how it reads quotes, comments and
 * variables that stand there twice.
 *
 * @returns The new file, or undefined where there is no such change.
 */
function rewrite(
  bytes: Uint8Array,
  name: string,
  to: string,
  variables: Variables,
): Uint8Array<ArrayBuffer> | undefined {
  // A character for each byte: what is no UTF-8 stays as it is, too.
  const text = charsOf(bytes);
  const token = charsOf(new TextEncoder().encode(to));
  const wanted = { ...variables, [name]: to };
  const line = new RegExp(
    `^(?:\u00EF\u00BB\u00BF)?[ \\t]*(?:export[ \\t]+)?${name}[ \\t]*=[ \\t]*` +
      `('\\s*[^'\\r\\n]*\\s*'|"\\s*[^"\\r\\n]*\\s*"|[^\\r\\n#]*)`,
    "gm",
  );
  for (const match of text.matchAll(line)) {
    const old = match[1]!.replace(/[ \t]+$/, "");
    const start = match.index + match[0].length - match[1]!.length;
    for (const written of waysToWrite(token, old.charAt(0))) {
      const next = Uint8Array.from(
        text.slice(0, start) + written + text.slice(start + old.length),
        (char) => char.charCodeAt(0),
      );
      if (isEqual(parseVariables(decode(next)), wanted)) return next;
    }
  }
  return undefined;
}

/**
 * How a value can be written so that everybody reads it alike: bare, or in
 * quotes where nothing is expanded. The way of the old value comes first.
 */
function waysToWrite(value: string, mark: string): string[] {
  const ways = [
    { mark: "", can: /^[\w.~+/=-]+$/ },
    { mark: "'", can: /^[^'\r\n]*$/ },
    { mark: '"', can: /^[^"\\$`\r\n]*$/ },
  ].filter(({ can }) => can.test(value));
  const rank = (way: { mark: string }) => Number(way.mark !== mark);
  return ways.sort((a, b) => rank(a) - rank(b))
    .map(({ mark }) => mark + value + mark);
}

/** Writes the new file, whole and safely on the disk, with the old one's owner and mode. */
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
    // Whoever had it may have come back.
    if (!await isOld() || !await isAt(path, file)) return false;
    await Deno.remove(path);
    return true;
  } finally {
    file.close();
  }
}

/** Makes a lock as good as new; false where it is another's by now. */
async function prolong({ path, file }: Lock): Promise<boolean> {
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

/** What a promise brings, or undefined where it fails in the expected way. */
async function unless<T>(
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

/** The text of a file, without the mark that some editors put first. */
function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function charsOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function isEqual(a: Variables, b: Variables): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length &&
    names.every((name) => a[name] === b[name]);
}
