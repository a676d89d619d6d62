/**
 * A Qontak with many companies, in a process of its own: a sandbox for each of
 * them behind one door, which meets requests with faults and keeps count.
 *
 * `upstream.ts '<UpstreamOptions as JSON>'` prints its address and serves
 * until it is killed.
 *
 * @module
 */
import { USERS } from "../../src/sandbox/data/tenant.ts";
import { withFault } from "../../src/sandbox/faults.ts";
import { createRandom } from "../../src/sandbox/random.ts";
import { MemorySandbox } from "../../src/sandbox/sandbox.ts";
import { serveCuttable } from "../../src/sandbox/serve.ts";
import { type Fault, SANDBOX_PASSWORD } from "../../src/sandbox/types.ts";
import { firstToken, tenantNames } from "./tenants.ts";

/** What the process is started with. */
export interface UpstreamOptions {
  /** How many companies there are. */
  readonly tenants: number;
  /** The share of requests that meet a fault, from 0 to 1. */
  readonly faults: number;
  /** How long an access token lives, in seconds. */
  readonly lifetime: number;
  /** Requests per second that are granted to a company before it counts as over. */
  readonly perSecond: number;
  /** Chooses the faults. */
  readonly seed: number;
}

/** What it has seen of all companies. */
export interface Seen {
  /** Requests to the CRM's API. */
  readonly requests: number;
  /** How many requests met which fault. */
  readonly faults: Readonly<Record<string, number>>;
  /** Grants that were asked for, and that were given. */
  readonly grantAttempts: number;
  readonly grants: number;
  /** The shortest time between two grants of one company, in ms. */
  readonly shortestGrant: number | null;
  /**
   * The most requests of one company that came at once beyond its requests
   * per second: what the burst of its limit must be for it to have kept to it.
   */
  readonly highestBurst: number;
}

/** What became of one company. */
export interface Kept {
  /** Its records of the kind that is written, from its own list. */
  readonly records: readonly {
    readonly name: string;
    readonly website: string;
  }[];
  /**
   * How often a write was carried out, by what it can be told by: the name of
   * a new record, the website of a changed one.
   */
  readonly writes: Readonly<Record<string, number>>;
}

const TOKEN_PATH = "/oauth/token", RECORDS = "/api/v3.1/companies";

/** What a request may meet. */
const FAULTS: readonly Fault[] = [
  { kind: "status", status: 429, retryAfter: 1 },
  { kind: "status", status: 500 },
  { kind: "status", status: 500, when: "after" },
  { kind: "status", status: 502 },
  { kind: "status", status: 503 },
  { kind: "html", status: 502 },
  { kind: "html" },
  { kind: "soft404" },
  { kind: "truncated" },
  { kind: "empty" },
  { kind: "redirect" },
  { kind: "cut", when: "before" },
  { kind: "cut", when: "after" },
  { kind: "cut", when: "body" },
  { kind: "delay", ms: 400 },
];

/**
 * What a grant may meet: a refresh token whose answer is lost is lost for
 * good, whoever asked for it.
 */
const GRANT_FAULTS: readonly Fault[] = [
  { kind: "status", status: 503 },
  { kind: "cut", when: "before" },
  { kind: "delay", ms: 400 },
];

const nameOf = (fault: Fault) =>
  [
    fault.kind,
    "status" in fault ? fault.status : undefined,
    "when" in fault ? fault.when : undefined,
  ].filter((part) => part !== undefined).join(" ");

/** One company. */
class Company {
  readonly sandbox: MemorySandbox;
  readonly writes: Record<string, number> = {};
  lastGrant = -Infinity;
  shortestGrant = Infinity;
  highestBurst = 0;
  /** Requests beyond those that its rate allows, now. */
  #excess = 0;
  #at = performance.now();

  constructor(name: string, readonly options: UpstreamOptions) {
    this.sandbox = new MemorySandbox({
      refreshToken: firstToken(name),
      accessTokenLifetime: options.lifetime,
    });
  }

