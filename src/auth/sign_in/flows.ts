/**
 * Sign-ins under way: from the request of a client, through the person's login
 * at Qontak, to the person's decision. Each is bound to one browser by a cookie
 * of its own, so that no other browser can continue it.
 *
 * @module
 */
import { sha256 } from "../../storage/hash.ts";
import type { Scope } from "../principal.ts";
import type { Login } from "./accounts.ts";
import type { Client } from "./clients.ts";
import { isSame, randomLetters } from "./issued.ts";
import type { Pending } from "./pending.ts";
import type { Records } from "./store.ts";

/** What a client asks for, checked. */
export interface Ask {
  readonly client: Omit<Client, "redirect_uris">;
  readonly redirect_uri: string;
  readonly scopes: readonly Scope[];
  /** The S256 challenge of PKCE. */
  readonly challenge: string;
  readonly state?: string;
}

/** A sign-in under way. */
export interface Flow {
  readonly id: string;
  /** The hash of the cookie of the browser that it belongs to. */
  readonly browser: string;
  /** From which part of the network it was begun. */
  readonly site: string;
  /** What the client asks for; undefined if the person wants to see sessions. */
  readonly ask?: Ask;
  /** Who signed in at Qontak for a client; undefined before that. */
  readonly login?: Login;
  /** The account of a person who wants to see sessions, if it is known. */
  readonly account?: string;
  /** The secret of the form on the consent page; undefined before that. */
  readonly form?: string;
}

/** How long a person may take for each of the two steps, in ms. */
export const FLOW_LIFETIME = 600_000;

/** The part of an id that names the cookie. It is not secret. */
export function cookieOf(id: string): string {
  return id.slice(0, 8);
}

/** Reads the cookie of a browser by its name. */
export type ReadCookie = (name: string) => string | undefined;

/** The sign-ins under way. */
export interface Flows {
  /**
   * Begins a sign-in.
   *
   * @param ask What a client asks for, if one does.
   * @param site From which part of the network it comes.
   * @returns It, and the value of the cookie for the browser.
   */
  begin(
    ask: Ask | undefined,
    site: string,
  ): Promise<{ readonly flow: Flow; readonly cookie: string }>;
  /** Reads a sign-in, if it belongs to the browser. */
  read(id: string, cookies: ReadCookie): Promise<Flow | undefined>;
  /** Reads a sign-in, if it belongs to the browser, and ends it. */
  take(id: string, cookies: ReadCookie): Promise<Flow | undefined>;
  /**
   * Continues a sign-in that was taken, under another id: the one before was
   * in the address of another server.
   */
  next(
    flow: Flow,
    who: Pick<Flow, "login" | "account">,
  ): Promise<Flow>;
}

/**
 * Makes the sign-ins under way.
 *
 * @param records Where they are kept.
 * @param pending Bounds how many there are.
 */
export function createFlows(
  records: Records<Flow>,
  pending: Pending,
): Flows {
  const isId = (id: string) => /^[a-z2-7]{40}$/.test(id);

  async function read(
    id: string,
    cookies: ReadCookie,
  ): Promise<Flow | undefined> {
    const cookie = cookies(cookieOf(id));
    if (!isId(id) || cookie === undefined) return undefined;
    const flow = await records.get(id);
    return flow && isSame(flow.browser, await sha256(cookie))
      ? flow
      : undefined;
  }

  async function keep(flow: Flow): Promise<void> {
    await pending.add(flow.site, flow.id, FLOW_LIFETIME);
    await records.put(flow.id, flow, FLOW_LIFETIME);
  }

  return {
    async begin(ask, site) {
      const cookie = randomLetters(52);
      const flow: Flow = {
        id: randomLetters(40),
        browser: await sha256(cookie),
        site,
        ...(ask ? { ask } : {}),
      };
      await keep(flow);
      return { flow, cookie };
    },
    read,
    // The browser is checked first: nobody else can end a sign-in.
    async take(id, cookies) {
      const flow = await read(id, cookies) && await records.take(id);
      if (flow) await pending.drop(flow.site, id);
      return flow;
    },
    async next(flow, who) {
      const following: Flow = {
        ...flow,
        ...who,
        id: cookieOf(flow.id) + randomLetters(32),
        form: randomLetters(52),
      };
      await keep(following);
      return following;
    },
  };
}
