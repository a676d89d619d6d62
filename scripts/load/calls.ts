/**
 * The callers of a load test. Each caller calls one tool after the other,
 * remembers the reported result of every write, and checks that the answers
 * belong to it.
 *
 * @module
 */
import { createRandom, type Random } from "../../src/sandbox/random.ts";
import { connectFailure } from "../../src/net/failure.ts";
import { createFetches } from "../../src/net/transport.ts";
import { callTool } from "../../tests/support/call.ts";
import { keyOf, namedIn, SHARED_KEY } from "./tenants.ts";

/** Whether a write happened, according to the caller's answers. */
export type Fate = "done" | "unknown" | "not done";

/** The outcome of a call: good, or a kind of failure. */
export type Outcome = "good" | "refused" | "unknown" | "unanswered";

/** A record that a caller created or tried to create. */
export interface Made {
  readonly tenant: string;
  /** Its unique name. */
  readonly name: string;
  /** Whether it was created. */
  readonly made: Fate;
  /** Its id, if known. */
  readonly id: number | undefined;
  /** The websites that were set on it, in order. */
  readonly changes: { readonly website: string; readonly fate: Fate }[];
  /** Whether it was deleted; undefined if no caller tried. */
  deleted?: Fate;
}

/** What all callers were told. */
export interface Ledger {
  readonly made: Made[];
  /** How long calls took, in ms, by kind, and apart for the pressed company. */
  readonly times: Map<string, number[]>;
  readonly outcomes: Record<Outcome, number>;
  /**
   * The messages of calls that failed although their arguments were correct.
   */
  readonly failures: string[];
  /** Violated guarantees, one sentence each. */
  readonly broken: string[];
}

/** Creates an empty ledger. */
export function createLedger(): Ledger {
  return {
    made: [],
    times: new Map(),
    outcomes: { good: 0, refused: 0, unknown: 0, unanswered: 0 },
    failures: [],
    broken: [],
  };
}

/** Settings of {@linkcode startCaller}. */
export interface CallerOptions {
  /** The number of this caller. */
  readonly index: number;
  readonly url: string;
  readonly tenants: readonly string[];
  readonly seed: number;
  /** How long an answer may take, in ms. */
  readonly limit: number;
  /** Whether a server may be down for a while, so that connections break. */
  readonly mayBreak: boolean;
  readonly ledger: Ledger;
}

/** One caller in this many calls only for the first company. */
const PRESSING = 8;

/** Whether a caller is one of them. */
const isPressing = (index: number): boolean => index % PRESSING === 0;

/** How many sentences of each kind to keep. */
const KEPT = 20;

/** The pause of a caller whose server is down, in ms. */
const PAUSE = 50;

/** An action of a caller: its weight, its kind, and the call. */
type Step = (caller: Caller, tenant: string) => Promise<void>;

const STEPS: readonly (readonly [number, string, Step])[] = [
  [
    14,
    "list",
    (one, tenant) => one.read("list", tenant, "list_deals", { per_page: 5 }),
  ],
  [
    10,
    "list",
    (one, tenant) =>
      one.read("list", tenant, "list_companies", { name: "tenant-" }),
  ],
  [
    8,
    "read",
    (one, tenant) =>
      one.read("read", tenant, "get_required_fields_for_contact", {}),
  ],
  [14, "read", (one) => one.readOwn()],
  [10, "list", (one) => one.findOwn()],
  [18, "create", (one, tenant) => one.create(tenant)],
  [10, "update", (one) => one.update()],
  [6, "delete", (one) => one.delete()],
  [10, "mistake", (one, tenant) => one.mistake(tenant)],
];

const WEIGHT = STEPS.reduce((sum, [weight]) => sum + weight, 0);

/** The owner in the sandbox's companies. */
const OWNER = 512_301;

class Caller {
  readonly #options: CallerOptions;
  readonly #random: Random;
  readonly #transport = createFetches();
  readonly #own: Made[] = [];
  #count = 0;

