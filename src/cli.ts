/**
 * The command line.
 *
 * @module
 */
import { parseArgs } from "node:util";
import {
  ConfigError,
  isLoopback,
  readSettings,
  readWhole,
  serverOptionsOf,
  type Settings,
} from "./config.ts";
import { createLog, type Log, toStderr } from "./log.ts";
import { lazySandbox } from "./sandboxed.ts";
import { createServer } from "./server.ts";
import { didYouMean } from "./text.ts";
import { TOOLSETS } from "./tools/toolsets.ts";
import { isObject } from "./values.ts";
import { VERSION } from "./version.ts";

/** One flag of the command line. */
interface Flag {
  readonly type: "boolean" | "string";
  /** What stands for its value in the help. */
  readonly value?: string;
  readonly help: string;
}

const flags = {
  http: { type: "boolean", help: "Serve MCP over HTTP instead of stdio" },
  host: {
    type: "string",
    value: "127.0.0.1",
    help: "The address that --http listens on",
  },
  port: {
    type: "string",
    value: "8000",
    help: "The port that --http listens on; 0 takes a free one",
  },
  sandbox: {
    type: "boolean",
    help: "Work on a built-in CRM with invented data: no account needed",
  },
  toolsets: {
    type: "string",
    value: "a,b",
    help: `Offer only these tools: ${TOOLSETS.join(", ")}`,
  },
  "read-only": {
    type: "boolean",
    help: "Offer only tools that change nothing",
  },
  help: { type: "boolean", help: "Print this" },
  version: { type: "boolean", help: "Print the version" },
} as const satisfies Readonly<Record<string, Flag>>;

type Flags = { [N in keyof typeof flags]?: string | boolean };

/** Exit codes: ended well, failed while running, asked for wrongly. */
const OK = 0, FAILED = 1, MISUSED = 2;

/** How long requests may take once the server is told to stop, in ms. */
const DRAIN = 5_000;

/**
 * Runs the command line.
 *
 * @param args The arguments after the program's name.
 * @returns The exit code.
 */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const given = readFlags(args);
    if (given.help) return print(help());
    if (given.version) return print(VERSION);
    const settings = readSettings({
      ...await environment(),
      ...fromFlags(given),
    });
    const log = createLog(settings.LOG_LEVEL ?? "info");
    return await run(given, settings, log);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) {
      // What a flag said is called by the flag.
      const named = args.some((arg) => arg.startsWith("--toolsets"))
        ? problem.replace(/^QONTAK_TOOLSETS/, "--toolsets")
        : problem;
      toStderr(`qontak-mcp: ${named}`);
    }
    toStderr("qontak-mcp --help lists the flags and variables");
    return MISUSED;
  }
}

async function run(
  given: Flags,
  settings: Settings,
  log: Log,
): Promise<number> {
  const listen = given.http ? readListen(given, settings) : undefined;
  if (!given.sandbox && !settings.QONTAK_REFRESH_TOKEN) {
    throw new ConfigError([
      "QONTAK_REFRESH_TOKEN is not set. Make a token at https://crm.qontak.com/crm/api_token/ and set it, or try the server on invented data with --sandbox",
    ]);
  }
  const sandbox = given.sandbox ? lazySandbox() : undefined;
  const server = createServer({
    ...serverOptionsOf(settings),
    ...sandbox?.options,
    log,
  });
  try {
    if (listen) {
      const { createHandler } = await import("./http.ts");
      const handler = createHandler(server, {
        apiKeys: settings.MCP_API_KEYS ?? [],
      });
      return await serveHttp(handler, listen, log);
    }
    if (Deno.stdin.isTerminal()) toStderr(HINT);
    await server.stdio();
    return OK;
  } finally {
    await server.close();
    await sandbox?.close();
  }
}

const HINT =
  `qontak-mcp ${VERSION} speaks the Model Context Protocol on stdin and stdout, and is waiting for a client.
An MCP client starts this command by itself. In Claude Code, for example:
  claude mcp add qontak --env QONTAK_REFRESH_TOKEN=… -- deno run -A jsr:@qontak/mcp
or, without an account, with --sandbox instead of the token. For other clients see the README. --http serves over HTTP; Ctrl+C ends.`;

function print(text: string): number {
  // deno-lint-ignore no-console -- what --help and --version are for
  console.log(text);
  return OK;
}

function help(): string {
  const rows = Object.entries(flags).map(([name, flag]: [string, Flag]) => {
    const left = `--${name}${flag.value ? ` ${flag.value}` : ""}`;
    return `  ${left.padEnd(20)}${flag.help}`;
  });
  return `qontak-mcp ${VERSION}: an MCP server for Qontak CRM

Usage: deno run -A jsr:@qontak/mcp [flags]

Without flags it speaks MCP on stdin and stdout.

${rows.join("\n")}

It is set up by environment variables, or by a .env file in the working
directory. QONTAK_REFRESH_TOKEN is the one you need: make a token at
https://crm.qontak.com/crm/api_token/. The README lists the others.`;
}

