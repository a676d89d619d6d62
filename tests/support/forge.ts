/**
 * JWTs that are forged without a key of the issuer.
 *
 * @module
 */

/** A part of a JWT. */
export const encode = (value: unknown): string =>
  btoa(JSON.stringify(value)).replace(/=+$/, "")
    .replaceAll("+", "-").replaceAll("/", "_");

const read = (part: string) =>
  JSON.parse(atob(part.replaceAll("-", "+").replaceAll("_", "/")));

/** A token that an attacker without a key has. */
export function forge(
  token: string,
  { header = {}, payload = {} }: {
    header?: Record<string, unknown>;
    payload?: Record<string, unknown>;
  },
): string {
  const [head = "", body = "", signature] = token.split(".");
  return [
    encode({ ...read(head), ...header }),
    encode({ ...read(body), ...payload }),
    signature,
  ].join(".");
}

/** A token that is signed with a public text. */
export async function signWithSecret(
  token: string,
  secret: string,
): Promise<string> {
  const forged = forge(token, { header: { alg: "HS256" } });
  const signed = forged.slice(0, forged.lastIndexOf("."));
  const bytes = (text: string) => new TextEncoder().encode(text);
  const key = await crypto.subtle.importKey(
    "raw",
    bytes(secret),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const mac = await crypto.subtle.sign("HMAC", key, bytes(signed));
  const text = String.fromCharCode(...new Uint8Array(mac));
  return `${signed}.${
    btoa(text).replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_")
  }`;
}
