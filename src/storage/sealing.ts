/**
 * Seals records with AES-256-GCM. Only the server has the keys, so reading the
 * store reveals no token. A seal includes the tenant, so one company's record
 * cannot replace another's.
 *
 * @module
 */
import { StoreError } from "../errors.ts";
import { fromBase64, toBase64 } from "../values/base64.ts";

/** Seals records and opens them. */
export interface Sealer {
  /** Seals a tenant's record. Without a key, returns it unchanged. */
  seal(record: string, tenant: string): Promise<string>;
  /**
   * Opens a record. Without a key, returns an unsealed record unchanged.
   *
   * @throws {StoreError} When no key opens the record, when it is damaged, or
   * when there is a key but the record is unsealed: anyone with write access to
   * the store could have put it there.
   */
  open(record: string, tenant: string): Promise<string>;
  /**
   * Derives a key for keyed hashes (HMAC-SHA-256) from the first key, without
   * revealing that key. Undefined if there is no key.
   */
  hashKey(purpose: string): Promise<Uint8Array | undefined>;
}

/**
 * The prefix of sealed records. Unsealed records are JSON and never have it.
 */
const MARK = "sealed:1:";

/** Whether a record is sealed, with any key. */
export function isSealed(record: string): boolean {
  return record.startsWith(MARK);
}

/** The length of keys for hashes, in bytes: a block of SHA-256. */
export const HASH_KEY = 64;

/** The length of AES-GCM's initialisation vector, in bytes. */
const IV = 12;

/**
 * Makes a sealer.
 *
 * @example Sealing a record and opening it
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createSealer } from "@qontak/mcp/stores";
 *
 * const key = btoa("a key of thirty-two bytes, really".slice(0, 32));
 * const sealer = createSealer([key]);
 * const sealed = await sealer.seal("a record", "acme");
 * assertEquals(await sealer.open(sealed, "acme"), "a record");
 * ```
 *
 * @param keys Keys of 32 bytes, in base64. The first one seals; all of them
 * open, so a key can be replaced while old records still exist.
 * @throws {TypeError} When a key is not 32 bytes in base64, or repeats a single
 * byte.
 */
export function createSealer(keys: readonly string[]): Sealer {
  const decoded = keys.map(decodeKey);
  const imported = decoded.map(importKey);
  return {
    async hashKey(purpose) {
      const first = decoded[0];
      if (!first) return undefined;
      const base = await crypto.subtle.importKey("raw", first, "HKDF", false, [
        "deriveBits",
      ]);
      const bits = await crypto.subtle.deriveBits(
        {
          name: "HKDF",
          hash: "SHA-256",
          salt: new Uint8Array(),
          info: bytesOf(purpose),
        },
        base,
        8 * HASH_KEY,
      );
      return new Uint8Array(bits);
    },
    async seal(record, tenant) {
      const first = imported[0];
      if (!first) return record;
      const iv = crypto.getRandomValues(new Uint8Array(IV));
      const sealed = new Uint8Array(
        await crypto.subtle.encrypt(
          { name: "AES-GCM", iv, additionalData: bytesOf(tenant) },
          await first,
          bytesOf(record),
        ),
      );
      const whole = new Uint8Array(IV + sealed.length);
      whole.set(iv);
      whole.set(sealed, IV);
      return MARK + toBase64(whole);
    },
    async open(record, tenant) {
      if (!isSealed(record)) {
        if (imported.length === 0) return record;
        throw new StoreError(
          "What the store holds is not sealed, though a sealing key is set, and is not used: anyone who can write to the store can have put it there",
          { what: "sealRecords" },
        );
      }
      const bytes = readSealed(record);
      const iv = bytes.slice(0, IV);
      for (const key of imported) {
        try {
          const opened = await crypto.subtle.decrypt(
            { name: "AES-GCM", iv, additionalData: bytesOf(tenant) },
            await key,
            bytes.slice(IV),
          );
          return new TextDecoder().decode(opened);
        } catch {
          // The record is sealed with another key; the next one may open it.
        }
      }
      throw new StoreError(
        imported.length === 0
          ? "The credentials are sealed, and no key is set"
          : "The credentials are sealed with a key that is not among those that are set, or were put there for another tenant or key",
        { what: "checkSealingKeys" },
      );
    },
  };
}

/** Decodes a sealed record. */
function readSealed(record: string): Uint8Array<ArrayBuffer> {
  try {
    const bytes = fromBase64(record.slice(MARK.length));
    if (bytes.length > IV) return bytes;
  } catch {
    // The record is not base64.
  }
  throw new StoreError(
    "A sealed record in the store is damaged: what follows its mark is cut off or is not base64. Put a copy of it back, or remove it and put it in again",
  );
}

function importKey(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, [
    "encrypt",
    "decrypt",
  ]);
}

function decodeKey(key: string): Uint8Array<ArrayBuffer> {
  let bytes: Uint8Array<ArrayBuffer> | undefined;
  try {
    bytes = fromBase64(key.trim());
  } catch {
    // Reported below: a message must contain nothing from a key.
  }
  if (bytes?.length !== 32) {
    throw new TypeError(
      "A sealing key is not 32 bytes in base64. Make one with: openssl rand -base64 32",
    );
  }
  if (bytes.every((byte) => byte === bytes[0])) {
    throw new TypeError(
      "A sealing key is one byte, 32 times: everyone can guess it. Make one with: openssl rand -base64 32",
    );
  }
  return bytes;
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
