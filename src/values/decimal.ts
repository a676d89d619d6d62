/**
 * Exact decimal numbers, so that sums of money do not gain or lose a cent.
 *
 * @module
 */

/** The most digits of a number; longer texts are not read as numbers. */
const MAX_DIGITS = 60;

/** The minimum number of decimal places used to compute a quotient. */
const QUOTIENT_DIGITS = 6;

/**
 * A decimal number: `units` with a decimal point `scale` digits from the right.
 */
export interface Decimal {
  /** All its digits as a whole number. */
  readonly units: bigint;
  /** How many of the digits are after the decimal point. */
  readonly scale: number;
}

/** Zero. */
export const ZERO: Decimal = { units: 0n, scale: 0 };

/**
 * Reads a number as Qontak writes it, such as `10000000.0` or `6`.
 *
 * @param value A number or a text.
 * @returns The number; undefined for anything else, and for a number whose last
 * digits were lost when the JSON was read.
 */
export function toDecimal(value: unknown): Decimal | undefined {
  // Most numbers are whole.
  if (Number.isSafeInteger(value)) {
    return { units: BigInt(value as number), scale: 0 };
  }
  if (typeof value === "number" && !Number.isFinite(value)) return undefined;
  if (typeof value !== "number" && typeof value !== "string") return undefined;
  const text = String(value).trim();
  if (text.length > MAX_DIGITS + 8) return undefined;
  const found = /^([+-]?)(\d+)(?:\.(\d+))?(?:e([+-]?\d{1,2}))?$/i.exec(text);
  if (!found) return undefined;
  const [, sign, whole = "", rest = "", power = "0"] = found;
  const shift = Number(power);
  const digits = whole + rest + "0".repeat(Math.max(0, shift - rest.length));
  if (digits.length > MAX_DIGITS) return undefined;
  const units = BigInt(digits);
  return normal({
    units: sign === "-" ? -units : units,
    scale: Math.max(0, rest.length - shift),
  });
}

/** How many digits a number has, without zeros before or after it. */
export function digitsOf({ units }: Decimal): number {
  return String(units < 0n ? -units : units).length;
}

/** The same number without trailing zeros. */
function normal({ units, scale }: Decimal): Decimal {
  while (scale > 0 && units % 10n === 0n) {
    units /= 10n;
    scale--;
  }
  return { units, scale };
}

/** Two numbers brought to the same scale. */
function aligned(a: Decimal, b: Decimal): [bigint, bigint, number] {
  if (a.scale === b.scale) return [a.units, b.units, a.scale];
  const scale = Math.max(a.scale, b.scale);
  return [
    a.units * 10n ** BigInt(scale - a.scale),
    b.units * 10n ** BigInt(scale - b.scale),
    scale,
  ];
}

/** The sum of two numbers. */
export function add(a: Decimal, b: Decimal): Decimal {
  const [left, right, scale] = aligned(a, b);
  return normal({ units: left + right, scale });
}

/** The product of two numbers. */
export function multiply(a: Decimal, b: Decimal): Decimal {
  return normal({ units: a.units * b.units, scale: a.scale + b.scale });
}

/**
 * A number divided by a count, rounded half away from zero.
 *
 * @param a The number.
 * @param count The divisor; not 0.
 */
export function divide(a: Decimal, count: number): Decimal {
  const scale = Math.max(a.scale, QUOTIENT_DIGITS);
  const units = a.units * 10n ** BigInt(scale - a.scale);
  const by = BigInt(count);
  const half = (units < 0n ? -by : by) / 2n;
  return normal({ units: (units + half) / by, scale });
}

/** Which of two numbers is larger: negative, 0 or positive, as for sorting. */
export function compare(a: Decimal, b: Decimal): number {
  const [left, right] = aligned(a, b);
  return left < right ? -1 : left > right ? 1 : 0;
}

/**
 * A number for JSON: a JSON number if that is exact, otherwise its digits as
 * text.
 */
export function toJson(decimal: Decimal): number | string {
  const text = toText(decimal);
  const number = Number(text);
  return toText(toDecimal(number) ?? ZERO) === text &&
      (!Number.isInteger(number) || Number.isSafeInteger(number))
    ? number
    : text;
}

/** The digits of a number. */
export function toText({ units, scale }: Decimal): string {
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const rest = digits.slice(digits.length - scale);
  return `${units < 0n ? "-" : ""}${whole}${scale > 0 ? `.${rest}` : ""}`;
}
