/**
 * The commands and flags of the command line, as tables. The help is made
 * from them.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { ConfigError } from "../errors.ts";
import { SCOPES } from "../auth/principal.ts";
import { CLIENTS } from "../clients/clients.ts";
import { didYouMean } from "../values/words.ts";
import { TOOLSETS } from "../tools/toolsets.ts";
import { VERSION } from "../version.ts";

/** One command. */
interface Command {
  /** What follows its name, for the help. */
  readonly args?: string;
  /** How many words may follow its name. */
  readonly words: number;
  /** What is said of more words than that. */
  readonly surplus?: string;
  readonly help: string;
}

/** Every command; without one, the server serves. */
export const commands = {
  serve: { words: 0, help: "Speak MCP on stdin and stdout (the default)" },
  "tenants add": {
    args: "[id]",
    words: 1,
    help: "Keep a company's credentials; they are asked for",
  },
  "tenants list": { words: 0, help: "Name the companies that are kept" },
  "tenants remove": {
    args: "[id]",
    words: 1,
    help: "Forget a company's credentials",
  },
  "tenants check": {
    args: "[id]",
    words: 1,
    help: "Try a company's credentials on Qontak",
  },
  "keys create": {
    args: "[label]",
    words: 1,
    surplus: "keys create takes one label: put quotes around several words",
    help: "Make a key for callers over HTTP, and print it once",
  },
  "keys list": {
    words: 0,
    help: "Tell what each key is for, and its last use",
  },
  "keys revoke": {
    args: "<id>",
    words: 1,
    help: "Forget a key: nobody gets in with it any more",
  },
  doctor: {
    args: "[id]",
    words: 1,
    help: "Try everything, and say what to do about what fails",
  },
  audit: { words: 0, help: "Show what was changed in Qontak, newest first" },
  config: {
    args: "<client>",
    words: 1,
    surplus: "config takes one client",
    help: `Print what connects a client: ${CLIENTS.join(", ")}`,
  },
} as const satisfies Readonly<Record<string, Command>>;

/** A command's name. */
export type CommandName = keyof typeof commands;

/** The commands that begin with a word. */
export type CommandsOf<W extends string> = Extract<
  CommandName,
  `${W} ${string}`
>;

/** One flag. */
interface Flag {
  readonly type: "boolean" | "string";
  /** What stands for its value in the help. */
  readonly value?: string;
  /** The commands that take it; all when left out. */
  readonly for?: readonly CommandName[];
  readonly help: string;
}

/** Every flag. */
export const flags = {
  http: {
    type: "boolean",
    for: ["serve", "config"],
    help:
      "Serve MCP over HTTP instead of stdio; after config: the URL of a server",
  },
  host: {
    type: "string",
    value: "127.0.0.1",
    for: ["serve"],
    help: "The address that --http listens on",
  },
  port: {
    type: "string",
    value: "8000",
    for: ["serve"],
    help: "The port that --http listens on; 0 takes a free one",
  },
  sandbox: {
    type: "boolean",
    for: ["serve", "config", "doctor"],
    help: "Work on a built-in CRM with invented data: no account needed",
  },
  toolsets: {
    type: "string",
    value: "a,b",
    for: ["serve"],
    help: `Offer only these tools: ${TOOLSETS.join(", ")}`,
  },
  "read-only": {
    type: "boolean",
    for: ["serve"],
    help: "Offer only tools that change nothing",
  },
  grant: {
    type: "string",
    value: "refresh_token",
    for: ["tenants add"],
    help:
      "How to log in: refresh_token, authorization_code (of an OAuth application) or password",
  },
  replace: {
    type: "boolean",
    for: ["tenants add"],
    help: "Put new credentials in the place of those that are kept",
  },
  tenants: {
    type: "string",
    value: "a,b",
    for: ["keys create"],
    help: "The companies that a key is for; otherwise calls without user_id",
  },
  scopes: {
    type: "string",
    value: "read,write",
    for: ["keys create"],
    help: `What a key may do: some of ${SCOPES.join(", ")}; otherwise all`,
  },
  expires: {
    type: "string",
    value: "90d",
    for: ["keys create"],
    help:
      "When a key ends: in days (90d), in hours (12h) or on a date; otherwise never",
  },
  tenant: {
    type: "string",
    value: "id",
    for: ["audit"],
    help: "Only what was changed for this company",
  },
  tool: {
    type: "string",
    value: "name",
    for: ["audit"],
    help: "Only what this tool has changed",
  },
  record: {
    type: "string",
    value: "id",
    for: ["audit"],
    help: "Only what was done to the record with this id in Qontak",
  },
  since: {
    type: "string",
    value: "2h",
    for: ["audit"],
    help: "Only what is not older: 30m, 2h, 7d, or a date such as 2026-11-30",
  },
  limit: {
    type: "string",
    value: "50",
    for: ["audit"],
    help: "How many to show at most",
  },
  json: {
    type: "boolean",
    for: ["tenants list", "tenants check", "keys list", "doctor", "audit"],
    help: "Answer in JSON",
  },
  help: { type: "boolean", help: "Print this" },
  version: { type: "boolean", help: "Print the version" },
} as const satisfies Readonly<Record<string, Flag>>;

