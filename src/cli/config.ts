/**
 * Prints the configuration that connects a client to this server.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { readEnvironment } from "../app/environment.ts";
import { MANY_STORES, variables } from "../app/variables.ts";
import { ConfigError } from "../errors.ts";
import {
  type ClientId,
  CLIENTS,
  commandOf,
  configFor,
  type Connection,
  fileOf,
  installLinks,
  KEY,
  nameOf,
  type Os,
  startsServers,
  type Stdio,
  TOKEN,
} from "../clients/clients.ts";
import { isLoopback, isSecure } from "../net/address.ts";
import { didYouMean } from "../values/words.ts";
import { defined } from "../values/json.ts";
import { readFlag, type Run } from "./command.ts";
import { OK } from "./exit.ts";
import type { Flags } from "./flags.ts";
import { say, tell } from "./output.ts";

/**
 * Prints the text to paste on stdout and the instructions on stderr, so that a
 * pipe gets only the text. The flag http is the address of a running server.
 */
// deno-lint-ignore require-await -- commands are asynchronous
export const config: Run = async ({ word, flags }) => {
  const client = readClient(word);
  const connection = flags.http === undefined
    ? ownServer(client, flags)
    : runningServer(client, String(flags.http), flags);
  const { text, instruction } = configFor(client, connection);
  say(text);
  const file = fileHere(client);
  const links = installLinks(client, connection);
  tell(`\n${nameOf(client)}: ${instruction}`);
  if (file) tell(`File: ${file}`);
  if (links) tell(`Or open: ${links.app}`);
  for (const [placeholder, meaning] of Object.entries(meanings)) {
    if (text.includes(placeholder)) tell(`${placeholder}: ${meaning}`);
  }
  const own = text.match(/YOUR_(?:REDIS|VAULT|TOKEN)_\w+/g) ?? [];
  for (const placeholder of new Set(own)) {
    tell(`${placeholder}: the value that is set here, which is not shown`);
  }
  return OK;
};

/** The placeholders, and where to get the real values. */
const meanings: Readonly<Record<string, string>> = {
  [TOKEN]:
    "make it at https://crm.qontak.com/crm/api_token/, or try it without an account: --sandbox",
  [KEY]:
    "a key from qontak-mcp keys create on the server, or one whose hash is in its MCP_API_KEYS",
};

/**
 * Reads the name of a client.
 *
 * @param word The name.
 * @param command The command that takes it.
 * @throws {ConfigError} If it is not one.
 */
export function readClient(
  word: string | undefined,
  command = "config",
): ClientId {
  const known = CLIENTS.join(", ");
  if (word === undefined) {
    throw new ConfigError([`${command} needs a client: one of ${known}`]);
  }
  const client = CLIENTS.find((id) => id === word.toLowerCase());
  if (client) return client;
  const begun = CLIENTS.filter((id) => id.startsWith(word.toLowerCase()));
  // A long word is not repeated: it may be a token, given here by mistake.
  const named = /^[a-z -]{1,20}$/i.test(word)
    ? JSON.stringify(word)
    : "What you gave as the client";
  throw new ConfigError([
    `${named} is not a known client${
      begun.length > 1
        ? `. Did you mean ${begun.join(" or ")}?`
        : didYouMean(word, CLIENTS) || "."
    } There are ${known}; generic is the form that most others read`,
  ]);
}

/** The operating system, for the paths of clients. */
function here(): Os {
  const { os } = Deno.build;
  return os === "darwin" || os === "windows" ? os : "linux";
}

/**
 * The file of this machine that holds a client's configuration.
 *
 * @param client The client.
 * @returns Its path; undefined if the client has no such file.
 */
export function fileHere(client: ClientId): string | undefined {
  const os = here();
  return fileOf(client, {
    os,
    ...defined({
      home: variable(os === "windows" ? "USERPROFILE" : "HOME"),
      appData: variable("APPDATA"),
    }),
  });
}

