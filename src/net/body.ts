/**
 * Reading a body that comes from outside, with a bound on its size and time.
 *
 * @module
 */

/**
 * Reads a body as text.
 *
 * @param body The body: a stream of decompressed bytes. Null reads as "".
 * @param most How many bytes it may have.
 * @param signal Ends the reading, whether or not the stream listens to it.
 * @returns The text, or undefined where the body has more bytes. The rest is
 * not read then.
 * @throws {unknown} The signal's reason when it fires first.
 * @throws {TypeError} When the connection breaks.
 */
export async function readText(
  body: ReadableStream<Uint8Array> | null,
  most: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!body) return "";
  const reader = body.getReader();
  // Pending reads end with it, and the connection is freed.
  const stop = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", stop);
  try {
    signal.throwIfAborted();
    const decoder = new TextDecoder();
    let text = "";
    let size = 0;
    for (;;) {
      const { value, done } = await reader.read();
      signal.throwIfAborted();
      if (done) return text + decoder.decode();
      size += value.byteLength;
      if (size > most) return undefined;
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}