/** The flags that were given. */
export type Flags = { readonly [N in keyof typeof flags]?: string | boolean };

/** What the command line asks for. */
export interface Given {
  /** The command. */
  readonly command: CommandName;
  /** The word after the command's name. */
  readonly word?: string;
  /** The flags. */
  readonly flags: Flags;
}

/**
 * Reads the command line.
 *
 * @param args The arguments after the program's name.
 * @throws {ConfigError} Naming everything that is not known. Words are
 * repeated only where a command should stand: elsewhere they may be secrets.
 */
export function readArguments(args: readonly string[]): Given {
  const options = optionsFor(args);
  const { values, tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    tokens: true,
  });
  const words = tokens.filter((token) => token.kind === "positional")
    .map(({ value }) => value);
  const problems: string[] = [];
  const command = takeCommand(words, problems);
  const names = Object.keys(flags).map((name) => `--${name}`);
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    if (!Object.hasOwn(flags, token.name)) {
      problems.push(
        `There is no flag ${token.rawName}${didYouMean(token.rawName, names)}`,
      );
      continue;
    }
    const flag: Flag = options[token.name as keyof typeof flags];
    if (flag.type === "boolean" && token.value !== undefined) {
      problems.push(`--${token.name} takes no value`);
    } else if (
      flag.type === "string" &&
      // strict: false reads "--port --http" as a port of true.
      (!token.value || token.value.startsWith("--"))
    ) {
      problems.push(`--${token.name} needs a value`);
    } else if (flag.for && !flag.for.includes(command)) {
      problems.push(`--${token.name} is for ${flag.for.join(", ")}`);
    }
  }
  const given = values as Flags;
  for (const name of ["host", "port"] as const) {
    if (given[name] !== undefined && !given.http) {
      problems.push(`--${name} is for --http: give both`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  const [word] = words;
  return { command, flags: given, ...(word === undefined ? {} : { word }) };
}

/** The flags; after config, --http names a server that runs elsewhere. */
function optionsFor(args: readonly string[]): Record<keyof typeof flags, Flag> {
  const isConfig = args.find((arg) => !arg.startsWith("-")) === "config";
  return isConfig
    ? { ...flags, http: { ...flags.http, type: "string" } }
    : flags;
}

/** Takes the words of the command's name from the front of `words`. */
function takeCommand(words: string[], problems: string[]): CommandName {
  const [first, second] = words;
  if (first === undefined) return "serve";
  const names = Object.keys(commands) as CommandName[];
  const command = names.find((name) =>
    name === first || name === `${first} ${second}`
  );
  if (!command) {
    const actions = names.filter((name) => name.startsWith(`${first} `))
      .map((name) => name.slice(first.length + 1));
    const known = [...names, ...Object.keys(flags).map((name) => `--${name}`)];
    problems.push(
      actions.length > 0
        ? `${first} needs one of: ${actions.join(", ")}`
        : `${JSON.stringify(first)} is no command${didYouMean(first, known)}`,
    );
    return "serve";
  }
  words.splice(0, command.split(" ").length);
  const { words: most, surplus }: Command = commands[command];
  if (words.length > most) {
    problems.push(
      surplus ??
        (most === 0
          ? `${command} takes nothing after it`
          : `${command} takes one id. A token is never given as an argument, where others could see it: it is asked for, or read from stdin`),
    );
  }
  return command;
}

/** What --help prints. */
export function help(): string {
  const row = (left: string, right: string) => `  ${left.padEnd(22)}${right}`;
  const commandRows = Object.entries(commands)
    .map(([name, { args, help }]: [string, Command]) =>
      row(args ? `${name} ${args}` : name, help)
    );
  const flagRows = Object.entries(flags).map(([name, flag]: [string, Flag]) =>
    row(`--${name}${flag.value ? ` ${flag.value}` : ""}`, flag.help)
  );
  return `qontak-mcp ${VERSION}: an MCP server for Qontak CRM

Usage: deno run -A jsr:@qontak/mcp [command] [flags]

Commands:
${commandRows.join("\n")}

Flags:
${flagRows.join("\n")}

It is set up by environment variables, or by a .env file in the working
directory. QONTAK_REFRESH_TOKEN is the one you need: make a token at
https://crm.qontak.com/crm/api_token/. The README lists the others. Without an
id, tenants and doctor mean the company of calls that name none.`;
}
