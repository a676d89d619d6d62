/**
 * The sandbox itself: joins log, controls, faults, tokens and routes.
 *
 * @module
 */

import type { Access } from "./access.ts";
import { json, notFound, Refusal, refusal, success } from "./answer.ts";
import { USERS } from "./data/tenant.ts";
import { createWorld } from "./data/world.ts";
import {
  ConnectionCut,
  createFaultQueue,
  type FaultQueue,
  htmlPage,
  SIGN_IN_PATH,
  toFaultRule,
  withFault,
  withoutEnd,
} from "./faults.ts";
import { createGateway, type Gateway } from "./gateway.ts";
import { createTokenDesk, type TokenDesk } from "./oauth.ts";
import type { World } from "./records.ts";
import { resources } from "./resources/mod.ts";
import { createRouter, GATEWAY_PREFIX } from "./router.ts";
import {
  AUTHORIZE_PATH,
  createSignInPages,
  type SignInPages,
} from "./sign_in.ts";
import { toHttpDate } from "./time.ts";
import type {
  FaultRule,
  Sandbox,
  SandboxOptions,
  SandboxRequest,
} from "./types.ts";

const TOKEN_PATH = "/oauth/token";
const TOKEN_INFO_PATH = "/oauth/token/info";
/** The paths whose bodies hold secrets. */
const SECRET_PATHS = [TOKEN_PATH, SIGN_IN_PATH];
const CONTROL_PATH = "/_sandbox/";
const MAX_REQUESTS = 10_000;

const route = createRouter(resources);

