/**
 * Bytes in base64. Newer runtimes encode and decode themselves, many times as
 * fast.
 *
 * @module
 */

/** How many bytes become characters in one step. */
const STEP = 32_768;

/**
 * Encodes bytes in base64.
 *
 * @param bytes The bytes, of any number.
 */
export function toBase64(bytes: Uint8Array): string {
  if (typeof bytes.toBase64 === "function") return bytes.toBase64();
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
  if (typeof Uint8Array.fromBase64 === "function") {
    return Uint8Array.fromBase64(text);
  }
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = characters.charCodeAt(at);
  }
  return bytes;
}
