/**
 * Telling a client what its call is waiting for.
 *
 * @module
 */
import type { ServerContext } from "@modelcontextprotocol/server";
import type { Crm } from "../qontak/crm.ts";
import { nameOf } from "../qontak/endpoints.ts";

/**
 * Tells a client how its call is going.
 *
 * @param seconds How long the call has taken so far.
 * @param message What it waits for.
 */
export type Tell = (seconds: number, message: string) => void;

/** What a call is doing. Disposing of it stops the reports. */
export interface Progress extends Disposable {
  /** The same CRM; its requests are reported. */
  watch(crm: Crm): Crm;
}

/** How often a client is told about its call, in ms. */
const INTERVAL = 1_000;

/**
 * What tells the client of a request about it, where the client has asked.
 *
 * @param context The request.
 */
export function tellerOf({ mcpReq }: ServerContext): Tell | undefined {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return undefined;
  return (progress, message) => {
    mcpReq.notify({
      method: "notifications/progress",
      params: { progressToken, progress, message },
    }).catch(() => {
      // The client has gone.
    });
  };
}

/**
 * Reports, once a second, what a call waits for.
 *
 * @param tell Tells the client; undefined where it has not asked.
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