  constructor(options: CallerOptions) {
    this.#options = options;
    this.#random = createRandom(options.seed * 1000 + options.index);
  }

  /** Makes one call. */
  async step(): Promise<void> {
    const { index, tenants } = this.#options;
    const [pressed] = tenants;
    const tenant = isPressing(index) ? pressed! : this.#random.pick(tenants);
    let at = this.#random.int(1, WEIGHT);
    const [, , run] = STEPS.find(([weight]) => (at -= weight) <= 0)!;
    await run(this, tenant);
  }

  close(): void {
    this.#transport.close();
  }

  /** Calls a tool, and checks everything that holds for all calls. */
  async #call(
    kind: string,
    tenant: string,
    tool: string,
    args: Record<string, unknown>,
  ): Promise<{ readonly outcome: Outcome; readonly text: string }> {
    const { url, limit, mayBreak, index, ledger } = this.#options;
    // Every second caller uses the key for all companies, and names one.
    const isShared = index % 2 === 0;
    const key = isShared ? SHARED_KEY : keyOf(tenant);
    const { read, write } = this.#transport;
    // The runtime on this side must not repeat a request.
    const send = /^(get|list)_/.test(tool) ? read : write;
    const start = performance.now();
    let outcome: Outcome;
    let text: string;
    try {
      const answer = await callTool(
        url,
        tool,
        isShared ? { user_id: tenant, ...args } : args,
        { authorization: `Bearer ${key}` },
        AbortSignal.timeout(limit),
        send,
      );
      text = answer.text;
      if (answer.status !== 200) {
        this.#break(`${tool} was answered with HTTP ${answer.status}: ${text}`);
      }
      outcome = !answer.isError
        ? "good"
        : /unknown whether|just been made/.test(text)
        ? "unknown"
        : "refused";
    } catch (error) {
      text = String(error instanceof Error && error.cause || error);
      outcome = connectFailure(error, url) ? "refused" : "unanswered";
      if (!mayBreak) this.#break(`${tool} was not answered: ${text}`);
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
    const end = performance.now();
    ledger.outcomes[outcome]++;
    if (outcome !== "good" && kind !== "mistake") {
      keep(ledger.failures, `${tool} for ${tenant}: ${text}`);
    }
    if (outcome !== "unanswered") {
      // All of them share what one company may send, and so wait for it.
      const row = isPressing(index) ? `${kind}, pressed` : kind;
      const times = ledger.times.get(row);
      if (times) times.push(end - start);
      else ledger.times.set(row, [end - start]);
    }
    const foreign = namedIn(text).find((name) => name !== tenant);
    if (foreign) this.#break(`${tool} for ${tenant} shows ${foreign}`);
    if (/[0-9a-f]{64}/.test(text)) this.#break(`${tool} shows a token`);
    if (text.length < 2 || text.includes("failed inside the server")) {
      this.#break(`${tool} for ${tenant} said: ${text}`);
    }
    return { outcome, text };
  }

  #break(sentence: string): void {
    keep(this.#options.ledger.broken, sentence);
  }

  /** A record of the tenant that is known to exist. */
  #pick(): Made | undefined {
    return this.#own.length === 0 ? undefined : this.#random.pick(this.#own);
  }

  async read(
    kind: string,
    tenant: string,
    tool: string,
    args: Record<string, unknown>,
  ): Promise<void> {
    await this.#call(kind, tenant, tool, args);
  }

  /** Checks that an acknowledged write can be read. */
  async readOwn(): Promise<void> {
    const made = this.#pick();
    if (!made) return;
    const { text, outcome } = await this.#call(
      "read",
      made.tenant,
      "get_company",
      { company_id: made.id },
    );
    const last = made.changes.at(-1);
    const expected = last?.fate === "done" ? last.website : made.name;
    if (outcome === "good" && !text.includes(expected)) {
      this.#break(`${made.name} was read without ${expected}`);
    }
  }

  /** Checks that an acknowledged record is found exactly once. */
  async findOwn(): Promise<void> {
    const made = this.#pick();
    if (!made) return;
    const { text, outcome } = await this.#call(
      "list",
      made.tenant,
      "list_companies",
      { name: made.name },
    );
    if (outcome !== "good") return;
    const found = text.split(`"${made.name}"`).length - 1;
    if (found !== 1) this.#break(`${made.name} was found ${found} times`);
  }

  async create(tenant: string): Promise<void> {
    const { index, ledger } = this.#options;
    const name = `${tenant} caller ${index} no ${this.#count++}.`;
    const { outcome, text } = await this.#call(
      "create",
      tenant,
      "create_company",
      { name, creator_id: OWNER, allow_duplicate: true },
    );
    const id = outcome === "good" ? idIn(text) : undefined;
    const made: Made = {
      tenant,
      name,
      id,
      // The server looked for the record and found it.
      made: text.includes("just been made") ? "done" : fateOf(outcome),
      changes: [],
    };
    ledger.made.push(made);
    if (id !== undefined) this.#own.push(made);
  }

  async update(): Promise<void> {
    const made = this.#pick();
    if (!made) return;
    const website =
      `https://example.com/${made.id}-${made.tenant}-${made.changes.length}`;
    const { outcome } = await this.#call(
      "update",
      made.tenant,
      "update_company",
      { company_id: made.id, website },
    );
    made.changes.push({ website, fate: fateOf(outcome) });
  }

  async delete(): Promise<void> {
    const made = this.#pick();
    if (!made) return;
    const { outcome } = await this.#call(
      "delete",
      made.tenant,
      "delete_company",
      { company_id: made.id },
    );
    made.deleted = fateOf(outcome);
    if (made.deleted !== "not done") {
      this.#own.splice(this.#own.indexOf(made), 1);
    }
  }

  /** Sends a call that must be refused before any request is sent. */
  async mistake(tenant: string): Promise<void> {
    const { index, ledger } = this.#options;
    const name = `${tenant} caller ${index} no ${this.#count++}.`;
    const [tool, args] = this.#random.pick<[string, Record<string, unknown>]>([
      ["create_company", { name, creator_id: OWNER, wbsite: "x" }],
      ["create_company", { name, creator_id: "nobody at all" }],
      ["get_company", { company_id: "first" }],
      ["delete_company", { company_id: -1 }],
      ["list_deals", { per_page: "many" }],
    ]);
    const { outcome } = await this.#call("mistake", tenant, tool, args);
    if (outcome === "good") {
      this.#break(`${tool} took ${JSON.stringify(args)}`);
    }
    if (tool === "create_company") {
      ledger.made.push({
        tenant,
        name,
        id: undefined,
        // Nothing can have been sent, whatever the result of the call.
        made: "not done",
        changes: [],
      });
    }
  }
}

/**
 * Makes calls until it should stop.
 *
 * @param options The companies and the servers.
 * @param isOver Whether to stop.
 * @returns A promise that resolves when the last call is answered.
 */
export async function startCaller(
  options: CallerOptions,
  isOver: () => boolean,
): Promise<void> {
  const caller = new Caller(options);
  while (!isOver()) await caller.step();
  caller.close();
}

function keep(sentences: string[], sentence: string): void {
  if (sentences.length < KEPT) sentences.push(sentence.slice(0, 300));
}

function fateOf(outcome: Outcome): Fate {
  return outcome === "good"
    ? "done"
    : outcome === "refused"
    ? "not done"
    : "unknown";
}

/** The id of a record in the text of an answer, between the markers. */
function idIn(text: string): number | undefined {
  const [, id] = /"id":(\d+)/.exec(text) ?? [];
  return id === undefined ? undefined : Number(id);
}
