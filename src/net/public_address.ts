/**
 * Tells addresses on the internet from those of private networks, so that an
 * address that a stranger names leads nowhere else.
 *
 * @module
 */
import { type Block, isIn, readBlock, readIp } from "./ip.ts";

const blocks = (...texts: readonly string[]): readonly Block[] =>
  texts.map((text) => readBlock(text)!);

/** The addresses of IPv6 that are global unicast. */
const GLOBAL = blocks("2000::/3");

/**
 * Blocks that are not on the internet (IANA's special-purpose lists). 2002::/16
 * has IPv4 addresses inside.
 */
const NOT_PUBLIC = blocks(
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "2001::/23",
  "2001:db8::/32",
  "2002::/16",
  "3fff::/20",
);

/**
 * Whether an IP address is one of the internet's. Of IPv6, only global unicast
 * addresses are, without those that contain an IPv4 address.
 *
 * @param address An IP address, without brackets; other texts are not public.
 */
export function isPublicAddress(address: string): boolean {
  const ip = readIp(address);
  if (!ip) return false;
  const isGlobal = ip.bits === 32 || GLOBAL.some((block) => isIn(ip, block));
  return isGlobal && !NOT_PUBLIC.some((block) => isIn(ip, block));
}
