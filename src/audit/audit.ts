/**
 * The audit: one record for each request that may change something in Qontak.
 * The record is saved with the outcome "unknown" before the request is sent,
 * and again when the outcome is known. So if a process ends in between, its
 * record is still true.
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

/** Settings of the audit. */
export interface AuditOptions {
  /**
   * Logs every write, with hashes of the data sent; the server's log by
   * default.
   */
  readonly log?: Log;
  /**
   * An additional store of records. Its creator closes it, after the server.
   */
  readonly store?: AuditStore;
  /**
   * Whether the store receives the values sent, instead of hashes.
   *
   * @default {false}
   */
  readonly keepsValues?: boolean;
}

/** The origin of a write. */
export interface Actor {
  /** The tenant. */
  readonly tenant: string;
  /** The caller. */
  readonly principal: string;
  /** The called tool. */
  readonly tool: string;
}

/** Records changes in Qontak. */
export interface Audit {
  /**
   * Wraps a CRM so that its writes are recorded. An audit failure never fails a
   * write, and delays it only briefly.
   */
  watch(crm: Crm, actor: Actor): Crm;
  /** Waits briefly for records that are not saved yet. */
  close(): Promise<void>;
}

/** How long a write waits for its record to be saved, in ms. */
const TIMEOUT = 1_000;

/** An audit that records nothing. */
export const noAudit: Audit = {
  watch: (crm) => crm,
  close: () => Promise.resolve(),
};

/**
 * Makes the audit.
 *
 * @param options The settings of the audit.
 * @param sealer Provides the key for hashes; undefined uses a random key.
 */
export function createAudit(
  options: AuditOptions & { readonly log: Log },
  sealer: Sealer | undefined,
): Audit {
  const { log, store, keepsValues = false } = options;
  const hashFor = createHashes(sealer);
  const pending = new Set<Promise<void>>();
  let isSlow = false;

  /** Saves a record, with a limited wait. Never rejects. */
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
    // If the last save was slow or failed, later writes do not wait.
    if (isSlow || await inTime(task)) return;
    isSlow = true;
    log(
      "error",
      `An audit record is not kept after ${TIMEOUT} ms: continuing without it`,
      { id },
    );
  }

  async function begin(
    actor: Actor,
    endpoint: Endpoint,
    { path, body = {}, mark }: CallOptions,
  ) {
    const start = Date.now();
    const clock = performance.now();
    // Requests that set a deal's permissions have the deal's id in the body.
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
      ...mark,
      endpoint: nameOf(endpoint),
      record: isId(target) ? target : null,
      sent: keepsValues ? await fitting(() => body, () => hashes) : hashes,
      outcome: "unknown",
    };
    // The id also contains the time, and each line has its own id. Only the
    // store receives values, because a log has many readers.
    const lineOf = ({ time: _, ...line }: AuditRecord) => ({
      ...line,
      sent: hashes as LogDetails,
    });
    // Logs before any wait, so the write is on record even if the process is
    // killed.
    log("info", "A write has begun", lineOf(record));
    let kept = Promise.resolve();
    if (store) {
      await keep(record.id, () => (kept = store.begin(record)));
    }

    /** Logs and saves the outcome. */
    return async (
      known: Pick<AuditRecord, "outcome" | "status">,
      response?: unknown,
    ): Promise<void> => {
      const made = isObject(response) ? toId(response.id) : null;
      const isDone = known.outcome === "done";
      const final: AuditRecord = {
        ...record,
        // An id that Qontak has accepted is real, however large.
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
        // The end must not overtake the beginning.
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

/** Whether a task ends before the timeout. */
async function inTime(task: Promise<unknown>): Promise<boolean> {
  using limit = deadline(TIMEOUT);
  return await untilAborted(task.then(() => true), limit.signal)
    .catch(() => false);
}
