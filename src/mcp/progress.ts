/**
 * Telling a client that waits what it waits for.
 *
 * @module
 */
import type { Crm } from "../qontak/crm.ts";
import { nameOf } from "../qontak/endpoints.ts";

/**
 * Sends one piece of news to a client.
 *
 * @param seconds How long the call has taken; it grows with each piece.
 * @param message What is waited for.
 */
export type Tell = (seconds: number, message: string) => void;

/** What a call is doing; disposing of it ends the news. */
export interface Progress extends Disposable {
  /** The same CRM, whose requests are news. */
  watch(crm: Crm): Crm;
}

/** When a client first hears of a call that takes long, and how often, in ms. */
const INTERVAL = 1_000;

/**
 * Tells of a call that takes more than a second, once a second.
 *
 * @param tell Sends the news; undefined where the client wants none.
 */
export function createProgress(tell: Tell | undefined): Progress {
  let requests = 0;
  let doing = "Getting access to Qontak";
  let seconds = 0;
  const timer = tell && setInterval(() => {
    seconds += INTERVAL / 1000;
    tell(seconds, doing);
  }, INTERVAL);
  return {
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
