/**
 * What an address says about the way to it.
 *
 * @module
 */
import { show } from "../values/json.ts";

/**
 * Whether a host name means this machine.
 *
 * @param host A host name, or an address as in a URL.
 */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || host === "::1" ||
    /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Whether nobody on the way to an address can read or change what travels:
 * https, or http within this machine.
 *
 * @param url The address.
 */
export function isSecure({ protocol, hostname }: URL): boolean {
  return protocol === "https:" ||
    (protocol === "http:" && isLoopback(hostname));
}

/**
 * Checks a setting that must be a secure address and nothing more.
 *
 * @param name The setting, for the message.
 * @param text Its value.
 * @throws {TypeError} When it is none.
 */
export function checkSecureAddress(name: string, text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && isSecure(url) && !/[?#\s]/.test(text) && !url.username) return;
  throw new TypeError(
    `${name} must be an https:// URL without user, query or fragment (http:// is for this machine only), not ${
      show(text)
    }`,
  );
}
