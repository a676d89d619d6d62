/**
 * What commands on the store have in common.
 *
 * @module
 */
import type { Settings } from "../app/settings.ts";
import { toStdout } from "../logging/log.ts";
import type { Flags } from "./flags.ts";
import { createParts, type Parts } from "../app/open.ts";

/** A command as the command line calls it. */
export type Run = (
  word: string | undefined,
  flags: Flags,
  settings: Settings,
  fileOf: (name: string) => string | undefined,
) => Promise<number>;

/** Carries out a command; what it rejects with is told where the program ends. */
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
    } finally {
      await parts.close();
    }
  };
}

/** Writes what was asked for to stdout. */
export function say(text: string): void {
  toStdout(text);
}
