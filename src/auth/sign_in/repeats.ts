/**
 * Repeated renewals: the answer to a renewal may get lost, and then the client
 * sends the same refresh token once more. For a few seconds it gets the same
 * answer. That is kept so that only the token that was renewed opens it.
 *
 * @module
 */
import { digest } from "../../storage/hash.ts";
import { createSealer, type Sealer } from "../../storage/sealing.ts";
import { toBase64 } from "../../values/base64.ts";
import { isObject, parseJson } from "../../values/json.ts";
import type { Issued } from "./issued.ts";

/** For how long a renewal may be repeated, in seconds. */
const GRACE = 10;

/** The answer to a renewal, sealed. */
export interface Repeatable {
  readonly sealed: string;
  /** Until when it may be opened, in seconds since 1970. */
  readonly until: number;
}

/**
 * The sealer whose key only those know who have a refresh token: the server
 * keeps the token's hash, and the key is another hash of it.
 */
async function sealerOf(token: string): Promise<Sealer> {
  return createSealer([toBase64(await digest(`repeated renewal ${token}`))]);
}

/**
 * Seals the answer to a renewal.
 *
 * @param token The refresh token that was renewed.
 * @param issued The answer.
 * @param now The time, in seconds since 1970.
 */
export async function keepAnswer(
  token: string,
  issued: Issued,
  now: number,
): Promise<Repeatable> {
  const sealer = await sealerOf(token);
  const sealed = await sealer.seal(JSON.stringify(issued), "renewal");
  return { sealed, until: now + GRACE };
}

/**
 * Opens the answer to a renewal.
 *
 * @returns Undefined if too much time has passed.
 */
export async function repeatAnswer(
  token: string,
  { sealed, until }: Repeatable,
  now: number,
): Promise<Issued | undefined> {
  if (now > until) return undefined;
  const sealer = await sealerOf(token);
  const issued = parseJson(await sealer.open(sealed, "renewal"));
  return isObject(issued) ? issued as unknown as Issued : undefined;
}
