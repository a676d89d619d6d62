/**
 * What the commands for sessions share.
 *
 * @module
 */
import type { Program } from "../../app/open.ts";
import type { Session } from "../../auth/sign_in/sessions.ts";
import type { SignIn } from "../../auth/sign_in/sign_in.ts";
import { ConfigError } from "../../errors.ts";

/**
 * Signing in.
 *
 * @throws {ConfigError} When it is off.
 */
export async function demandSignedIn(program: Program): Promise<SignIn> {
  const signIn = await program.signIn();
  if (signIn) return signIn;
  throw new ConfigError([
    "Nobody can sign in here: MCP_SIGN_IN is off. Run this command with the settings of the server",
  ]);
}

/** How a session is named on the command line. */
export function idOf({ account, id }: Pick<Session, "account" | "id">): string {
  return `${account}.${id}`;
}
