/**
 * The answer to a request. Its body is read with a bound on its size and on
 * the time that it takes, or not at all.
 *
 * @module
 */
import { readText } from "./body.ts";

/** The answer to a request. */
export interface Reply {
  /** The HTTP status. */
  readonly status: number;
  /** The headers. */
  readonly headers: Headers;
  /**
   * Reads the body.
   *
   * @param most How many bytes it may have once they are decompressed.
   * @returns The text; undefined where the body has more bytes, null where
   * they are not UTF-8. The rest is not read then.
   * @throws {unknown} The reason of the request's signal, when it fires first.
   * @throws {TypeError} When the connection breaks.
   */
  text(most: number): Promise<string | null | undefined>;
  /** Drops the body unread. */
  discard(): Promise<void>;
}

/**
 * The only way to the body of an answer.
 *
 * @param response What fetch brought. Its body is a stream of decompressed
 * bytes.
 * @param signal Ends the reading, whether fetch passes it on or not.
 */
export function replyOf(response: Response, signal: AbortSignal): Reply {
  const { status, headers, body } = response;
  return {
    status,
    headers,
    text: (most) => readText(body, most, signal),
    async discard() {
      await body?.cancel();
    },
  };
}
