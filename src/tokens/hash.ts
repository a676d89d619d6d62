/**
 * Hashes that tell things apart without giving them away.
 *
 * @module
 */

/** SHA-256 of a text, as 64 hex digits. */
export async function sha256(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  // Not toHex(): the runtime of Deno Deploy does not have it yet.
  return Array.from(
    new Uint8Array(digest),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}
