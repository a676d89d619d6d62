/**
 * Tells addresses on the internet from those of private networks, so that an
 * address that a stranger names leads nowhere else.
 *
 * @module
 */

/** A block of IPv4 addresses: its first address, and how many bits it fixes. */
type Block = readonly [first: string, bits: number];

/** IPv4 blocks that are not on the internet (IANA's special-purpose list). */
const NOT_PUBLIC: readonly Block[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

function bitsOf(address: string): number | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) return undefined;
  const parts = address.split(".").map(Number);
  if (parts.some((part) => part > 255)) return undefined;
  return parts.reduce((all, part) => all * 256 + part, 0);
}

/**
 * Whether an IP address is one of the internet's. Of IPv6, only global unicast
 * addresses are, without those that contain an IPv4 address.
 *
 * @param address An IP address, without brackets; other texts are not public.
 */
export function isPublicAddress(address: string): boolean {
  const bits = bitsOf(address);
  if (bits !== undefined) {
    return !NOT_PUBLIC.some(([first, count]) => {
      const size = 2 ** (32 - count);
      return Math.floor(bits / size) === Math.floor(bitsOf(first)! / size);
    });
  }
  const url = `http://[${address}]/`;
  if (!address.includes(":") || !URL.canParse(url)) return false;
  const [first = "", second = ""] = new URL(url).hostname.slice(1, -1)
    .split(":");
  const [head, next] = [parseInt(first, 16), parseInt(second || "0", 16)];
  // 2000::/3 is global unicast. Not public there: 2001::/23 and documentation
  // in 2001:db8::/32 and 3fff::/20, and 2002::/16, which has IPv4 inside.
  if (!(head >= 0x2000 && head <= 0x3fff)) return false;
  if (head === 0x2001) return next >= 0x200 && next !== 0xdb8;
  if (head === 0x3fff) return next >= 0x1000;
  return head !== 0x2002;
}
