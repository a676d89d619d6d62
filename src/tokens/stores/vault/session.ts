/**
 * What opens Vault: a token that is renewed before it ends, and asked for
 * again where Vault no longer takes it.
 *
 * @module
 */
import { remedyOf, StoreError } from "../../../errors.ts";
import type { Log } from "../../../logging/log.ts";
import { isObject, type JsonObject } from "../../../values/json.ts";
import { type Answer, isTokenGone, type Question, type Wire } from "./wire.ts";

/** Asks Vault; rejects with a {@linkcode StoreError} where no answer comes. */
export type Ask = (question: Question) => Promise<Answer>;

/** The token of Vault's that questions bear. */
interface Session {
  readonly token: string;
  /** When it ends, in ms since 1970; Infinity when it does not. */
  readonly end: number;
  /** From when on it is renewed before it is used, in ms since 1970. */
  readonly renewAt: number;
  readonly isRenewable: boolean;
}

/** What opens Vault. */
export interface Login {
  /** The token to begin with, where there is one. */
  readonly token?: string;
  /** What AppRole takes for a token, where there is none. */
  readonly role?: { readonly role_id: string; readonly secret_id: string };
}

/** After which part of its life a token is renewed. */
const RENEW_AFTER = 2 / 3;

/** The least time between two tries to renew a token, in ms. */
const RENEW_AGAIN = 1_000;

/** How long after a failure a server asks again for a token, in ms. */
const OPEN_AGAIN = 10_000;

/** The longest that a timer can wait, in ms. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** By how much a renewal must move the end of a token to be one, in ms. */
const LEAST_GAIN = 1_000;

/** Asks Vault for sessions. Each function throws StoreError. */
interface Door {
  /** Says in the log that a session ends, and why. */
  warnOfEnd(old: Session, error: unknown): void;
  /** Begins a session. */
  open(): Promise<Session>;
  /** Renews one; begins another where a role may and that fails. */
  renew(old: Session): Promise<Session>;
}

/** Asks how long a token lives. */
const LOOK_UP: Question = { verb: "read", path: "auth/token/lookup-self" };

function createDoor(wire: Wire, { token, role }: Login, log: Log): Door {
  async function logIn(data: object): Promise<Session> {
    const at = Date.now();
    const question = {
      verb: "write",
      path: "auth/approle/login",
      data,
    } as const;
    const answer = await wire.send(question);
    const { status } = answer;
    const auth = authOf(answer);
    if (typeof auth.client_token === "string" && auth.client_token !== "") {
      return sessionOf(auth.client_token, auth, at);
    }
    throw status === 200 || (status >= 400 && status <= 404)
      ? new StoreError(
        `${wire.where} gives no token for the role id and the secret id (HTTP ${status})`,
        { what: "checkVaultRole" },
      )
      : wire.refusal(question, answer);
  }

  /** Asks how long a token lives, which not every policy lets it ask. */
  async function lookUp(token: string): Promise<Session> {
    const at = Date.now();
    const answer = await wire.send(LOOK_UP, token);
    const { status, body } = answer;
    if (status !== 200 && status !== 403) throw wire.refusal(LOOK_UP, answer);
    if (status === 403 && !isTokenGone(answer)) {
      const refusal = wire.refusal(LOOK_UP, answer);
      log("warn", "The token for Vault will not be renewed", {
        store: "vault",
        reason: refusal.message,
        ...remedyOf(refusal),
      });
    }
    const { ttl, renewable } = isObject(body.data) ? body.data : {};
    return sessionOf(token, { lease_duration: ttl, renewable }, at);
  }

  function sessionOf(token: string, auth: JsonObject, at: number): Session {
    const life = Number(auth.lease_duration) * 1000 || Infinity;
    const isRenewable = auth.renewable === true;
    return {
      token,
      end: at + life,
      renewAt: isRenewable || role ? at + life * RENEW_AFTER : Infinity,
      isRenewable,
    };
  }

  /** Renews a token; undefined where it may live no longer. */
  async function renew(old: Session): Promise<Session | undefined> {
    const at = Date.now();
    const question = {
      verb: "write",
      path: "auth/token/renew-self",
      data: {},
    } as const;
    const answer = await wire.send(question, old.token);
    if (answer.status !== 200) throw wire.refusal(question, answer);
    const auth = authOf(answer);
    const end = at + Number(auth.lease_duration) * 1000;
    // Vault says yes to a token of the greatest age, too.
    if (end >= old.end + LEAST_GAIN) return sessionOf(old.token, auth, at);
    return undefined;
  }

  function warnOfEnd(old: Session, error: unknown): void {
    log(
      "warn",
      "The token for Vault could not be renewed: it is used as long as it lives",
      {
        store: "vault",
        ends: new Date(old.end).toISOString(),
        reason: error instanceof StoreError ? error.message : undefined,
        ...remedyOf(error),
      },
    );
  }

  return {
    warnOfEnd,
    open: () => role ? logIn(role) : lookUp(token!),
    async renew(old) {
      if (!role) {
        const renewed = await renew(old);
        if (renewed) return renewed;
        const why = `${wire.where} lets its token live no longer`;
        warnOfEnd(old, new StoreError(why, { what: "replaceVaultToken" }));
        return { ...old, renewAt: Infinity };
      }
      if (!old.isRenewable) return await logIn(role);
      const renewed = await renew(old).catch(() => undefined);
      return renewed ?? await logIn(role);
    },
  };
}

