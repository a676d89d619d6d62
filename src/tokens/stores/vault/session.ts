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

/** By how much a renewal must move the end of a token to be one, in ms. */
const LEAST_GAIN = 1_000;

/** Asks Vault for sessions. Each function throws StoreError. */
interface Door {
  /** Begins a session. */
  open(): Promise<Session>;
  /** Renews one; begins another where a role may and that fails. */
  renew(old: Session): Promise<Session>;
}

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
    const question = {
      verb: "read",
      path: "auth/token/lookup-self",
    } as const;
    const answer = await wire.send(question, token);
    const { status, body } = answer;
    if (status !== 200 && status !== 403) throw wire.refusal(question, answer);
    if (status === 403 && !isTokenGone(answer)) {
      const refusal = wire.refusal(question, answer);
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

  async function renew(old: Session): Promise<Session> {
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
    throw new StoreError(`${wire.where} lets its token live no longer`);
  }

  return {
    open: () => role ? logIn(role) : lookUp(token!),
    async renew(old) {
      if (!role) return await renew(old);
      return old.isRenewable
        ? await renew(old).catch(() => logIn(role))
        : await logIn(role);
    },
  };
}

/**
 * Lets questions bear a token that is good: one that is asked for, renewed
 * before it ends, and asked for again where Vault no longer takes it.
 */
export function createSession(wire: Wire, login: Login, log: Log): Ask {
  const door = createDoor(wire, login, log);
  let session: Session | undefined;
  let renewal: Promise<Session> | undefined;

  /** The session to use; another one than `refused`. */
  function current(refused?: Session): Promise<Session> {
    if (session && session !== refused && Date.now() < session.renewAt) {
      return Promise.resolve(session);
    }
    // One for all who wait for it.
    return renewal ??= next(refused)
      .then((fresh) => session = fresh)
      .finally(() => renewal = undefined);
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
      const left = old.end - Date.now();
      return { ...old, renewAt: Date.now() + left * (1 - RENEW_AFTER) };
    }
  }

  return async (question) => {
    const used = await current();
    const answer = await wire.send(question, used.token);
    if (answer.status !== 403 || !login.role) return answer;
    // The token may have been revoked, or the role been given a new policy.
    let fresh: Session;
    try {
      fresh = await current(used);
    } catch (error) {
      if (isTokenGone(answer)) throw error;
      return answer;
    }
    return await wire.send(question, fresh.token);
  };
}

/** What an answer says of a token. */
function authOf({ status, body }: Answer): JsonObject {
  return status === 200 && isObject(body.auth) ? body.auth : {};
}
