/**
 * The first run, for a person at a terminal: asks for the token, tests it, keeps
 * it on this machine, and writes the configuration of a client.
 *
 * @module
 */
import { dirname } from "node:path";
import { readEnvironment } from "../app/environment.ts";
import { open } from "../app/open.ts";
import type { Settings } from "../app/settings.ts";
import {
  type ClientId,
  CLIENTS,
  configFor,
  nameOf,
  type Snippet,
  startsServers,
} from "../clients/clients.ts";
import { ConfigError, UnreachableError } from "../errors.ts";
import { isInvalidGrant } from "../tokens/renewal.ts";
import { DEFAULT_TENANT } from "../tokens/store.ts";
import { defined, isObject, type JsonObject } from "../values/json.ts";
import { type Asker, createAsker } from "./ask.ts";
import { type Run, settingsOf, SETUP_STORE } from "./command.ts";
import { fileHere, ownServer, readClient } from "./config.ts";
import { FAILED, OK } from "./exit.ts";
import type { Flags } from "./flags.ts";
import { say } from "./output.ts";
import { type SetupWords, setupWords } from "./setup_words.ts";
import { add } from "./tenants/add.ts";

/** Variables that the client passes on, if they are set. */
const PASSED_ON = [
  "QONTAK_DATA_DIR",
  "QONTAK_TIME_ZONE",
  "QONTAK_BASE_URL",
] as const;

