/**
 * Why a connection could not be made. The runtime's message is only searched,
 * never passed on: it can contain the whole URL with its query.
 *
 * @module
 */
import type { Remedy } from "../advice/advice.ts";
import { defined } from "../values/json.ts";
import { usesProxy } from "./transport.ts";

/** Why nothing could be sent. */
export interface ConnectFailure {
  /** The reason, as a complete phrase. */
  readonly reason: string;
  /** What can be done about it; undefined if only the address can be wrong. */
  readonly remedy?: Remedy;
}

/** A kind of failure. */
interface Kind {
  /** Matches the runtime's message. */
  readonly pattern: RegExp;
  readonly reason: () => string;
  readonly remedy?: Remedy;
}

/** The kinds; the first that matches is taken. */
const KINDS: readonly Kind[] = [
  {
    pattern:
      /certificate (?:expired|has expired|not valid yet|is not yet valid)|CERT_(?:HAS_EXPIRED|NOT_YET_VALID)|peer certificate: (?:Expired|NotValidYet)/i,
    reason: () =>
      `its certificate is not valid on ${
        new Date().toISOString().slice(0, 10)
      }, which is the date of this machine`,
    remedy: { what: "checkClock" },
  },
  {
    pattern:
      /not valid for name|NotValidForName|ALTNAME_INVALID|does not match certificate/i,
    reason: () => "its certificate is for another host name",
  },
  {
    pattern: /peer certificate|certificate|UNABLE_TO_(?:GET|VERIFY)/i,
    reason: () =>
      "its certificate is signed by an authority that this machine does not trust",
    remedy: { what: "trustCertificate" },
  },
  {
    pattern: /dns error|failed to lookup|ENOTFOUND|EAI_AGAIN/i,
    reason: () => "the host name is unknown",
  },
  {
    pattern: /connection refused|ECONNREFUSED/i,
    reason: () => "the connection was refused",
  },
  {
    pattern: /requests to port \d+ are blocked/i,
    reason: () => "the runtime sends nothing to this port",
  },
  {
    pattern: /InvalidContentType|corrupt message|handshake|tls/i,
    reason: () => "it does not speak TLS there",
  },
  {
    pattern: /unreachable|ENETUNREACH|EHOSTUNREACH|no route/i,
    reason: () => "no network reaches it",
  },
];

const OTHER: Omit<Kind, "pattern"> = {
  reason: () => "no connection could be made",
};

/** Matches messages of connections that were never made. */
const CONNECTING =
  /\(connect\)|connection refused|dns error|failed to lookup|peer certificate|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|CERT_|UNABLE_TO_|ALTNAME_INVALID|requests to port \d+ are blocked/i;

/**
 * Finds out why a connection could not be made, so that nothing was sent.
 *
 * @param error The error of fetch, or of Node's https.
 * @param address The address of the request; it decides whether a proxy is
 * used.
 * @returns The reason; undefined if the connection was made.
 */
export function connectFailure(
  error: unknown,
  address: string | URL,
): ConnectFailure | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === "NotCapable") {
    // The runtime's message names the host and the flag, and nothing else.
    const [, host] = /net access to "([^"]+)"/.exec(error.message) ?? [];
    return {
      reason: `this program may not connect${host ? ` to ${host}` : ""}`,
      remedy: { what: "allowNetwork" },
    };
  }
  const text = `${"code" in error ? String(error.code) : ""} ${error.message}`;
  if (!CONNECTING.test(text)) return connectFailure(error.cause, address);
  const { reason, remedy } = KINDS.find(({ pattern }) => pattern.test(text)) ??
    OTHER;
  if (!remedy && usesProxy(new URL(address))) {
    return {
      reason:
        `${reason()}, and requests go through the proxy that the environment names`,
      remedy: { what: "checkProxy" },
    };
  }
  return { reason: reason(), ...defined({ remedy }) };
}