/** Waits, or rejects with the signal's reason when it comes first. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}

function queryOf(params: URLSearchParams): Record<string, string | string[]> {
  return Object.fromEntries(
    [...new Set(params.keys())].map((name) => {
      const values = params.getAll(name);
      return [name, values.length === 1 ? values[0]! : values];
    }),
  );
}

/** A body that is neither JSON nor a form is not read, as Rails does. */
async function bodyOf(request: Request): Promise<unknown> {
  const text = await request.text();
  const type = request.headers.get("content-type") ?? "";
  if (text === "") return null;
  if (type.includes("x-www-form-urlencoded")) {
    return Object.fromEntries(new URLSearchParams(text));
  }
  if (!type.includes("json")) return null;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * A grant as the log keeps it: the names of its parameters, not their values.
 */
function withoutSecrets(body: unknown): unknown {
  return Object.fromEntries(
    Object.entries(Object(body)).map(([name, value]) => [
      name,
      name === "grant_type" ? value : "(hidden)",
    ]),
  );
}

/** A sandbox that is called through a function. */
export class MemorySandbox implements Sandbox {
  readonly #options: SandboxOptions;
  readonly #faults: FaultQueue = createFaultQueue();
  readonly #desk: TokenDesk;
  readonly #gateway: Gateway;
  readonly #pages: SignInPages;
  readonly #requests: SandboxRequest[] = [];
  #world: World | undefined;
  #grantAttempts = 0;

  /** Makes a sandbox. The data is made when the first request needs it. */
  constructor(options: SandboxOptions = {}) {
    this.#options = options;
    this.#desk = createTokenDesk(options, USERS);
    this.#gateway = createGateway(options, USERS);
    this.#pages = createSignInPages(USERS, {
      allow: (query, user) => this.#desk.authorize(query, user),
      deny: (query) => this.#desk.deny(query),
    });
  }

  /** The tenant's data, made on first use. */
  get #data(): World {
    return this.#world ??= createWorld(
      this.#options.seed ?? 1,
      this.#options,
    );
  }

  /** @inheritdoc */
  get refreshToken(): string {
    return this.#desk.refreshToken;
  }

  /** @inheritdoc */
  get requests(): readonly SandboxRequest[] {
    return this.#requests;
  }

  /** @inheritdoc */
  get grants(): number {
    return this.#desk.grants;
  }

  /** @inheritdoc */
  get grantAttempts(): number {
    return this.#grantAttempts;
  }

  /** @inheritdoc */
  inject(rule: FaultRule): void {
    this.#faults.add(toFaultRule(rule));
  }

  /** @inheritdoc */
  clearFaults(): void {
    this.#faults.clear();
  }

  /** @inheritdoc */
  expireAccessTokens(): void {
    this.#desk.expireAccessTokens();
  }

  /** @inheritdoc */
  revokeRefreshTokens(): void {
    this.#desk.revokeRefreshTokens();
  }

  /** @inheritdoc */
  revokeApplication(clientId: string): void {
    this.#gateway.revoke(clientId);
  }

  /** @inheritdoc */
  readonly fetch = async (
    input: Request | URL | string,
    init?: RequestInit,
  ): Promise<Response> => {
    const request = input instanceof Request && init === undefined
      ? input
      : new Request(input, init);
    try {
      return await this.handle(request, request.signal);
    } catch (error) {
      if (!(error instanceof ConnectionCut) || !error.begun) throw error;
      return withoutEnd(error.begun, error);
    }
  };

  /**
   * Answers one request; `signal` ends every wait.
   *
   * @throws {ConnectionCut} if a fault cuts the connection
   */
  async handle(request: Request, signal: AbortSignal): Promise<Response> {
    const { pathname: path, searchParams } = new URL(request.url);
    const { method } = request;
    const body = await bodyOf(request);
    if (path.startsWith(CONTROL_PATH)) return this.#control(method, path, body);

    const isGrant = method === "POST" && path === TOKEN_PATH;
    if (isGrant) this.#grantAttempts++;
    const isSigned = path.startsWith(`${GATEWAY_PREFIX}/`);
    const gate = isSigned ? this.#gateway : this.#desk;
    const access = await gate.check(request);
    const answer = (): Promise<Response> =>
      Promise.resolve(
        this.#pages.respond({ request, form: Object(body) }) ?? (isGrant
          ? this.#desk.grant(Object(body))
          : method === "GET" && path === AUTHORIZE_PATH
          ? this.#desk.authorize(searchParams)
          : method === "GET" && path === TOKEN_INFO_PATH &&
              (this.#options.tokenInfo ?? true)
          ? this.#desk.info(request)
          : method === "GET" && path === SIGN_IN_PATH
          ? htmlPage("Sign in", 200)
          : this.#call(method, path, searchParams, body, access)),
      );
    const finish = (response: Response | undefined): void => {
      const now = Date.now() + (this.#options.clockOffset ?? 0);
      response?.headers.set("date", toHttpDate(now));
      if (this.#requests.length === MAX_REQUESTS) this.#requests.shift();
      this.#requests.push({
        method,
        path,
        query: queryOf(searchParams),
        body: SECRET_PATHS.includes(path) ? withoutSecrets(body) : body ?? null,
        status: response?.status ?? 0,
        authorized: "user" in access,
      });
    };

    const { latency = 0 } = this.#options;
    if (latency > 0) await sleep(latency, signal);
    const fault = this.#faults.take(method, path);
    try {
      const response = fault
        ? await withFault(
          fault,
          answer,
          (ms) => sleep(ms, signal),
          gate.denial,
        )
        : await answer();
      finish(response);
      return response;
    } catch (error) {
      if (error instanceof ConnectionCut) finish(error.begun);
      throw error;
    }
  }

  #call(
    method: string,
    path: string,
    query: URLSearchParams,
    body: unknown,
    access: Access,
  ): Response {
    const match = route(method, path);
    // Not recorded anywhere; Rails says this where JSON is expected.
    if (!match) return json({ status: 404, error: "Not Found" }, 404);
    if ("denial" in access) return json(access.denial, 401);
    if (body === undefined || Array.isArray(body)) {
      return json({ status: 400, error: "Bad Request" }, 400);
    }
    const world = this.#data;
    const observed = this.#options.profile === "observed";
    const { unixTimestamp = false } = match.resource;
    const style = { unixTimestamp, observed };
    try {
      const answer = match.route.handle({
        params: match.params,
        query,
        body: Object(body),
        user: access.user,
        world,
        observed,
        resetOwner: this.#options.resetOwner ?? true,
        newestChangeFirst: this.#options.newestChangeFirst ?? false,
        maxPerPage: this.#options.maxPerPage ?? Infinity,
      });
      return success(answer, style);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const soft = error.status === notFound().status &&
        this.#options.softErrors === true;
      return refusal(error, { ...style, soft });
    }
  }

  /** The controls for a sandbox in another process. */
  #control(method: string, path: string, body: unknown): Response {
    const done = (): Response => json({ ok: true });
    switch (`${method} ${path.slice(CONTROL_PATH.length)}`) {
      case "POST faults":
        try {
          this.inject(toFaultRule(body));
          return done();
        } catch (error) {
          return json({ error: (error as Error).message }, 400);
        }
      case "DELETE faults":
        this.clearFaults();
        return done();
      case "GET requests":
        return json(this.#requests);
      case "POST expire":
        this.expireAccessTokens();
        return done();
      case "POST revoke":
        this.revokeRefreshTokens();
        return done();
      case "GET state":
        return json(this.#state());
      default:
        return json({ error: "Not Found" }, 404);
    }
  }

  /** Counts, and deal permissions, which no endpoint of Qontak returns. */
  #state(): Record<string, unknown> {
    const { contacts, companies, deals, products, associations, notes } =
      this.#data;
    const { tasks, tickets, geolocations } = this.#data;
    return {
      grants: this.grants,
      grant_attempts: this.grantAttempts,
      requests: this.#requests.length,
      contacts: contacts.size,
      companies: companies.size,
      deals: deals.size,
      products: products.size,
      products_association: associations.size,
      notes: notes.size,
      tasks: tasks.size,
      tickets: tickets.size,
      geolocations: geolocations.size,
      deal_permissions: Object.fromEntries(
        [...deals.values()].filter((deal) => deal.permissions.size > 0)
          .map((deal) => [deal.id, Object.fromEntries(deal.permissions)]),
      ),
    };
  }
}