function readFlags(args: readonly string[]): Flags {
  const { values, tokens } = parseArgs({
    args: [...args],
    options: flags,
    strict: false,
    tokens: true,
  });
  const names = Object.keys(flags);
  const problems = tokens.flatMap((token) => {
    if (token.kind === "positional") {
      return [
        `${JSON.stringify(token.value)} is no command${
          didYouMean(token.value, names.map((name) => `--${name}`))
        }`,
      ];
    }
    if (token.kind !== "option") return [];
    if (!Object.hasOwn(flags, token.name)) {
      return [
        `There is no flag ${token.rawName}${
          didYouMean(token.rawName, names.map((name) => `--${name}`))
        }`,
      ];
    }
    const { type }: Flag = flags[token.name as keyof typeof flags];
    if (type === "boolean" && token.value !== undefined) {
      return [`--${token.name} takes no value`];
    }
    // strict: false reads "--port --http" as a port of true.
    const isMissing = type === "string" &&
      (!token.value || token.value.startsWith("--"));
    return isMissing ? [`--${token.name} needs a value`] : [];
  });
  const given = values as Flags;
  for (const name of ["host", "port"] as const) {
    if (given[name] !== undefined && !given.http) {
      problems.push(`--${name} is for --http: give both`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return given;
}

/** The flags that stand for variables, and win over them. */
function fromFlags(given: Flags): Record<string, string> {
  return {
    ...(given.toolsets ? { QONTAK_TOOLSETS: String(given.toolsets) } : {}),
    ...(given["read-only"] ? { QONTAK_READ_ONLY: "true" } : {}),
  };
}

interface Listen {
  readonly hostname: string;
  readonly port: number;
}

function readListen(given: Flags, settings: Settings): Listen {
  const hostname = String(given.host ?? flags.host.value);
  let port: number;
  try {
    port = readWhole(String(given.port ?? flags.port.value), 0, 65_535);
  } catch (error) {
    throw new ConfigError([`--port ${(error as Error).message}`]);
  }
  if (!isLoopback(hostname) && !settings.MCP_API_KEYS) {
    throw new ConfigError([
      `--host ${hostname} would let other machines into your CRM: set MCP_API_KEYS to say who may call, or keep to 127.0.0.1`,
    ]);
  }
  return { hostname, port };
}

/**
 * The environment, with what `.env` in the working directory adds to it.
 *
 * @throws {ConfigError} When there is a `.env` that cannot be read.
 */
export async function environment(): Promise<Record<string, string>> {
  let text: string;
  try {
    // Some editors put a mark before the first line.
    text = Deno.readTextFileSync(".env").replace(/^\uFEFF/, "");
  } catch (error) {
    const absent = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotCapable;
    if (absent) return variablesSet();
    throw new ConfigError([
      `.env in the working directory could not be read: ${
        error instanceof Error ? error.name : "unknown reason"
      }`,
    ]);
  }
  // Loaded only where there is a file to read.
  let parse: (text: string) => Record<string, string>;
  try {
    ({ parse } = await import("@std/dotenv/parse"));
  } catch {
    throw new ConfigError([
      ".env in the working directory was not read: the library for it (jsr:@std/dotenv) could not be loaded. Set the variables in the environment, or make jsr.io reachable once",
    ]);
  }
  return { ...parse(text), ...variablesSet() };
}

function variablesSet(): Record<string, string> {
  try {
    return Deno.env.toObject();
  } catch {
    throw new ConfigError([
      "The environment may not be read: start with -A, or with --allow-env=QONTAK_*,MCP_*,LOG_LEVEL --ignore-env",
    ]);
  }
}

async function serveHttp(
  handler: (request: Request) => Promise<Response>,
  listen: Listen,
  log: Log,
): Promise<number> {
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    server = Deno.serve({
      ...listen,
      onListen: ({ hostname, port }) =>
        log("info", "Serving MCP over HTTP", {
          url: `http://${
            hostname.includes(":") ? `[${hostname}]` : hostname
          }:${port}/mcp`,
        }),
    }, handler);
  } catch (error) {
    const reason = error instanceof Deno.errors.AddrInUse
      ? "the port is taken: give another one with --port"
      : isObject(error) && "message" in error
      ? String(error.message)
      : String(error);
    toStderr(
      `qontak-mcp: cannot listen on ${listen.hostname}:${listen.port}: ${reason}`,
    );
    return FAILED;
  }
  const stop = () => {
    log("info", "Stopping: finishing the requests under way");
    // An answer that never ends must not hold the process.
    Deno.unrefTimer(setTimeout(() => Deno.exit(OK), DRAIN));
    server.shutdown();
  };
  const signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, stop);
  await server.finished;
  for (const signal of signals) Deno.removeSignalListener(signal, stop);
  return OK;
}
