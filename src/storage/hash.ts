/**
 * Hashes that distinguish values without revealing them.
 *
 * @module
 */

/** SHA-256 of a text or of bytes, as 32 bytes. */
export function digest(
  data: string | Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  return hash("SHA-256", data);
}

/** SHA-256 of a text, as 64 hex digits. */
export async function sha256(text: string): Promise<string> {
  return toHex(await digest(text));
}

/**
 * Makes a SHA-256 that remembers its last result, for a value that is hashed
 * often and rarely changes.
 *
 * @returns As {@linkcode sha256}.
 */
export function rememberedSha256(): (text: string) => Promise<string> {
  let last:
    | { readonly text: string; readonly hash: Promise<string> }
    | undefined;
  return (text) => {
    if (last?.text !== text) last = { text, hash: sha256(text) };
    return last.hash;
  };
}

/** SHA-1 of a text, as 40 hex digits; Redis can compute it too. */
export async function sha1(text: string): Promise<string> {
  return toHex(await hash("SHA-1", text));
}

async function hash(
  algorithm: string,
  data: string | Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = typeof data === "string"
    ? new TextEncoder().encode(data)
    : data;
  return new Uint8Array(await crypto.subtle.digest(algorithm, bytes));
}

// Not toHex() of the platform: Deno Deploy runs Deno 2.5, whose types lack it.
function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
