/**
 * The fault matrix: every fault, at every request of a call, with each verb,
 * once and permanently. The expected result of a cell is derived here from the
 * promises alone.
 *
 * @module
 */
import type { Fault } from "../../src/sandbox/mod.ts";

/** A request in the matrix: method and path without the ids. */
export type Sent = string;

/** How a tool is called, and how to see whether it changed anything. */
export interface Call {
  readonly name: string;
  /** The requests that it can do without. */
  readonly spares?: readonly Spared[];
  /**
   * How often it begins to send its write again because the owner that the
   * write repeats was read more than a second ago.
   */
  readonly rereads?: number;
  /** Creates what the call needs, and returns its arguments. */
  prepare(use: Use): Promise<Prepared>;
}

/** A request that a call can do without: the answer says what is missing. */
export interface Spared {
  /** Which request. */
  readonly request: RegExp;
  /** With which fault; any if it is not given. */
  readonly fault?: Fault["kind"];
  /** What the answer must contain. */
  readonly says: string;
}

/** What calls need. */
export interface Use {
  /** Calls a tool that must succeed. */
  // deno-lint-ignore no-explicit-any -- tests read any field of an answer
  ok(name: string, args?: Record<string, unknown>): Promise<any>;
  /** A word that is unique in this run. */
  readonly mark: string;
}

/** A call that is ready to be made. */
export interface Prepared {
  readonly tool: string;
  readonly args: Record<string, unknown>;
  /**
   * How often the write is visible: 0 or more; undefined if it cannot be seen.
   */
  readonly written?: () => Promise<number>;
}

async function aDeal({ ok }: Use): Promise<number> {
  return (await ok("list_deals", { per_page: 1 })).records[0].id;
}

async function aNote(use: Use): Promise<number> {
  const crm_deal_id = await aDeal(use);
  return (await use.ok("create_note", { note: use.mark, crm_deal_id })).id;
}

/** Calls with one request and with several, for each verb. */
export const calls: readonly Call[] = [
  {
    name: "one GET",
    spares: [{
      request: /\/deals\/info$/,
      says: "labels of fields and options could not be read: ",
    }],
    prepare: async (use) => ({
      tool: "get_deal",
      args: { deal_id: await aDeal(use) },
    }),
  },
  {
    name: "several GETs",
    // What was read in time is kept for the next call.
    spares: [{
      request: /\/deals$/,
      fault: "delay",
      says: "could be read in the time of one call, and nothing was computed",
    }],
    async prepare(use) {
      const deal = (await use.ok("list_deals", { per_page: 1 })).records[0];
      return {
        tool: "list_deals",
        args: {
          crm_pipeline_id: deal.crm_pipeline_name,
          crm_stage_id: deal.crm_stage_name,
        },
      };
    },
  },
  {
    name: "POST",
    async prepare(use) {
      const crm_deal_id = await aDeal(use);
      return {
        tool: "create_note",
        args: { note: use.mark, crm_deal_id },
        written: async () =>
          (await use.ok("list_notes", { crm_deal_id })).records
            .filter(({ note }: { note: string }) => note === use.mark).length,
      };
    },
  },
  {
    name: "GETs and a POST",
    prepare: (use) =>
      Promise.resolve({
        tool: "create_task",
        args: {
          name: use.mark,
          crm_task_status_id: "Not Started",
          due_date: "2026-12-18T10:00",
          crm_task_priority_id: "High",
          crm_task_category_id: "Meeting Online",
        },
        written: async () =>
          (await use.ok("list_tasks", { per_page: 100 })).records
            .filter(({ name }: { name: string }) => name === use.mark).length,
      }),
  },
  {
    name: "GET, PUT, GET",
    rereads: 2,
    async prepare(use) {
      const deal_id = await aDeal(use);
      return {
        tool: "update_deal",
        args: { deal_id, name: use.mark },
        written: async () =>
          (await use.ok("get_deal", { deal_id })).record.name === use.mark
            ? 1
            : 0,
      };
    },
  },
  {
    name: "PUT, GET",
    async prepare(use) {
      const deal_id = await aDeal(use);
      return {
        tool: "update_deal_owner",
        args: { deal_id, creator_id: "Bagas Pratama" },
      };
    },
  },
  {
    name: "DELETE",
    async prepare(use) {
      const note_id = await aNote(use);
      return {
        tool: "delete_note",
        args: { note_id },
        written: async () => {
          const all = (await use.ok("list_notes", {
            crm_deal_id: await aDeal(use),
          })).records;
          return all.some(({ id }: { id: number }) => id === note_id) ? 0 : 1;
        },
      };
    },
  },
];

/** The effect of a fault on one request, in terms of the promises. */
export interface Kind {
  readonly name: string;
  readonly fault: Fault;
  /**
   * "fine": no effect. "passing": a read is tried again. "turned away":
   * certainly not carried out, so a write is tried again too. "renewed": the
   * same, but only once, with a new token. "no": a final refusal. "lost": the
   * outcome is unknown.
   */
  readonly read: "fine" | "passing" | "renewed" | "no" | "lost";
  readonly write: "fine" | "turned away" | "renewed" | "no" | "lost";
  /** Whether a write is carried out anyway. */
  readonly happens: boolean;
}

