/**
 * Hashes that tell things apart without giving them away.
 *
 * @module
 */

/** SHA-256 of a text, as 64 hex digits. */
export function sha256(text: string): Promise<string> {
  return hash("SHA-256", text);
}

/** SHA-1 of a text, as 40 hex digits: what Redis can compute as well. */
export function sha1(text: string): Promise<string> {
  return hash("SHA-1", text);
}

async function hash(algorithm: string, text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const digest = await crypto.subtle.digest(algorithm, bytes);
  // Not toHex(): the types of Deno 2.5, which Deno Deploy runs, lack it.
  return Array.from(
    new Uint8Array(digest),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}
