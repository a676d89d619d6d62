/**
 * What commands on the store have in common.
 *
 * @module
 */
import type { Settings } from "../app/settings.ts";
import { toStderr, toStdout } from "../logging/log.ts";
import { redact } from "../logging/redact.ts";
import { FAILED } from "./exit.ts";
import type { Flags } from "./flags.ts";
import { createParts, type Parts } from "../app/open.ts";

/** A command as the command line calls it. */
export type Run = (
  word: string | undefined,
  flags: Flags,
  settings: Settings,
  fileOf: (name: string) => string | undefined,
) => Promise<number>;

/** Carries out a command; what it rejects with is told on stderr. */
type Action<T> = (
  parts: Parts,
  subject: T,
  flags: Flags,
  settings: Settings,
) => Promise<number>;

/**
 * Makes a command.
 *
 * @param read Reads the word after the command's name, before anything else.
 * @param action Carries it out.
 */
export function command<T>(
  read: (word: string | undefined) => T,
  action: Action<T>,
): Run {
  return async (word, flags, settings, fileOf) => {
    const subject = read(word);
    const parts = createParts(settings, fileOf);
    try {
      return await action(parts, subject, flags, settings);
    } catch (error) {
      // What a command finds is an Error with a sentence; all else has a class
      // of its own, and is told where the program ends.
      if (!(error instanceof Error) || error.name !== "Error") throw error;
      toStderr(`qontak-mcp: ${redact(error.message)}`);
      return FAILED;
    } finally {
      await parts.close();
    }
  };
}

/** Writes what was asked for to stdout. */
export function say(text: string): void {
  toStdout(text);
}
