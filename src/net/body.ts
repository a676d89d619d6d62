/**
 * Reading a body that comes from outside, with a bound on its size and time.
 *
 * @module
 */

import { utf8Decoder } from "../values/text.ts";

/**
 * Reads a body as text.
 *
 * @param body The body: a stream of decompressed bytes. Null reads as "".
 * @param most How many bytes it may have.
 * @param signal Ends the reading, whether or not the stream listens to it.
 * @returns The text; undefined where the body has more bytes, null where they
 * are not UTF-8. The rest is not read then.
 * @throws {unknown} The signal's reason when it fires first.
 * @throws {TypeError} When the connection breaks.
 */
export async function readText(
  body: ReadableStream<Uint8Array> | null,
  most: number,
  signal: AbortSignal,
): Promise<string | null | undefined> {
  if (!body) return "";
  const reader = body.getReader();
  // Pending reads end with it, and the connection is freed.
  const stop = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", stop);
  try {
    signal.throwIfAborted();
    const decoder = utf8Decoder();
    let text = "";
    let size = 0;
    for (;;) {
      const { value, done } = await reader.read();
      signal.throwIfAborted();
      size += value?.byteLength ?? 0;
      if (size > most) return undefined;
      const part = decoder(value);
      if (part === undefined) return null;
      text += part;
      if (done) return text;
    }
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}
