/**
 * The secrets of a KV engine of version 2, with their versions.
 *
 * @module
 */
import { CredentialsError, StoreError } from "../../../errors.ts";
import { isObject } from "../../../values/json.ts";
import type { Ask } from "./session.ts";
import type { Answer, Wire } from "./wire.ts";

/** One secret of the KV engine. */
export interface Secret {
  /** What is in its newest version; undefined where that was deleted. */
  readonly data: unknown;
  /** The number of the newest version. */
  readonly version: number;
}

/** The secrets below one mount. Each function throws StoreError. */
export interface Secrets {
  /** Reads a secret; undefined where there never was one. */
  read(path: string): Promise<Secret | undefined>;
  /**
   * Writes where `version` is still the newest; 0 where there is none.
   *
   * @returns The new version, or undefined when another was the newest.
   */
  write(
    path: string,
    data: object,
    version: number,
  ): Promise<number | undefined>;
  /** Deletes every version of a secret, and that it ever was. */
  erase(path: string): Promise<void>;
  /** The names of the secrets below a path, in order. */
  names(path: string): Promise<readonly string[]>;
}

/**
 * Makes the way to the secrets.
 *
 * @param wire The Vault.
 * @param ask Asks it with a token that is good.
 * @param mount Where the engine is mounted.
 */
export function createSecrets(wire: Wire, ask: Ask, mount: string): Secrets {
  function wrongMount(): StoreError {
    return new StoreError(
      `${wire.where} has no KV engine of version 2 at ${JSON.stringify(mount)}`,
      { what: "checkVaultMount", mount },
    );
  }

  const checkMount = once(() => demandVersion2(ask, mount, wrongMount));

  /** Whether an answer says that there is nothing, and is to be believed. */
  async function isNothing({ status, errors }: Answer): Promise<boolean> {
    if (status !== 404 || errors?.length !== 0) return false;
    await checkMount();
    return true;
  }

  async function read(path: string): Promise<Secret | undefined> {
    const question = { verb: "read", path: `${mount}/data/${path}` } as const;
    const answer = await ask(question);
    const { data, metadata } = isObject(answer.body.data)
      ? answer.body.data
      : {};
    // A version that was deleted is a 404 with its metadata.
    if (isObject(metadata) && typeof metadata.version === "number") {
      return { data: data ?? undefined, version: metadata.version };
    }
    if (answer.status === 200) throw wrongMount();
    if (await isNothing(answer)) return undefined;
    throw wire.refusal(question, answer);
  }

  async function write(
    path: string,
    data: object,
    version: number,
  ): Promise<number | undefined> {
    await checkMount();
    const question = {
      verb: "write",
      path: `${mount}/data/${path}`,
      data: { options: { cas: version }, data },
    } as const;
    const answer = await ask(question);
    const { status, body, errors = [] } = answer;
    if (status === 200) {
      const next = isObject(body.data) ? body.data.version : undefined;
      if (typeof next === "number") return next;
      throw wrongMount();
    }
    const lost = /check-and-set parameter did not match/i;
    if (status === 400 && errors.some((text) => lost.test(text))) {
      return undefined;
    }
    throw wire.refusal(question, answer);
  }

  async function erase(path: string): Promise<void> {
    const question = {
      verb: "delete",
      path: `${mount}/metadata/${path}`,
    } as const;
    const answer = await ask(question);
    if (answer.status !== 200) throw wire.refusal(question, answer);
  }

  async function names(path: string): Promise<readonly string[]> {
    const question = {
      verb: "list",
      path: `${mount}/metadata/${path}`,
    } as const;
    const answer = await ask(question);
    const { keys } = isObject(answer.body.data) ? answer.body.data : {};
    if (Array.isArray(keys)) {
      return keys.map(nameOf).filter((name) => name !== undefined).sort();
    }
    if (await isNothing(answer)) return [];
    throw answer.status === 200 ? wrongMount() : wire.refusal(question, answer);
  }

  return { read, write, erase, names };
}

/**
 * A KV engine of version 1 takes every path for a name, finds nothing there
 * and would keep what is written as it came. Vault tells the version to every
 * token that may do something below the mount.
 */
async function demandVersion2(
  ask: Ask,
  mount: string,
  wrongMount: () => StoreError,
): Promise<void> {
  const { status, body } = await ask({
    verb: "read",
    path: `sys/internal/ui/mounts/${mount}`,
  });
  if (status !== 200) return;
  const { options } = isObject(body.data) ? body.data : {};
  if (!isObject(options) || options.version !== "2") throw wrongMount();
}

/** Does something once; again only where it failed. */
function once(run: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () =>
    done ??= run().catch((error) => {
      done = undefined;
      throw error;
    });
}

/**
 * A name as one segment of a path in Vault: percent-encoded, with every
 * character that could mean something to Vault or to a URL. Vault decodes a
 * URL once, so the segment is encoded again on its way there.
 */
export function segmentOf(name: string): string {
  if (name === "" || !name.isWellFormed()) {
    throw new CredentialsError(
      `Vault cannot hold a company that is called ${JSON.stringify(name)}`,
    );
  }
  // A dot stays where it can be no part of "." or "..".
  return encodeURIComponent(name).replace(
    /[!~*'()]|(?<=^|\.)\./g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The name of an entry in a list, undefined where none is called so. */
function nameOf(entry: unknown): string | undefined {
  try {
    const name = decodeURIComponent(String(entry));
    // What goes deeper ends in a slash, which no segment does.
    return segmentOf(name) === entry ? name : undefined;
  } catch {
    // A secret of somebody else's.
    return undefined;
  }
}
