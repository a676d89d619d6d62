/**
 * The environment as one table of variables. `.env.example` and the README's
 * table are made from it.
 *
 * @module
 */
import { LOG_LEVELS, type LogLevel } from "./log.ts";
import { didYouMean } from "./text.ts";
import { type Toolset, TOOLSETS } from "./tools/toolsets.ts";
import { defined } from "./values.ts";

/** One environment variable. */
export interface Variable<T> {
  /** What it is for, as a sentence without a full stop. */
  readonly meaning: string;
  /** What holds where it is not set; shown in the documents. */
  readonly default?: string;
  /** Reads its text. Throws an Error whose message follows the name. */
  readonly read: (text: string) => T;
}

/** Where Qontak is, unless QONTAK_BASE_URL says otherwise. */
export const DEFAULT_BASE_URL = "https://app.qontak.com";

/** How long a request to Qontak may take unless set otherwise, in ms. */
export const DEFAULT_TIMEOUT = 30_000;

const asText = (text: string) => text;

/** Every variable, in the order of the documents. */
export const variables = {
  QONTAK_REFRESH_TOKEN: {
    meaning:
      "The refresh token of your Qontak account, made at https://crm.qontak.com/crm/api_token/; needed unless --sandbox is given",
    read: asText,
  },
  QONTAK_CLIENT_ID: {
    meaning: "The id of your OAuth application, if the token was made with one",
    read: asText,
  },
  QONTAK_CLIENT_SECRET: {
    meaning: "The secret of that application",
    read: asText,
  },
  QONTAK_REDIRECT_URI: {
    meaning: "The redirect URI of that application",
    read: asText,
  },
  QONTAK_BASE_URL: {
    meaning: "Where Qontak is, for both its API and its OAuth",
    default: DEFAULT_BASE_URL,
    read: readBaseUrl,
  },
  QONTAK_TOOLSETS: {
    meaning: `The groups of tools to offer, joined by commas: ${
      TOOLSETS.join(", ")
    }; all when not set`,
    read: readToolsets,
  },
  QONTAK_READ_ONLY: {
    meaning: "true offers only tools that change nothing",
    default: "false",
    read: readFlag,
  },
  QONTAK_TIMEOUT_MS: {
    meaning: "How long one request to Qontak may take, in milliseconds",
    default: String(DEFAULT_TIMEOUT),
    read: (text: string) => readWhole(text, 1, 600_000),
  },
  MCP_API_KEYS: {
    meaning:
      "SHA-256 hashes (hex, joined by commas) of the keys that HTTP callers may present; without one, HTTP is served to this machine only",
    read: readHashes,
  },
  LOG_LEVEL: {
    meaning: `How much is logged on stderr: ${LOG_LEVELS.join(", ")}`,
    default: "info",
    read: (text: string) => readWord(text, LOG_LEVELS),
  },
} as const satisfies Readonly<Record<string, Variable<unknown>>>;

type Name = keyof typeof variables;

/** The value of each variable that is set or has a default. */
export type Settings = {
  readonly [N in Name]?: ReturnType<(typeof variables)[N]["read"]>;
};

/**
 * A setting is missing or malformed.
 */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** Everything that is wrong, one sentence each. */
  readonly problems: readonly string[];

  /** @param problems Everything that is wrong, one sentence each. */
  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/**
 * Reads the environment. An empty variable counts as not set.
 *
 * @param env The variables by name.
 * @returns The settings, with defaults where there are any.
 * @throws {ConfigError} Naming every variable that is malformed; values are
 * repeated only where they are no secret.
 */
export function readSettings(
  env: Readonly<Record<string, string | undefined>>,
): Settings {
  const settings: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, variable] of Object.entries(variables)) {
    const { read, default: otherwise }: Variable<unknown> = variable;
    const text = env[name]?.trim() || otherwise;
    if (text === undefined) continue;
    try {
      settings[name] = read(text);
    } catch (error) {
      problems.push(`${name} ${(error as Error).message}`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return settings as Settings;
}

/**
 * The part of the settings that a server is made from.
 *
 * @param settings The settings.
 * @returns Options of createServer.
 */
export function serverOptionsOf(settings: Settings): {
  refreshToken?: string;
  clientId?: string;
  clientSecret?: string;
  redirectUri?: string;
  baseUrl?: string;
  timeout?: number;
  toolsets?: readonly Toolset[];
  readOnly?: boolean;
} {
  return defined({
    refreshToken: settings.QONTAK_REFRESH_TOKEN,
    clientId: settings.QONTAK_CLIENT_ID,
    clientSecret: settings.QONTAK_CLIENT_SECRET,
    redirectUri: settings.QONTAK_REDIRECT_URI,
    baseUrl: settings.QONTAK_BASE_URL,
    timeout: settings.QONTAK_TIMEOUT_MS,
    toolsets: settings.QONTAK_TOOLSETS,
    readOnly: settings.QONTAK_READ_ONLY,
  });
}

function readBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new Error(`must be a URL such as ${DEFAULT_BASE_URL}`);
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new Error("must be a URL without user, query or fragment");
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    throw new Error(
      "must start with https://, since tokens travel there; http:// is for this machine only",
    );
  }
  return url.href.replace(/\/+$/, "");
}

/**
 * Whether a host name means this machine.
 *
 * @param host A host name, or an address as in a URL.
 */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || host === "::1" ||
    /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Reads a whole number with bounds.
 *
 * @throws {Error} With a phrase that follows the setting's name.
 */
export function readWhole(text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new Error(
    `must be a whole number from ${least} to ${most}, not ${
      JSON.stringify(text)
    }`,
  );
}

function readWord(text: string, words: readonly LogLevel[]): LogLevel {
  const word = words.find((word) => word === text.toLowerCase());
  if (word) return word;
  throw new Error(
    `must be one of ${words.join(", ")}, not ${JSON.stringify(text)}${
      didYouMean(text, words)
    }`,
  );
}

function readToolsets(text: string): readonly Toolset[] {
  const names = text.split(",").map((name) => name.trim().toLowerCase());
  const unknown = names.find((name) => !isToolset(name));
  if (unknown === undefined) return names.filter(isToolset);
  throw new Error(
    `names ${JSON.stringify(unknown)}, which is no toolset${
      didYouMean(unknown, TOOLSETS) || "."
    } There are ${TOOLSETS.join(", ")}`,
  );
}

function isToolset(name: string): name is Toolset {
  return (TOOLSETS as readonly string[]).includes(name);
}

function readFlag(text: string): boolean {
  if (text === "true" || text === "1") return true;
  if (text === "false" || text === "0") return false;
  throw new Error(`must be true or false, not ${JSON.stringify(text)}`);
}

function readHashes(text: string): readonly string[] {
  const hashes = text.split(",").map((hash) => hash.trim().toLowerCase());
  if (hashes.every((hash) => /^[0-9a-f]{64}$/.test(hash))) return hashes;
  throw new Error(
    "must hold SHA-256 hashes of 64 hex digits, joined by commas. Make one of a key with: printf %s KEY | sha256sum",
  );
}
