/**
 * The session with Vault: its token is renewed before it expires, and replaced
 * when Vault no longer accepts it.
 *
 * @module
 */
import { reasonOf, remedyOf, StoreError } from "../../../errors.ts";
import type { Log } from "../../../logging/log.ts";
import { isObject, type JsonObject } from "../../../values/json.ts";
import { type Answer, isTokenGone, type Question, type Wire } from "./wire.ts";

/**
 * Sends a request to Vault; rejects with a {@linkcode StoreError} if no answer
 * comes.
 */
export type Ask = (question: Question) => Promise<Answer>;

/** A Vault token and its lifetime. */
interface Session {
  readonly token: string;
  /** When the token expires, in ms since 1970; Infinity if it does not. */
  readonly end: number;
  /** When to start renewing the token before use, in ms since 1970. */
  readonly renewAt: number;
  readonly isRenewable: boolean;
}

/** The credentials for Vault. */
export interface Login {
  /** The first token, if there is one. */
  readonly token?: string;
  /** The AppRole credentials to log in with when there is no token. */
  readonly role?: { readonly role_id: string; readonly secret_id: string };
}

/** The part of a token's lifetime after which it is renewed. */
const RENEW_AFTER = 2 / 3;

/** The shortest time between two attempts to renew a token, in ms. */
const RENEW_AGAIN = 1_000;

/** How long to wait after a failed login before the next one, in ms. */
const OPEN_AGAIN = 10_000;

/** The longest delay of a timer, in ms. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** How much later a renewed token must expire to count as renewed, in ms. */
const LEAST_GAIN = 1_000;

/** Opens and renews sessions. Each function throws StoreError. */
interface Sessions {
  /** Logs that a session will end, and why. */
  warnOfEnd(old: Session, error: unknown): void;
  /** Starts a session. */
  open(): Promise<Session>;
  /** Renews a session. With a role, starts a new one if renewal fails. */
  renew(old: Session): Promise<Session>;
}

/** Asks for a token's lifetime. */
const LOOK_UP: Question = { verb: "read", path: "auth/token/lookup-self" };

function createSessions(
  wire: Wire,
  { token, role }: Login,
  log: Log,
): Sessions {
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

  /** Asks for a token's lifetime. Some policies do not allow this request. */
  async function lookUp(token: string): Promise<Session> {
    const at = Date.now();
    const answer = await wire.send(LOOK_UP, token);
    const { status, body } = answer;
    if (status !== 200 && status !== 403) throw wire.refusal(LOOK_UP, answer);
    if (status === 403 && !isTokenGone(answer)) {
      const refusal = wire.refusal(LOOK_UP, answer);
      log("warn", "The token for Vault will not be renewed", {
        store: "vault",
        ...reasonOf(refusal),
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

  /** Renews a token; undefined if Vault does not extend it any further. */
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
    // Vault also reports success for a token at its maximum lifetime.
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
        ...reasonOf(error),
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

/** Sends requests with a valid token, and keeps that token valid. */
export interface SessionKeeper {
  /** Sends a request with a valid token. */
  readonly ask: Ask;
  /** Logs in to Vault in the background, before the first request. */
  start(): void;
  /** Stops renewing the token. The next request logs in again. */
  close(): void;
}

/**
 * Sends requests with a valid token. The token is renewed before it expires,
 * even when there are no requests, and replaced when Vault no longer accepts
 * it.
 */
export function createSession(
  wire: Wire,
  login: Login,
  log: Log,
): SessionKeeper {
  const sessions = createSessions(wire, login, log);
  let session: Session | undefined;
  let renewal: Promise<Session> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOpen = false;

  /** The session to use; never the `refused` one. */
  function current(refused?: Session): Promise<Session> {
    if (session && session !== refused && Date.now() < session.renewAt) {
      return Promise.resolve(session);
    }
    // All waiting requests share one renewal.
    return renewal ??= next(refused)
      .then((fresh) => {
        session = fresh;
        renewAfter(fresh.renewAt - Date.now());
        return fresh;
      })
      .finally(() => renewal = undefined);
  }

  /** Renews the token after `ms` ms, even if there are no requests. */
  function renewAfter(ms: number): void {
    clearTimeout(timer);
    if (!isOpen || ms === Infinity) return;
    timer = setTimeout(renewNow, Math.min(Math.max(ms, 0), LONGEST_TIMER));
    // The timer must not keep the process running.
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
          ...reasonOf(error),
        });
      }
      // Vault locks an AppRole after repeated failed logins.
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
    return sessions.open();
  }

  async function prolong(old: Session): Promise<Session> {
    try {
      return await sessions.renew(old);
    } catch (error) {
      sessions.warnOfEnd(old, error);
      const left = old.end - Date.now();
      const wait = Math.max(left * (1 - RENEW_AFTER), RENEW_AGAIN);
      return { ...old, renewAt: Date.now() + wait };
    }
  }

  /** Whether a token is known to be alive or to have ended. */
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
      // Some servers answer "permission denied" in both cases.
      return { ...answer, token: await stateOf(used).catch(() => undefined) };
    }
    // The token may have been revoked, or the role may have a new policy.
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

/** The token information in an answer. */
function authOf({ status, body }: Answer): JsonObject {
  return status === 200 && isObject(body.auth) ? body.auth : {};
}
