/**
 * The pages on which a person signs in at Qontak and lets an application use
 * the account, as Devise and Doorkeeper show them. They need no script.
 *
 * Assumed: the paths and the fields of the forms. Only the address of the page
 * and its query are known.
 *
 * @module
 */

import { SIGN_IN_PATH } from "./faults.ts";
import type { User } from "./records.ts";
import { SANDBOX_PASSWORD } from "./types.ts";

/** The path of the page that asks a person to agree. */
export const AUTHORIZE_PATH = "/oauth/authorize";

/** The cookie of a person who signed in. */
const COOKIE = "sandbox_session";

/** The query parameters that the forms repeat. */
const REPEATED = [
  "client_id",
  "redirect_uri",
  "response_type",
  "scope",
  "state",
] as const;

/** What a browser sends to the pages. */
export interface PageRequest {
  /** The request, for its method, address and headers. */
  readonly request: Request;
  /** The fields of a form. */
  readonly form: Readonly<Record<string, unknown>>;
}

/** The pages of a person who signs in. */
export interface SignInPages {
  /**
   * Answers a browser.
   *
   * @returns The answer; undefined for other requests.
   */
  respond(asked: PageRequest): Response | undefined;
}

/** What the pages do with the decision of a person. */
export interface Decide {
  /** Sends the browser to the application with a code for a user. */
  allow(query: URLSearchParams, user: User): Response;
  /** Sends the browser to the application with a refusal. */
  deny(query: URLSearchParams): Response;
}

/**
 * Makes the pages.
 *
 * @param users Who may sign in, by e-mail address and
 * {@linkcode SANDBOX_PASSWORD}.
 * @param decide What happens after the person decides.
 */
export function createSignInPages(
  users: readonly User[],
  decide: Decide,
): SignInPages {
  const sessions = new Map<string, User>();

  function userOf({ headers }: Request): User | undefined {
    const cookies = (headers.get("cookie") ?? "").split("; ");
    const own = cookies.find((one) => one.startsWith(`${COOKIE}=`));
    return sessions.get(own?.slice(COOKIE.length + 1) ?? "");
  }

  /** Checks the password, and returns to the page that asks to agree. */
  function signIn({ form }: PageRequest): Response {
    const user = users.find(({ email }) => email === form.email);
    const query = queryOf(form);
    if (!user || form.password !== SANDBOX_PASSWORD) {
      return loginPage(query, users, "Invalid email or password.");
    }
    const id = crypto.randomUUID();
    sessions.set(id, user);
    return new Response(null, {
      status: 303,
      headers: {
        location: `${AUTHORIZE_PATH}?${query}`,
        "set-cookie": `${COOKIE}=${id}; Path=/; HttpOnly; SameSite=Lax`,
      },
    });
  }

  function agree(asked: PageRequest): Response {
    const { request, form } = asked;
    const isPost = request.method === "POST";
    const query = isPost ? queryOf(form) : new URL(request.url).searchParams;
    const user = userOf(request);
    if (!user) return loginPage(query, users);
    if (!isPost) return agreePage(query, user);
    // A fresh sign-in can be chosen, to use another account.
    if (form.decision === "switch") return loginPage(query, users);
    return form.decision === "allow"
      ? decide.allow(query, user)
      : decide.deny(query);
  }

  return {
    respond(asked) {
      const { pathname } = new URL(asked.request.url);
      const { method, headers } = asked.request;
      if (method === "POST" && pathname === SIGN_IN_PATH) return signIn(asked);
      if (pathname !== AUTHORIZE_PATH) return undefined;
      // Programs without pages get their code at once.
      const isBrowser = headers.get("accept")?.includes("text/html") === true;
      return method === "POST" || (method === "GET" && isBrowser)
        ? agree(asked)
        : undefined;
    },
  };
}

/** The repeated parameters of a form. */
function queryOf(form: Readonly<Record<string, unknown>>): URLSearchParams {
  const query = new URLSearchParams();
  for (const name of REPEATED) {
    if (typeof form[name] === "string") query.set(name, form[name]);
  }
  return query;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character]!);
}

function fields(query: URLSearchParams): string {
  return REPEATED.filter((name) => query.has(name)).map((name) =>
    `<input type="hidden" name="${name}" value="${escape(query.get(name)!)}">`
  ).join("");
}

function loginPage(
  query: URLSearchParams,
  users: readonly User[],
  problem = "",
): Response {
  const people = users.map(({ name, email }) =>
    `<li>${escape(name)}: <code>${escape(email)}</code></li>`
  ).join("");
  return page(
    "Sign in to Qontak (sandbox)",
    `<p role="alert">${escape(problem)}</p>
<form method="post" action="${SIGN_IN_PATH}">${fields(query)}
<p><label>Email <input name="email" type="email" required></label></p>
<p><label>Password <input name="password" type="password" required></label></p>
<p><button>Sign in</button></p></form>
<p>Nothing here is real. The password is <code>${SANDBOX_PASSWORD}</code> for everybody:</p>
<ul>${people}</ul>`,
    problem === "" ? 200 : 401,
  );
}

function agreePage(query: URLSearchParams, { name, email }: User): Response {
  return page(
    "Authorization required (sandbox)",
    `<p>You are ${escape(name)} (${escape(email)}).</p>
<p>Authorize <b>${
      escape(query.get("client_id") ?? "")
    }</b> to use your account?</p>
<form method="post" action="${AUTHORIZE_PATH}">${fields(query)}
<p><button name="decision" value="allow">Authorize</button>
<button name="decision" value="deny">Deny</button>
<button name="decision" value="switch">Use another account</button></p></form>`,
  );
}

function page(title: string, body: string, status = 200): Response {
  return new Response(
    `<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>${title}</title></head><body><h1>${title}</h1>\n${body}</body></html>\n`,
    {
      status,
      headers: {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
      },
    },
  );
}
