/**
 * The secrets that signing in gives out: codes, access tokens and refresh
 * tokens. Each names its account and session, so it is found without a search,
 * and has a random part. Only hashes of them are stored.
 *
 * @module
 */
import { sha256 } from "../../storage/hash.ts";
import type { Scope } from "../principal.ts";

/** How long a code is valid, in ms. */
export const CODE_LIFETIME = 60_000;

/** What a secret is for: `c` is a code, `a` gives access, `r` renews. */
export type Kind = "c" | "a" | "r";

/** The parts of a secret that are not secret. */
export interface Named {
  /** The account, without the prefix of its tenant. */
  readonly account: string;
  /** The session. */
  readonly session: string;
}

/** New tokens, as the token endpoint sends them. */
export interface Issued {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly scopes: readonly Scope[];
}

/** The form of a secret: 260 random bits behind account and session. */
const FORM = /^qsi([car])_([a-z0-9]{1,32})_([a-z2-7]{16})_[a-z2-7]{52}$/;

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** Random letters and digits; each is worth five bits. */
export function randomLetters(count: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(count));
  return Array.from(bytes, (byte) => ALPHABET[byte % 32]).join("");
}

/** Makes the id of a session. */
export function newSessionId(): string {
  return randomLetters(16);
}

/** Whether a text has the form of a session's id. */
export function isSessionId(text: string): boolean {
  return /^[a-z2-7]{16}$/.test(text);
}

/** Makes a secret, and its hash. */
export async function mint(
  kind: Kind,
  { account, session }: Named,
): Promise<{ readonly secret: string; readonly hash: string }> {
  const secret = `qsi${kind}_${account}_${session}_${randomLetters(52)}`;
  return { secret, hash: await sha256(secret) };
}

/** Reads the names in a secret; undefined for any other text. */
export function parseSecret(
  text: string,
): (Named & { readonly kind: Kind }) | undefined {
  const [, kind, account, session] = FORM.exec(text) ?? [];
  return kind === undefined
    ? undefined
    : { kind: kind as Kind, account: account!, session: session! };
}

/** Whether two hashes are the same, in a time that does not depend on them. */
export function isSame(one: string, other: string): boolean {
  let difference = one.length ^ other.length;
  for (let i = 0; i < one.length; i++) {
    difference |= one.charCodeAt(i) ^ other.charCodeAt(i % (other.length || 1));
  }
  return difference === 0;
}
