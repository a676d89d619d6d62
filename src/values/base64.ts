/**
 * Bytes in base64.
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
  let text = "";
  // A call with an argument for each byte would fail from about 120,000 on.
  for (let at = 0; at < bytes.length; at += STEP) {
    text += String.fromCharCode(...bytes.subarray(at, at + STEP));
  }
  return btoa(text);
}
