/**
 * The addresses at which people and clients sign in.
 *
 * @module
 */
import { WELL_KNOWN } from "../../auth/issuer.ts";
import { DEFAULT_SCOPES } from "../../auth/principal.ts";
import {
  cookieOf,
  type Flow,
  FLOW_LIFETIME,
} from "../../auth/sign_in/flows.ts";
import { OAuthProblem, readParameters } from "../../auth/sign_in/protocol.ts";
import { isSame } from "../../auth/sign_in/issued.ts";
import {
  ACCOUNT_PATH,
  CALLBACK_PATH,
  CONSENT_PATH,
  type Next,
  type SignIn,
} from "../../auth/sign_in/sign_in.ts";
import { ForeseenError, reasonOf } from "../../errors.ts";
import type { Log } from "../../logging/log.ts";
import { readText } from "../../net/body.ts";
import { deadline } from "../../net/deadline.ts";
import { parseJson } from "../../values/json.ts";
import { languageOf } from "../page/words.ts";
import { answer, type Route } from "../route.ts";
import { createThrottle } from "../throttle.ts";
import { accountPage, consentPage, problemPage } from "./pages.ts";
import { createCookies } from "./cookies.ts";
import type { SignInWords } from "./words.ts";

/** The largest body, in bytes. */
const MAX_BODY = 16_384;

/** How long a client may take to send its body, in ms. */
const BODY_TIMEOUT = 10_000;

/** How long a browser keeps the secret of an account, in seconds. */
const KNOWN_LIFETIME = 90 * 86_400;

/** Endpoints without cookies may be called from every web page. */
const OPEN: Readonly<Record<string, string>> = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers": "content-type, mcp-protocol-version",
  "access-control-allow-methods": "GET, POST",
  "access-control-max-age": "600",
};

/** What answers each method of an address. */
type Methods = Readonly<Record<string, Route>>;

/**
 * Makes the routes of signing in.
 *
 * @param signIn What decides.
 * @param log Logs what cannot be answered; never receives a secret.
 * @returns The route of each path.
 */
