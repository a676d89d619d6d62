/**
 * The lines of a stream of bytes.
 *
 * @module
 */
import { Buffer } from "node:buffer";

/** The end of a line. */
const NEWLINE = 0x0a;

/**
 * Splits a stream into its non-empty lines.
 *
 * @param input The stream.
 * @param most The maximum length of a line, in bytes.
 * @returns The lines; undefined for a line that is too long.
 */
export async function* linesOf(
  input: AsyncIterable<Uint8Array>,
  most: number,
): AsyncGenerator<Uint8Array | undefined> {
  let pieces: Uint8Array[] = [];
  let size = 0;
  let isSkipping = false;
  const take = (): Uint8Array => {
    const line = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    pieces = [];
    size = 0;
    return line;
  };
  for await (const chunk of input) {
    let start = 0;
    for (let end; (end = chunk.indexOf(NEWLINE, start)) >= 0; start = end + 1) {
      pieces.push(chunk.subarray(start, end));
      const line = take();
      if (!isSkipping && !isBlank(line)) yield line;
      isSkipping = false;
    }
    pieces.push(chunk.subarray(start));
    size += chunk.length - start;
    if (isSkipping || size > most) {
      if (!isSkipping) yield undefined;
      isSkipping = true;
      take();
    }
  }
  const line = take();
  if (!isSkipping && !isBlank(line)) yield line;
}

/** Whether a line contains only ASCII white space. */
function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d));
}
