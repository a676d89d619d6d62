/**
 * What an address says about the way to it.
 *
 * @module
 */
import type { Rule } from "../values/rules.ts";

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
 * The network that an address belongs to, as far as one subscriber has it: an
 * IPv4 address alone, and of an IPv6 address the first 64 bits.
 *
 * @param address An address, also an IPv4 one in the form of IPv6.
 * @returns Its network; the text itself where it is no address.
 */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  // A zone, such as that of fe80::1%eth0, belongs into no URL.
  const url = `http://[${address.replace(/%.*$/, "")}]/`;
  if (!URL.canParse(url)) return address;
  const [head = "", tail] = new URL(url).hostname.slice(1, -1).split("::");
  const groups = (text: string) => text === "" ? [] : text.split(":");
  const [before, after] = [groups(head), groups(tail ?? "")];
  const zeros = Array<string>(8 - before.length - after.length).fill("0");
  const all = [...before, ...zeros, ...after];
  // ::ffff:192.0.2.1 is 192.0.2.1, and no network of many.
  if (all.slice(0, 6).join(":") === "0:0:0:0:0:ffff") return all.join(":");
  return `${all.slice(0, 4).join(":")}::/64`;
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
 * An http(s) address, and nothing that does not belong into it.
 *
 * @param example What it may look like, for the message.
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

/** The same of an address that tokens may travel to. */
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
 * What else sends an Origin: browser extensions and desktop programs, such as
 * `chrome-extension://<id>`. Browsers write the scheme in small letters; those
 * of the web are read as addresses, and a file has no host.
 */
const OTHER_ORIGIN =
  /^(?!(?:https?|wss?|ftp|file):)[a-z][a-z0-9+.-]*:\/\/[^\s/?#@,*]+$/;

/**
 * The origins of web pages, browser extensions and desktop programs.
 *
 * @param joined How they are joined in a text, for the message.
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