export function createSignInRoutes(
  signIn: SignIn,
  log: Log,
): Readonly<Record<string, Route>> {
  const { issuer } = signIn;
  const { readCookie, setCookie, oldest } = createCookies(
    issuer.startsWith("https:"),
  );
  const KNOWN = "known";
  const [begins, registers, failures] = [
    createThrottle(),
    createThrottle(),
    createThrottle(),
  ];

  function redirect(location: string, ...cookies: readonly string[]): Response {
    const headers = new Headers({
      location,
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
    });
    for (const cookie of cookies) headers.append("set-cookie", cookie);
    return new Response(null, { status: 303, headers });
  }

  /** Shows a problem: to people as a page, to programs as JSON. */
  function show(
    request: Request,
    problem: keyof SignInWords["problems"],
    status: number,
    error: string,
    description: string,
  ): Response | Promise<Response> {
    return request.headers.get("accept")?.includes("text/html")
      ? problemPage(
        languageOf(request),
        problem,
        status,
        `${error}: ${description}`,
      )
      : answer(status, { error, error_description: description });
  }

  /** Answers a browser; what fails becomes a page. */
  function forPeople(route: Route): Route {
    return async (request, address) => {
      try {
        return await route(request, address);
      } catch (error) {
        if (error instanceof OAuthProblem) {
          return show(request, "request", 400, error.code, error.description);
        }
        if (!(error instanceof ForeseenError)) throw error;
        log("warn", "A person could not sign in", { ...reasonOf(error) });
        return error.kind === "store"
          ? show(request, "store", 503, "temporarily_unavailable", "store")
          : show(request, "qontak", 502, "temporarily_unavailable", "Qontak");
      }
    };
  }

  /** Answers a program; what fails becomes an error of OAuth. */
  function forPrograms(route: Route): Route {
    return async (request, address) => {
      let response: Response;
      try {
        response = await route(request, address);
      } catch (error) {
        response = await failed(error, address);
      }
      for (const [name, value] of Object.entries(OPEN)) {
        response.headers.set(name, value);
      }
      return response;
    };
  }

  function failed(error: unknown, address: string): Response {
    if (error instanceof OAuthProblem) {
      const { code, description } = error;
      const wait = failures.fail(address);
      if (wait > 0) return tooMany(wait);
      const status = code === "invalid_client" ? 401 : 400;
      return plain(status, { error: code, error_description: description });
    }
    if (!(error instanceof ForeseenError)) throw error;
    log("error", "Signing in does not work now", { ...reasonOf(error) });
    return plain(503, {
      error: "temporarily_unavailable",
      error_description: "Try again in a moment",
    }, { "retry-after": "5" });
  }

  function begun(
    request: Request,
    { flow, cookie, location }: Next & {
      readonly flow: Flow;
      readonly cookie: string;
    },
  ): Response {
    const name = cookieOf(flow.id);
    return redirect(
      location,
      setCookie(name, cookie, 2 * FLOW_LIFETIME / 1000),
      ...oldest(request).map((name) => setCookie(name, "", 0)),
    );
  }

  const authorize: Route = async (request, address) => {
    const { searchParams } = new URL(request.url);
    if (begins.fail(address) > 0) {
      return show(request, "busy", 429, "temporarily_unavailable", "wait");
    }
    const given = readParameters(searchParams);
    return begun(request, await signIn.authorize(given, address));
  };

  const callback: Route = async (request) => {
    const given = readParameters(new URL(request.url).searchParams);
    const cookies = readCookie(request);
    const next = await signIn.callback(given, cookies, cookies(KNOWN));
    if (!next) return notThisBrowser(request);
    if ("location" in next) return redirect(next.location);
    const path = next.ask ? CONSENT_PATH : ACCOUNT_PATH;
    return redirect(`${path}?request=${next.id}`);
  };

  const consent: Route = async (request) => {
    const id = new URL(request.url).searchParams.get("request") ?? "";
    const cookies = readCookie(request);
    const flow = await signIn.flows.read(id, cookies);
    if (!flow?.ask || !flow.login) return notThisBrowser(request);
    return consentPage({
      language: languageOf(request),
      flow,
      known: flow.login.user === undefined
        ? await signIn.accounts.known(cookies(KNOWN))
        : undefined,
      accountUrl: issuer + ACCOUNT_PATH,
    });
  };

  const decide: Route = async (request) => {
    const form = await readForm(request);
    if (!isOwnPage(request, issuer)) return notThisBrowser(request);
    const cookies = readCookie(request);
    const id = form.get("request") ?? "";
    const next = await signIn.decide(
      id,
      {
        form: form.get("form") ?? undefined,
        isAllowed: form.get("decision") === "allow",
        scopes: form.getAll("scope"),
        isContinued: form.get("account") === KNOWN,
      },
      cookies,
      cookies(KNOWN),
    );
    if (!next) return notThisBrowser(request);
    return redirect(
      next.location,
      setCookie(cookieOf(id), "", 0),
      ...(next.known === undefined
        ? []
        : [setCookie(KNOWN, next.known, KNOWN_LIFETIME)]),
    );
  };

  const account: Route = async (request, address) => {
    const id = new URL(request.url).searchParams.get("request");
    if (id === null) {
      return begins.fail(address) > 0
        ? show(request, "busy", 429, "temporarily_unavailable", "wait")
        : begun(request, await signIn.visit(address));
    }
    const flow = await signIn.flows.read(id, readCookie(request));
    if (!flow || flow.ask || flow.form === undefined) {
      return redirect(ACCOUNT_PATH);
    }
    const sessions = flow.account === undefined
      ? []
      : await signIn.sessions.list(flow.account);
    return accountPage(languageOf(request), flow, sessions);
  };

  const end: Route = async (request) => {
    const form = await readForm(request);
    if (!isOwnPage(request, issuer)) return notThisBrowser(request);
    const id = form.get("request") ?? "";
    const flow = await signIn.flows.read(id, readCookie(request));
    const isRight = flow?.form !== undefined && flow.account !== undefined &&
      isSame(flow.form, form.get("form") ?? "");
    if (!isRight) return notThisBrowser(request);
    const session = form.get("session") ?? "";
    if (session === "all") await signIn.endAll(flow.account);
    else await signIn.end(flow.account, session);
    return redirect(`${ACCOUNT_PATH}?request=${id}`);
  };

  // Only what fails is slowed down: clients of many people may share an address
  // with somebody who guesses.
  const token: Route = async (request) => {
    const form = readParameters(await readForm(request));
    return plain(200, await signIn.token(form));
  };

  const revoke: Route = async (request) => {
    await signIn.revoke(readParameters(await readForm(request)));
    return plain(200, {});
  };

  const register: Route = async (request, address) => {
    const wait = registers.fail(address);
    if (wait > 0) {
      await request.body?.cancel();
      return tooMany(wait);
    }
    const metadata = parseJson(await readBody(request, "application/json"));
    return plain(201, await signIn.clients.register(metadata));
  };

  function notThisBrowser(request: Request): Response | Promise<Response> {
    return show(
      request,
      "browser",
      400,
      "invalid_request",
      "the sign-in is not of this browser, was finished, or is too old",
    );
  }

  const paths: Readonly<Record<string, Methods>> = {
    [`${WELL_KNOWN}/oauth-authorization-server`]: {
      GET: forPrograms(async () => plain(200, await metadataOf(issuer))),
    },
    "/oauth/authorize": { GET: forPeople(authorize) },
    [CALLBACK_PATH]: { GET: forPeople(callback) },
    [CONSENT_PATH]: { GET: forPeople(consent), POST: forPeople(decide) },
    [ACCOUNT_PATH]: { GET: forPeople(account), POST: forPeople(end) },
    "/oauth/token": { POST: forPrograms(token) },
    "/oauth/revoke": { POST: forPrograms(revoke) },
    "/oauth/register": { POST: forPrograms(register) },
  };
  return Object.fromEntries(
    Object.entries(paths).map(([path, methods]) => [path, byMethod(methods)]),
  );
}

