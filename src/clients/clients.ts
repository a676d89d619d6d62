/**
 * The supported MCP clients, as data: where each keeps its configuration, and
 * what to paste there. The command `config`, CLIENTS.md and the web page all
 * use it, so nothing in this file touches the platform.
 *
 * @module
 */
import { toBase64 } from "../values/base64.ts";
import { isObject, type JsonObject } from "../values/json.ts";

/** The name of this server in clients. */
const NAME = "qontak";

/** The placeholder for a person's own refresh token. */
export const TOKEN = "YOUR_REFRESH_TOKEN";

/** The placeholder for a person's own key for a server over HTTP. */
export const KEY = "YOUR_API_KEY";

/** The arguments of Deno that run the server, from a file or from JSR. */
const running = (file = "jsr:@qontak/mcp") => [
  "run",
  "-A",
  "--unstable-kv",
  file,
];

/** Starts the server where Deno is installed. */
const DENO: readonly string[] = ["deno", ...running()];

/** The operating systems whose paths are known. */
export type Os = "darwin" | "windows" | "linux";

/** A server that the client starts. */
export interface Stdio {
  /** It speaks on stdin and stdout. */
  readonly how: "stdio";
  /**
   * The command that starts it; see {@linkcode commandOf}.
   *
   * @default {["deno", "run", "-A", "--unstable-kv", "jsr:@qontak/mcp"]}
   */
  readonly command?: readonly string[];
  /**
   * Whether it works on the built-in CRM.
   *
   * @default {false}
   */
  readonly sandbox?: boolean;
  /** Further flags that it is started with, such as `--read-only`. */
  readonly flags?: readonly string[];
  /**
   * The variables that it is started with.
   *
   * @default A placeholder for the refresh token; none with the sandbox
   */
  readonly env?: Readonly<Record<string, string>>;
}

/** A server that is already running. */
export interface Http {
  /** It speaks over HTTP. */
  readonly how: "http";
  /** Its address, such as https://crm.example.com/mcp. */
  readonly url: string;
  /** The key that callers need, or a placeholder; none if left out. */
  readonly key?: string;
}

/** How a client reaches the server. */
export type Connection = Stdio | Http;

/** What to paste. */
export interface Snippet {
  /** Its format. */
  readonly language: "json" | "sh" | "text";
  /** Exactly what to paste, without a newline at the end. */
  readonly text: string;
  /** What to do with it, in sentences without the last full stop. */
  readonly instruction: string;
  /** The same as data, where it belongs into a file of JSON. */
  readonly config?: JsonObject;
}

/** A configuration that is JSON. */
interface Config {
  readonly config: JsonObject;
  readonly instruction: string;
}

