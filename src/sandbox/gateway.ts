/**
 * Mekari's API gateway: requests carry a signature instead of a token.
 *
 * The headers and the signature are documented. Assumed:
 *
 * - a date may differ from the gateway's clock by five minutes, Kong's default;
 * - every failure is a 401 with the body `{"message":"Unauthorized"}`, as seen
 *   for the chat product; so is an `X-Crm-User-Sso-Id` that is missing or
 *   unknown;
 * - the `Authorization` header must match the documentation exactly: the same
 *   parameters in the same order.
 *
 * @module
 */

import type { Gate } from "./access.ts";
import type { User } from "./records.ts";
import { fromHttpDate } from "./time.ts";
import { SANDBOX_MEKARI, type SandboxOptions } from "./types.ts";

/** The gateway: finds who signed a request. */
export interface Gateway extends Gate {
  /** Ends an application. */
  revoke(clientId: string): void;
}

interface Application {
  readonly secret: string;
  /** The users that the application can act for, by SSO id. */
  readonly users: ReadonlyMap<string, User>;
}

/** How far the date of a request may differ from the gateway's clock, in ms. */
const MAX_SKEW = 300_000;

/** A base64 of 32 bytes, what an HMAC-SHA256 has, is 43 characters and a `=`. */
const AUTHORIZATION =
  /^hmac username="([^"]+)", algorithm="hmac-sha256", headers="date request-line", signature="([A-Za-z0-9+/]{43}=)"$/;

/**
 * The `X-Crm-User-Sso-Id` of a user of the sandbox: a uuid that ends in the
 * user's id.
 *
 * @example Naming the second user
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ssoIdOf } from "@qontak/mcp/sandbox";
 *
 * assertEquals(ssoIdOf(512302), "00000000-0000-4000-8000-000000512302");
 * ```
 *
 * @param userId The id of the user.
 */
export function ssoIdOf(userId: number): string {
  return `00000000-0000-4000-8000-${String(userId).padStart(12, "0")}`;
}

/** The path and query of a URL as received: parsing would change them. */
function targetOf(url: string): string {
  return /^[a-z]+:\/\/[^/?#]*([^#]*)/.exec(url)?.[1] ?? "";
}

/** Whether the signature is right; compares in constant time. */
async function isSignature(
  base64: string,
  secret: string,
  text: string,
): Promise<boolean> {
  const encoder = new TextEncoder();
  const key = await crypto.subtle.importKey(
    "raw",
    encoder.encode(secret),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["verify"],
  );
  const signature = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  return await crypto.subtle.verify(
    "HMAC",
    key,
    signature,
    encoder.encode(text),
  );
}

/** Opens the gateway for these users. */
export function createGateway(
  options: SandboxOptions,
  users: readonly User[],
): Gateway {
  const { mekari = SANDBOX_MEKARI, clockOffset = 0 } = options;
  const everybody = users.map((user) => [ssoIdOf(user.id), user] as const);
  const applications = new Map(
    [mekari].flat().map((
      { clientId, clientSecret, ssoId },
      index,
    ): [string, Application] => {
      const known = new Map(everybody);
      if (ssoId !== undefined && !known.has(ssoId)) {
        known.set(ssoId, users[index % users.length]!);
      }
      return [clientId, { secret: clientSecret, users: known }];
    }),
  );

  const isNow = (date: string): boolean => {
    const ms = fromHttpDate(date);
    return ms !== undefined &&
      Math.abs(ms - (Date.now() + clockOffset)) <= MAX_SKEW;
  };

  /** The user that a valid request acts for; undefined if it is invalid. */
  async function signer(
    { method, url, headers }: Request,
  ): Promise<User | undefined> {
    const [, clientId = "", signature = ""] =
      AUTHORIZATION.exec(headers.get("authorization") ?? "") ?? [];
    const application = applications.get(clientId);
    const date = headers.get("date") ?? "";
    if (!application || !isNow(date)) return undefined;
    const { secret, users } = application;
    const signed = `date: ${date}\n${method} ${targetOf(url)} HTTP/1.1`;
    return await isSignature(signature, secret, signed)
      ? users.get(headers.get("x-crm-user-sso-id") ?? "")
      : undefined;
  }

  const denial = { message: "Unauthorized" };
  return {
    denial,
    async check(request) {
      const user = await signer(request);
      return user ? { user } : { denial };
    },
    revoke(clientId) {
      applications.delete(clientId);
    },
  };
}
