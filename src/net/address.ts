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
 * The origins of web pages.
 *
 * @param joined How they are joined in a text, for the message.
 */
export function origins(joined = ""): Rule<readonly string[]> {
  return (value) => {
    const all: readonly unknown[] = Array.isArray(value) ? value : [value];
    return all.map((origin) => {
      const isOrigin = typeof origin === "string" && URL.canParse(origin) &&
        new URL(origin).origin === origin;
      if (isOrigin) return origin;
      throw new Error(
        `must hold origins such as https://app.example.com${joined}, not ${
          JSON.stringify(origin)
        }`,
      );
    });
  };
}
