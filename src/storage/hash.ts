/**
 * Hashes that distinguish values without revealing them.
 *
 * @module
 */

const encoder = new TextEncoder();

/** SHA-256 of a text or of bytes, as 32 bytes. */
export async function digest(
  data: string | Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = typeof data === "string" ? encoder.encode(data) : data;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
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

/**
 * The same as {@linkcode digest}, for what is hashed with each request. Web
 * Crypto uses another thread for each hash, so the request waits for two
 * switches of threads, which take long on a busy machine. What this uses takes as
 * long to load as Deno to start, so the first request does not wait for it.
 */
export async function quickDigest(text: string): Promise<Uint8Array> {
  return isOfFirstRequest()
    ? await digest(text)
    : (await quickHash("sha256", text)).digest();
}

/** The same as {@linkcode sha256}, as {@linkcode quickDigest} makes it. */
export async function quickSha256(text: string): Promise<string> {
  return isOfFirstRequest()
    ? await sha256(text)
    : (await quickHash("sha256", text)).digest("hex");
}

/** How many hashes a request needs: of its credential, and to look it up. */
const OF_ONE_REQUEST = 2;

let made = 0;

/** Whether the next hash is for the first request of this process. */
function isOfFirstRequest(): boolean {
  return made++ < OF_ONE_REQUEST;
}

/**
 * Whether two hashes are the same. It looks at all bytes, so how long it takes
 * does not tell where they differ.
 */
export function isSameHash(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  let difference = 0;
  for (let at = 0; at < one.length; at++) difference |= one[at]! ^ other[at]!;
  return difference === 0;
}

/** SHA-1 of a text, as 40 hex digits; Redis can compute it too. */
export async function sha1(text: string): Promise<string> {
  return (await quickHash("sha1", text)).digest("hex");
}

let loading: Promise<typeof import("node:crypto")> | undefined;

async function quickHash(algorithm: "sha1" | "sha256", text: string) {
  const { createHash } = await (loading ??= import("node:crypto"));
  return createHash(algorithm).update(encoder.encode(text));
}

// Not toHex() of the platform: Deno Deploy runs Deno 2.5, whose types lack it.
function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
