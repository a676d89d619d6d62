/**
 * Parses flags by a table.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { didYouMean } from "../values/words.ts";
import { beside } from "./width.ts";

/** One flag. */
export interface Flag {
  readonly type: "boolean" | "string";
  /** One letter that may be written instead, after one dash. */
  readonly short?: string;
  /** Whether it may appear several times; its value is then a list. */
  readonly multiple?: true;
  /** The placeholder for its value in the help. */
  readonly value?: string;
  readonly help: string;
  /** Why other commands do not take it, where that is not plain. */
  readonly elsewhere?: string;
  /** The environment variable whose value it replaces. */
  readonly sets?: string;
}

/** Flags by name. */
export type FlagTable = Readonly<Record<string, Flag>>;

/** The flags and words of a command line. */
export interface Parsed {
  /** The values of flags, by name. */
  readonly values: Readonly<
    Record<string, string | boolean | (string | boolean)[] | undefined>
  >;
  /** The valid flags, in order. */
  readonly names: readonly string[];
  /** The words that are not flags, in order. */
  readonly words: readonly string[];
  /** The problems with the other flags, a sentence each. */
  readonly problems: readonly string[];
}

/**
 * Reads flags.
 *
 * @param table The known flags.
 * @param args The arguments.
 */
export function parseFlags(table: FlagTable, args: readonly string[]): Parsed {
  const { values, tokens, positionals } = parseArgs({
    args: [...args],
    options: table,
    strict: false,
    tokens: true,
  });
  const known = Object.keys(table).map((name) => `--${name}`);
  const names: string[] = [];
  const problems: string[] = [];
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const { name, rawName, value } = token;
    const flag = Object.hasOwn(table, name) ? table[name] : undefined;
    if (!flag) {
      problems.push(
        `There is no flag ${rawName}${
          otherCase(table, name) ?? didYouMean(rawName, known)
        }`,
      );
    } else if (flag.type === "boolean" && value !== undefined) {
      problems.push(`--${name} takes no value`);
    } else if (
      flag.type === "string" &&
      // strict: false reads "--port --http" as a port of true.
      (!value || value.startsWith("--"))
    ) {
      problems.push(
        `--${name} needs a value${
          flag.value ? `, such as --${name} ${flag.value}` : ""
        }`,
      );
    } else names.push(name);
  }
  return { values, names, words: positionals, problems };
}

/** A hint at the flag whose letter is the same in the other case. */
function otherCase(table: FlagTable, letter: string): string | undefined {
  const shorts = Object.values(table).flatMap(({ short }) => short ?? []);
  const meant = shorts.find((one) =>
    one.toLowerCase() === letter.toLowerCase()
  );
  return meant && `. Did you mean -${meant}?`;
}

/**
 * The lines of the help text for flags.
 *
 * @param table The flags.
 * @param width The width of the column of names, in characters.
 */
export function flagLines(table: FlagTable, width: number): string[] {
  return Object.entries(table).map(([name, { short, value, help }]) =>
    beside(`  ${nameOf(name, short, value)}`, help, width + 2)
  );
}

function nameOf(name: string, short?: string, value?: string): string {
  return `${short ? `-${short}, ` : ""}--${name}${value ? ` ${value}` : ""}`;
}