/** The server in the form of most clients, by transport. */
interface Stdin {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}
interface Remote {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One client. */
interface Client {
  /** Its name, as its makers write it. */
  readonly name: string;
  /** The file that holds its configuration. */
  readonly files?: Readonly<Record<Os, string>>;
  /** Where it shows what servers write, in Markdown; absent if unknown. */
  readonly log?: string;
  /**
   * What to paste for a server that it starts; absent if it cannot start one.
   */
  readonly stdio?: (server: Stdin) => Snippet | Config;
  /** What to paste for a server that is already running. */
  readonly http: (server: Remote) => Snippet | Config;
  /** The addresses that add a server to it, if there are any. */
  readonly links?: (
    server: JsonObject & (Stdin | Remote),
  ) => InstallLinks;
}

/** Addresses that add the server to a client when they are opened. */
export interface InstallLinks {
  /** Opens the client directly. */
  readonly app: string;
  /** Opens the client through a web page, for places that allow only https. */
  readonly web: string;
}

/** The same place below the home directory on every system. */
function atHome(...path: readonly string[]): Record<Os, string> {
  return {
    darwin: ["~", ...path].join("/"),
    windows: ["%USERPROFILE%", ...path].join("\\"),
    linux: ["~", ...path].join("/"),
  };
}

/** The same place below each system's folder for application data. */
function atData(...path: readonly string[]): Record<Os, string> {
  return {
    darwin: ["~/Library/Application Support", ...path].join("/"),
    windows: ["%APPDATA%", ...path].join("\\"),
    linux: ["~/.config", ...path].join("/"),
  };
}

/** The form that most clients use. */
const inMcpServers =
  (after: string, file = "the file") => (server: object): Config => ({
    config: { mcpServers: { [NAME]: server } },
    instruction:
      `Put it into ${file}; if the file already has servers, add ${NAME} to its mcpServers. ${after}`,
  });

/** The file of a client that is not known here. */
const OWN_FILE =
  "the file of your client's MCP servers, whose place its documentation says";

/** VS Code asks for secrets, and keeps them out of the file. */
function inVsCode(server: JsonObject): Config {
  const { inputs, ...rest } = asking(server);
  return {
    config: { servers: { [NAME]: rest }, ...(inputs ? { inputs } : {}) },
    instruction:
      `Put it into the file, or for one project into .vscode/mcp.json; if the file already has servers, add ${NAME} to its servers. VS Code asks for the secrets`,
  };
}

/** A server whose secrets VS Code asks for. */
function asking(
  { env, headers, ...server }: JsonObject,
): JsonObject {
  const input = (id: string, description: string) => [
    { type: "promptString", id, description, password: true },
  ];
  if (isObject(env) && "QONTAK_REFRESH_TOKEN" in env) {
    return {
      type: "stdio",
      ...server,
      env: { QONTAK_REFRESH_TOKEN: "${input:qontak-token}" },
      inputs: input(
        "qontak-token",
        "Qontak refresh token, made at https://crm.qontak.com/crm/api_token/",
      ),
    };
  }
  if (headers) {
    return {
      type: "http",
      ...server,
      headers: { Authorization: "Bearer ${input:qontak-key}" },
      inputs: input("qontak-key", "Key for the Qontak MCP server"),
    };
  }
  return {
    type: "url" in server ? "http" : "stdio",
    ...server,
    ...(env ? { env } : {}),
  };
}

/** Connects clients that support only stdio to a server over HTTP. */
function throughStdio({ url, headers }: Remote): Stdin {
  return {
    command: "npx",
    args: [
      "-y",
      "mcp-remote",
      url,
      // The value has a space, at which some systems would split the argument.
      ...(headers ? ["--header", "Authorization:${AUTHORIZATION}"] : []),
    ],
    ...(headers ? { env: { AUTHORIZATION: headers.Authorization! } } : {}),
  };
}

const definitions = {
  "claude-desktop": {
    name: "Claude Desktop",
    files: atData("Claude", "claude_desktop_config.json"),
    log:
      "macOS: `~/Library/Logs/Claude/mcp*.log`. Windows: `%APPDATA%\\Claude\\logs\\mcp*.log`. Linux: `~/.config/Claude/logs`, which its makers do not confirm",
    stdio: inMcpServers("Then quit Claude Desktop and start it again"),
    http: (server) =>
      inMcpServers(
        "Then quit Claude Desktop and start it again. It needs Node.js: Claude Desktop starts npx mcp-remote on this computer; that program connects to your server",
      )(throughStdio(server)),
  },
  "claude-code": {
    name: "Claude Code",
    files: atHome(".claude.json"),
    log:
      "start it as `claude --debug`, or ask `/mcp` for the state of each server",
    // The name comes first: --env and --header take all words that follow.
    stdio: ({ command, args, env = {} }) =>
      inTerminal([
        "claude",
        "mcp",
        "add",
        NAME,
        ...Object.entries(env).flatMap(([k, v]) => ["--env", `${k}=${v}`]),
        "--",
        command,
        ...args,
      ]),
    http: ({ url, headers = {} }) =>
      inTerminal([
        "claude",
        "mcp",
        "add",
        "--transport",
        "http",
        NAME,
        url,
        ...Object.entries(headers)
          .flatMap(([k, v]) => ["--header", `${k}: ${v}`]),
      ]),
  },
  cursor: {
    name: "Cursor",
    files: atHome(".cursor", "mcp.json"),
    log: "View → Output, then the channel whose name begins with MCP",
    stdio: inMcpServers("Then check Settings → MCP"),
    http: inMcpServers("Then check Settings → MCP"),
    links(server) {
      const query = `name=${NAME}&config=${
        encodeURIComponent(base64Of(JSON.stringify(server)))
      }`;
      return {
        app: `cursor://anysphere.cursor-deeplink/mcp/install?${query}`,
        web: `https://cursor.com/en/install-mcp?${query}`,
      };
    },
  },
  vscode: {
    name: "VS Code",
    files: atData("Code", "User", "mcp.json"),
    log: "the command `MCP: List Servers`, then qontak, then Show Output",
    stdio: (server) => inVsCode({ ...server }),
    http: (server) => inVsCode({ ...server }),
    links(server) {
      const app = `vscode:mcp/install?${
        encodeURIComponent(JSON.stringify({ name: NAME, ...asking(server) }))
      }`;
      return {
        app,
        web: `https://insiders.vscode.dev/redirect?url=${
          encodeURIComponent(app)
        }`,
      };
    },
  },
  windsurf: {
    name: "Windsurf",
    files: atHome(".codeium", "windsurf", "mcp_config.json"),
    stdio: inMcpServers("Then press refresh in Cascade's list of MCP servers"),
    http: ({ url, ...rest }) =>
      inMcpServers("Then press refresh in Cascade's list of MCP servers")({
        serverUrl: url,
        ...rest,
      }),
  },
  chatgpt: {
    name: "ChatGPT",
    http: ({ url, headers }) => ({
      language: "text",
      text: url,
      instruction:
        `Turn on Developer mode in Settings → Connectors → Advanced, press Create, and paste it as the URL. ChatGPT connects over the internet${
          headers
            ? ", and sends no key: have people sign in with Qontak at the server (MCP_SIGN_IN=qontak, see .github/SIGN_IN.md), or put a proxy in front of it that signs them in with OAuth and adds the key"
            : ""
        }`,
    }),
  },
  generic: {
    name: "Other clients",
    stdio: inMcpServers("Most clients read this form", OWN_FILE),
    http: (server) =>
      inMcpServers("Most clients read this form", OWN_FILE)({
        type: "http",
        ...server,
      }),
  },
} as const satisfies Readonly<Record<string, Client>>;

/** A client, as the command line names it. */
export type ClientId = keyof typeof definitions;

const clients: Readonly<Record<ClientId, Client>> = definitions;

/** The clients, in the order of the documents. */
export const CLIENTS = Object.keys(definitions) as ClientId[];

/** The name of a client. */
export function nameOf(client: ClientId): string {
  return clients[client].name;
}

/**
 * Where a client shows what servers write.
 *
 * @param client The client.
 * @returns The place, in Markdown; undefined if its makers do not name one.
 */
export function logOf(client: ClientId): string | undefined {
  return clients[client].log;
}

/** Whether a client can start a server. */
export function startsServers(client: ClientId): boolean {
  return clients[client].stdio !== undefined;
}

/**
 * Returns exactly what to paste into a client.
 *
 * @param client The client.
 * @param connection How it reaches the server.
 * @throws {TypeError} If the connection is stdio and the client cannot start
 * servers.
 */
export function configFor(
  client: ClientId,
  connection: Connection,
): Snippet {
  const { name, stdio, http } = clients[client];
  if (connection.how === "stdio" && !stdio) {
    throw new TypeError(
      `${name} cannot start a server: it needs the https:// address of a running one`,
    );
  }
  const pasted = connection.how === "stdio"
    ? stdio!(toStdin(connection))
    : http(toRemote(connection));
  if (!("config" in pasted)) return pasted;
  const { config, instruction } = pasted;
  return {
    language: "json",
    text: JSON.stringify(config, null, 2),
    instruction,
    config,
  };
}

/**
 * The addresses that add the server to a client.
 *
 * @param client The client.
 * @param connection How it reaches the server.
 * @returns The addresses; undefined if the client has none.
 */
export function installLinks(
  client: ClientId,
  connection: Connection,
): InstallLinks | undefined {
  const server = connection.how === "stdio"
    ? toStdin(connection)
    : toRemote(connection);
  return clients[client].links?.({ ...server });
}

/** Where a person's files are. */
export interface Place {
  /** The operating system. */
  readonly os: Os;
  /** The home directory; its usual short form if left out. */
  readonly home?: string;
  /** The value of %APPDATA% on Windows; that name if left out. */
  readonly appData?: string;
}

/**
 * The file that holds a client's configuration.
 *
 * @param client The client.
 * @param place Where the person's files are.
 * @returns Its path; undefined if the client has no such file.
 */
export function fileOf(client: ClientId, place: Place): string | undefined {
  const { os, home, appData } = place;
  const known: Record<string, string | undefined> = {
    "~": home,
    "%USERPROFILE%": home,
    "%APPDATA%": appData,
  };
  return clients[client].files?.[os]
    .replace(/^(~|%\w+%)/, (start) => known[start] ?? start);
}

/** The running Deno, or a program made by `deno compile`. */
export interface Runtime {
  /** The operating system. */
  readonly os: Os;
  /** The path of its executable. */
  readonly execPath: string;
  /** Whether the executable is this program itself. */
  readonly standalone: boolean;
  /** The version of Deno. */
  readonly version: string;
  /** The path of the program, such as that of a clone; left out: it is JSR's. */
  readonly file?: string;
}

/**
 * The command that starts the server again on this machine. It has a full path,
 * because desktop programs often have another PATH than shells.
 *
 * @param runtime What it runs on.
 */
export function commandOf(runtime: Runtime): readonly string[] {
  const { os, execPath, standalone, version, file } = runtime;
  if (standalone) return [execPath];
  // The cache of npx may be cleared at any time.
  if (!/[\\/]_npx[\\/]/.test(execPath)) return [execPath, ...running(file)];
  // On Windows npx is a script, which few clients can start by name.
  const npx = os === "windows" ? ["cmd", "/c", "npx"] : ["npx"];
  return [...npx, "-y", `deno@${version}`, ...running(file)];
}

function toStdin(
  { command = DENO, sandbox = false, flags = [], env }: Stdio,
): Stdin {
  const [program, ...args] = command;
  return {
    command: program!,
    args: [...args, ...(sandbox ? ["--sandbox"] : []), ...flags],
    ...(env ? { env } : sandbox ? {} : {
      env: { QONTAK_REFRESH_TOKEN: TOKEN },
    }),
  };
}

function toRemote({ url, key }: Http): Remote {
  return key === undefined
    ? { url }
    : { url, headers: { Authorization: `Bearer ${key}` } };
}

function inTerminal(words: readonly string[]): Snippet {
  return {
    language: "sh",
    text: words.map(quote).join(" "),
    instruction:
      "Run it in a terminal. It applies to the folder where you run it; with --scope user after add, to all folders",
  };
}

/** A word quoted for the shells of both Unix and Windows. */
function quote(word: string): string {
  if (/^[\w@%+=:,./~-]+$/.test(word)) return word;
  return /["$`!]/.test(word)
    ? `'${word.replaceAll("'", `'\\''`)}'`
    : `"${word}"`;
}

function base64Of(text: string): string {
  return toBase64(new TextEncoder().encode(text));
}
