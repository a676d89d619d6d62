/**
 * The versioned secrets of a KV engine, version 2.
 *
 * @module
 */
import { CredentialsError, StoreError } from "../../../errors.ts";
import { isObject } from "../../../values/json.ts";
import type { Ask } from "./session.ts";
import type { Answer, Wire } from "./wire.ts";

/** One secret of the KV engine. */
export interface Secret {
  /** The data of the newest version; undefined if that version was deleted. */
  readonly data: unknown;
  /** The number of the newest version. */
  readonly version: number;
}

/** The secrets below one mount. Each function throws StoreError. */
export interface Secrets {
  /** Reads a secret; undefined if it never existed. */
  read(path: string): Promise<Secret | undefined>;
  /**
   * Writes a secret if `version` is still the newest version; 0 means none.
   *
   * @returns The new version, or undefined if another version is the newest.
   */
  write(
    path: string,
    data: object,
    version: number,
  ): Promise<number | undefined>;
  /** Deletes every version of a secret, and its metadata. */
  erase(path: string): Promise<void>;
  /** The sorted names of the secrets below a path. */
  names(path: string): Promise<readonly string[]>;
}

/**
 * Makes the access to the secrets.
 *
 * @param wire The connection to Vault.
 * @param ask Sends a request with a valid token.
 * @param mount The mount path of the engine.
 */
export function createSecrets(wire: Wire, ask: Ask, mount: string): Secrets {
  function wrongMount(): StoreError {
    return new StoreError(
      `${wire.where} has no KV engine of version 2 at ${JSON.stringify(mount)}`,
      { what: "checkVaultMount", mount },
    );
  }

  const checkMount = once(() => demandVersion2(ask, mount, wrongMount));

  /** Whether an answer reliably says that a secret does not exist. */
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
    // For a deleted version, Vault answers 404 with the version's metadata.
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
 * A KV engine of version 1 accepts every path as a name, so it finds nothing
 * and would store the data unversioned. Vault tells the engine version to every
 * token that has any permission below the mount.
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

/** Runs a function once, and again only after a failure. */
function once(run: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () =>
    done ??= run().catch((error) => {
      done = undefined;
      throw error;
    });
}

/**
 * A name as one path segment in Vault, with every character percent-encoded
 * that could be special in Vault or in a URL. Vault decodes a URL once, so the
 * segment is encoded again when sent.
 */
export function segmentOf(name: string): string {
  if (name === "" || !name.isWellFormed()) {
    throw new CredentialsError(
      `Vault cannot hold a company that is called ${JSON.stringify(name)}`,
    );
  }
  // A dot is kept if it cannot be part of "." or "..".
  return encodeURIComponent(name).replace(
    /[!~*'()]|(?<=^|\.)\./g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The name of an entry in a list; undefined if no name encodes to it. */
function nameOf(entry: unknown): string | undefined {
  try {
    const name = decodeURIComponent(String(entry));
    // Deeper paths end in a slash, which no segment does.
    return segmentOf(name) === entry ? name : undefined;
  } catch {
    // Another program's secret.
    return undefined;
  }
}
