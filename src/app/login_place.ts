/**
 * Qontak as the place where people log in: exchanges the code with which it
 * sends a person back, and asks who the person is.
 *
 * @module
 */
import type { Login } from "../auth/sign_in/accounts.ts";
import type { LoginPlace } from "../auth/sign_in/sign_in.ts";
import { ForeseenError } from "../errors.ts";
import { parseTemplate } from "../fields/template.ts";
import { deadline } from "../net/deadline.ts";
import type { Access } from "../qontak/connection.ts";
import { endpoints } from "../qontak/endpoints.ts";
import { defined } from "../values/json.ts";
import { visible } from "../values/visible.ts";

/** How long the person waits at most for their own name, in ms. */
const NAME_TIMEOUT = 3_000;

/** The longest name that is shown, in characters. */
const LONGEST_NAME = 80;

/**
 * Makes it.
 *
 * @param access The access to Qontak, with OAuth.
 */
export function createLoginPlace(access: Access): LoginPlace {
  const oauth = access.oauth!;
  return {
    url: (state) => oauth.authorizeUrl(state),
    async exchange(code): Promise<Login> {
      const grant = await oauth.code(code);
      const { access_token, refresh_token, expires_in } = grant;
      const expires_at = Date.now() / 1000 + expires_in;
      using limit = deadline(access.timeout);
      const [user, people] = await Promise.all([
        access.identify(access_token, limit.signal),
        peopleOf(access, access_token),
      ]);
      const name = user === undefined ? undefined : people.get(user);
      return {
        credentials: { refresh_token, access_token, expires_in, expires_at },
        ...defined({ user, name }),
      };
    },
  };
}

/**
 * The names of the company's people, by id: those who may own a deal.
 * Qontak has no list of users. Without names, the page shows the number.
 */
async function peopleOf(
  access: Access,
  accessToken: string,
): Promise<ReadonlyMap<number, string>> {
  using limit = deadline(NAME_TIMEOUT);
  try {
    const { response } = await access.crmOf(accessToken).call(
      endpoints.deals.template,
      { signal: limit.signal },
    );
    const owners = parseTemplate(response).find(({ key }) =>
      key === "creator_id"
    );
    return new Map(
      owners?.options?.flatMap(({ id, name }) =>
        id === null ? [] : [[id, visible(name.slice(0, LONGEST_NAME))]]
      ),
    );
  } catch (error) {
    if (!(error instanceof ForeseenError)) throw error;
    return new Map();
  }
}
