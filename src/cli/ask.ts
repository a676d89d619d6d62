/**
 * Asking a person at a terminal, or a pipe, for values. Secrets are not shown
 * while they are typed, and never taken from arguments.
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
   * @param question What is asked for; shown at a terminal only.
   * @param isSecret Whether it must not be shown while it is typed.
   * @returns The value without white space around it; empty when none came.
   * @throws {ConfigError} When it is not UTF-8.
   */
  ask(question: string, isSecret?: boolean): Promise<string>;
  /** Tells the person something before the next question. */
  tell(text: string): void;
}

/** The longest value that is taken, in characters. */
const MAX_LENGTH = 16_384;

/**
 * Makes the asker: at a terminal it prompts on stderr, otherwise it reads the
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
      // A terminal in raw mode leaves editing and Ctrl+C to its reader.
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
      // Before the question is shown: whoever is fast is not shown either.
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

/** The bytes of stdin, one by one, so that lines can be read one by one. */
async function* readBytes(): AsyncGenerator<number> {
  const chunk = new Uint8Array(1024);
  for (;;) {
    const size = await Deno.stdin.read(chunk);
    if (size === null) return;
    yield* chunk.subarray(0, size);
  }
}
