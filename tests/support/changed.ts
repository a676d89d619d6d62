/**
 * A world in which something else changes the CRM as well: a person in the
 * Qontak app.
 *
 * @module
 */
import type { World } from "./world.ts";

/** Sends a request to the CRM, past the server. */
export async function outside(
  { sandbox }: Pick<World, "sandbox">,
  method: string,
  path: string,
  body?: Record<string, unknown>,
  // deno-lint-ignore no-explicit-any -- tests look into answers freely
): Promise<any> {
  const grant = await fetch(`${sandbox.url}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "refresh_token",
      refresh_token: sandbox.refreshToken,
    }),
  });
  const { access_token } = await grant.json();
  const response = await fetch(`${sandbox.url}/api/v3.1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${access_token}`,
      "content-type": "application/json",
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const { response: data, meta } = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(meta));
  return data;
}
