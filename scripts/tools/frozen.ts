/**
 * A clock and random values that are the same each time, so that what is
 * generated is the same each time.
 *
 * @module
 */

/** The time at which generated answers are made, which documents show. */
export const FROZEN_AT = "2026-11-16T09:30:00+07:00";

/**
 * Runs something while the clock stands still and random values repeat.
 *
 * @param run What runs; nothing else may run at the same time.
 */
export async function frozen<T>(run: () => Promise<T>): Promise<T> {
  const at = Date.parse(FROZEN_AT);
  const RealDate = Date;
  class FrozenDate extends RealDate {
    constructor(...given: unknown[]) {
      super(...(given.length === 0 ? [at] : given) as [number]);
    }
    static override now(): number {
      return at;
    }
  }
  let last = 0;
  const real = { random: crypto.getRandomValues, uuid: crypto.randomUUID };
  globalThis.Date = FrozenDate as DateConstructor;
  crypto.getRandomValues = <A extends ArrayBufferView | null>(array: A): A => {
    if (array === null) return array;
    const { buffer, byteOffset, byteLength } = array;
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    for (let at = 0; at < byteLength; at++) {
      last = (Math.imul(last, 1_103_515_245) + 12_345) >>> 0;
      bytes[at] = last >>> 16;
    }
    return array;
  };
  crypto.randomUUID = () => {
    const hex = crypto.getRandomValues(new Uint8Array(16)).toHex();
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${
      hex.slice(17, 20)
    }-${hex.slice(20)}`;
  };
  try {
    return await run();
  } finally {
    globalThis.Date = RealDate;
    crypto.getRandomValues = real.random;
    crypto.randomUUID = real.uuid;
  }
}