/** A number of JSON that writing it again could change. */
const LONG_NUMBER = /[:,[\s]-?\d{16}/;

/** The largest configuration of a client that is changed, in bytes. */
const MAX_FILE = 4_000_000;

/**
 * Sets the server up. The token goes to Deno KV on this machine, and not into
 * the client's configuration.
 */
export const setup: Run = async ({ word, flags }) => {
  const words = setupWords(navigator.language);
  const wanted = word === undefined ? undefined : readStartable(word, words);
  const { variables } = readEnvironment();
  const { TOKEN_STORE } = variables;
  if (TOKEN_STORE && TOKEN_STORE !== SETUP_STORE && TOKEN_STORE !== "env") {
    throw new ConfigError([words.otherStore(TOKEN_STORE)]);
  }
  const asker = createAsker();
  const settings = settingsOf(flags);
  const code = await keepToken(settings, asker, words).catch((error) => {
    const isReached = !(error instanceof UnreachableError);
    tellIfAny(asker, isReached ? words.unfinished : words.notReached);
    throw error;
  });
  if (code !== OK) return code;
  const client = wanted ?? await askClient(asker, words);
  const env = {
    TOKEN_STORE: SETUP_STORE,
    ...defined(
      Object.fromEntries(PASSED_ON.map((name) => [name, variables[name]])),
    ),
  };
  return await configure(client, { env, flags, asker, words });
};

/** Languages other than English say some things in addition. */
function tellIfAny(asker: Asker, text: string): void {
  if (text !== "") asker.tell(text);
}

/** Asks for the token, unless there is one that the person keeps. */
async function keepToken(
  settings: Settings,
  asker: Asker,
  words: SetupWords,
): Promise<number> {
  await using program = await open(
    { ...settings, TOKEN_STORE: SETUP_STORE },
    { isStoreCommand: true },
  );
  const isThere = (await program.store.read(DEFAULT_TENANT)) !== undefined;
  if (isThere && await isKept(asker, words)) return OK;
  asker.tell(words.makeToken);
  const options = isThere ? { replace: true } : {};
  for (let tries = 1;; tries++) {
    try {
      const code = await add(
        program,
        DEFAULT_TENANT,
        options,
        asker,
        words.kept,
      );
      tellIfAny(asker, code === OK ? words.works : words.checkFailed);
      return code;
    } catch (error) {
      const isLast = tries === TRIES;
      // What was pasted is not a token, such as one in quotation marks.
      if (error instanceof ConfigError && !isLast) {
        asker.tell(words.notToken(error.problems.join("\n")));
        continue;
      }
      if (!isInvalidGrant(error)) throw error;
      const next = isLast ? words.runAgain : words.pasteAgain;
      asker.tell(`${words.tokenRefused} ${next}`);
      if (isLast) return FAILED;
    }
  }
}

/**
 * Asks whether the token that is there stays. The answer is hidden: it may be a
 * token, pasted too early.
 */
async function isKept(asker: Asker, words: SetupWords): Promise<boolean> {
  for (let tries = 1;; tries++) {
    const answer = (await asker.ask(words.tokenIsThere, true)).toLowerCase();
    if (answer === "") return true;
    if (answer === "new" || answer === "baru") return false;
    if (tries === TRIES) throw new ConfigError([words.neitherKept]);
    asker.tell(words.neitherKept);
  }
}

/** How often a person may try. */
const TRIES = 3;

/** Whether an answer means yes, in English or Indonesian. */
const isYes = (answer: string) => /^(?:y|yes|ya)$/i.test(answer);

/** The clients that start servers. */
const STARTABLE = CLIENTS.filter(startsServers);

/**
 * Reads the name of a client that can start a server.
 *
 * @throws {ConfigError} If it names another, or nothing that is known; in the language of `words`.
 */
function readStartable(
  word: string | undefined,
  words: SetupWords,
): ClientId {
  let client: ClientId;
  try {
    client = readClient(word, "setup");
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const finding = error.problems.join("\n");
    throw new ConfigError([words.unknownClient(finding, STARTABLE.join(", "))]);
  }
  if (startsServers(client)) return client;
  throw new ConfigError([words.cannotStart(nameOf(client))]);
}

async function askClient(
  asker: Asker,
  words: SetupWords,
): Promise<ClientId> {
  const names = STARTABLE.map((id) => `  ${id}  ${nameOf(id)}`);
  asker.tell(`${words.clients}\n${names.join("\n")}`);
  for (let tries = 1;; tries++) {
    const answer = await asker.ask(words.typeName);
    try {
      return readStartable(answer || undefined, words);
    } catch (error) {
      const isLast = answer === "" || tries === TRIES;
      if (!(error instanceof ConfigError) || isLast) throw error;
      asker.tell(error.problems.join("\n"));
    }
  }
}

interface Configure {
  readonly env: Readonly<Record<string, string>>;
  readonly flags: Flags;
  readonly asker: Asker;
  readonly words: SetupWords;
}

/** Shows the configuration, and writes it if the person agrees. */
async function configure(
  client: ClientId,
  { env, flags, asker, words }: Configure,
): Promise<number> {
  const snippet = configFor(client, { ...ownServer(client, flags), env });
  const file = fileHere(client);
  say(snippet.text);
  const change = snippet.config && file
    ? await changeOf(file, snippet.config, words)
    : undefined;
  if (change === undefined || file === undefined) {
    asker.tell(byHand(client, snippet, words, file));
    return OK;
  }
  if (typeof change === "string") {
    asker.tell(
      `${words.notChanged(file, change)} ${words.paste} ${
        byHand(client, snippet, words, file)
      }`,
    );
    return FAILED;
  }
  const copy = isChanged(change) ? await freeBackupOf(file) : undefined;
  const answer = await asker.ask(words.agree(file, copy));
  if (!isYes(answer)) {
    asker.tell(
      `${words.nothingWritten} ${byHand(client, snippet, words, file)}`,
    );
    return OK;
  }
  await write(file, change, copy);
  say(words.done(nameOf(client)));
  return OK;
}

/** What a person does with a text. */
function byHand(
  client: ClientId,
  { instruction }: Snippet,
  words: SetupWords,
  file: string | undefined,
): string {
  return `${nameOf(client)}: ${words.instruction(client, instruction)}${
    file ? words.file(file) : ""
  }`;
}

/**
 * A name for a copy of a file that no earlier copy has: the first one may be
 * the only one from before setup.
 */
async function freeBackupOf(file: string): Promise<string> {
  const first = `${file}.before-qontak`;
  for (let count = 1;; count++) {
    const path = count === 1 ? first : `${first}-${count}`;
    try {
      await Deno.lstat(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return path;
      throw error;
    }
  }
}

/** The content of a file before and after. */
interface Change {
  /** Undefined if the file does not exist. */
  readonly before: string | undefined;
  readonly after: string;
}

/** Whether there is a file, and it gets another content. */
function isChanged({ before, after }: Change): boolean {
  return before !== undefined && before !== after;
}

/** The change of a client's file; a sentence says why there can be none. */
async function changeOf(
  file: string,
  config: JsonObject,
  words: SetupWords,
): Promise<Change | string> {
  let before: string | undefined;
  try {
    const { size } = await Deno.stat(file);
    if (size > MAX_FILE) return words.tooLarge;
    before = await Deno.readTextFile(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      return words.unreadable((error as Error).name);
    }
  }
  const present = before?.trim() ? parsed(before) : {};
  if (LONG_NUMBER.test(before ?? "")) {
    return words.longNumber;
  }
  if (!isObject(present)) {
    return words.notJson;
  }
  const merged: Record<string, unknown> = { ...present };
  for (const [key, value] of Object.entries(config)) {
    const there = merged[key] ?? {};
    if (!isObject(there) || !isObject(value)) {
      return words.unexpectedForm(key);
    }
    merged[key] = { ...there, ...value };
  }
  return { before, after: `${JSON.stringify(merged, null, 2)}\n` };
}

/** JSON as JavaScript reads it. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Writes the file in one step, so that no client reads half of it.
 *
 * @param file The path.
 * @param change Its content.
 * @param copy Where what is there now is copied to, if it is to be kept.
 */
async function write(
  file: string,
  { before, after }: Change,
  copy: string | undefined,
): Promise<void> {
  await Deno.mkdir(dirname(file), { recursive: true });
  const mode = 0o777 &
    ((before === undefined ? undefined : (await Deno.stat(file)).mode) ??
      0o600);
  if (copy !== undefined) {
    // It fails rather than to overwrite a copy.
    const now = await Deno.readFile(file);
    await Deno.writeFile(copy, now, { mode, createNew: true });
  }
  // A link stays a link: some people keep such files in a folder of their own.
  const target = before === undefined ? file : await Deno.realPath(file);
  const next = `${target}.${crypto.randomUUID()}`;
  await Deno.writeTextFile(next, after, { mode, createNew: true });
  await Deno.rename(next, target);
}
