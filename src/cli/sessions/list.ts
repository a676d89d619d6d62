/**
 * Lists the sessions of people who signed in.
 *
 * @module
 */
import { nameOf } from "../../auth/sign_in/accounts.ts";
import type { Session } from "../../auth/sign_in/sessions.ts";
import { command, noWord, type Run } from "../command.ts";
import { OK } from "../exit.ts";
import { show } from "../keys/time.ts";
import { lineOf, say, sayJson, table } from "../output.ts";
import { demandSignedIn, idOf } from "./sessions.ts";

/** The most accounts that are listed. */
const MOST_ACCOUNTS = 10_000;

/** Lists who uses the endpoint, with which client, and what they allowed. */
export const listSessions: Run = command(
  noWord,
  async (program, _, { json }) => {
    const { accounts, sessions } = await demandSignedIn(program);
    const all: Session[] = [];
    for (const { id } of await accounts.list(MOST_ACCOUNTS)) {
      all.push(...await sessions.list(id));
    }
    all.sort((one, other) => one.created_at - other.created_at);
    if (json) sayJson(all.map(withoutHashes));
    else say(tableOf(all));
    return OK;
  },
);

/** What is shown of a session. */
function withoutHashes(session: Session) {
  const { account, client_name, client_host, scopes, resource } = session;
  const { created_at, used_at, ends_at } = session;
  return {
    id: idOf(session),
    who: nameOf(account),
    ...{ client_name, client_host, scopes, resource },
    ...{ created_at, used_at, ends_at },
  };
}

function tableOf(all: readonly Session[]): string {
  if (all.length === 0) return "no sessions";
  return table([
    ["id", "who", "client", "host", "scopes", "since", "last use"],
    ...all.map((one) => [
      idOf(one),
      nameOf(one.account),
      lineOf(one.client_name),
      lineOf(one.client_host),
      one.scopes.join(","),
      show(one.created_at),
      show(one.used_at),
    ]),
  ]);
}
