/**
 * Tells a client that asked for reports about the progress of its call.
 *
 * @module
 */
import type { ServerContext } from "@modelcontextprotocol/server";

/**
 * Tells a client about the progress of its call.
 *
 * @param seconds How long the call has taken so far.
 * @param message What it waits for.
 */
export type Tell = (seconds: number, message: string) => void;

/**
 * Makes the function that tells the client about its request, if the client
 * asked for reports.
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
      // The client has disconnected.
    });
  };
}