/** Questions with a token that is good, and what keeps it so. */
export interface SessionKeeper {
  /** Asks with a token that is good. */
  readonly ask: Ask;
  /** Opens Vault before the first question, in the background. */
  start(): void;
  /** Renews the token no longer; the next question opens Vault again. */
  close(): void;
}

/**
 * Lets questions bear a token that is good: one that is asked for, renewed
 * before it ends, whether questions come or not, and asked for again where
 * Vault no longer takes it.
 */
export function createSession(
  wire: Wire,
  login: Login,
  log: Log,
): SessionKeeper {
  const door = createDoor(wire, login, log);
  let session: Session | undefined;
  let renewal: Promise<Session> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOpen = false;

  /** The session to use; another one than `refused`. */
  function current(refused?: Session): Promise<Session> {
    if (session && session !== refused && Date.now() < session.renewAt) {
      return Promise.resolve(session);
    }
    // One for all who wait for it.
    return renewal ??= next(refused)
      .then((fresh) => {
        session = fresh;
        renewAfter(fresh.renewAt - Date.now());
        return fresh;
      })
      .finally(() => renewal = undefined);
  }

  /** Renews the token after so many ms, also where nobody asks by then. */
  function renewAfter(ms: number): void {
    clearTimeout(timer);
    if (!isOpen || ms === Infinity) return;
    timer = setTimeout(renewNow, Math.min(Math.max(ms, 0), LONGEST_TIMER));
    // Nobody waits for it.
    Deno.unrefTimer(timer);
  }

  async function renewNow(isFirstFailure = true): Promise<void> {
    try {
      const { renewAt } = await current();
      renewAfter(renewAt - Date.now());
    } catch (error) {
      if (isFirstFailure) {
        log("warn", "Vault gives no token yet", {
          store: "vault",
          reason: error instanceof StoreError ? error.message : undefined,
          ...remedyOf(error),
        });
      }
      // Vault locks an AppRole that it refuses again and again.
      const isRefused = remedyOf(error).remedy?.what === "checkVaultRole";
      if (!isOpen || isRefused) return;
      clearTimeout(timer);
      timer = setTimeout(() => renewNow(false), OPEN_AGAIN);
      Deno.unrefTimer(timer);
    }
  }

  function next(refused?: Session): Promise<Session> {
    const old = session;
    if (old && old !== refused && old.end > Date.now()) return prolong(old);
    return door.open();
  }

  async function prolong(old: Session): Promise<Session> {
    try {
      return await door.renew(old);
    } catch (error) {
      door.warnOfEnd(old, error);
      const left = old.end - Date.now();
      const wait = Math.max(left * (1 - RENEW_AFTER), RENEW_AGAIN);
      return { ...old, renewAt: Date.now() + wait };
    }
  }

  /** Whether a token is known to live, or to have ended. */
  async function stateOf(used: Session): Promise<Answer["token"]> {
    if (used.end <= Date.now()) return "ended";
    const { status } = await wire.send(LOOK_UP, used.token);
    return status === 200 ? "alive" : undefined;
  }

  async function ask(question: Question): Promise<Answer> {
    isOpen = true;
    const used = await current();
    const answer = await wire.send(question, used.token);
    if (answer.status !== 403) return answer;
    if (!login.role) {
      if (isTokenGone(answer)) return answer;
      // Some say "permission denied" for both.
      return { ...answer, token: await stateOf(used).catch(() => undefined) };
    }
    // The token may have been revoked, or the role been given a new policy.
    let fresh: Session;
    try {
      fresh = await current(used);
    } catch (error) {
      if (isTokenGone(answer)) throw error;
      return answer;
    }
    return { ...await wire.send(question, fresh.token), token: "alive" };
  }

  return {
    ask,
    start() {
      isOpen = true;
      void renewNow();
    },
    close() {
      isOpen = false;
      clearTimeout(timer);
    },
  };
}

/** What an answer says of a token. */
function authOf({ status, body }: Answer): JsonObject {
  return status === 200 && isObject(body.auth) ? body.auth : {};
}