  count(): void {
    const now = performance.now();
    const drained = (now - this.#at) / 1000 * this.options.perSecond;
    this.#at = now;
    this.#excess = Math.max(0, this.#excess - drained) + 1;
    this.highestBurst = Math.max(this.highestBurst, this.#excess);
  }

  /** Leaves one out that its sender's runtime repeats by itself. */
  forgive(): void {
    this.#excess--;
  }

  granted(): void {
    const now = performance.now();
    this.shortestGrant = Math.min(this.shortestGrant, now - this.lastGrant);
    this.lastGrant = now;
  }
}

function serve(options: UpstreamOptions): string {
  const random = createRandom(options.seed);
  const companies = new Map(
    tenantNames(options.tenants).map((name) =>
      [name, new Company(name, options)] as const
    ),
  );
  /** Whose a token is: those of the past too. */
  const byToken = new Map<string, Company>();
  for (const [name, company] of companies) {
    byToken.set(firstToken(name), company);
  }
  const anybody = companies.values().next().value!;
  const faults: Record<string, number> = {};
  let share = options.faults;
  let requests = 0, grantAttempts = 0, grants = 0;

  /** Answers a request, with a fault where one is due. */
  async function meet(
    kinds: readonly Fault[],
    handle: () => Promise<Response>,
    told: (fault: Fault) => void = () => {},
  ): Promise<Response> {
    if (!random.chance(share)) return await handle();
    const fault = random.pick(kinds);
    told(fault);
    const name = nameOf(fault);
    faults[name] = (faults[name] ?? 0) + 1;
    return await withFault(
      fault,
      handle,
      (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      { error: "The access token is invalid" },
    );
  }

  async function grant(request: Request, signal: AbortSignal) {
    grantAttempts++;
    const text = await request.text();
    const sent = new URLSearchParams(text).get("refresh_token") ?? "";
    const company = byToken.get(sent) ?? anybody;
    const { url, method, headers } = request;
    const answer = await company.sandbox.handle(
      new Request(url, { method, headers, body: text }),
      signal,
    );
    if (answer.ok) {
      grants++;
      company.granted();
      const { access_token, refresh_token } = await answer.clone().json();
      byToken.set(access_token, company);
      byToken.set(refresh_token, company);
    }
    return answer;
  }

  async function call(request: Request, signal: AbortSignal) {
    requests++;
    const bearer = request.headers.get("authorization") ?? "";
    const company = byToken.get(bearer.replace(/^Bearer /, "")) ?? anybody;
    company.count();
    const text = await request.text();
    const { url, method, headers } = request;
    const body = text === "" ? null : text;
    return await meet(FAULTS, async () => {
      const answer = await company.sandbox.handle(
        new Request(url, { method, headers, body }),
        signal,
      );
      if (answer.ok && method !== "GET" && body) {
        const { name, website } = JSON.parse(body);
        const mark = method === "POST" ? name : website;
        company.writes[mark] = (company.writes[mark] ?? 0) + 1;
      }
      return answer;
    }, (fault) => {
      // Deno sends a read again whose kept connection closes.
      if (fault.kind === "cut" && method === "GET") company.forgive();
    });
  }

  /** All that a company has, read through its own API. */
  async function keptBy({ sandbox, writes }: Company): Promise<Kept> {
    const ask = async (path: string, init?: RequestInit) =>
      await (await sandbox.fetch(new Request(`http://sandbox${path}`, init)))
        .json();
    const { access_token } = await ask(TOKEN_PATH, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "password",
        username: USERS[0]!.email,
        password: SANDBOX_PASSWORD,
      }),
    });
    const headers = { authorization: `Bearer ${access_token}` };
    const records = [];
    for (let page = 1, last = 1; page <= last; page++) {
      const answer = await ask(`${RECORDS}?per_page=100&page=${page}`, {
        headers,
      });
      records.push(...answer.response);
      last = answer.total_page;
    }
    return {
      records: records.map(({ name, website }) => ({ name, website })),
      writes,
    };
  }

  const controls: Readonly<
    Record<string, (name: string) => unknown | Promise<unknown>>
  > = {
    seen(): Seen {
      const each = (of: (company: Company) => number) =>
        Array.from(companies.values(), of);
      const shortest = Math.min(...each((one) => one.shortestGrant));
      return {
        requests,
        faults,
        grantAttempts,
        grants,
        shortestGrant: Number.isFinite(shortest) ? shortest : null,
        highestBurst: Math.max(...each((one) => one.highestBurst)),
      };
    },
    kept: (name) => keptBy(companies.get(name)!),
    quiet() {
      share = 0;
      return {};
    },
    expire() {
      for (const { sandbox } of companies.values()) {
        sandbox.expireAccessTokens();
      }
      return {};
    },
  };

  return serveCuttable(async (request, signal) => {
    const { pathname } = new URL(request.url);
    const [, control, name = ""] = /^\/_load\/(\w+)\/?(.*)$/.exec(pathname) ??
      [];
    if (control !== undefined) {
      return Response.json(await controls[control]!(name));
    }
    return pathname === TOKEN_PATH
      ? await meet(GRANT_FAULTS, () => grant(request, signal))
      : await call(request, signal);
  }).url;
}

if (import.meta.main) {
  const url = serve(JSON.parse(Deno.args[0]!));
  // deno-lint-ignore no-console -- whoever started it reads this
  console.log(url);
}
