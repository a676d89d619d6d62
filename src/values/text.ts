/**
 * Text whose characters are whole: what cannot be read as text is told, and not
 * replaced by "\uFFFD".
 *
 * @module
 */

/**
 * Makes what reads bytes as UTF-8, piece by piece. A byte order mark at the
 * beginning is left out.
 *
 * @returns The characters that a piece completes; undefined where it is not
 * UTF-8. Called without a piece it ends the text.
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
 * @returns The text; undefined where it is not UTF-8.
 */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * The beginning of a text. A character of two units, such as an emoji, is not
 * cut into halves.
 *
 * @param text The text.
 * @param most How many units it may have.
 */
export function cutAt(text: string, most: number): string {
  const isHalf = text.length > most &&
    (text.charCodeAt(most - 1) & 0xfc00) === 0xd800;
  return text.slice(0, isHalf ? most - 1 : most);
}
