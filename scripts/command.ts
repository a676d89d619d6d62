/**
 * Command lines of the scripts: parses flags by a table, and generates the help
 * from it.
 *
 * @module
 */
import { MISUSED, OK } from "../src/cli/exit.ts";
import {
  type Flag,
  flagLines,
  type FlagTable,
  parseFlags,
} from "../src/cli/parse.ts";
import { ConfigError } from "../src/errors.ts";
import { toStderr, toStdout } from "../src/logging/log.ts";
import { didYouMean } from "../src/values/words.ts";

type ValueOf<F extends Flag> = F["type"] extends "boolean" ? boolean
  : F extends { readonly multiple: true } ? string[]
  : string;

/** The flags on the command line. */
export type Flags<T extends FlagTable> =
  & { readonly [N in keyof T]?: ValueOf<T[N]> }
  & { readonly help?: boolean };

/** The words that a command takes in addition to flags. */
export interface Words {
  /** Their name in the help. */
  readonly name: string;
  /** Describes the problem with a word; undefined if the word is valid. */
  readonly problem: (word: string) => string | undefined;
}

/** One command. */
export interface Command<T extends FlagTable> {
  /** Its name in messages, the same as the name of its task. */
  readonly task: string;
  /** What it does: the first paragraph of the help. */
  readonly about: string;
  readonly flags: T;
  readonly words?: Words;
  /**
   * Runs it.
   *
   * @returns The exit code.
   * @throws {ConfigError} When flags contradict each other.
   */
  readonly run: (
    flags: Flags<T>,
    words: readonly string[],
  ) => number | Promise<number>;
}

const HELP: FlagTable = { help: { type: "boolean", help: "Print this" } };

/**
 * Reads a command line.
 *
 * @throws {ConfigError} Names every problem.
 */
export function readFlags<T extends FlagTable>(
  { flags, words }: Pick<Command<T>, "flags" | "words">,
  args: readonly string[],
): { readonly flags: Flags<T>; readonly words: readonly string[] } {
  const parsed = parseFlags({ ...flags, ...HELP }, args);
  const known = Object.keys(flags).map((name) => `--${name}`);
  const wrongWord = (word: string) =>
    words
      ? words.problem(word) ?? []
      : `${JSON.stringify(word)} is not a flag${didYouMean(word, known)}`;
  const problems = [...parsed.problems, ...parsed.words.flatMap(wrongWord)];
  if (problems.length > 0) throw new ConfigError(problems);
  return { flags: parsed.values as Flags<T>, words: parsed.words };
}

/** The text of --help. */
export function help<T extends FlagTable>(command: Command<T>): string {
  const usage = ["deno task", command.task, command.words?.name, "[flags]"];
  return `${command.about}

Usage: ${usage.filter(Boolean).join(" ")}

Flags:
${flagLines({ ...command.flags, ...HELP }, WIDTH).join("\n")}`;
}

/** The width of the column of flags in the help. */
const WIDTH = 20;

/** Prints the result of a command. */
export function print(text: string, exitCode = OK): number {
  toStdout(text);
  return exitCode;
}

/** Runs a command, and ends the process with its exit code. */
export async function runCommand<T extends FlagTable>(
  command: Command<T>,
  args: readonly string[] = Deno.args,
): Promise<never> {
  try {
    const { flags, words } = readFlags(command, args);
    Deno.exit(
      flags.help ? print(help(command)) : await command.run(flags, words),
    );
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) {
      toStderr(`${command.task}: ${problem}`);
    }
    toStderr(`deno task ${command.task} --help lists the flags`);
    Deno.exit(MISUSED);
  }
}
