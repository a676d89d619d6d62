/**
 * Bytes in base64. Newer runtimes encode and decode themselves, many times as
 * fast.
 *
 * @module
 */

/** What newer runtimes have; older type definitions lack it. */
interface Native {
  toBase64?(): string;
}
const native = Uint8Array as unknown as {
  fromBase64?(text: string): Uint8Array<ArrayBuffer>;
};

/** How many bytes become characters in one step. */
const STEP = 32_768;

/**
 * Encodes bytes in base64.
 *
 * @param bytes The bytes, of any number.
 */
export function toBase64(bytes: Uint8Array): string {
  const encoded = (bytes as Native).toBase64?.();
  if (encoded !== undefined) return encoded;
  let text = "";
  // A call with an argument for each byte would fail from about 120,000 on.
  for (let at = 0; at < bytes.length; at += STEP) {
    text += String.fromCharCode(...bytes.subarray(at, at + STEP));
  }
  return btoa(text);
}

/**
 * Decodes base64.
 *
 * @param text The text.
 * @throws When it is not base64.
 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  if (native.fromBase64) return native.fromBase64(text);
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = characters.charCodeAt(at);
  }
  return bytes;
}
