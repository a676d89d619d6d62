/**
 * The command line.
 *
 * @module
 */
import { ConfigError, sentenceOf } from "../errors.ts";
import { readEnvironment } from "../app/environment.ts";
import { FAILED, MISUSED, OK } from "./exit.ts";
import {
  type CommandName,
  type CommandsOf,
  type Flags,
  type Given,
  help,
  readArguments,
} from "./flags.ts";
import { readSettings } from "../app/settings.ts";
import { describeFault } from "../logging/faults.ts";
import { createLog, toStderr, toStdout } from "../logging/log.ts";
import { redactSecrets } from "../logging/redact.ts";
import { VERSION } from "../version.ts";

/**
 * Runs the command line.
 *
 * @param args The arguments after the program's name.
 * @returns The exit code.
 */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const given = readArguments(args);
    if (given.flags.help) return print(help());
    if (given.flags.version) return print(VERSION);
    return await run(given);
  } catch (error) {
    if (!(error instanceof ConfigError)) return failed(error);
    for (const problem of error.problems) {
      // What a flag said is called by the flag.
      const named = args.some((arg) => arg.startsWith("--toolsets"))
        ? problem.replace(/^QONTAK_TOOLSETS/, "--toolsets")
        : problem;
      toStderr(`qontak-mcp: ${redactSecrets(named)}`);
    }
    toStderr("qontak-mcp --help lists the commands and flags");
    return MISUSED;
  }
}

async function run({ command, word, flags }: Given): Promise<number> {
  if (command === "config") {
    const { config } = await import("./client_config.ts");
    return config(word, flags);
  }
  const environment = readEnvironment();
  const variables = { ...environment.variables, ...fromFlags(flags) };
  const { fileOf } = environment;
  // Each command is loaded only where it is asked for.
  if (command === "serve") {
    const { serve } = await import("./serve.ts");
    return await serve(flags, readSettings(variables), fileOf);
  }
  if (command === "doctor") {
    const { doctor } = await import("./doctor.ts");
    return await doctor(word, flags, variables, fileOf);
  }
  const settings = readSettings(variables);
  if (beginsWith(command, "keys")) {
    const { keys } = await import("./keys.ts");
    return await keys[command](word, flags, settings, fileOf);
  }
  if (command === "audit") {
    const { audit } = await import("./audit.ts");
    return await audit(flags, settings);
  }
  const { tenants } = await import("./tenants.ts");
  return await tenants[command](word, flags, settings, fileOf);
}

function beginsWith<W extends string>(
  command: CommandName,
  word: W,
): command is CommandsOf<W> {
  return command.startsWith(`${word} `);
}

/** Tells what ended the program. The runtime would print the message as well. */
function failed(error: unknown): number {
  const sentence = sentenceOf(error);
  if (sentence !== undefined) toStderr(`qontak-mcp: ${sentence}`);
  else {
    createLog("error")(
      "error",
      "qontak-mcp failed for a reason of its own",
      describeFault(error),
    );
  }
  return FAILED;
}

function print(text: string): number {
  toStdout(text);
  return OK;
}

/** The flags that stand for variables, and win over them. */
function fromFlags(given: Flags): Record<string, string> {
  return {
    ...(given.toolsets ? { QONTAK_TOOLSETS: String(given.toolsets) } : {}),
    ...(given["read-only"] ? { QONTAK_READ_ONLY: "true" } : {}),
  };
}
