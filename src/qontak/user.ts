/**
 * Finds out which user of Qontak calls are made as.
 *
 * @module
 */
import { CredentialsError, QontakError, UnreachableError } from "../errors.ts";
import type { Remedy } from "../advice/advice.ts";
import { isObject, toId } from "../values/json.ts";
import type { Crm } from "./crm.ts";
import type { Endpoint } from "./endpoints.ts";

/**
 * Doorkeeper's description of an access token. Qontak's collection does not
 * have it, so its path is below the address of Qontak, not below the API's.
 */
const tokenInfo: Endpoint = {
  method: "GET",
  path: "/oauth/token/info",
  answers: "bare",
  query: [],
  body: {},
  shows: {},
};

/**
 * Asks Qontak whose access token a call uses.
 *
 * @param host Calls Qontak's address with the company's access token.
 * @param signal Ends the attempt.
 * @returns The user's id; undefined if Qontak does not say it.
 */
export async function askUser(
  host: Crm,
  signal: AbortSignal,
): Promise<number | undefined> {
  try {
    const { response } = await host.call(tokenInfo, { signal });
    const id = isObject(response) ? toId(response.resource_owner_id) : null;
    // An application without a person may have 0.
    return id !== null && id > 0 ? id : undefined;
  } catch (error) {
    if (isNotServed(error)) return undefined;
    throw error;
  }
}

/** Whether an error means that Qontak does not have the path. */
function isNotServed(error: unknown): boolean {
  return error instanceof QontakError
    ? error.status >= 400 && error.status < 500 && error.status !== 429
    : error instanceof UnreachableError &&
      (error.reason === "unreadable" || error.reason === "redirected");
}

/**
 * Makes the error for a call with "me" when the user is not known.
 *
 * @param remedy How to tell the server who the user is.
 */
export function unknownUser(remedy: Remedy): CredentialsError {
  return new CredentialsError(
    'Which user "me" is cannot be told: Qontak does not say whose token this is. Give the person\'s name or id instead',
    remedy,
  );
}
