/**
 * The interface of a command, and what commands share.
 *
 * @module
 */
import { readEnvironment } from "../app/environment.ts";
import { open, type Program } from "../app/open.ts";
import { placeOf } from "../app/place.ts";
import { readSettings, type Settings } from "../app/settings.ts";
import { ConfigError } from "../errors.ts";
import { DEFAULT_TENANT } from "../tokens/store.ts";
import { defined } from "../values/json.ts";
import { type FlagName, type Flags, variableFlags } from "./flags.ts";
import { tell } from "./output.ts";

/** The store that `setup` uses: Deno KV on this machine. */
export const SETUP_STORE = "kv";

/** The rest of the command line, after the name of the command. */
export interface Given {
  /** The word after the name. */
  readonly word?: string;
  /** The words after that one, for commands that take more. */
  readonly more?: readonly string[];
  /** The flags. */
  readonly flags: Flags;
}

/**
 * Runs a command. The program reports the error that it rejects with.
 *
 * @returns The exit code.
 */
export type Run = (given: Given) => Promise<number>;

/** One command. */
export interface Command {
  /** The words after its name, for the help. */
  readonly args?: string;
  /** How many words may follow its name. */
  readonly words: number;
  /** The error for more words than that. */
  readonly surplus?: string;
  /** Its flags, in addition to those of every command. */
  readonly flags: readonly FlagName[];
  /** What it does, for the help. */
  readonly summary: string;
  /** Loads the command; the program loads only the one it runs. */
  readonly load: () => Promise<Run>;
}

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
    await using program = await open(await settingsHere(flags), {
      isStoreCommand: true,
    });
    return await action(program, subject, flags);
  };
}

/** For commands without a word after their name. */
export const noWord = (): undefined => undefined;

/**
 * The settings of a command: flags override the environment.
 *
 * @throws {ConfigError} Names every invalid setting.
 */
export function settingsOf(flags: Flags): Settings {
  const { variables, fileOf } = readEnvironment();
  const given = [...variableFlags].filter(([, flag]) => flags[flag]);
  const values = given.map(([name, flag]) => [name, String(flags[flag])]);
  // The sandbox needs no token; the value may be a placeholder.
  if (flags.sandbox) values.push(["QONTAK_REFRESH_TOKEN", ""]);
  const names = new Map(given.map(([name, flag]) => [name, `--${flag}`]));
  const settings = readSettings(
    { ...variables, ...Object.fromEntries(values) },
    { fileOf, flagOf: (name) => names.get(name) },
  );
  const place = placeOf(variables, settings.QONTAK_DATA_DIR);
  return { ...settings, ...defined({ place }) };
}

/**
 * Whether the settings name no company: the only one would be that of the
 * environment, which has no token.
 */
export function lacksToken(settings: Settings): boolean {
  const { TOKEN_STORE, QONTAK_AUTH, QONTAK_REFRESH_TOKEN } = settings;
  return TOKEN_STORE === "env" && QONTAK_AUTH !== "hmac" &&
    !QONTAK_REFRESH_TOKEN;
}

/**
 * The settings of a command, with the store that `setup` uses if the
 * environment names neither a token nor a store and `setup` has kept a token on
 * this machine: a person who ran setup has no variables. It says so.
 *
 * @param flags The flags.
 * @throws {ConfigError} Names every invalid setting.
 */
export async function settingsHere(flags: Flags): Promise<Settings> {
  const settings = settingsOf(flags);
  const { place } = settings;
  if (flags.sandbox || readEnvironment().variables.TOKEN_STORE) return settings;
  if (!lacksToken(settings) || !place || !await isThere(place.folder)) {
    return settings;
  }
  const kept: Settings = { ...settings, TOKEN_STORE: SETUP_STORE };
  try {
    await using program = await open(kept, { isStoreCommand: true });
    if (!await program.store.read(DEFAULT_TENANT)) return settings;
  } catch {
    // What cannot be read here is not what setup kept.
    return settings;
  }
  tell(
    `qontak-mcp uses the token that setup keeps on this machine, as with TOKEN_STORE=${SETUP_STORE}`,
  );
  return kept;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}

/**
 * Reads the text of a flag.
 *
 * @throws {ConfigError} Says what is wrong with it.
 */
export function readFlag<T>(
  name: FlagName,
  text: string,
  read: (text: string) => T,
): T {
  try {
    return read(text);
  } catch (error) {
    throw new ConfigError([`--${name} ${(error as Error).message}`]);
  }
}