/** Chooses what answers a method. */
function byMethod(methods: Methods): Route {
  const allow = Object.keys(methods).join(", ");
  return async (request, address) => {
    const { method } = request;
    // A method may have any name, such as "constructor".
    if (Object.hasOwn(methods, method)) {
      return await methods[method]!(request, address);
    }
    await request.body?.cancel();
    // Only the endpoints for programs let other pages call.
    if (
      request.method === "OPTIONS" && !("POST" in methods && "GET" in methods)
    ) {
      return new Response(null, { status: 204, headers: OPEN });
    }
    return answer(405, { error: `Use ${allow}` }, { allow });
  };
}

/** The metadata of the authorization server (RFC 8414). */
async function metadataOf(issuer: string): Promise<Record<string, unknown>> {
  return {
    issuer,
    authorization_endpoint: `${issuer}/oauth/authorize`,
    token_endpoint: `${issuer}/oauth/token`,
    revocation_endpoint: `${issuer}/oauth/revoke`,
    registration_endpoint: `${issuer}/oauth/register`,
    scopes_supported: DEFAULT_SCOPES,
    response_types_supported: ["code"],
    response_modes_supported: ["query"],
    grant_types_supported: ["authorization_code", "refresh_token"],
    token_endpoint_auth_methods_supported: ["none"],
    revocation_endpoint_auth_methods_supported: ["none"],
    code_challenge_methods_supported: ["S256"],
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: await canReadDocuments(),
    ui_locales_supported: ["en", "id"],
  };
}

/** Whether this process may connect to the hosts of clients. */
async function canReadDocuments(): Promise<boolean> {
  // Hosts without permissions allow it.
  if (typeof Deno.permissions?.query !== "function") return true;
  const { state } = await Deno.permissions.query({ name: "net" });
  return state === "granted";
}

/** Whether a form was sent by a page of this server. */
function isOwnPage({ headers }: Request, issuer: string): boolean {
  const origin = headers.get("origin");
  const site = headers.get("sec-fetch-site");
  return (origin === null || origin === issuer) &&
    (site === null || site === "same-origin");
}

/** Reads a form. */
async function readForm(request: Request): Promise<URLSearchParams> {
  return new URLSearchParams(
    await readBody(request, "application/x-www-form-urlencoded"),
  );
}

/**
 * Reads a body within limits.
 *
 * @throws {OAuthProblem} When it is of another type, too large or too slow.
 */
async function readBody(request: Request, type: string): Promise<string> {
  const [given = ""] = (request.headers.get("content-type") ?? "").split(";");
  if (given.trim().toLowerCase() !== type) {
    await request.body?.cancel();
    throw new OAuthProblem("invalid_request", `The body must be ${type}`);
  }
  using limit = deadline(BODY_TIMEOUT);
  const text = await readText(request.body, MAX_BODY, limit.signal)
    .catch(() => undefined);
  if (typeof text === "string") return text;
  throw new OAuthProblem(
    "invalid_request",
    `The body must be text of at most ${MAX_BODY} bytes`,
  );
}

/** Makes a JSON answer with tokens, which must not be redacted. */
function plain(
  status: number,
  body: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return Response.json(body, {
    status,
    headers: { "cache-control": "no-store", "pragma": "no-cache", ...headers },
  });
}

function tooMany(seconds: number): Response {
  return plain(429, {
    error: "temporarily_unavailable",
    error_description: `Too many requests: wait ${seconds} s`,
  }, { "retry-after": String(seconds) });
}
