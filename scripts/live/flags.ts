/**
 * The command line of the live test.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { ConfigError } from "../../src/errors.ts";
import { didYouMean } from "../../src/values/words.ts";

/** One flag of the command line. */
interface Flag {
  readonly type: "boolean" | "string";
  /** What stands for its value in the help. */
  readonly value?: string;
  readonly help: string;
}

const table = {
  write: {
    type: "boolean",
    help:
      "Also make, change and delete records of its own, all of them named with a mark. Other users may be notified, and automations may start, as with any new record; one deal and one contact are given to another user for a moment",
  },
  geolocation: {
    type: "boolean",
    help:
      "With --write: also make a check-in. Qontak has no way to delete one: it stays",
  },
  clean: {
    type: "boolean",
    help: "Only remove what earlier runs have left behind, found by its mark",
  },
  "save-token": {
    type: "string",
    value: "PATH",
    help:
      "Keep the newest refresh token in this file, readable by you only; needed unless Qontak is on this machine",
  },
  "probe-rotation": {
    type: "boolean",
    help:
      "Also use the old refresh token once more, which may end both: have https://crm.qontak.com/crm/api_token/ open",
  },
  json: { type: "boolean", help: "Print the report as JSON" },
  help: { type: "boolean", help: "Print this" },
} as const satisfies Readonly<Record<string, Flag>>;

type Name = keyof typeof table;

/** What the command line asked for. */
export type Flags = {
  readonly [N in Name]?: (typeof table)[N]["type"] extends "string" ? string
    : boolean;
};

/** What --help prints. */
export function help(): string {
  const rows = Object.entries(table).map(([name, flag]: [string, Flag]) =>
    `  ${
      `--${name}${flag.value ? ` ${flag.value}` : ""}`.padEnd(20)
    }${flag.help}`
  );
  return `Tries this project against a real Qontak account and reports which of its assumptions hold

Usage: deno task test:live [flags]

Without flags it only reads. QONTAK_REFRESH_TOKEN names the account; it is
taken from the environment or from .env, as the server does.

${rows.join("\n")}`;
}

/**
 * Reads the command line.
 *
 * @param args The arguments after the program's name.
 * @throws {ConfigError} Naming everything that is wrong.
 */
export function readFlags(args: readonly string[]): Flags {
  const { values, tokens } = parseArgs({
    args: [...args],
    options: table,
    strict: false,
    tokens: true,
  });
  const names = Object.keys(table).map((name) => `--${name}`);
  const problems = tokens.flatMap((token) => {
    if (token.kind === "positional") {
      return [
        `${JSON.stringify(token.value)} is no flag${
          didYouMean(token.value, names)
        }`,
      ];
    }
    if (token.kind !== "option") return [];
    if (!Object.hasOwn(table, token.name)) {
      return [
        `There is no flag ${token.rawName}${didYouMean(token.rawName, names)}`,
      ];
    }
    const { type }: Flag = table[token.name as Name];
    if (type === "boolean") {
      return token.value === undefined
        ? []
        : [`--${token.name} takes no value`];
    }
    // strict: false reads "--save-token --json" as a path of "--json".
    return token.value === undefined || token.value.startsWith("--")
      ? [`--${token.name} needs a value`]
      : [];
  });
  const flags = values as Flags;
  if (flags.geolocation && !flags.write) {
    problems.push("--geolocation is for --write: give both");
  }
  if (flags.clean && (flags.write || flags["probe-rotation"])) {
    problems.push("--clean only removes: give it without the flags that try");
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return flags;
}
