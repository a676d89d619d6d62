/**
 * Reads the command line and prints the help, from the tables of commands and
 * flags.
 *
 * @module
 */
import { ConfigError } from "../errors.ts";
import { didYouMean } from "../values/words.ts";
import { VERSION } from "../version.ts";
import type { Command, Given } from "./command.ts";
import { type CommandName, commands } from "./commands.ts";
import { type FlagName, type Flags, flags } from "./flags.ts";
import { type Flag, flagLines, type FlagTable, parseFlags } from "./parse.ts";
import { beside, fit } from "./width.ts";

/** The command line, parsed. */
export interface Asked extends Given {
  /** The command. */
  readonly command: CommandName;
  /** The first word: a command, or for help a group of them, such as keys. */
  readonly named: string | undefined;
}

/** The flags that every command takes. */
const COMMON: readonly FlagName[] = ["help", "version"];

const commandNames = Object.keys(commands) as CommandName[];

const dashed = Object.keys(flags).map((name) => `--${name}`);

/**
 * Reads the command line.
 *
 * @param given The arguments after the program's name; `help` as the first means
 * `--help`.
 * @throws {ConfigError} Names every unknown word or flag. It repeats a word
 * only if it is where the command belongs: elsewhere, a word may be a secret.
 */
export function readArguments(given: readonly string[]): Asked {
  const args = given[0] === "help" ? [...given.slice(1), "--help"] : given;
  const { values, names, words: all, problems: flagProblems } = parseFlags(
    optionsFor(args),
    args,
  );
  const words = [...all];
  const problems: string[] = [];
  const command = takeCommand(words, problems, values.help === true);
  problems.push(...flagProblems);
  for (const name of names as FlagName[]) {
    if (takes(command, name)) continue;
    const takers = commandNames.filter((taker) => takes(taker, name));
    const { elsewhere }: Flag = flags[name];
    problems.push(
      `--${name} is for ${takers.join(", ")}${
        elsewhere ? `. ${elsewhere}` : ""
      }`,
    );
  }
  const set = values as Flags;
  for (const name of ["host", "port"] as const) {
    if (set[name] !== undefined && !set.http) {
      problems.push(`--${name} is for --http: give both`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  const [word, ...more] = words;
  return {
    command,
    named: all[0],
    flags: set,
    ...(word === undefined ? {} : { word, more }),
  };
}

/** Whether a command takes a flag. */
function takes(command: CommandName, flag: FlagName): boolean {
  const own: readonly FlagName[] = commands[command].flags;
  return own.includes(flag) || COMMON.includes(flag);
}

/** An address of a server, as --http takes it after config. */
const EXAMPLE = "https://crm.example.com/mcp";

const HTTP_OF_CONFIG: Flag = {
  type: "string",
  value: EXAMPLE,
  help: "Connect to the server that runs at this URL",
};

/** The flags; after config, --http is the address of another server. */
function optionsFor(args: readonly string[]): FlagTable {
  const isConfig = args.find((arg) => !arg.startsWith("-")) === "config";
  return isConfig ? { ...flags, http: HTTP_OF_CONFIG } : flags;
}

/**
 * Removes the command's name from the front of `words`. For help, the first
 * word of a group of commands is enough.
 */
function takeCommand(
  words: string[],
  problems: string[],
  isHelp: boolean,
): CommandName {
  const [first, second] = words;
  if (first === undefined) return "serve";
  const command = commandNames.find((name) =>
    name === first || name === `${first} ${second}`
  );
  if (!command) {
    const actions = commandNames.filter((name) => name.startsWith(`${first} `))
      .map((name) => name.slice(first.length + 1));
    if (isHelp && actions.length > 0 && second === undefined) return "serve";
    const known = [...commandNames, ...dashed];
    problems.push(
      actions.length > 0
        ? `${first} needs one of: ${actions.join(", ")}`
        : `${JSON.stringify(first)} is not a command${
          didYouMean(first, known)
        }`,
    );
    return "serve";
  }
  words.splice(0, command.split(" ").length);
  const { words: most, surplus }: Command = commands[command];
  if (words.length > most) {
    problems.push(
      surplus ??
        (most === 0
          ? `${command} takes no further words`
          : `${command} takes one id. Never give a token as an argument, where others could see it: the command asks for it, or reads it from stdin`),
    );
  }
  return command;
}

/** The width of the column of names in the help. */
const WIDTH = 22;

/** The flags of all commands together, and only those. */
const common: FlagTable = Object.fromEntries(
  COMMON.map((name) => [name, flags[name]]),
);

/**
 * The text of --help.
 *
 * @param command The command to explain.
 * @param named The first word of the command line: without one, the text
 * explains the program; with a group's name, all commands of the group.
 */
export function help(command: CommandName, named: string | undefined): string {
  if (named === undefined) return helpOfProgram();
  const group = commandNames.filter((name) => name.startsWith(`${named} `));
  return command === "serve" && group.length > 0
    ? group.map(helpOfCommand).join("\n\n")
    : helpOfCommand(command);
}

function helpOfCommand(name: CommandName): string {
  const { args, summary, flags: taken }: Command = commands[name];
  const known = optionsFor([name]);
  const own = Object.fromEntries(
    taken.map((flag): [string, Flag] => [flag, known[flag]!]),
  );
  return `${fit(summary)}

Usage: deno run -A --unstable-kv jsr:@qontak/mcp ${name}${
    args ? ` ${args}` : ""
  }${taken.length > 0 ? " [flags]" : ""}

Flags:
${flagLines({ ...own, ...common }, WIDTH).join("\n")}`;
}

/** What people should know beside the tables. */
const NOTES: readonly string[] = [
  "To begin, run setup, or demo, which needs no account. [command] --help, or help [command], says which flags a command takes.",
  "Settings are environment variables, or lines of a .env file in the working directory. QONTAK_REFRESH_TOKEN is the one you need without setup: make a token at https://crm.qontak.com/crm/api_token/. .github/SETTINGS.md lists the others.",
  "tenants and doctor work on the company that [id] names. Without an id, it is the company for which the server acts in calls without user_id.",
];

/** All flags; --http has two meanings. */
const flagsOfProgram: FlagTable = {
  ...flags,
  http: {
    ...flags.http,
    help: `${flags.http.help}; after config: the URL of a server`,
  },
};

function helpOfProgram(): string {
  const row = (left: string, right: string) =>
    beside(`  ${left}`, right, WIDTH + 2);
  const commandRows = Object.entries(commands)
    .map(([name, { args, summary }]: [string, Command]) =>
      row(args ? `${name} ${args}` : name, summary)
    );
  return `qontak-mcp ${VERSION}: an MCP server for Qontak CRM

Usage: deno run -A --unstable-kv jsr:@qontak/mcp [command] [flags]

Commands:
${commandRows.join("\n")}

Flags:
${flagLines(flagsOfProgram, WIDTH).join("\n")}

${fit(NOTES.join("\n"))}`;
}
