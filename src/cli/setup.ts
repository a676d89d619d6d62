/**
 * The first run, for a person at a terminal: asks for the token, tests it, keeps
 * it on this machine, and writes the configuration of a client.
 *
 * @module
 */
import { dirname } from "node:path";
import { readEnvironment } from "../app/environment.ts";
import { open, type Program } from "../app/open.ts";
import {
  type ClientId,
  CLIENTS,
  configFor,
  nameOf,
  type Snippet,
  startsServers,
} from "../clients/clients.ts";
import { ConfigError } from "../errors.ts";
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
  const wanted = word === undefined
    ? undefined
    : startable(readClient(word, "setup"));
  const { variables } = readEnvironment();
  const { TOKEN_STORE } = variables;
  if (TOKEN_STORE && TOKEN_STORE !== SETUP_STORE && TOKEN_STORE !== "env") {
    throw new ConfigError([
      `setup keeps the token in Deno KV on this machine, and TOKEN_STORE is ${TOKEN_STORE}: use qontak-mcp tenants add and qontak-mcp config with that store`,
    ]);
  }
  const asker = createAsker();
  const words = setupWords(navigator.language);
  await using program = await open(
    { ...settingsOf(flags), TOKEN_STORE: SETUP_STORE },
    { isStoreCommand: true },
  );
  const code = await keepToken(program, asker, words);
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

/** Asks for the token, unless there is one that the person keeps. */
async function keepToken(
  program: Program,
  asker: Asker,
  words: SetupWords,
): Promise<number> {
  const isThere = (await program.store.read(DEFAULT_TENANT)) !== undefined;
  if (isThere && await isKept(asker, words)) return OK;
  asker.tell(words.makeToken);
  const options = isThere ? { replace: true } : {};
  for (let tries = 1;; tries++) {
    try {
      return await add(program, DEFAULT_TENANT, options, asker, words.kept);
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

function startable(client: ClientId): ClientId {
  if (startsServers(client)) return client;
  throw new ConfigError([
    `${
      nameOf(client)
    } cannot start a server: it needs one that runs, such as with --http. qontak-mcp config says how to connect it`,
  ]);
}

async function askClient(
  asker: Asker,
  words: SetupWords,
): Promise<ClientId> {
  const known = CLIENTS.filter(startsServers);
  const names = known.map((id) => `  ${id}  ${nameOf(id)}`);
  asker.tell(`${words.clients}\n${names.join("\n")}`);
  for (let tries = 1;; tries++) {
    const answer = await asker.ask(words.typeName);
    try {
      return startable(readClient(answer || undefined, "setup"));
    } catch (error) {
      const isLast = answer === "" || tries === TRIES;
      if (!(error instanceof ConfigError) || isLast) throw error;
      asker.tell(words.unknownClient(error.problems.join("\n")));
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
    ? await changeOf(file, snippet.config)
    : undefined;
  if (change === undefined || file === undefined) {
    asker.tell(`${nameOf(client)}: ${snippet.instruction}${fileHint(file)}`);
    return OK;
  }
  if (typeof change === "string") {
    asker.tell(
      `${file} is not changed: ${change}. ${words.paste} ${
        byHand(client, snippet, file)
      }`,
    );
    return FAILED;
  }
  const copy = change.before === undefined ? undefined : backupOf(file);
  const answer = await asker.ask(words.agree(file, copy));
  if (!isYes(answer)) {
    asker.tell(`${words.nothingWritten} ${byHand(client, snippet, file)}`);
    return OK;
  }
  await write(file, change);
  say(words.done(nameOf(client)));
  return OK;
}

const fileHint = (file: string | undefined) => file ? `. File: ${file}` : "";

const byHand = (client: ClientId, { instruction }: Snippet, file: string) =>
  `${nameOf(client)}: ${instruction}${fileHint(file)}`;

const backupOf = (file: string) => `${file}.before-qontak`;

/** The content of a file before and after. */
interface Change {
  /** Undefined if the file does not exist. */
  readonly before: string | undefined;
  readonly after: string;
}

/** The change of a client's file; a sentence says why there can be none. */
async function changeOf(
  file: string,
  config: JsonObject,
): Promise<Change | string> {
  let before: string | undefined;
  try {
    const { size } = await Deno.stat(file);
    if (size > MAX_FILE) return "it is too large";
    before = await Deno.readTextFile(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      return `it cannot be read (${(error as Error).name})`;
    }
  }
  const present = before?.trim() ? parsed(before) : {};
  if (LONG_NUMBER.test(before ?? "")) {
    return "it has a number with more digits than a program can keep";
  }
  if (!isObject(present)) {
    return "it is not plain JSON: it has comments, or a bracket is missing";
  }
  const merged: Record<string, unknown> = { ...present };
  for (const [key, value] of Object.entries(config)) {
    const there = merged[key] ?? {};
    if (!isObject(there) || !isObject(value)) {
      return `its ${key} has an unexpected form`;
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

/** Writes the file in one step, so that no client reads half of it. */
async function write(file: string, { before, after }: Change): Promise<void> {
  await Deno.mkdir(dirname(file), { recursive: true });
  const mode = before === undefined
    ? 0o600
    : (await Deno.stat(file)).mode ?? 0o600;
  if (before !== undefined) await Deno.copyFile(file, backupOf(file));
  const next = `${file}.${crypto.randomUUID()}`;
  await Deno.writeTextFile(next, after, {
    mode: mode & 0o777,
    createNew: true,
  });
  await Deno.rename(next, file);
}
