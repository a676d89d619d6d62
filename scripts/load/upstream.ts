/**
 * A Qontak with many companies, in a separate process: a sandbox for each
 * company behind one address. It answers some requests with faults, and counts.
 *
 * `upstream.ts '<UpstreamOptions as JSON>'` prints its address and serves until
 * it is killed.
 *
 * @module
 */
import { USERS } from "../../src/sandbox/data/tenant.ts";
import { withFault } from "../../src/sandbox/faults.ts";
import { createRandom } from "../../src/sandbox/random.ts";
import { serveCuttable } from "../../src/sandbox/serve.ts";
import { type Fault, SANDBOX_PASSWORD } from "../../src/sandbox/types.ts";
import {
  type CompanyRequest,
  createCompanies,
} from "../../tests/support/companies.ts";
import { firstToken, tenantNames } from "./tenants.ts";

/** The options of the process. */
export interface UpstreamOptions {
  /** The number of companies. */
  readonly tenants: number;
  /** The share of requests that have a fault, from 0 to 1. */
  readonly faults: number;
  /** How long an access token lives, in seconds. */
  readonly lifetime: number;
  /** The requests per second of a company; more requests count as excess. */
  readonly perSecond: number;
  /** The seed for the choice of faults. */
  readonly seed: number;
}

/** What it has counted over all companies. */
export interface Seen {
  /** Requests to the CRM's API. */
  readonly requests: number;
  /** The number of requests for each fault. */
  readonly faults: Readonly<Record<string, number>>;
  /** Requested grants, and issued grants. */
  readonly grantAttempts: number;
  readonly grants: number;
  /** The shortest time between two grants of one company, in ms. */
  readonly shortestGrant: number | null;
  /**
   * The largest number of requests above its requests per second that one
   * company sent at once. The burst of its limit must be at least this large.
   */
  readonly highestBurst: number;
}

/** The state of one company. */
export interface Kept {
  /** Its records of the kind that callers write, from its own list. */
  readonly records: readonly {
    readonly name: string;
    readonly website: string;
  }[];
  /**
   * How often each write was carried out, by what identifies it: the name of a
   * new record, or the website of a changed one.
   */
  readonly writes: Readonly<Record<string, number>>;
}

const RECORDS = "/api/v3.1/companies";

/** The faults that a request can have. */
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
 * The faults that a grant can have. If the answer is lost, so is the new
 * refresh token, so no answer is cut.
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

/** The counters of one company. */
class Company {
  readonly writes: Record<string, number> = {};
  lastGrant = -Infinity;
  shortestGrant = Infinity;
  highestBurst = 0;
  /** The current number of requests above its rate. */
  #excess = 0;
  #at = performance.now();

  constructor(readonly perSecond: number) {}

  count(): void {
    const now = performance.now();
    const drained = (now - this.#at) / 1000 * this.perSecond;
    this.#at = now;
    this.#excess = Math.max(0, this.#excess - drained) + 1;
    this.highestBurst = Math.max(this.highestBurst, this.#excess);
  }

  /** Ignores one request that the sender's runtime will repeat. */
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
  const { lifetime: accessTokenLifetime, perSecond, seed } = options;
  const random = createRandom(seed);
  const names = tenantNames(options.tenants);
  const companies = new Map(
    names.map((name) => [name, new Company(perSecond)] as const),
  );
  const faults: Record<string, number> = {};
  let share = options.faults;
  let requests = 0, grantAttempts = 0, grants = 0;

  /** Answers a request, sometimes with a fault. */
  async function withSomeFault(
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

  async function grant(company: Company, pass: () => Promise<Response>) {
    grantAttempts++;
    const answer = await pass();
    if (answer.ok) {
      grants++;
      company.granted();
    }
    return answer;
  }

  async function call(
    company: Company,
    { method, body }: CompanyRequest,
    pass: () => Promise<Response>,
  ) {
    requests++;
    company.count();
    return await withSomeFault(FAULTS, async () => {
      const answer = await pass();
      if (answer.ok && method !== "GET" && body) {
        const { name, website } = JSON.parse(body);
        const mark = method === "POST" ? name : website;
        company.writes[mark] = (company.writes[mark] ?? 0) + 1;
      }
      return answer;
    }, (fault) => {
      // Deno repeats a read when its kept-alive connection closes.
      if (fault.kind === "cut" && method === "GET") company.forgive();
    });
  }

  const { sandboxes, handle } = createCompanies(
    names,
    (name) => ({ refreshToken: firstToken(name), accessTokenLifetime }),
    async (request, pass) => {
      const company = companies.get(request.company ?? names[0]!)!;
      return request.isGrant
        ? await withSomeFault(GRANT_FAULTS, () => grant(company, pass))
        : await call(company, request, pass);
    },
  );

  /** All data of a company, read through its own API. */
  async function keptBy(name: string): Promise<Kept> {
    const sandbox = sandboxes.get(name)!;
    const ask = async (path: string, init?: RequestInit) =>
      await (await sandbox.fetch(new Request(`http://sandbox${path}`, init)))
        .json();
    const { access_token } = await ask("/oauth/token", {
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
      writes: companies.get(name)!.writes,
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
    kept: keptBy,
    quiet() {
      share = 0;
      return {};
    },
    expire() {
      for (const sandbox of sandboxes.values()) sandbox.expireAccessTokens();
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
    return await handle(request, signal);
  }).url;
}

if (import.meta.main) {
  const url = serve(JSON.parse(Deno.args[0]!));
  // deno-lint-ignore no-console -- the process that started it reads this
  console.log(url);
}
