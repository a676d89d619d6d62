/**
 * The response to a request. Its body is read with limits on size and time, or
 * discarded.
 *
 * @module
 */
import { isSized, readSized, readText } from "./body.ts";

/** The answer to a request. */
export interface Reply {
  /** The HTTP status. */
  readonly status: number;
  /** The headers. */
  readonly headers: Headers;
  /**
   * Reads the body.
   *
   * @param most The maximum size after decompression, in bytes.
   * @returns The text; undefined if the body is larger than `most`; null if it
   * is not valid UTF-8. In the last two cases the rest is not read.
   * @throws {unknown} The reason of the request's signal when it fires first.
   * @throws {TypeError} When the connection breaks.
   */
  text(most: number): Promise<string | null | undefined>;
  /** Discards the body without reading it. */
  discard(): Promise<void>;
}

/**
 * Wraps a response so that its body can only be read within limits.
 *
 * @param response The response from fetch. Its body is a stream of decompressed
 * bytes.
 * @param signal Stops the reading, even if fetch does not pass the signal on.
 * @param isOwn Whether the platform's own fetch made the response: it sends no
 * more bytes than the header says.
 */
export function replyOf(
  response: Response,
  signal: AbortSignal,
  isOwn = false,
): Reply {
  const { status, headers } = response;
  return {
    status,
    headers,
    text: (most) =>
      isOwn && isSized(headers, most)
        ? readSized(response, signal)
        : readText(response.body, most, signal),
    async discard() {
      // To look at a body makes a stream of it, so this waits until it must.
      await response.body?.cancel();
    },
  };
}