const status = (
  status: number,
  read: Kind["read"],
  write: Kind["write"],
  more: { readonly retryAfter?: number; readonly when?: "after" } = {},
): Kind => ({
  name: [status, ...Object.entries(more).flat()].join(" "),
  fault: { kind: "status", status, ...more },
  read,
  write,
  happens: more.when === "after",
});

const other = (
  name: string,
  fault: Fault,
  read: Kind["read"],
  write: Kind["write"],
  happens: boolean,
): Kind => ({ name, fault, read, write, happens });

/** How long a request is delayed that takes too long, in ms. */
const TOO_LONG = 6_000;

/** Every fault. */
export const kinds: readonly Kind[] = [
  status(400, "no", "no"),
  status(401, "renewed", "renewed"),
  status(403, "no", "no"),
  status(404, "no", "no"),
  status(409, "no", "no"),
  status(410, "no", "no"),
  status(422, "no", "no"),
  status(429, "passing", "turned away"),
  status(429, "passing", "turned away", { retryAfter: 0 }),
  status(429, "no", "no", { retryAfter: 30 }),
  status(500, "no", "lost"),
  status(500, "no", "lost", { when: "after" }),
  status(501, "no", "lost"),
  status(502, "passing", "lost"),
  status(502, "passing", "lost", { when: "after" }),
  status(503, "passing", "lost"),
  status(503, "no", "lost", { retryAfter: 30 }),
  status(504, "passing", "lost", { when: "after" }),
  other("soft 404", { kind: "soft404" }, "no", "no", false),
  other("HTML in 200", { kind: "html" }, "lost", "lost", false),
  other("HTML in 502", { kind: "html", status: 502 }, "passing", "lost", false),
  other("truncated JSON", { kind: "truncated" }, "lost", "lost", true),
  other("no body", { kind: "empty" }, "lost", "lost", true),
  other("wrong content type", { kind: "content-type" }, "fine", "fine", true),
  other("ids as text", { kind: "reshape", as: "text" }, "fine", "fine", true),
  other("redirect", { kind: "redirect" }, "lost", "lost", false),
  other("11 MB", { kind: "huge", bytes: 11_534_336 }, "lost", "lost", false),
  other("too late", { kind: "delay", ms: TOO_LONG }, "lost", "lost", true),
  other(
    "cut before",
    { kind: "cut", when: "before" },
    "passing",
    "lost",
    false,
  ),
  other("cut after", { kind: "cut", when: "after" }, "passing", "lost", true),
  other("cut inside", { kind: "cut", when: "body" }, "passing", "lost", true),
];

/** Whether a request may change something. */
export function isWrite(request: Sent): boolean {
  return !request.startsWith("GET");
}

/** The expected result of a call. */
export interface Promised {
  /** Whether it succeeds. */
  readonly ok: boolean;
  /** What its text must contain. */
  readonly says: readonly string[];
  /** How often the request with the fault is sent, at least and at most. */
  readonly sent: readonly [number, number];
  /** How often a write is carried out; undefined if there is none. */
  readonly written: number | undefined;
}

/**
 * How often a request is sent in total if its fault is temporary but repeats.
 */
const TRIES = 4;

/**
 * Derives the promised result.
 *
 * @param call The call.
 * @param requests The requests of the call without a fault.
 * @param at Which of them has the fault.
 * @param kind The fault.
 * @param forGood Whether every repetition has it as well.
 */
export function promised(
  { spares = [], rereads = 0 }: Call,
  requests: readonly Sent[],
  at: number,
  kind: Kind,
  forGood: boolean,
): Promised {
  const write = requests.findIndex(isWrite);
  const hasWrite = write >= 0;
  const effect = isWrite(requests[at]!) ? kind.write : kind.read;
  const isRenewed = effect === "renewed";
  const repeats = effect === "passing" || effect === "turned away" || isRenewed;
  const passes = effect === "fine" || (repeats && !forGood);
  // The runtime itself repeats a read over another connection if a reused one
  // closes before the answer.
  const isCut = kind.fault.kind === "cut" && effect === "passing";
  const tries = repeats ? (forGood && !isRenewed ? TRIES : 2) : 1;
  // Each of these times, the tries are counted from the beginning; the waits
  // between them are not.
  const series = at === write && tries === TRIES ? 1 + rereads : 1;
  const sent: [number, number] = isCut
    ? [1, 2 * tries]
    : [tries, tries * series];
  if (passes) {
    return { ok: true, says: [], sent, written: hasWrite ? 1 : undefined };
  }
  const told = { sent, says: [] as string[] };
  const spared = spares.find(({ request, fault = kind.fault.kind }) =>
    request.test(requests[at]!) && fault === kind.fault.kind
  );
  if (spared) {
    return {
      ...told,
      ok: true,
      says: [spared.says],
      written: hasWrite ? 1 : undefined,
    };
  }
  // Before the write, or without one: nothing was changed.
  if (!hasWrite || at < write) {
    return { ...told, ok: false, written: hasWrite ? 0 : undefined };
  }
  // After it: the write was made, and the answer says so.
  if (at > write) return { ...told, ok: true, written: 1 };
  return {
    ok: false,
    says: effect === "lost" ? ["unknown whether"] : [],
    sent,
    written: kind.happens ? 1 : 0,
  };
}
