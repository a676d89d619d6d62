/**
 * Decides who may call: callers with a valid credential or, if no credential is
 * required, callers from this machine.
 *
 * @module
 */
import type { Advise } from "../advice/advice.ts";
import type { ProtectedResource } from "../auth/protected_resource.ts";
import type { Authenticate, Principal } from "../auth/principal.ts";
import { ForeseenError, reasonOf } from "../errors.ts";
import type { Log } from "../logging/log.ts";
import { LOCAL_NAMES } from "../net/address.ts";
import { createCheck } from "./credential_check.ts";
import { answer, type Route } from "./route.ts";
import { createThrottle } from "./throttle.ts";

/** How often an outage is logged, in ms. */
const OUTAGE_INTERVAL = 60_000;

/** What callers without a valid credential are told. */
const NONE =
  "This endpoint needs a credential: send Authorization: Bearer <key> with a key that its operator gave out, or log in with OAuth if it offers that";
const NOT_BEARER =
  "The header Authorization must be Bearer <key>: the word Bearer, a blank, and the key in one piece";
/** The same for all: it must not tell which credentials there were. */
const UNKNOWN =
  "This key or token is not known here. It may be revoked, have ended, or be copied in part: ask the operator of this server, or log in again";

/** Settings of {@linkcode createAuth}. */
export interface AuthOptions {
  /**
   * Identifies the caller by its bearer token; undefined if no credential is
   * required.
   */
  readonly authenticate: Authenticate | undefined;
  /**
   * Whether a credential names something that cannot be guessed; it is not
   * limited.
   */
  readonly isKnown?: ((bearer: string) => boolean) | undefined;
  /** Tells callers where to log in with OAuth, if they can. */
  readonly protectedResource: ProtectedResource | undefined;
  /** Logs refused callers. */
  readonly log: Log;
  /** Gives the text that says how to fix a refusal. */
  readonly advise: Advise;
}

/**
 * Answers a request of an accepted caller.
 *
 * @param request The request.
 * @param caller Who calls; undefined if no credential is required.
 */
export type Protected = (
  request: Request,
  caller: Principal | undefined,
) => Response | Promise<Response>;

/**
 * Makes the check of callers.
 *
 * @param options Who may call.
 * @returns A function that turns a protected function into a route. Other
 * callers get a 401, a 429 after too many attempts, or a 503 if credentials
 * cannot be checked.
 */
export function createAuth(
  { authenticate, isKnown, protectedResource, log, advise }: AuthOptions,
): (run: Protected) => Route {
  if (!authenticate) return onlyThisMachine(advise);
  const throttle = createThrottle();
  const check = createCheck(authenticate, throttle, isKnown);
  let toldAt = -Infinity;

  /** Logs that credentials cannot be checked, at most once a minute. */
  function tellOutage(error: ForeseenError): void {
    if (Date.now() - toldAt < OUTAGE_INTERVAL) return;
    toldAt = Date.now();
    log("error", "A caller's credential could not be checked", {
      ...reasonOf(error),
    });
  }

  function refuse(request: Request, isPresented: boolean): Response {
    log("warn", "A caller without a valid credential was refused", {
      presented: isPresented,
    });
    return answer(401, {
      error: isPresented
        ? UNKNOWN
        : request.headers.has("authorization")
        ? NOT_BEARER
        : NONE,
    }, {
      "www-authenticate":
        protectedResource?.unauthorized(request, isPresented) ?? "Bearer",
    });
  }

  return (run) => async (request, address) => {
    const header = request.headers.get("authorization") ?? "";
    const bearer = /^Bearer\s+(\S+)$/i.exec(header)?.[1];
    if (bearer === undefined) {
      const wait = throttle.fail(address);
      return wait > 0 ? tooMany(wait) : refuse(request, false);
    }
    let caller: Principal | number | undefined;
    try {
      caller = await check(bearer, address);
    } catch (error) {
      if (!isOutage(error)) throw error;
      tellOutage(error);
      return answer(503, {
        error: "Credentials cannot be checked right now: try again in a moment",
      }, { "retry-after": "5" });
    }
    if (typeof caller === "number") return tooMany(caller);
    if (!caller) return refuse(request, true);
    const response = await run(request, caller);
    const challenge = response.headers.get("www-authenticate");
    if (challenge !== null && protectedResource) {
      response.headers.set(
        "www-authenticate",
        protectedResource.challenge(request, challenge),
      );
    }
    return response;
  };
}

/** Tells a caller to try again later. */
function tooMany(seconds: number): Response {
  return answer(429, {
    error: `Too many requests without a valid credential: wait ${seconds} s`,
  }, { "retry-after": String(seconds) });
}

/**
 * Accepts only requests that name this machine as the host. A web page whose
 * domain points here must not get in without a credential.
 */
function onlyThisMachine(advise: Advise): (run: Protected) => Route {
  /** The host that was right last: clients of a machine use one. */
  let known: string | undefined;
  const isName = (host: string) => {
    if (host === known) return true;
    const { hostname } = URL.parse(`http://${host}`) ?? {};
    const isRight = hostname !== undefined && LOCAL_NAMES.includes(hostname);
    if (isRight) known = host;
    return isRight;
  };
  return (run) => async (request) => {
    // HTTP/2 has no Host header. Its :authority is in the URL, and so is the
    // host of an absolute URL in HTTP/1.1.
    const { host } = new URL(request.url);
    const header = request.headers.get("host") ?? host;
    const isHere = isName(host) && (header === host || isName(header));
    if (isHere) return await run(request, undefined);
    await request.body?.cancel();
    return answer(403, {
      error: `Only this machine is served, under the names ${
        LOCAL_NAMES.join(", ")
      }: the request is for another host. ${advise({ what: "nameCallers" })}`,
    });
  };
}

/** Whether the store or issuer that checks credentials does not work. */
function isOutage(error: unknown): error is ForeseenError {
  return error instanceof ForeseenError &&
    (error.kind === "store" || error.kind === "issuer");
}
