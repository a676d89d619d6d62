/**
 * A short story in the terminal: an assistant works in the built-in CRM.
 *
 * @module
 */
import type { Run } from "../command.ts";
import { FAILED, OK } from "../exit.ts";
import { complain } from "../output.ts";
import { connectToSandbox } from "../sandbox_client.ts";
import { createNarrator, showWire } from "./narrator.ts";
import { play } from "./scenes.ts";

/** Plays the demo; with --verbose, what crosses the wire too. */
export const demo: Run = async ({ flags }) => {
  try {
    await using connected = await connectToSandbox({
      name: "demo",
      ...(flags.verbose ? { watch: showWire } : {}),
    });
    await play(createNarrator(connected.client, connected.sandbox));
    return OK;
  } catch (error) {
    complain(`the demo failed: ${(error as Error).message}`);
    return FAILED;
  }
};
