/**
 * Signing in with Qontak: this server is the authorization server of its own
 * endpoint (OAuth 2.1), and leaves the login to Qontak.
 *
 * @module
 */
import type { Log } from "../../logging/log.ts";
import { siteOf } from "../../net/address.ts";
import type { TokenStore } from "../../tokens/store.ts";
import { defined } from "../../values/json.ts";
import {
  type Authenticate,
  DEFAULT_SCOPES,
  type Principal,
  type Scope,
} from "../principal.ts";
import {
  type Account,
  accountOf,
  type Accounts,
  createAccounts,
  type Login,
  nameOf,
  tenantOf,
} from "./accounts.ts";
import { readAsk } from "./asking.ts";
import { type Client, type Clients, createClients } from "./clients.ts";
import {
  type Ask,
  createFlows,
  type Flow,
  type Flows,
  type ReadCookie,
} from "./flows.ts";
import { need, type Parameters } from "./protocol.ts";
import { type Code, createGrants } from "./grants.ts";
import {
  CODE_LIFETIME,
  isSame,
  isSessionId,
  mint,
  newSessionId,
} from "./issued.ts";
import { createPending, type Site } from "./pending.ts";
import { createSessions, type Session, type Sessions } from "./sessions.ts";
import { recordsOf, type SignInStore } from "./store.ts";
import { createSweep, type Due, type Sweep } from "./sweep.ts";

/** Qontak, as the place where people log in. */
export interface LoginPlace {
  /** The page where a person logs in; it returns with `state`. */
  url(state: string): string;
  /**
   * Exchanges the code with which Qontak sent a person back.
   *
   * @throws {QontakError | UnreachableError} When Qontak gives no tokens.
   */
  exchange(code: string): Promise<Login>;
}

/** Settings of {@linkcode createSignIn}. */
export interface SignInOptions {
  /** The address of the endpoint, such as https://crm.example.com/mcp. */
  readonly publicUrl: string;
  /** Where sign-ins, clients and sessions are kept. */
  readonly store: SignInStore;
  /** Where the tokens of Qontak are kept. */
  readonly tokens: TokenStore;
  /** Deletes what is cached for a tenant, such as an access token. */
  readonly dropCached: (tenant: string) => Promise<void>;
  /** Where people log in. */
  readonly place: LoginPlace;
  /** Reads the metadata document of a client. */
  readonly readDocument: (address: string) => Promise<string>;
  /** Writes log lines; never receives a secret. */
  readonly log: Log;
  /** The clock, in ms since 1970; the system clock by default. */
  readonly now?: () => number;
}

/** What the person decided on the consent page. */
export interface Decision {
  /** The secret of the form. */
  readonly form: string | undefined;
  readonly isAllowed: boolean;
  /** What the person left chosen. */
  readonly scopes: readonly string[];
  /** Whether the account that the browser knows is continued. */
  readonly isContinued: boolean;
}

/** What follows after a step of a sign-in. */
export interface Next {
  /** Where the browser goes. */
  readonly location: string;
  /** The value of a cookie for the account, if the browser needs one. */
  readonly known?: string;
}

/** The page where the person decides, below the origin. */
export const CONSENT_PATH = "/oauth/consent";

/** The address to which Qontak sends people back, below the origin. */
export const CALLBACK_PATH = "/oauth/callback";

/** The page where a person sees and ends their sessions. */
export const ACCOUNT_PATH = "/account";

