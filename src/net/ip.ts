/**
 * IP addresses and blocks of them, as numbers.
 *
 * @module
 */

/** An IP address. */
export interface Ip {
  /** How many bits it has: 32 for IPv4, 128 for IPv6. */
  readonly bits: 32 | 128;
  /** The address as a number. */
  readonly value: bigint;
}

/** A block of addresses, such as 10.0.0.0/8. */
export interface Block {
  /** One of its addresses. */
  readonly ip: Ip;
  /** How many bits of it all addresses of the block share. */
  readonly fixed: number;
}

/** The addresses that hold one of IPv4, such as ::ffff:192.0.2.1. */
const MAPPED = 0xffffn;

/**
 * Reads an address.
 *
 * @param text An IPv4 or IPv6 address, without brackets. A zone, such as the
 * one in fe80::1%eth0, is left out.
 * @returns Undefined if it is not an address. An IPv6 address that holds an
 * IPv4 address stays one of IPv6: see {@linkcode unmapped}.
 */
export function readIp(text: string): Ip | undefined {
  if (!text.includes(":")) {
    if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined;
    const parts = text.split(".").map(Number);
    return parts.some((part) => part > 255)
      ? undefined
      : { bits: 32, value: joined(parts, 8) };
  }
  if (text.length > 100) return undefined;
  const bare = text.replace(/%[^%\]]*$/, "");
  const url = `http://[${bare}]/`;
  if (!/^[0-9a-f:.]+$/i.test(bare) || !URL.canParse(url)) return undefined;
  const [head = "", tail] = new URL(url).hostname.slice(1, -1).split("::");
  const groups = (part: string) =>
    part === "" ? [] : part.split(":").map((group) => parseInt(group, 16));
  const [before, after] = [groups(head), groups(tail ?? "")];
  const zeros = Array<number>(8 - before.length - after.length).fill(0);
  return { bits: 128, value: joined([...before, ...zeros, ...after], 16) };
}

function joined(parts: readonly number[], bits: number): bigint {
  return parts.reduce(
    (all, part) => (all << BigInt(bits)) + BigInt(part),
    0n,
  );
}

/** The IPv4 address in an IPv6 address that holds one; else the same address. */
export function unmapped(ip: Ip): Ip {
  return ip.bits === 128 && ip.value >> 32n === MAPPED
    ? { bits: 32, value: ip.value & 0xffffffffn }
    : ip;
}

/**
 * Reads a block: an address, or an address and the number of its fixed bits,
 * such as 10.0.0.0/8.
 *
 * @returns Undefined if it is not a block.
 */
export function readBlock(text: string): Block | undefined {
  const [, address = "", fixed] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const ip = readIp(address);
  if (!ip || Number(fixed ?? 0) > ip.bits) return undefined;
  return { ip, fixed: fixed === undefined ? ip.bits : Number(fixed) };
}

/** Whether an address is in a block. */
export function isIn({ bits, value }: Ip, { ip, fixed }: Block): boolean {
  const free = BigInt(ip.bits - fixed);
  return bits === ip.bits && value >> free === ip.value >> free;
}

/**
 * Writes the block of an address.
 *
 * @param ip The address.
 * @param fixed How many of its bits are kept; all by default.
 * @returns Such as 192.0.2.1, 192.0.2.0/24 or 2001:db8:0:0:0:0:0:0/64.
 */
export function showIp(ip: Ip, fixed: number = ip.bits): string {
  const free = BigInt(ip.bits - fixed);
  const value = ip.value >> free << free;
  const [size, base, mark] = ip.bits === 32 ? [8, 10, "."] : [16, 16, ":"];
  const parts: string[] = [];
  for (let at = ip.bits - size; at >= 0; at -= size) {
    const part = value >> BigInt(at) & BigInt(2 ** size - 1);
    parts.push(part.toString(base));
  }
  return parts.join(mark) + (fixed === ip.bits ? "" : `/${fixed}`);
}
