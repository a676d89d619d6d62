/**
 * The command lines of the scripts: a table of flags, how it is read, and the
 * help that is made from it.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { ConfigError } from "../src/errors.ts";
import { toStderr, toStdout } from "../src/logging/log.ts";
import { didYouMean } from "../src/values/words.ts";

/** Exit codes: all worked, something did not, the command line is wrong. */
export const OK = 0, FAILED = 1, MISUSED = 2;

/** One flag of a command line. */
export interface Flag {
  readonly type: "boolean" | "string";
  /** Whether it may be given several times. */
  readonly multiple?: true;
  /** What stands for its value in the help. */
  readonly value?: string;
  readonly help: string;
}

/** Every flag of a command by name; all have `--help` besides. */
export type FlagTable = Readonly<Record<string, Flag>>;

type ValueOf<F extends Flag> = F["type"] extends "boolean" ? boolean
  : F extends { readonly multiple: true } ? readonly string[]
  : string;

/** The flags that were given. */
export type Flags<T extends FlagTable> =
  & { readonly [N in keyof T]?: ValueOf<T[N]> }
  & { readonly help?: boolean };

/** What a command takes besides flags. */
export interface Words {
  /** What stands for them in the help. */
  readonly name: string;
  /** Says what is wrong with a word; undefined where it is right. */
  readonly problem: (word: string) => string | undefined;
}

/** One command. */
export interface Command<T extends FlagTable> {
  /** Its name in messages, which is that of its task. */
  readonly task: string;
  /** What it does: the first paragraph of the help. */
  readonly about: string;
  readonly flags: T;
  readonly words?: Words;
  /**
   * Carries it out.
   *
   * @returns The exit code.
   * @throws {ConfigError} When the values of flags do not go together.
   */
  readonly run: (
    flags: Flags<T>,
    words: readonly string[],
  ) => number | Promise<number>;
}

const HELP: Flag = { type: "boolean", help: "Print this" };

/**
 * Reads a command line.
 *
 * @throws {ConfigError} Naming everything that is wrong.
 */
export function readFlags<T extends FlagTable>(
  { flags, words }: Pick<Command<T>, "flags" | "words">,
  args: readonly string[],
): { readonly flags: Flags<T>; readonly words: readonly string[] } {
  const table: FlagTable = { ...flags, help: HELP };
  const names = Object.keys(table).map((name) => `--${name}`);
  const { values, tokens, positionals } = parseArgs({
    args: [...args],
    options: table,
    strict: false,
    tokens: true,
  });
  const problems = tokens.flatMap((token) => {
    if (token.kind === "positional") {
      const { value } = token;
      return words
        ? words.problem(value) ?? []
        : `${JSON.stringify(value)} is no flag${didYouMean(value, names)}`;
    }
    if (token.kind !== "option") return [];
    if (!Object.hasOwn(table, token.name)) {
      return `There is no flag ${token.rawName}${
        didYouMean(token.rawName, names)
      }`;
    }
    if (table[token.name]!.type === "boolean") {
      return token.value === undefined ? [] : `--${token.name} takes no value`;
    }
    // strict: false reads "--out --json" as a path of "--json".
    return !token.value || token.value.startsWith("--")
      ? `--${token.name} needs a value`
      : [];
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return { flags: values as Flags<T>, words: positionals };
}

/** What --help prints. */
export function help<T extends FlagTable>(command: Command<T>): string {
  const table: FlagTable = { ...command.flags, help: HELP };
  const rows = Object.entries(table).map(([name, { value, help }]) =>
    [`--${name}${value ? ` ${value}` : ""}`, help] as const
  );
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  const usage = ["deno task", command.task, command.words?.name, "[flags]"];
  return `${command.about}

Usage: ${usage.filter(Boolean).join(" ")}

Flags:
${rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`).join("\n")}`;
}

/** Prints what a command was asked for. */
export function print(text: string, exitCode = OK): number {
  toStdout(text);
  return exitCode;
}

/** Carries out a command and ends the process with its exit code. */
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