/** Signing in. */
export interface SignIn {
  /** The issuer: the origin of the endpoint. */
  readonly issuer: string;
  /** The address of the endpoint. */
  readonly resource: string;
  /** The sessions. */
  readonly sessions: Sessions;
  /** The accounts. */
  readonly accounts: Accounts;
  /** The clients. */
  readonly clients: Clients;
  /** The sign-ins under way. */
  readonly flows: Flows;
  /** Removes tokens of Qontak that no session needs. */
  readonly sweep: Sweep;
  /** Identifies callers by their access token. */
  readonly authenticate: Authenticate;
  /**
   * Begins a sign-in for a client.
   *
   * @throws {OAuthProblem} When the request is not acceptable. Nobody has
   * agreed to anything yet, so the browser is not sent to the client.
   *
   * @param given The parameters of the request.
   * @param address From where it comes.
   */
  authorize(
    given: Parameters,
    address: string,
  ): Promise<Next & { readonly flow: Flow; readonly cookie: string }>;
  /** Begins a login of a person who wants to see their sessions. */
  visit(
    address: string,
  ): Promise<Next & { readonly flow: Flow; readonly cookie: string }>;
  /**
   * Continues when Qontak sent a person back.
   *
   * @returns The sign-in with who signed in, or where the browser goes if the
   * person refused at Qontak; undefined if it is not a sign-in of this browser.
   */
  callback(
    given: Parameters,
    cookies: ReadCookie,
    known: string | undefined,
  ): Promise<Flow | Next | undefined>;
  /**
   * Ends a sign-in with the person's decision.
   *
   * @returns Undefined if it is not a sign-in of this browser, or the form is
   * not from its page.
   */
  decide(
    id: string,
    decision: Decision,
    cookies: ReadCookie,
    known: string | undefined,
  ): Promise<Next | undefined>;
  /**
   * Answers the token endpoint.
   *
   * @throws {OAuthProblem} When there are no tokens for the request.
   */
  token(given: Parameters): Promise<Record<string, unknown>>;
  /** Ends the session of a token (RFC 7009). */
  revoke(given: Parameters): Promise<void>;
  /**
   * Ends a session. With an account's last one its tokens of Qontak are
   * forgotten, too.
   *
   * @returns Whether it existed.
   */
  end(account: string, session: string): Promise<boolean>;
  /**
   * Ends all sessions of an account and forgets its tokens. Its clients ask the
   * person to sign in again.
   */
  endAll(account: string): Promise<void>;
  /** The same for a tenant; does nothing if nobody signed in to it. */
  endTenant(tenant: string): Promise<void>;
}

/**
 * Makes it.
 *
 * @param options Where things are kept, and where people log in.
 */
