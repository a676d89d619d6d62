/**
 * Ends sessions of people who signed in.
 *
 * @module
 */
import { nameOf } from "../../auth/sign_in/accounts.ts";
import { ConfigError, InputError } from "../../errors.ts";
import { command, type Run } from "../command.ts";
import { OK } from "../exit.ts";
import { say } from "../output.ts";
import { demandSignedIn } from "./sessions.ts";

/** What is ended: one session, or all of an account. */
interface Subject {
  readonly account: string;
  readonly session: string | undefined;
}

/** Ends a session, or all sessions of a person. */
export const revokeSessions: Run = command(
  readSubject,
  async (program, { account, session }) => {
    const signIn = await demandSignedIn(program);
    const soon = "Running servers stop accepting its tokens within 60 seconds";
    if (session !== undefined) {
      if (!await signIn.end(account, session)) {
        throw new InputError(
          `There is no session ${account}.${session}: qontak-mcp sessions list shows all sessions`,
        );
      }
      say(`The session ${account}.${session} is ended. ${soon}`);
      return OK;
    }
    const { length } = await signIn.sessions.list(account);
    if (length === 0) {
      throw new InputError(
        `${account} has no sessions: qontak-mcp sessions list shows all sessions`,
      );
    }
    await signIn.endAll(account);
    say(
      `The sessions of ${
        nameOf(account)
      } are ended (${length}), and the tokens of Qontak are deleted. ${soon}`,
    );
    return OK;
  },
);

/** The error does not repeat the word: it may be a token. */
function readSubject(word: string | undefined): Subject {
  const [, account, session] =
    /^([a-z0-9]{1,32})(?:\.([a-z2-7]{16}))?$/.exec(word ?? "") ?? [];
  if (account !== undefined) return { account, session };
  throw new ConfigError([
    "sessions revoke needs the id of a session, which sessions list shows, or the part of it before the dot for all sessions of that person",
  ]);
}
