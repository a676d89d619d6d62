/**
 * Reads a body from an outside source, with limits on its size and time.
 *
 * @module
 */

import { utf8Decoder } from "../values/text.ts";

/**
 * Reads a body as text.
 *
 * @param body The body: a stream of decompressed bytes. Null reads as "".
 * @param most The maximum size, in bytes.
 * @param signal Stops the reading, even if the stream ignores the signal.
 * @param onBytes Receives the size of each part; if it throws, so does this.
 * @returns The text; undefined if the body is larger than `most`; null if it is
 * not valid UTF-8. In the last two cases the rest is not read.
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
    const decoder = utf8Decoder();
    let text = "";
    let size = 0;
    for (;;) {
      const { value, done } = await reader.read();
      signal.throwIfAborted();
      const bytes = value?.byteLength ?? 0;
      onBytes(bytes);
      size += bytes;
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
