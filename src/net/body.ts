/**
 * Reads a body from an outside source, with limits on its size and time.
 *
 * @module
 */

import { untilAborted } from "./deadline.ts";
import { decodeUtf8 } from "../values/text.ts";
import { firstTurn } from "../values/turns.ts";

/** How many bytes there is room for at first. */
const FIRST = 16 * 1024;

/**
 * The size of a body that takes some ms to parse, in bytes. Of such bodies that
 * arrive together, each is used before the next becomes a text. Otherwise all
 * texts and values would be in memory, and other calls would wait for all.
 */
const LARGE = 200_000;

/** The largest request whose body is read in one step, in bytes. */
export const SMALL: number = 128 * 1024;

/**
 * Whether a body has a known size that is allowed. The size is not known where
 * the platform decompresses it.
 *
 * @param headers Its headers.
 * @param most The largest size that is allowed, in bytes.
 */
export function isSized(headers: Headers, most: number): boolean {
  const size = headers.get("content-length");
  return size !== null && Number(size) <= most &&
    !headers.has("content-encoding");
}

/**
 * Reads a body of a known size as text. The platform reads it in one step, which
 * costs less than a reader, so the platform must ensure the size.
 *
 * @param message The request or response; {@linkcode isSized} holds for it.
 * @param signal Ends the wait.
 * @returns The text; null if it is not valid UTF-8.
 * @throws {unknown} The signal's reason when it fires first.
 * @throws {TypeError} When the connection breaks.
 */
export async function readSized(
  message: Request | Response,
  signal: AbortSignal,
): Promise<string | null> {
  signal.throwIfAborted();
  const bytes = await untilAborted(message.arrayBuffer(), signal);
  return await decode(new Uint8Array(bytes));
}

/** Makes the text of a whole body, when those before it were used. */
async function decode(bytes: Uint8Array): Promise<string | null> {
  if (bytes.length > LARGE) await firstTurn();
  return decodeUtf8(bytes) ?? null;
}

/**
 * Reads a body as text.
 *
 * @param body The body: a stream of decompressed bytes. Null reads as "".
 * @param most The maximum size, in bytes.
 * @param signal Stops the reading, even if the stream ignores the signal.
 * @param onBytes Receives the size of each part; if it throws, so does this.
 * @returns The text; undefined if the body is larger than `most`; null if it is
 * not valid UTF-8. The rest of a body that is too large is not read.
 * @throws {unknown} The signal's reason when it fires first.
 * @throws {TypeError} When the connection breaks.
 */
export async function readText(
  body: ReadableStream<Uint8Array> | null,
  most: number,
  signal: AbortSignal,
  onBytes: (bytes: number) => void = () => {},
): Promise<string | null | undefined> {
  if (!body) return "";
  const reader = body.getReader();
  // Cancelling ends pending reads and frees the connection.
  const stop = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", stop);
  try {
    signal.throwIfAborted();
    let bytes = new Uint8Array(FIRST);
    let size = 0;
    for (;;) {
      const { value, done } = await reader.read();
      signal.throwIfAborted();
      if (done) return await decode(bytes.subarray(0, size));
      onBytes(value.byteLength);
      const start = size;
      size += value.byteLength;
      if (size > most) return undefined;
      if (size > bytes.length) {
        const room = Math.max(size, 2 * bytes.length);
        bytes = new Uint8Array(bytes.buffer.transfer(room));
      }
      bytes.set(value, start);
    }
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}
