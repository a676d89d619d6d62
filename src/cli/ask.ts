/**
 * Asks a person at a terminal, or a pipe, for values. Secrets are hidden while
 * they are typed, and never read from arguments.
 *
 * @module
 */
import { ConfigError } from "../errors.ts";
import { toStderr } from "../logging/log.ts";
import { decodeUtf8 } from "../values/text.ts";

/** Asks for values, one after the other. */
export interface Asker {
  /**
   * Asks for one value.
   *
   * @param question The question; shown only at a terminal.
   * @param isSecret Whether to hide the value while it is typed.
   * @returns The value without surrounding white space; empty if there is no
   * input.
   * @throws {ConfigError} When it is not UTF-8.
   */
  ask(question: string, isSecret?: boolean): Promise<string>;
  /** Shows a text before the next question. */
  tell(text: string): void;
}

/** The longest accepted value, in characters. */
const MAX_LENGTH = 16_384;

/**
 * Creates the asker: at a terminal it prompts on stderr, otherwise it reads the
 * lines of stdin.
 *
 * @returns The asker.
 */
export function createAsker(): Asker {
  const isTerminal = Deno.stdin.isTerminal();
  const bytes = readBytes();
  async function readLine(isHidden: boolean): Promise<string> {
    const line: number[] = [];
    for (;;) {
      const { value: byte, done } = await bytes.next();
      if (done || byte === 0x0a || byte === 0x0d) break;
      // In raw mode, the reader must handle editing and Ctrl+C itself.
      if (isHidden && (byte === 0x03 || byte === 0x04)) {
        Deno.stdin.setRaw(false);
        toStderr("");
        Deno.exit(130);
      }
      if (isHidden && (byte === 0x7f || byte === 0x08)) line.pop();
      else if (line.length < MAX_LENGTH) line.push(byte);
    }
    const text = decodeUtf8(new Uint8Array(line));
    if (text !== undefined) return text.trim();
    throw new ConfigError([
      "What was typed or piped in is not UTF-8, so that characters of it would be lost",
    ]);
  }

  return {
    async ask(question, isSecret = false) {
      if (!isTerminal) return await readLine(false);
      // Raw mode comes before the question, so that fast typing is hidden too.
      if (isSecret) Deno.stdin.setRaw(true);
      try {
        Deno.stderr.writeSync(new TextEncoder().encode(`${question}: `));
        return await readLine(isSecret);
      } finally {
        if (isSecret) {
          Deno.stdin.setRaw(false);
          toStderr("");
        }
      }
    },
    tell: toStderr,
  };
}

/** Reads stdin byte by byte, so that no line is read ahead. */
async function* readBytes(): AsyncGenerator<number> {
  const chunk = new Uint8Array(1024);
  for (;;) {
    const size = await Deno.stdin.read(chunk);
    if (size === null) return;
    yield* chunk.subarray(0, size);
  }
}
