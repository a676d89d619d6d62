/**
 * Decodes and cuts text without damaging characters. Invalid UTF-8 is reported,
 * not replaced by "\uFFFD".
 *
 * @module
 */

/**
 * Makes a decoder that reads UTF-8 bytes piece by piece. It removes a leading
 * byte order mark.
 *
 * @returns A function that returns the characters that a piece completes;
 * undefined if the bytes are not valid UTF-8. Call it without a piece to end
 * the text.
 */
export function utf8Decoder(): (
  piece: Uint8Array | undefined,
) => string | undefined {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  return (piece) => {
    try {
      return piece ? decoder.decode(piece, { stream: true }) : decoder.decode();
    } catch {
      return undefined;
    }
  };
}

/**
 * Reads bytes as UTF-8.
 *
 * @param bytes The whole text.
 * @returns The text; undefined if it is not valid UTF-8.
 */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * The beginning of a text. A surrogate pair, such as an emoji, is not cut in
 * half.
 *
 * @param text The text.
 * @param most The maximum length, in UTF-16 code units.
 */
export function cutAt(text: string, most: number): string {
  const isHalf = text.length > most &&
    (text.charCodeAt(most - 1) & 0xfc00) === 0xd800;
  return text.slice(0, isHalf ? most - 1 : most);
}
