/**
 * The fault matrix: every fault, met by every request of a call, with each
 * verb, once and for good. What must come of a cell is worked out here from
 * the promises alone.
 *
 * @module
 */
import type { Fault } from "../../src/sandbox/mod.ts";

/** A request as the matrix names it: method and path without the ids. */
export type Sent = string;

/** How a tool is called, and what shows whether it changed anything. */
export interface Call {
  readonly name: string;
  /** Makes what the call needs, and gives its arguments. */
  prepare(use: Use): Promise<Prepared>;
}

/** What calls are made with. */
export interface Use {
  /** Calls a tool that must succeed. */
  // deno-lint-ignore no-explicit-any -- tests look into answers freely
  ok(name: string, args?: Record<string, unknown>): Promise<any>;
  /** A word that nothing else in this run has. */
  readonly mark: string;
}

/** One call that is about to be made. */
export interface Prepared {
  readonly tool: string;
  readonly args: Record<string, unknown>;
  /** How often the write shows: 0 or more; undefined where it cannot show. */
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
    prepare: async (use) => ({
      tool: "get_deal",
      args: { deal_id: await aDeal(use) },
    }),
  },
  {
    name: "several GETs",
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

/** What a fault does to one request, as the promises see it. */
export interface Kind {
  readonly name: string;
  readonly fault: Fault;
  /**
   * "fine": nothing anybody notices. "passing": worth another try of a read.
   * "turned away": certainly not carried out, and worth another try of a
   * write too. "renewed": the same, but once only, with a new token. "no":
   * Qontak's last word. "lost": nobody knows.
   */
  readonly read: "fine" | "passing" | "renewed" | "no" | "lost";
  readonly write: "fine" | "turned away" | "renewed" | "no" | "lost";
  /** Whether a write is carried out all the same. */
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

/** How long a request is held up that takes too long, in ms. */
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

/** What must come of a call. */
export interface Promised {
  /** Whether it succeeds. */
  readonly ok: boolean;
  /** What its text must hold. */
  readonly says: readonly string[];
  /** How often the request that meets the fault is sent, at least and at most. */
  readonly sent: readonly [number, number];
  /** How often a write is carried out; undefined where there is none. */
  readonly written: number | undefined;
}

/** How often a request is sent in all that keeps failing in passing. */
const TRIES = 4;

/**
 * Works out what was promised.
 *
 * @param requests The requests of the call where nothing goes wrong.
 * @param at Which of them meets the fault.
 * @param kind The fault.
 * @param forGood Whether every repetition meets it as well.
 */
export function promised(
  requests: readonly Sent[],
  at: number,
  kind: Kind,
  forGood: boolean,
): Promised {
  const isWrite = (request: Sent) => !request.startsWith("GET");
  const write = requests.findIndex(isWrite);
  const hasWrite = write >= 0;
  const effect = isWrite(requests[at]!) ? kind.write : kind.read;
  const isRenewed = effect === "renewed";
  const repeats = effect === "passing" || effect === "turned away" || isRenewed;
  const passes = effect === "fine" || (repeats && !forGood);
  // The runtime itself sends a read again over another connection when a kept
  // one is closed before the answer.
  const isCut = kind.fault.kind === "cut" && effect === "passing";
  const tries = repeats ? (forGood && !isRenewed ? TRIES : 2) : 1;
  const sent = isCut ? [1, 2 * tries] as const : [tries, tries] as const;
  if (passes) {
    return { ok: true, says: [], sent, written: hasWrite ? 1 : undefined };
  }
  const told = { sent, says: [] as string[] };
  // Before the write, or without one: nothing was changed.
  if (!hasWrite || at < write) {
    return { ...told, ok: false, written: hasWrite ? 0 : undefined };
  }
  // After it: it was made, and that is what is told.
  if (at > write) return { ...told, ok: true, written: 1 };
  return {
    ok: false,
    says: effect === "lost" ? ["unknown whether"] : [],
    sent,
    written: kind.happens ? 1 : 0,
  };
}
