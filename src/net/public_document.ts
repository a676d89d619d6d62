/**
 * Fetches a document from an address that a stranger named. The request can
 * reach only the internet's own hosts: https on port 443, a name that resolves
 * to public addresses only, and the connection goes to the address that was
 * checked. Redirects are not followed, and size and time are limited.
 *
 * @module
 */
import type { RequestOptions } from "node:https";
import { isPublicAddress } from "./public_address.ts";

/** Finds the addresses of a host name; rejects if there are none. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** Settings of {@linkcode createDocumentReader}. */
export interface DocumentReaderOptions {
  /** Finds addresses; by default the resolver of this machine. */
  readonly resolve?: Resolve;
  /** The time limit, in ms. */
  readonly timeout?: number;
  /** The largest document, in bytes. */
  readonly mostBytes?: number;
  /** Sends the request; by default node:https, which connects as it is told. */
  readonly request?: typeof import("node:https").request;
}

/** The default time limit, in ms. */
const TIMEOUT = 5_000;

/** The default largest document, in bytes. */
const MOST_BYTES = 16_384;

/** Why a document could not be read; the message is a phrase. */
export class DocumentError extends Error {}

/**
 * Checks an address without asking anybody.
 *
 * @throws {DocumentError} When it is not an https address of a host on the
 * internet.
 */
export function checkPublicUrl(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const fail = (problem: string) => {
    throw new DocumentError(`its address ${problem}`);
  };
  if (!url || url.protocol !== "https:") return fail("is not https");
  if (url.username !== "" || url.password !== "") return fail("has a user");
  if (url.port !== "") return fail("has a port");
  if (address.includes("#")) return fail("has a fragment");
  const { hostname } = url;
  // The URL parser has turned all spellings of IPv4 into digits and dots.
  if (hostname.startsWith("[") || /^[\d.]+$/.test(hostname)) {
    return fail("is an IP address");
  }
  if (
    !hostname.includes(".") ||
    /\.(localhost|local|internal|home\.arpa)\.?$/.test(hostname)
  ) {
    return fail("is not a host on the internet");
  }
  return url;
}

/** Asks the resolver of this machine for IPv4 and IPv6 addresses. */
const resolveHere: Resolve = async (host) => {
  const found = await Promise.allSettled([
    Deno.resolveDns(host, "A"),
    Deno.resolveDns(host, "AAAA"),
  ]);
  return found.flatMap((one) => one.status === "fulfilled" ? one.value : []);
};

/**
 * Makes the reader.
 *
 * @param options The limits.
 * @returns A function that reads the text of a document. It throws {@linkcode
 * DocumentError}.
 */
export function createDocumentReader(
  options: DocumentReaderOptions = {},
): (address: string) => Promise<string> {
  const { resolve = resolveHere, timeout = TIMEOUT } = options;
  const { mostBytes = MOST_BYTES } = options;

  async function addressOf(host: string): Promise<string> {
    const found = await resolve(host);
    // If only some are public, somebody wants one of the others.
    if (found.length === 0 || !found.every(isPublicAddress)) {
      throw new DocumentError("its host has no public address");
    }
    return found[0]!;
  }

  return async (address) => {
    const url = checkPublicUrl(address);
    const ip = await within(timeout, addressOf(url.hostname));
    const request = options.request ?? (await import("node:https")).request;
    const sent: RequestOptions = {
      hostname: url.hostname,
      port: 443,
      path: url.pathname + url.search,
      method: "GET",
      // A connection of its own, to the address that was checked.
      agent: false,
      lookup: (_host, { all }, tell) => {
        const family = ip.includes(":") ? 6 : 4;
        if (all) tell(null, [{ address: ip, family }]);
        else tell(null, ip, family);
      },
      headers: { accept: "application/json", "accept-encoding": "identity" },
    };
    const { promise, resolve: done, reject } = Promise.withResolvers<string>();
    const fail = (problem: string) => reject(new DocumentError(problem));
    const outgoing = request(sent, (answer) => {
      if (answer.statusCode !== 200) {
        return fail(`its host answered ${answer.statusCode}`);
      }
      const chunks: Uint8Array[] = [];
      let size = 0;
      answer.on("data", (chunk: Uint8Array) => {
        size += chunk.length;
        if (size > mostBytes) {
          return fail(`it has more than ${mostBytes} bytes`);
        }
        chunks.push(chunk);
      });
      answer.on("end", async () => {
        done(await new Blob(chunks as BlobPart[]).text());
      });
      answer.on("error", () => fail("the connection broke"));
    });
    outgoing.on("error", () => fail("its host cannot be reached"));
    outgoing.end();
    try {
      return await within(timeout, promise);
    } finally {
      outgoing.destroy();
    }
  };
}

/** Waits for a result for a limited time. */
async function within<T>(ms: number, result: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new DocumentError(`it did not come within ${ms} ms`)),
      ms,
    );
  });
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}