export function createSignIn(options: SignInOptions): SignIn {
  const { publicUrl, store, tokens, place, log, now = Date.now } = options;
  const { origin: issuer } = new URL(publicUrl);
  const sessions = createSessions({
    records: recordsOf<Session>(store, "session"),
    log,
    onEnded: tidyUp,
    now,
  });
  const clients = createClients({
    records: recordsOf<Client>(store, "client"),
    readDocument: options.readDocument,
    now,
  });
  const accounts = createAccounts({
    records: recordsOf<Account>(store, "account"),
    tokens,
    dropCached: options.dropCached,
    now,
  });
  const flowRecords = recordsOf<Flow>(store, "flow");
  const flows = createFlows(
    flowRecords,
    createPending({
      records: recordsOf<Site>(store, "pending"),
      end: (id) => flowRecords.remove(id),
    }),
  );
  const codes = recordsOf<Code>(store, "code");
  const sweep = createSweep({
    records: recordsOf<Due>(store, "due"),
    sessions,
    accounts,
    log,
    now,
  });
  const grant = createGrants({ codes, sessions, tokens, publicUrl, sweep });

  /** The address of a client, with an answer to it (RFC 9207). */
  function backTo(
    { redirect_uri, state }: Ask,
    answer: Readonly<Record<string, string>>,
  ): string {
    const url = new URL(redirect_uri);
    const all = { ...answer, ...defined({ state }), iss: issuer };
    for (const [name, value] of Object.entries(all)) {
      url.searchParams.set(name, value);
    }
    return url.href;
  }

  async function begin(ask: Ask | undefined, address: string) {
    const { flow, cookie } = await flows.begin(ask, siteOf(address));
    return { flow, cookie, location: place.url(flow.id) };
  }

  /** Forgets the tokens of Qontak that no session needs. */
  async function forgetUnused(account: string): Promise<void> {
    const left = await sessions.list(account);
    if (left.length === 0) await accounts.forget(account);
  }

  /**
   * The same after a session ended, unless the person has just allowed another:
   * a client may end its old session while its new code waits. If no program
   * fetches that one, the sweep forgets the tokens.
   */
  async function tidyUp(account: string): Promise<void> {
    const waiting = await codes.list(1, account);
    if (waiting.length === 0) await forgetUnused(account);
  }

  async function end(account: string, session: string): Promise<boolean> {
    if (!isSessionId(session)) return false;
    const existed = await sessions.end(account, session);
    if (existed) await tidyUp(account);
    return existed;
  }

  async function endAll(account: string): Promise<void> {
    for (const { id } of await sessions.list(account)) {
      await sessions.end(account, id);
    }
    await accounts.forget(account);
  }

  return {
    issuer,
    resource: publicUrl,
    sessions,
    accounts,
    clients,
    flows,
    sweep,

    async authenticate(bearer): Promise<Principal | undefined> {
      const found = await sessions.find(bearer);
      // A token for another endpoint with the same store is not for this one.
      if (!found || found.session.resource !== publicUrl) return undefined;
      const { session, access } = found;
      return {
        name: nameOf(session.account),
        tenants: [tenantOf(session.account)],
        scopes: access.scopes,
        expires_at: access.ends_at,
        mayAskFor: DEFAULT_SCOPES,
        onLost: async () => void await end(session.account, session.id),
      };
    },

    async authorize(given, address) {
      return await begin(await readAsk(given, clients, publicUrl), address);
    },

    visit: (address) => begin(undefined, address),

    async callback(given, cookies, known) {
      const flow = await flows.take(given.state ?? "", cookies);
      if (!flow || flow.form !== undefined) return undefined;
      if (given.code === undefined) {
        return {
          location: flow.ask
            ? backTo(flow.ask, {
              error: "access_denied",
              error_description: "The person did not sign in at Qontak",
            })
            : "/",
        };
      }
      const login = await place.exchange(given.code);
      if (flow.ask) return await flows.next(flow, { login });
      // The person only wants to see sessions: the tokens are not needed.
      const account = login.user === undefined
        ? (await accounts.known(known))?.id
        : String(login.user);
      // A program may never have fetched the tokens that a person allowed it.
      if (account !== undefined && await accounts.exists(account)) {
        await forgetUnused(account);
      }
      return await flows.next(flow, defined({ account }));
    },

    async decide(id, decision, cookies, known) {
      const flow = await flows.read(id, cookies);
      const { ask, login, form } = flow ?? {};
      if (!ask || !login || form === undefined) return undefined;
      if (!isSame(form, decision.form ?? "")) return undefined;
      // Of two clicks, one counts.
      if (!await flows.take(id, cookies)) return undefined;
      const scopes = ask.scopes.filter((scope: Scope) =>
        decision.scopes.includes(scope)
      );
      if (!decision.isAllowed || scopes.length === 0) {
        return {
          location: backTo(ask, {
            error: "access_denied",
            error_description: "The person did not allow it",
          }),
        };
      }
      const continued = decision.isContinued
        ? await accounts.known(known)
        : undefined;
      const { account, cookie } = await accounts.adopt(login, continued);
      await clients.keep(ask.client.id);
      // The client may never fetch what it may have.
      await sweep.note(account.id, account.signed_in_at);
      const session = newSessionId();
      const { secret, hash } = await mint("c", {
        account: account.id,
        session,
      });
      await codes.put(
        session,
        {
          id: session,
          account: account.id,
          client_id: ask.client.id,
          client_name: ask.client.name,
          client_host: ask.client.host ?? hostOf(ask.redirect_uri),
          scopes,
          resource: publicUrl,
          hash,
          redirect_uri: ask.redirect_uri,
          challenge: ask.challenge,
        },
        CODE_LIFETIME,
        account.id,
      );
      return {
        location: backTo(ask, { code: secret }),
        ...defined({ known: cookie }),
      };
    },

    async token(given) {
      const answer = await grant(given);
      void sweep.run();
      return answer;
    },

    async revoke(given) {
      const token = need(given, "token");
      const account = await sessions.endBy(token, given.client_id);
      if (account !== undefined) await tidyUp(account);
    },

    end,

    endAll,

    async endTenant(tenant) {
      const account = accountOf(tenant);
      if (account === undefined) return;
      // An operator may have a tenant with such a name. Of many thousand
      // accounts, the store keeps the newest.
      const isOurs = await accounts.exists(account) ||
        (await sessions.list(account)).length > 0;
      if (isOurs) await endAll(account);
    },
  };
}

/** What a redirect URI says of who receives the code: a host, or a scheme. */
export function hostOf(redirectUri: string): string {
  const { protocol, hostname } = new URL(redirectUri);
  return hostname !== "" && /^https?:$/.test(protocol) ? hostname : protocol;
}
