/**
 * Starts the program as a person would: in a separate process.
 *
 * @module
 */
import { denoRun, root, stdFlags } from "../../scripts/program.ts";

export { root, stdFlags };

/** Whether a program can be started by name. */
export async function isOnPath(name: string): Promise<boolean> {
  try {
    // Throws immediately if there is none.
    const { success } = await new Deno.Command(name, {
      args: ["--version"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch {
    return false;
  }
}

const settings = await Deno.readTextFile(`${root}.github/SETTINGS.md`);

/** The variables that SETTINGS.md lets the program read. */
const [, VARIABLES = ""] = /--allow-env=(\S+) --ignore-env/.exec(settings) ??
  [];

/**
 * The permissions of the documents, with this machine instead of Qontak's
 * hosts.
 *
 * @param added The variables that a store needs in addition, such as `REDIS_*`.
 */
export function permissions(added?: string): string[] {
  return [
    "--no-prompt",
    "--allow-net=127.0.0.1",
    `--allow-env=${added ? `${VARIABLES},${added}` : VARIABLES}`,
    "--ignore-env",
  ];
}

/** In the arguments of the program: run deno with its KV. */
export const WITH_KV = "(with KV)";

/** The flags with which deno uses the project's configuration in any folder. */
export const projectFlags = async (): Promise<string[]> => [
  "--config",
  `${root}deno.json`,
  ...await stdFlags(),
];

/** The arguments of deno that run the program. */
export function program(...args: string[]): Promise<string[]> {
  return running("mod.ts", ...args);
}

/** The arguments of deno that run a file of the project. */
export async function running(
  file: string,
  ...args: string[]
): Promise<string[]> {
  const [run = "run", ...rest] = await denoRun(
    file,
    ...args.filter((arg) => arg !== WITH_KV),
  );
  return [run, ...(args.includes(WITH_KV) ? ["--unstable-kv"] : []), ...rest];
}

/** The arguments of a run with a script that runs first in the same process. */
export function preloading(
  [run = "run", ...args]: readonly string[],
  preload: string | undefined,
): string[] {
  return [run, ...(preload ? ["--preload", preload] : []), ...args];
}

/**
 * The variables with which deno finds its cache, and npm if this machine has
 * it.
 */
const KEPT = [
  "PATH",
  "HOME",
  "DENO_DIR",
  "JSR_URL",
  "NPM_CONFIG_REGISTRY",
  "NODE_EXTRA_CA_CERTS",
];

let dataHome: string | undefined;

/** A folder for data of programs that is not that of a person. */
function dataFolder(): string {
  if (dataHome === undefined) {
    dataHome = Deno.makeTempDirSync({ prefix: "qontak-tests-" });
    globalThis.addEventListener("unload", () => {
      Deno.removeSync(dataHome!, { recursive: true });
    });
  }
  return dataHome;
}

/** An environment without the variables of the machine that runs the tests. */
export function bareEnv(
  env: Record<string, string> = {},
): Record<string, string> {
  const kept: Record<string, string> = { XDG_DATA_HOME: dataFolder() };
  for (const name of KEPT) {
    const value = Deno.env.get(name);
    if (value !== undefined) kept[name] = value;
  }
  return { ...kept, ...env };
}

/** The result of a run of the program. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program to its end. */
export async function run(
  args: string[],
  options: {
    readonly env?: Record<string, string>;
    /** Its standard input; text as UTF-8. */
    readonly stdin?: string | Uint8Array<ArrayBuffer>;
    readonly cwd?: string;
    /** A script that runs before the program. */
    readonly preload?: string;
  } = {},
): Promise<Ended> {
  const { preload, ...rest } = options;
  return await runDeno(preloading(await program(...args), preload), rest);
}

/**
 * Starts a program with which a test talks through its input and output, with
 * the variables of {@linkcode bareEnv}.
 *
 * @param args Its arguments.
 * @param options Its name, deno by default; variables in addition; its working
 * directory, by default the root; and whether its stderr is read.
 */
export function spawnPiped(
  args: readonly string[],
  { command = Deno.execPath(), env, cwd = root, stderr = "null" }: {
    readonly command?: string;
    readonly env?: Record<string, string> | undefined;
    readonly cwd?: string | undefined;
    readonly stderr?: "piped" | "null";
  } = {},
): Deno.ChildProcess {
  return new Deno.Command(command, {
    args: [...args],
    env: bareEnv(env),
    clearEnv: true,
    cwd,
    stdin: "piped",
    stdout: "piped",
    stderr,
  }).spawn();
}

/** Runs deno to its end. */
export async function runDeno(
  args: string[],
  options: {
    readonly env?: Record<string, string>;
    readonly stdin?: string | Uint8Array<ArrayBuffer>;
    readonly cwd?: string;
  } = {},
): Promise<Ended> {
  const child = spawnPiped(args, {
    env: options.env,
    cwd: options.cwd,
    stderr: "piped",
  });
  // Read from the start, so that a process with much output does not wait.
  const ending = child.output();
  await giveInput(child, options.stdin);
  return endedOf(await ending);
}

/**
 * Writes the whole standard input of a program. One that has ended already, as
 * it does after a wrong argument, reads none of it: what it printed says why.
 */
export async function giveInput(
  { stdin }: Deno.ChildProcess,
  input: string | Uint8Array<ArrayBuffer> = "",
): Promise<void> {
  const writer = stdin.getWriter();
  try {
    if (input.length > 0) {
      await writer.write(
        typeof input === "string" ? new TextEncoder().encode(input) : input,
      );
    }
    await writer.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** The result of a program, with its output. */
export function endedOf(
  { code, stdout, stderr }: Deno.CommandOutput,
): Ended {
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

/** A program that serves HTTP in a separate process. */
export interface HttpProcess extends AsyncDisposable {
  /** The URL of MCP, such as http://127.0.0.1:43211/mcp. */
  readonly url: string;
  /** The id of the process. */
  readonly pid: number;
  /** Waits until a line on stderr contains a text. */
  says(text: string): Promise<void>;
  /** Sends a signal and waits for the end. */
  stop(signal: Deno.Signal): Promise<Ended>;
}

/** Starts `--http` on a free port and waits until it listens. */
export async function startHttp(
  args: string[],
  env: Record<string, string> = {},
  options: {
    /** A module that runs before the program. */
    readonly preload?: string;
    /** Where it listens; by default on a free port. */
    readonly port?: string;
    /** The limit of its file descriptors. */
    readonly files?: number;
  } = {},
): Promise<HttpProcess> {
  const { preload, port = "0", files } = options;
  const deno = Deno.execPath();
  const whole = preloading(
    await program("--http", "--port", port, ...args),
    preload,
  );
  return files === undefined
    ? await startServing(deno, whole, env)
    : await startServing(
      "sh",
      ["-c", `ulimit -n ${files}; exec "$0" "$@"`, deno, ...whole],
      env,
    );
}

/**
 * Starts a program that serves HTTP, and waits until it prints its address.
 *
 * @param command Its name.
 * @param args Its arguments.
 * @param env Its variables, in addition to those of {@linkcode bareEnv}.
 * @param cwd Its working directory.
 */
export async function startServing(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd: string = root,
): Promise<HttpProcess> {
  const child = new Deno.Command(command, {
    args: [...args],
    env: bareEnv(env),
    clearEnv: true,
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stdout = new Response(child.stdout).text();
  let stderr = "";
  let heard = Promise.withResolvers<void>();
  const read = (async () => {
    for await (
      const chunk of child.stderr.pipeThrough(new TextDecoderStream())
    ) {
      stderr += chunk;
      heard.resolve();
      heard = Promise.withResolvers();
    }
  })();
  const ended = (async () => {
    const { code } = await child.status;
    await read;
    return { code, stdout: await stdout, stderr };
  })();
  let isOver = false;
  ended.then(() => isOver = true);

  async function hear(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(stderr);
      if (found) return found;
      if (isOver) throw new Error(`${pattern} was not said: ${stderr}`);
      await Promise.race([heard.promise, ended]);
    }
  }

  const [, url] = await hear(/"url":"([^"]+)"/);
  const stop = (signal: Deno.Signal) => {
    try {
      child.kill(signal);
    } catch {
      // It has ended by itself.
    }
    return ended;
  };
  return {
    url: url!,
    pid: child.pid,
    stop,
    async says(text) {
      await hear(new RegExp(RegExp.escape(text)));
    },
    async [Symbol.asyncDispose]() {
      await stop("SIGKILL");
    },
  };
}
