/**
 * The environment of the process, and the `.env` file in its directory.
 *
 * @module
 */
import { ConfigError } from "../errors.ts";
import { canReadVariables, parseVariables } from "../values/env.ts";
import { decodeUtf8 } from "../values/text.ts";

/** The file in the working directory that adds variables to the environment. */
const PATH = ".env";

/** Variables and their origin. */
export interface Environment {
  /** Every variable by name. */
  readonly variables: Readonly<Record<string, string>>;
  /**
   * The file that sets a variable; undefined if the process's environment does.
   */
  fileOf(name: string): string | undefined;
}

/**
 * Reads the environment, and adds the variables of `.env` in the working
 * directory. The environment takes precedence.
 *
 * @throws {ConfigError} When `.env` exists but cannot be read, or the program
 * has no permission to read the environment.
 */
export function readEnvironment(): Environment {
  const own = variablesSet();
  const file = readFile();
  return {
    variables: { ...file, ...own },
    fileOf: (name) =>
      Object.hasOwn(own, name) || !Object.hasOwn(file, name) ? undefined : PATH,
  };
}

function readFile(): Record<string, string> {
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(PATH);
  } catch (error) {
    const absent = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotCapable;
    if (absent) return {};
    throw new ConfigError([
      `.env in the working directory could not be read: ${
        error instanceof Error ? error.name : "unknown reason"
      }`,
    ]);
  }
  const text = decodeUtf8(bytes);
  if (text === undefined) {
    throw new ConfigError([
      isUtf16(bytes)
        ? ".env in the working directory is UTF-16, as PowerShell's > and Notepad's Unicode write it: save it as UTF-8"
        : ".env in the working directory is not UTF-8, so that its values cannot be read as they were meant: save it as UTF-8",
    ]);
  }
  if (canReadVariables) return parseVariables(text);
  throw new ConfigError([
    `.env in the working directory cannot be read by Deno ${Deno.version.deno}: use Deno 2.9 or newer, or set the variables in the environment`,
  ]);
}

/** Whether bytes begin with the mark of UTF-16, in either order. */
function isUtf16([first, second]: Uint8Array): boolean {
  return first === 0xff && second === 0xfe || first === 0xfe && second === 0xff;
}

function variablesSet(): Record<string, string> {
  try {
    return Deno.env.toObject();
  } catch {
    throw new ConfigError([
      "The environment may not be read: start with -A, or with the --allow-env of .github/SETTINGS.md and --ignore-env",
    ]);
  }
}
