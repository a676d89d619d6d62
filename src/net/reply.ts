/**
 * The response to a request. Its body is read with limits on size and time, or
 * discarded.
 *
 * @module
 */
import { readText } from "./body.ts";
import { untilAborted } from "./deadline.ts";
import { decodeUtf8 } from "../values/text.ts";

/** The largest body that is read at once, in bytes. */
const SMALL = 128 * 1024;

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
  const { status, headers, body } = response;
  // Absent where the platform has decompressed the body.
  const size = Number(headers.get("content-length") ?? Infinity);
  const isKnown = isOwn && size <= SMALL && !headers.has("content-encoding");
  return {
    status,
    headers,
    async text(most) {
      // Without a reader of its own, the platform reads all in one step.
      if (!isKnown || size > most) return await readText(body, most, signal);
      signal.throwIfAborted();
      const bytes = await untilAborted(response.arrayBuffer(), signal);
      return decodeUtf8(new Uint8Array(bytes)) ?? null;
    },
    async discard() {
      await body?.cancel();
    },
  };
}
