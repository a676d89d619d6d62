/**
 * Informs a client about what its call waits for.
 *
 * @module
 */
import type { Crm } from "../qontak/crm.ts";
import { nameOf } from "../qontak/endpoints.ts";

/**
 * Tells a client about the progress of its call.
 *
 * @param seconds How long the call has taken so far.
 * @param message What it waits for.
 */
export type Tell = (seconds: number, message: string) => void;

/** Reports what a call does. Disposing of it stops the reports. */
export interface Progress extends Disposable {
  /** Says what the call does, instead of which request it waits for. */
  readonly report: ((message: string) => void) | undefined;
  /** Returns the same CRM, with progress reports for its requests. */
  watch(crm: Crm): Crm;
}

/** How often a client receives a report, in ms. */
const INTERVAL = 1_000;

/**
 * Reports what a call waits for, once a second.
 *
 * @param tell Tells the client; undefined if it did not ask.
 */
export function createProgress(tell: Tell | undefined): Progress {
  let requests = 0;
  let doing = "Getting access to Qontak";
  let reported: string | undefined;
  let seconds = 0;
  const timer = tell && setInterval(() => {
    seconds += INTERVAL / 1000;
    tell(seconds, reported ?? doing);
    reported = undefined;
  }, INTERVAL);
  return {
    report: tell && ((message) => reported = message),
    watch: (crm) =>
      tell
        ? {
          call(endpoint, options) {
            requests++;
            doing = `Waiting for Qontak: ${
              nameOf(endpoint)
            } (request ${requests})`;
            return crm.call(endpoint, options);
          },
        }
        : crm,
    [Symbol.dispose]() {
      clearInterval(timer);
    },
  };
}
