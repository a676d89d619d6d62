/**
 * A world in which something else changes the CRM as well: a person in the
 * Qontak app.
 *
 * @module
 */
import type { RunningSandbox } from "../../src/sandbox/mod.ts";

/** Gets an access token from a sandbox, past the server. */
export async function accessTo(
  sandbox: RunningSandbox,
  refreshToken = sandbox.refreshToken,
): Promise<string> {
  const grant = await fetch(`${sandbox.url}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "refresh_token",
      refresh_token: refreshToken,
    }),
  });
  return (await grant.json()).access_token;
}

/** Sends a request to the CRM, past the server. */
export async function outside(
  { sandbox, token }: {
    readonly sandbox: RunningSandbox;
    /** An access token; a new one if it is left out. */
    readonly token?: string;
  },
  method: string,
  path: string,
  body?: unknown,
  // deno-lint-ignore no-explicit-any -- tests look into answers freely
): Promise<any> {
  const response = await fetch(`${sandbox.url}/api/v3.1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token ?? await accessTo(sandbox)}`,
      "content-type": "application/json",
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const { response: data, meta } = await response.json();
  if (!response.ok) {
    throw new Error(`${method} ${path}: ${JSON.stringify(meta)}`);
  }
  return data;
}
