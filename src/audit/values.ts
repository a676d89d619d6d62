/**
 * The recorded form of a body: its values, or hashes that distinguish different
 * values without revealing them.
 *
 * @module
 */
import type { BodyKeys } from "../qontak/bodies.ts";
import { HASH_KEY, type Sealer } from "../storage/sealing.ts";
import { isEmpty, isObject, type JsonObject } from "../values/json.ts";

/** Hashes a value. */
export type Hash = (value: unknown) => Promise<string>;

/** The purpose for which hash keys are derived. */
const PURPOSE = "qontak-mcp audit";

/** How many bytes of a hash to show: enough to distinguish values. */
const SHOWN = 8;

/**
 * Makes hashes with a key that only the server has, so that nobody can find a
 * phone number by trying all of them. The key is derived from the sealing key,
 * or is random for the lifetime of the process.
 *
 * @param sealer Provides the key, if there is one.
 * @returns Hashes for a tenant: hashes of two tenants cannot be compared.
 */
export function createHashes(sealer?: Sealer): (tenant: string) => Hash {
  let making: Promise<(text: string) => string> | undefined;
  return (tenant) => async (value) => {
    making ??= hmacOf(sealer).catch((error) => {
      // The next write asks for the key again.
      making = undefined;
      throw error;
    });
    const hmac = await making;
    const hex = hmac(`${tenant}\n${JSON.stringify(value)}`);
    return `hmac:${hex.slice(0, 2 * SHOWN)}`;
  };
}

/**
 * Makes HMAC-SHA-256 (RFC 2104) with a key as long as SHA-256's block. Web
 * Crypto would use another thread for each hash, which takes longer, and so does
 * an HMAC that begins with the key each time.
 */
async function hmacOf(sealer: Sealer | undefined) {
  const { createHash } = await import("node:crypto");
  const key = await sealer?.hashKey(PURPOSE) ??
    crypto.getRandomValues(new Uint8Array(HASH_KEY));
  const begun = (pad: number) =>
    createHash("sha256").update(key.map((byte) => byte ^ pad));
  const inner = begun(0x36);
  const outer = begun(0x5c);
  return (text: string) =>
    outer.copy().update(inner.copy().update(text).digest()).digest("hex");
}

/**
 * Replaces the values of a body with hashes. Empty values stay as they are, and
 * so do ids under keys that the endpoint's table lists as ids.
 *
 * @param keys The kinds of values in the body, by key.
 * @param body The body.
 * @param hash Hashes a value.
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

/** Larger numbers may be phone numbers instead of ids. */
const MAX_ID = 2 ** 31 - 1;

/** Whether a value is an id, and not a phone number in its place. */
export function isId(value: unknown): value is number {
  return Number.isInteger(value) && value as number >= 0 &&
    value as number <= MAX_ID;
}

/** The most bytes to record of one body: Deno KV accepts 64 KiB. */
const MAX_BYTES = 32 * 1024;

/**
 * Returns the first of several forms of a body that is small enough.
 *
 * @param ways The forms, most complete first.
 */
export async function fitting(
  ...ways: readonly (() => JsonObject | Promise<JsonObject>)[]
): Promise<JsonObject> {
  for (const way of ways) {
    const sent = await way();
    const text = JSON.stringify(sent);
    // A character has at most three bytes, and most bodies are short.
    if (3 * text.length <= MAX_BYTES) return sent;
    if (new TextEncoder().encode(text).length <= MAX_BYTES) return sent;
  }
  return {};
}
