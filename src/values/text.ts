/**
 * Decodes and cuts text without damaging characters. Invalid UTF-8 is reported,
 * not replaced by "\uFFFD".
 *
 * @module
 */

/** Puts U+FFFD where bytes are not valid. */
const decoder = new TextDecoder();

/** Throws if bytes are not valid. It takes eight times as long. */
const strictDecoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads bytes as UTF-8.
 *
 * @param bytes The whole text. A leading byte order mark is left out.
 * @returns The text; undefined if it is not valid UTF-8.
 */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  const text = decoder.decode(bytes);
  if (!text.includes("\uFFFD")) return text;
  // The character may really be in the text.
  try {
    return strictDecoder.decode(bytes);
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
