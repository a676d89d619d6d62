/**
 * What of a body may be recorded: its values, or hashes that tell equal values
 * apart from others and give none away.
 *
 * @module
 */
import type { BodyKeys } from "../qontak/bodies.ts";
import type { Sealer } from "../storage/sealing.ts";
import { isEmpty, isObject, type JsonObject } from "../values/json.ts";

/** Turns a value into a hash. */
export type Hash = (value: unknown) => Promise<string>;

/** What hash keys are made for. */
const PURPOSE = "qontak-mcp audit";

/** How many bytes of a hash are shown: enough to tell values apart. */
const SHOWN = 8;

/**
 * Makes hashes with a key that only the server has, so that nobody finds a
 * phone number by trying them all. The key is made from the sealing key, or at
 * random for as long as the process lives.
 *
 * @param sealer Has the key, if there is one.
 * @returns Hashes for a tenant: what two companies sent cannot be compared.
 */
export function createHashes(sealer?: Sealer): (tenant: string) => Hash {
  let key: Promise<CryptoKey> | undefined;
  return (tenant) => async (value) => {
    key ??= keyOf(sealer);
    const text = `${tenant}\n${JSON.stringify(value)}`;
    const bytes = await crypto.subtle.sign(
      "HMAC",
      await key,
      new TextEncoder().encode(text),
    );
    const hex = Array.from(
      new Uint8Array(bytes, 0, SHOWN),
      (byte) => byte.toString(16).padStart(2, "0"),
    );
    return `hmac:${hex.join("")}`;
  };
}

async function keyOf(sealer: Sealer | undefined): Promise<CryptoKey> {
  return await sealer?.hashKey(PURPOSE) ??
    await crypto.subtle.generateKey(
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["sign"],
    );
}

/**
 * A body with hashes in the place of its values. Ids stay as they are, where
 * the endpoint's table says that a key holds them, and so does what is empty.
 *
 * @param keys What the keys of the body hold.
 * @param body The body.
 * @param hash Makes the hashes.
 */
export async function hashed(
  keys: BodyKeys,
  body: JsonObject,
  hash: Hash,
): Promise<JsonObject> {
  const orHash = async (value: unknown) =>
    isEmpty(value) || isId(value) ? value : await hash(value);
  const custom = async (field: unknown) => {
    const isField = isObject(field) &&
      Object.keys(field).every((key) => key === "id" || key === "value");
    if (!isField) return await hash(field);
    const { id, value } = field;
    return {
      id: await orHash(id),
      value: isEmpty(value) ? value : await hash(value),
    };
  };
  const entries = Object.entries(body).map(async ([key, value]) => {
    const type = Object.hasOwn(keys, key) ? keys[key] : undefined;
    if (isEmpty(value)) return [key, value];
    if ((type === "record" || type === "option") && /(^|_)id$/.test(key)) {
      return [key, await orHash(value)];
    }
    if (Array.isArray(value) && (type === "ids" || type === "options")) {
      return [key, await Promise.all(value.map(orHash))];
    }
    if (Array.isArray(value) && type === "custom") {
      return [key, await Promise.all(value.map(custom))];
    }
    return [key, await hash(value)];
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Numbers that are larger may be phone numbers in the place of an id. */
const MAX_ID = 2 ** 31 - 1;

/** Whether a value is an id, and no phone number in the place of one. */
export function isId(value: unknown): value is number {
  return Number.isInteger(value) && value as number >= 0 &&
    value as number <= MAX_ID;
}

/** The most that is recorded of one body, in bytes: Deno KV takes 64 KiB. */
const MAX_BYTES = 32 * 1024;

/**
 * The first of several ways to record a body that is not too large.
 *
 * @param ways The ways, the fullest first.
 */
export async function fitting(
  ...ways: readonly (() => JsonObject | Promise<JsonObject>)[]
): Promise<JsonObject> {
  for (const way of ways) {
    const sent = await way();
    const { length } = new TextEncoder().encode(JSON.stringify(sent));
    if (length <= MAX_BYTES) return sent;
  }
  return {};
}
