/**
 * The cookies of signing in.
 *
 * @module
 */
import type { ReadCookie } from "../../auth/sign_in/flows.ts";

/** Reads and sets cookies. */
export interface Cookies {
  /** Gives access to the cookies of a request. */
  readCookie(request: Request): ReadCookie;
  /**
   * The names of the sign-ins of a browser that one more would push out. A page
   * that begins sign-ins repeatedly must not fill the browser's header.
   */
  oldest(request: Request): readonly string[];
  /**
   * The header that sets a cookie.
   *
   * @param seconds How long the browser keeps it; 0 removes it.
   */
  setCookie(name: string, value: string, seconds: number): string;
}

/** How many sign-ins a browser may have under way. */
const MOST = 12;

/**
 * Makes the access to cookies.
 *
 * @param isHttps Whether the endpoint is at an https address.
 */
export function createCookies(isHttps: boolean): Cookies {
  // A name with this prefix cannot be set by another host, nor over http.
  const prefix = isHttps ? "__Host-qontak-" : "qontak-";
  const cookiesOf = ({ headers }: Request) =>
    (headers.get("cookie") ?? "").split(/;\s*/);
  return {
    // Browsers send the oldest first.
    oldest: (request) =>
      cookiesOf(request)
        .map((one) => one.slice(0, one.indexOf("=")))
        .filter((name) => name.startsWith(prefix))
        .map((name) => name.slice(prefix.length))
        .filter((name) => /^[a-z2-7]{8}$/.test(name))
        .slice(0, 1 - MOST),
    readCookie(request) {
      const cookies = cookiesOf(request);
      return (name) => {
        const start = `${prefix}${name}=`;
        const own = cookies.filter((one) => one.startsWith(start));
        // Two of one name: one of them is not this server's.
        return own.length === 1 ? own[0]!.slice(start.length) : undefined;
      };
    },
    setCookie: (name, value, seconds) =>
      `${prefix}${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${
        isHttps ? "; Secure" : ""
      }`,
  };
}
