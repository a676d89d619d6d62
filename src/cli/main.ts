/**
 * The command line.
 *
 * @module
 */
import { advise } from "../app/advice.ts";
import { ConfigError, sentenceOf } from "../errors.ts";
import { describeFault } from "../logging/faults.ts";
import { createLog } from "../logging/log.ts";
import { redactSecrets } from "../logging/redact.ts";
import { VERSION } from "../version.ts";
import { help, readArguments } from "./arguments.ts";
import { commands } from "./commands.ts";
import { FAILED, MISUSED, OK } from "./exit.ts";
import { complain, say, tell } from "./output.ts";

/**
 * Runs the command line.
 *
 * @param args The arguments after the program's name.
 * @returns The exit code.
 */
export async function main(args: readonly string[]): Promise<number> {
  let isRead = false;
  try {
    const { command, named, ...given } = readArguments(args);
    isRead = true;
    if (given.flags.help) return print(help(command, named));
    if (given.flags.version) return print(VERSION);
    const run = await commands[command].load();
    return await run(given);
  } catch (error) {
    if (!(error instanceof ConfigError)) return failed(error);
    for (const problem of error.problems) complain(redactSecrets(problem));
    if (!isRead || error.problems.some((text) => text.startsWith("--"))) {
      tell("qontak-mcp --help lists the commands and flags");
    }
    return MISUSED;
  }
}

/**
 * Reports the error that ended the program. The runtime would also print it.
 */
function failed(error: unknown): number {
  const sentence = sentenceOf(error, advise);
  if (sentence !== undefined) complain(sentence);
  else {
    createLog("error")(
      "error",
      "qontak-mcp failed because of a bug",
      describeFault(error),
    );
  }
  return FAILED;
}

function print(text: string): number {
  say(text);
  return OK;
}