/** The flags for starting a server, except those for its address. */
const STARTING = ["sandbox", "read-only", "toolsets", "tools"] as const;

/**
 * A server that the client starts in the same way as this one was started.
 *
 * @param client The client.
 * @param flags The flags of the server.
 * @throws {ConfigError} If the client cannot start servers.
 */
export function ownServer(
  client: ClientId,
  { sandbox, toolsets, tools, "read-only": isReadOnly }: Flags,
): Stdio {
  if (!startsServers(client)) {
    throw new ConfigError([
      `${
        nameOf(client)
      } cannot start a server: give the public address of one that runs, such as --http https://crm.example.com/mcp`,
    ]);
  }
  const { QONTAK_TOOLSETS, QONTAK_TOOLS } = variables;
  const groups = toolsets &&
    readFlag("toolsets", String(toolsets), QONTAK_TOOLSETS.read);
  const choice = tools && readFlag("tools", String(tools), QONTAK_TOOLS.read);
  const main = Deno.mainModule;
  const command = commandOf({
    os: here(),
    execPath: Deno.execPath(),
    standalone: Deno.build.standalone,
    version: Deno.version.deno,
    ...(main.startsWith("file:") ? { file: fileURLToPath(main) } : {}),
  });
  return {
    how: "stdio",
    command,
    sandbox: sandbox === true,
    ...(sandbox ? {} : ofStore()),
    flags: [
      ...(isReadOnly ? ["--read-only"] : []),
      ...(groups ? ["--toolsets", groups.join(",")] : []),
      // The value may begin with a dash.
      ...(choice ? [`--tools=${choice.join(",")}`] : []),
    ],
  };
}

/** What begins the names of variables that a store needs. */
const OF_STORE = /^(?:REDIS|VAULT)_|^TOKEN_ENCRYPTION_KEY/;

/**
 * The variables of a server whose credentials are in a store that the
 * environment, or `.env`, names. Their values may be secrets, and are left out.
 */
function ofStore(): Pick<Stdio, "env"> {
  const { variables: set } = readEnvironment();
  const store = set.TOKEN_STORE;
  if (!MANY_STORES.some((name) => name === store)) return {};
  const names = Object.keys(set).filter((name) =>
    OF_STORE.test(name) && Object.hasOwn(variables, name)
  ).sort();
  return {
    env: {
      TOKEN_STORE: store!,
      ...Object.fromEntries(names.map((name) => [name, `YOUR_${name}`])),
    },
  };
}

/**
 * Configures access to a running server. Errors do not repeat the address: it
 * may contain a password.
 */
function runningServer(
  client: ClientId,
  address: string,
  flags: Flags,
): Connection {
  const refuse = (problem: string) => {
    throw new ConfigError([problem]);
  };
  const given = STARTING.find((name) => flags[name]);
  if (given) {
    refuse(
      `--${given} is for a server that the client starts: give --${given} to the one at the address of --http instead`,
    );
  }
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    return refuse(
      "--http must be a URL after config, such as --http https://crm.example.com/mcp",
    );
  }
  if (url.username || url.password || url.hash) {
    refuse("--http must be a URL without user, password or fragment");
  }
  const isLocal = isLoopback(url.hostname);
  if (!isSecure(url)) {
    refuse(
      "--http must start with https://, since keys are sent there; http:// is only for this machine",
    );
  }
  if (isLocal && !startsServers(client)) {
    refuse(
      `${
        nameOf(client)
      } connects over the internet and cannot reach this machine: --http must be a public https:// address`,
    );
  }
  // If only a host is given, use this server's path: /mcp.
  if (url.pathname === "/") url.pathname = "/mcp";
  return { how: "http", url: url.href, ...(isLocal ? {} : { key: KEY }) };
}

/** An environment variable; undefined without permission to read it. */
function variable(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch {
    return undefined;
  }
}
