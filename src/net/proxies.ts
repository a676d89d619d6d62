/**
 * Finds from where a request came that reverse proxies passed on.
 *
 * @module
 */
import type { Rule } from "../values/rules.ts";
import {
  type Block,
  type Ip,
  isIn,
  readBlock,
  readIp,
  showIp,
  unmapped,
} from "./ip.ts";

/** The word for all addresses of private networks and of this machine. */
const PRIVATE = "private";

const PRIVATE_BLOCKS = [
  "127.0.0.0/8",
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "169.254.0.0/16",
  "100.64.0.0/10",
  "::1",
  "fc00::/7",
  "fe80::/10",
];

/** The fewest fixed bits of a block of the internet: CDNs have smaller ones. */
const LEAST_FIXED = { 32: 8, 128: 16 } as const;

/** How many proxies a request may have passed. */
const MOST_HOPS = 20;

/**
 * A rule for proxies that are trusted: addresses, blocks such as 10.0.0.0/8, and
 * the word `private`.
 *
 * @param joined How they are joined in a text, for the error message.
 */
export function proxies(joined = ""): Rule<readonly string[]> {
  return (value) => {
    const all: readonly unknown[] = Array.isArray(value) ? value : [value];
    return all.map((one) => {
      const text = typeof one === "string" ? one.toLowerCase() : "";
      const block = readBlock(text);
      if (text === PRIVATE || (block && !isLarge(plainBlock(block)))) {
        return text;
      }
      if (block) {
        throw new Error(
          `must not hold ${text}: so large a block has strangers in it, and each of them could choose the address that is counted. Name the addresses of your proxies`,
        );
      }
      throw new Error(
        `must hold addresses such as 10.0.0.7, blocks such as 10.0.0.0/8, or ${PRIVATE}${joined}, not ${
          JSON.stringify(one)
        }`,
      );
    });
  };
}

/**
 * Finds from where a request came.
 *
 * @param peer The address that connected; empty if it is not known.
 * @param forwarded The header X-Forwarded-For; null without one.
 * @returns The address to count by.
 */
export type FindCaller = (peer: string, forwarded: string | null) => string;

/**
 * Makes what finds the caller. Each proxy adds the address that connected to it
 * at the end of X-Forwarded-For. So the list is read from its end, and only as
 * long as trusted proxies wrote it: what comes before could be invented.
 *
 * @param trusted As {@linkcode proxies} accepts it. With an empty list, the
 * header is never believed.
 * @param onStranger Is told, once, of an address of a private network that
 * sends the header and is not trusted: probably a proxy that was forgotten.
 */
export function createFindCaller(
  trusted: readonly string[],
  onStranger: (peer: string) => void,
): FindCaller {
  const nearby = blocksOf(PRIVATE_BLOCKS);
  const blocks = trusted.flatMap((text) =>
    text === PRIVATE ? nearby : blocksOf([text])
  );
  const isTrusted = (ip: Ip) => blocks.some((block) => isIn(ip, block));
  let isTold = false;

  return (peer, forwarded) => {
    if (forwarded === null) return peer;
    let ip = plainIp(peer);
    if (!ip) return peer;
    if (!isTrusted(ip)) {
      if (!isTold && nearby.some((block) => isIn(ip!, block))) {
        isTold = true;
        onStranger(showIp(ip));
      }
      return peer;
    }
    let end = forwarded.length;
    for (let hops = 0; hops < MOST_HOPS && end > 0; hops++) {
      const start = forwarded.lastIndexOf(",", end - 1) + 1;
      // A longer text is not an address.
      const next = end - start > 100
        ? undefined
        : plainIp(bare(forwarded.slice(start, end)));
      // A proxy may not know it, and writes "unknown": then it is counted.
      if (!next) break;
      ip = next;
      if (!isTrusted(ip)) break;
      end = start - 1;
    }
    return showIp(ip);
  };
}

function plainIp(text: string): Ip | undefined {
  const ip = readIp(text);
  return ip && unmapped(ip);
}

function blocksOf(texts: readonly string[]): Block[] {
  return texts.map((text) => plainBlock(readBlock(text)!));
}

/** Whether strangers must be in a block. */
function isLarge({ ip, fixed }: Block): boolean {
  return fixed < LEAST_FIXED[ip.bits] &&
    !blocksOf(PRIVATE_BLOCKS).some((nearby) =>
      fixed >= nearby.fixed && isIn(ip, nearby)
    );
}

/** A block of mapped addresses is the same block of IPv4. */
function plainBlock({ ip, fixed }: Block): Block {
  const plain = unmapped(ip);
  return plain.bits === ip.bits || fixed < 96
    ? { ip, fixed }
    : { ip: plain, fixed: fixed - 96 };
}

/** An entry without spaces, quotation marks, brackets and port. */
function bare(entry: string): string {
  const text = entry.trim().replace(/^"(.*)"$/, "$1");
  return /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)?.[1] ??
    /^([\d.]+):\d{1,5}$/.exec(text)?.[1] ?? text;
}
