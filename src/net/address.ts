/**
 * Checks on addresses: local or remote, secure or not, and which network.
 *
 * @module
 */
import type { Rule } from "../values/rules.ts";
import { readIp, showIp, unmapped } from "./ip.ts";

/**
 * Whether a host name refers to this machine.
 *
 * @param host A host name, or an address as in a URL.
 */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || host === "::1" ||
    /^127(\.\d{1,3}){3}$/.test(host);
}

/** The names of this machine in URLs. */
export const LOCAL_NAMES: readonly string[] = [
  "localhost",
  "127.0.0.1",
  "[::1]",
];

/**
 * Where this machine reaches a server of its own.
 *
 * @param hostname The host name or address at which it listens.
 * @param port Its port.
 * @returns The origin, such as `http://127.0.0.1:8000`. "All addresses" becomes
 * the loopback address, because nothing can be sent to it on every system.
 */
export function localOrigin(hostname: string, port: number): string {
  const host = hostname === "0.0.0.0"
    ? "127.0.0.1"
    : hostname === "::"
    ? "::1"
    : hostname;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/**
 * The network that one subscriber usually has: a single IPv4 address, or the
 * first 64 bits of an IPv6 address.
 *
 * @param address An IPv4 or IPv6 address, including IPv4-mapped IPv6.
 * @returns The network; the text itself if it is not an address.
 */
export function networkOf(address: string): string {
  const ip = readIp(address);
  if (!ip) return address;
  const plain = unmapped(ip);
  return showIp(plain, plain.bits === 32 ? 32 : 64);
}

/**
 * The part of the network that one subscriber may have at most: 256 addresses of
 * IPv4, or the first 48 bits of IPv6.
 *
 * @param address As for {@linkcode networkOf}.
 * @returns The part; the text itself if it is not an address.
 */
export function siteOf(address: string): string {
  const ip = readIp(address);
  if (!ip) return address;
  const plain = unmapped(ip);
  return showIp(plain, plain.bits === 32 ? 24 : 48);
}

/**
 * Whether traffic to an address is safe from being read or changed on the way:
 * https, or http within this machine.
 *
 * @param url The address.
 */
export function isSecure({ protocol, hostname }: URL): boolean {
  return protocol === "https:" ||
    (protocol === "http:" && isLoopback(hostname));
}

/**
 * A rule for an http(s) address without user, query or fragment.
 *
 * @param example An example address for the error message.
 */
export function address(example: string): Rule<string> {
  return (value) => {
    const text = String(value);
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (!url || !/^https?:$/.test(url.protocol) || /\s/.test(text)) {
      throw new Error(`must be a URL such as ${example}`);
    }
    if (url.username || url.password || /[?#]/.test(text)) {
      throw new Error("must be a URL without user, query or fragment");
    }
    return url.href.replace(/\/+$/, "");
  };
}

/**
 * A rule like {@linkcode address} for an address that receives tokens: it must
 * be https, or http on this machine.
 */
export function secureAddress(example: string): Rule<string> {
  const read = address(example);
  return (value) => {
    const href = read(value);
    if (isSecure(new URL(href))) return href;
    throw new Error(
      "must start with https://, since tokens travel there; http:// is for this machine only",
    );
  };
}

/**
 * Origins of browser extensions and desktop programs, such as
 * `chrome-extension://<id>`. Browsers write the scheme in lower case. Web
 * schemes are excluded because they are parsed as URLs; `file` is excluded
 * because a file has no host.
 */
const OTHER_ORIGIN =
  /^(?!(?:https?|wss?|ftp|file):)[a-z][a-z0-9+.-]*:\/\/[^\s/?#@,*]+$/;

/**
 * A rule for the origins of web pages, browser extensions and desktop programs.
 *
 * @param joined How origins are joined in a text, for the error message.
 */
export function origins(joined = ""): Rule<readonly string[]> {
  return (value) => {
    const all: readonly unknown[] = Array.isArray(value) ? value : [value];
    return all.map((origin) => {
      const isOrigin = typeof origin === "string" && URL.canParse(origin) &&
        (new URL(origin).origin === origin || OTHER_ORIGIN.test(origin));
      if (isOrigin) return origin;
      throw new Error(
        `must hold origins such as https://app.example.com or chrome-extension://<id>${joined}, not ${
          JSON.stringify(origin)
        }`,
      );
    });
  };
}
