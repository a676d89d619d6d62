/**
 * The audit: one record for each request that may change something in Qontak.
 * It is kept before the request is sent, with the outcome "unknown", and again
 * when the outcome is known, so that a process that ends in between leaves the
 * truth behind.
 *
 * @module
 */
import { remedyOf } from "../errors.ts";
import { deadline, untilAborted } from "../net/deadline.ts";
import type { Log, LogDetails } from "../logging/log.ts";
import type { CallOptions, Crm } from "../qontak/crm.ts";
import { type Endpoint, nameOf } from "../qontak/endpoints.ts";
import type { Answer } from "../qontak/envelope.ts";
import type { Sealer } from "../storage/sealing.ts";
import { isObject, toId } from "../values/json.ts";
import { type AuditRecord, makeId, outcomeOf } from "./record.ts";
import type { AuditStore } from "./store.ts";
import { createHashes, fitting, hashed, isId } from "./values.ts";

/** How writes are recorded. */
export interface AuditOptions {
  /**
   * Told of every write, with hashes of what was sent; the server's own log
   * when left out.
   */
  readonly log?: Log;
  /**
   * Where records are kept besides; what made it closes it, after the server.
   */
  readonly store?: AuditStore;
  /**
   * Whether the store is given the values that were sent, and not hashes.
   *
   * @default {false}
   */
  readonly keepsValues?: boolean;
}

/** Who sends a write, and how. */
export interface Actor {
  /** The company. */
  readonly tenant: string;
  /** Who called. */
  readonly principal: string;
  /** The tool that was called. */
  readonly tool: string;
}

/** Records what is changed in Qontak. */
export interface Audit {
  /**
   * The same CRM, whose writes are recorded. No failure of the audit reaches
   * a write, and none waits for it for long.
   */
  watch(crm: Crm, actor: Actor): Crm;
  /** Waits a moment for what is not kept yet. */
  close(): Promise<void>;
}

/** How long a write waits for its record to be kept, in ms. */
const TIMEOUT = 1_000;

/** Records nothing. */
export const noAudit: Audit = {
  watch: (crm) => crm,
  close: () => Promise.resolve(),
};

/**
 * Makes the audit.
 *
 * @param options How writes are recorded.
 * @param sealer Has the key of the hashes; undefined makes a random one.
 */
export function createAudit(
  options: AuditOptions & { readonly log: Log },
  sealer: Sealer | undefined,
): Audit {
  const { log, store, keepsValues = false } = options;
  const hashFor = createHashes(sealer);
  const pending = new Set<Promise<void>>();
  let isSlow = false;

  /** Keeps a record, and does not wait for long. Never rejects. */
  async function keep(id: string, step: () => Promise<void>): Promise<void> {
    const task = step().then(() => {
      isSlow = false;
    }, (error) => {
      isSlow = true;
      log("error", "An audit record could not be kept", {
        id,
        reason: error instanceof Error ? error.message : typeof error,
        ...remedyOf(error),
      });
    }).finally(() => pending.delete(task));
    pending.add(task);
    // Where the last one was late, the next ones do not wait for the same.
    if (isSlow || await inTime(task)) return;
    isSlow = true;
    log(
      "error",
      `An audit record is not kept after ${TIMEOUT} ms: going on without it`,
      { id },
    );
  }

  async function begin(
    actor: Actor,
    endpoint: Endpoint,
    { path, body = {} }: CallOptions,
  ) {
    const start = Date.now();
    const clock = performance.now();
    // The permissions of a deal are set with its id in the body.
    const target = path?.id ?? body.id;
    const hash = hashFor(actor.tenant);
    const hashes = await fitting(
      () => hashed(endpoint.body, body, hash),
      () => hashed({}, body, hash),
    );
    const record: AuditRecord = {
      id: makeId(start),
      time: new Date(start).toISOString(),
      ...actor,
      endpoint: nameOf(endpoint),
      record: isId(target) ? target : null,
      sent: keepsValues ? await fitting(() => body, () => hashes) : hashes,
      outcome: "unknown",
    };
    // The id contains the time as well; each line has its own id. Values are
    // for the store alone: a log has many readers.
    const lineOf = ({ time: _, ...line }: AuditRecord) => ({
      ...line,
      sent: hashes as LogDetails,
    });
    // Before anything is waited for: a process that is killed has told of it.
    log("info", "A write has begun", lineOf(record));
    let kept = Promise.resolve();
    if (store) {
      await keep(record.id, () => (kept = store.begin(record)));
    }

    /** Tells and keeps what became of it. */
    return async (
      known: Pick<AuditRecord, "outcome" | "status">,
      response?: unknown,
    ): Promise<void> => {
      const made = isObject(response) ? toId(response.id) : null;
      const isDone = known.outcome === "done";
      const final: AuditRecord = {
        ...record,
        // What Qontak has found is an id, however large.
        record: record.record ?? (isDone ? path?.id ?? made : null),
        ...known,
        ms: Math.round(performance.now() - clock),
      };
      log(
        "info",
        final.outcome === "failed"
          ? "A write could not be sent"
          : "A write was sent",
        lineOf(final),
      );
      if (!store) return;
      await keep(record.id, async () => {
        // The two must not overtake each other.
        await kept.catch(() => {});
        await store.end(final);
      });
    };
  }

  return {
    watch: (crm, actor) => ({
      async call(endpoint, options = {}) {
        if (endpoint.method === "GET") return await crm.call(endpoint, options);
        const end = await begin(actor, endpoint, options);
        let answer: Answer;
        try {
          answer = await crm.call(endpoint, options);
        } catch (error) {
          await end(outcomeOf(endpoint, error));
          throw error;
        }
        await end({ outcome: "done" }, answer.response);
        return answer;
      },
    }),
    async close() {
      await inTime(Promise.all(pending));
    },
  };
}

/** Whether something ends before its time is up. */
async function inTime(task: Promise<unknown>): Promise<boolean> {
  using limit = deadline(TIMEOUT);
  return await untilAborted(task.then(() => true), limit.signal)
    .catch(() => false);
}
