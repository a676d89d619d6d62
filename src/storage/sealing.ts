/**
 * Sealing records: AES-256-GCM with keys that only the server has, so that
 * reading the store reveals no token. The tenant is bound in, so that one
 * company's record cannot be put in the place of another's.
 *
 * @module
 */
import { StoreError } from "../errors.ts";

/** Seals records and opens them. */
export interface Sealer {
  /** Seals a record of a tenant; as it is where there is no key. */
  seal(record: string, tenant: string): Promise<string>;
  /**
   * Opens a record; one that was never sealed is returned as it is.
   *
   * @throws {StoreError} When none of the keys opens it.
   */
  open(record: string, tenant: string): Promise<string>;
  /**
   * A key for keyed hashes (HMAC-SHA-256) that is made from the first key, and
   * tells nothing of it; undefined where there is no key.
   */
  hashKey(purpose: string): Promise<CryptoKey | undefined>;
}

/** What a sealed record starts with. JSON, which others are, never does. */
const MARK = "sealed:1:";

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
 * @param keys Keys of 32 bytes in base64. The first seals; all of them open,
 * so that a key can be replaced while old records are about.
 * @throws {TypeError} When a key is not 32 bytes in base64.
 */
export function createSealer(keys: readonly string[]): Sealer {
  const decoded = keys.map(decodeKey);
  const imported = decoded.map(importKey);
  return {
    async hashKey(purpose) {
      const first = decoded[0];
      if (!first) return undefined;
      const base = await crypto.subtle.importKey("raw", first, "HKDF", false, [
        "deriveKey",
      ]);
      return await crypto.subtle.deriveKey(
        {
          name: "HKDF",
          hash: "SHA-256",
          salt: new Uint8Array(),
          info: bytesOf(purpose),
        },
        base,
        { name: "HMAC", hash: "SHA-256" },
        false,
        ["sign"],
      );
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
      return MARK + encode(new Uint8Array([...iv, ...sealed]));
    },
    async open(record, tenant) {
      if (!record.startsWith(MARK)) return record;
      const bytes = decode(record.slice(MARK.length));
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
          // Sealed with another key; the next one may open it.
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

function importKey(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, [
    "encrypt",
    "decrypt",
  ]);
}

function decodeKey(key: string): Uint8Array<ArrayBuffer> {
  let bytes: Uint8Array<ArrayBuffer> | undefined;
  try {
    bytes = decode(key.trim());
  } catch {
    // Told below: nothing of a key may reach a message.
  }
  if (bytes?.length === 32) return bytes;
  throw new TypeError(
    "A sealing key is not 32 bytes in base64. Make one with: openssl rand -base64 32",
  );
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function encode(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}
