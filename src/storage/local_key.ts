/**
 * The key that seals what is in a Deno KV file. It is in a file beside it that
 * only its user can read, so a copy of the database alone is useless.
 *
 * @module
 */
import { StoreError, UnsafeStoreError } from "../errors.ts";
import { toBase64 } from "../values/base64.ts";
import { createSealer, isSealed, type Sealer } from "./sealing.ts";

/** The size of a key, in bytes. */
const SIZE = 32;

/**
 * Makes a sealer with the key in a file. The first use makes a missing
 * file.
 *
 * Its functions throw {@linkcode UnsafeStoreError} when there is a file without
 * a usable key, and {@linkcode StoreError} when a missing one cannot be made.
 *
 * @param path The file.
 * @param prepare Makes the folder of the file, and closes it to other users.
 * @param configured The sealer that the settings give, if any. It then seals,
 * and the key in the file only opens.
 */
export function createLocalSealer(
  path: string,
  prepare: () => Promise<void>,
  configured?: Sealer,
): Sealer {
  let local: Promise<Sealer> | undefined;

  /** Reads the key again after a failure. */
  async function open(): Promise<Sealer> {
    try {
      local ??= prepare().then(() => load(path, configured === undefined));
      return await local;
    } catch (error) {
      local = undefined;
      throw error;
    }
  }

  if (!configured) {
    return {
      seal: async (record, name) => await (await open()).seal(record, name),
      open: async (record, name) => await (await open()).open(record, name),
      hashKey: async (purpose) => await (await open()).hashKey(purpose),
    };
  }
  return {
    ...configured,
    async open(record, name) {
      try {
        return await configured.open(record, name);
      } catch (error) {
        if (!isSealed(record)) throw error;
        // It may be from before there was a configured key.
        return await open().then((sealer) => sealer.open(record, name))
          .catch(() => {
            throw error;
          });
      }
    },
  };
}

async function load(path: string, makes: boolean): Promise<Sealer> {
  try {
    return createSealer([await readKey(path, makes)]);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const Refusal = await exists(path) ? UnsafeStoreError : StoreError;
    // Nothing of the file may get into a message.
    throw new Refusal(
      `The key that seals Deno KV cannot be used: ${path} ${
        error instanceof TypeError
          ? "has no key of 32 bytes in base64. Put back a copy of it"
          : "cannot be read or made. Check whether this process may read and write there"
      }`,
    );
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

async function readKey(path: string, makes: boolean): Promise<string> {
  try {
    return (await Deno.readTextFile(path)).trim();
  } catch (error) {
    if (!makes || !(error instanceof Deno.errors.NotFound)) throw error;
  }
  const made = `${path}.${crypto.randomUUID()}`;
  const key = crypto.getRandomValues(new Uint8Array(SIZE));
  try {
    await Deno.writeTextFile(made, `${toBase64(key)}\n`, {
      createNew: true,
      mode: 0o600,
    });
    // Fails if another process was first; that one's key is used. Nobody ever
    // sees half a key.
    await Deno.link(made, path).catch((error) => {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    });
  } finally {
    await Deno.remove(made).catch(() => {});
  }
  return (await Deno.readTextFile(path)).trim();
}
