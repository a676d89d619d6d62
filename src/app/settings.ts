/**
 * The settings of the program, from the environment and the defaults.
 *
 * @module
 */
import { ConfigError } from "../errors.ts";
import { apis, type ConnectionOptions } from "../qontak/connection.ts";
import type { ServerOptions } from "../server.ts";
import { defined, parseJson, show } from "../values/json.ts";
import type { Place } from "./place.ts";
import { findUnknown } from "./unknown.ts";
import { MIB, type Variable, variables } from "./variables.ts";

type Variables = typeof variables;

type Name = keyof Variables;

/** The variables with a default. */
type Defaulted = {
  [N in Name]: Variables[N] extends { readonly default: string } ? N : never;
}[Name];

type Value<N extends Name> = ReturnType<Variables[N]["read"]>;

/** The value of each variable that is set or has a default. */
export type Settings =
  & { readonly [N in Defaulted | "QONTAK_BASE_URL"]: Value<N> }
  & {
    readonly [N in Exclude<Name, Defaulted | "QONTAK_BASE_URL">]?: Value<N>;
  }
  & {
    /** The file that sets QONTAK_REFRESH_TOKEN, if any. */
    readonly refreshTokenFile?: string;
    /** Where Deno KV is on this machine; undefined if Deno chooses. */
    readonly place?: Place;
    /** What is odd about the settings but does not prevent the start. */
    readonly warnings: readonly string[];
  };

/** Where the values of variables come from. */
export interface Origin {
  /** Returns the file that sets a variable, if any. */
  readonly fileOf?: (variable: string) => string | undefined;
  /** Returns the flag that sets a variable, such as `--toolsets`, if any. */
  readonly flagOf?: (variable: string) => string | undefined;
}

/** The variable whose value Qontak may replace. */
export const ROTATING = "QONTAK_REFRESH_TOKEN";

/** The longest value that an error repeats, in characters. */
const MAX_QUOTED = 100;

/** Shortens long values, which a sentence has in quotation marks. */
function cutQuoted(sentence: string): string {
  return sentence.replace(
    /"(?:[^"\\]+|\\.)*"/g,
    (quoted) =>
      quoted.length > MAX_QUOTED
        ? show(parseJson(quoted) ?? quoted, MAX_QUOTED)
        : quoted,
  );
}

/**
 * Reads the environment. An empty variable counts as unset.
 *
 * @param env The variables by name.
 * @param origin Where their values come from.
 * @returns The settings, with defaults for variables that are not set.
 * @throws {ConfigError} Names every malformed variable, or the flag that sets
 * it, and those that are a misspelled safety switch. It repeats only values that
 * are not secret.
 */
export function readSettings(
  env: Readonly<Record<string, string | undefined>>,
  { fileOf, flagOf }: Origin = {},
): Settings {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, variable] of Object.entries(variables)) {
    const { read, default: otherwise }: Variable<unknown> = variable;
    const text = env[name]?.trim() || otherwise;
    if (text === undefined) continue;
    try {
      values[name] = read(text);
    } catch (error) {
      const problem = cutQuoted((error as Error).message);
      problems.push(`${flagOf?.(name) ?? name} ${problem}`);
    }
  }
  const unknown = findUnknown(env);
  problems.push(...unknown.problems);
  if (problems.length > 0) {
    throw new ConfigError([...problems, ...unknown.warnings]);
  }
  const settings = values as Omit<Settings, "QONTAK_BASE_URL">;
  return {
    QONTAK_BASE_URL: apis[settings.QONTAK_AUTH].baseUrl,
    ...settings,
    warnings: unknown.warnings,
    ...defined({ refreshTokenFile: fileOf?.(ROTATING) }),
  };
}

/** Whether people sign in, at an endpoint with an address. */
function isSignIn(
  settings: Settings,
): settings is Settings & { readonly MCP_PUBLIC_URL: string } {
  return settings.MCP_SIGN_IN === "qontak" &&
    settings.MCP_PUBLIC_URL !== undefined;
}

/**
 * The server options that come from the settings, without the store.
 *
 * @param settings The settings.
 * @returns Options of createServer.
 */
export function serverOptionsOf(
  settings: Settings,
):
  & ConnectionOptions
  & Pick<
    ServerOptions,
    | "toolsets"
    | "tools"
    | "readOnly"
    | "content"
    | "timeZone"
    | "confirm"
    | "snapshotLifetime"
    | "snapshotBytes"
    | "snapshotTotalBytes"
    | "callRate"
  > {
  const isSigned = settings.QONTAK_AUTH === "hmac";
  return defined({
    auth: settings.QONTAK_AUTH,
    clientId: isSigned ? settings.MEKARI_CLIENT_ID : settings.QONTAK_CLIENT_ID,
    clientSecret: isSigned
      ? settings.MEKARI_CLIENT_SECRET
      : settings.QONTAK_CLIENT_SECRET,
    redirectUri: isSignIn(settings)
      ? `${new URL(settings.MCP_PUBLIC_URL).origin}/oauth/callback`
      : settings.QONTAK_REDIRECT_URI,
    baseUrl: settings.QONTAK_BASE_URL,
    tokenUser: settings.QONTAK_TOKEN_USER,
    timeout: settings.QONTAK_TIMEOUT_MS,
    retryBudget: settings.QONTAK_RETRY_BUDGET_MS,
    tokenCache: settings.TOKEN_CACHE,
    sealer: settings.TOKEN_ENCRYPTION_KEY,
    toolsets: settings.QONTAK_TOOLSETS,
    tools: settings.QONTAK_TOOLS,
    readOnly: settings.QONTAK_READ_ONLY,
    content: settings.QONTAK_CONTENT,
    timeZone: settings.QONTAK_TIME_ZONE,
    confirm: settings.QONTAK_CONFIRM,
    snapshotLifetime: settings.QONTAK_SNAPSHOT_SECONDS * 1_000,
    snapshotBytes: settings.QONTAK_SNAPSHOT_MB * MIB,
    snapshotTotalBytes: settings.QONTAK_SNAPSHOT_TOTAL_MB * MIB,
    callRate: settings.MCP_CALL_RATE,
  });
}
