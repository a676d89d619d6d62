/**
 * The interface of a command, and what commands share.
 *
 * @module
 */
import { type Environment, readEnvironment } from "../app/environment.ts";
import { open, type Program } from "../app/open.ts";
import { readSettings, type Settings } from "../app/settings.ts";
import type { Flags } from "./flags.ts";

/** The rest of the command line, after the name of the command. */
export interface Given {
  /** The word after the name. */
  readonly word?: string;
  /** The flags. */
  readonly flags: Flags;
}

/**
 * Runs a command. The program reports the error that it rejects with.
 *
 * @returns The exit code.
 */
export type Run = (given: Given) => Promise<number>;

/**
 * Creates a command that uses the opened program.
 *
 * @param read Reads the word after the command's name, before anything else.
 * @param action Runs the command.
 */
export function command<T>(
  read: (word: string | undefined) => T,
  action: (program: Program, subject: T, flags: Flags) => Promise<number>,
): Run {
  return async ({ word, flags }) => {
    const subject = read(word);
    await using program = open(settingsOf(flags), {
      isStoreCommand: true,
    });
    return await action(program, subject, flags);
  };
}

/** For commands without a word after their name. */
export const noWord = (): undefined => undefined;

/**
 * The settings of a command.
 *
 * @throws {ConfigError} Names every invalid setting.
 */
export function settingsOf(flags: Flags): Settings {
  const { variables, fileOf } = environmentOf(flags);
  return readSettings(variables, fileOf);
}

/** The environment; flags for a variable override it. */
export function environmentOf(flags: Flags): Environment {
  const { variables, fileOf } = readEnvironment();
  return {
    variables: {
      ...variables,
      ...(flags.toolsets ? { QONTAK_TOOLSETS: String(flags.toolsets) } : {}),
      // The sandbox takes no token; what stands there may be a placeholder.
      ...(flags.sandbox ? { QONTAK_REFRESH_TOKEN: "" } : {}),
      ...(flags["read-only"] ? { QONTAK_READ_ONLY: "true" } : {}),
    },
    fileOf,
  };
}
