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
   * The header that sets a cookie.
   *
   * @param seconds How long the browser keeps it; 0 removes it.
   */
  setCookie(name: string, value: string, seconds: number): string;
}

/**
 * Makes the access to cookies.
 *
 * @param isHttps Whether the endpoint is at an https address.
 */
export function createCookies(isHttps: boolean): Cookies {
  // A name with this prefix cannot be set by another host, nor over http.
  const prefix = isHttps ? "__Host-qontak-" : "qontak-";
  return {
    readCookie(request) {
      const cookies = (request.headers.get("cookie") ?? "").split(/;\s*/);
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
