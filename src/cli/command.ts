/**
 * What a command is to the command line, and what commands begin with.
 *
 * @module
 */
import { type Environment, readEnvironment } from "../app/environment.ts";
import { open, type Program } from "../app/open.ts";
import { readSettings, type Settings } from "../app/settings.ts";
import type { Flags } from "./flags.ts";

/** What follows the name of a command. */
export interface Given {
  /** The word after it. */
  readonly word?: string;
  /** The flags. */
  readonly flags: Flags;
}

/**
 * Carries out a command. What it rejects with is told where the program ends.
 *
 * @returns The exit code.
 */
export type Run = (given: Given) => Promise<number>;

/**
 * Makes a command that works with the program.
 *
 * @param read Reads the word after the command's name, before anything else.
 * @param action Carries it out.
 */
export function command<T>(
  read: (word: string | undefined) => T,
  action: (program: Program, subject: T, flags: Flags) => Promise<number>,
): Run {
  return async ({ word, flags }) => {
    const subject = read(word);
    await using program = open(settingsOf(flags));
    return await action(program, subject, flags);
  };
}

/** For commands that no word follows. */
export const noWord = (): undefined => undefined;

/**
 * The settings that hold for a command.
 *
 * @throws {ConfigError} Naming every setting that is malformed.
 */
export function settingsOf(flags: Flags): Settings {
  const { variables, fileOf } = environmentOf(flags);
  return readSettings(variables, fileOf);
}

/** The environment, where flags that stand for variables win. */
export function environmentOf(flags: Flags): Environment {
  const { variables, fileOf } = readEnvironment();
  return {
    variables: {
      ...variables,
      ...(flags.toolsets ? { QONTAK_TOOLSETS: String(flags.toolsets) } : {}),
      ...(flags["read-only"] ? { QONTAK_READ_ONLY: "true" } : {}),
    },
    fileOf,
  };
}
