/**
 * Reads numbers as people write them, without rounding: Indonesian and English
 * separators, `Rp`, and words such as `juta`. If a text can be read in more
 * than one way, all readings are returned.
 *
 * @module
 */

import { multiply, toText } from "./decimal.ts";

/** A text read as a number. */
export type NumberReading =
  | {
    /** The number: digits, with a decimal point if needed. */
    readonly digits: string;
    /** Whether the text already has this form. */
    readonly plain: boolean;
    readonly readings?: undefined;
  }
  | {
    /** The numbers that the text can mean; at least two. */
    readonly readings: readonly string[];
  };

/** The longest text that is read as a number, in characters. */
const MAX_LENGTH = 100;

const PLAIN = /^-?\d+(?:\.\d+)?$/;

/**
 * Matches texts such as `Rp 1.500.000,-` and `1,5 juta`: a sign, a currency,
 * digits with separators, a mark for "no decimals", and a unit word.
 */
const WRITTEN =
  /^(?<sign>[-\u2212]?)(?:(?:rp\b|rp(?=\d)|idr)\.?\s*)?(?<digits>\d(?:[\d.,'\u2019 \u00a0\u202f]*\d)?)(?<whole>[.,][-\u2013\u2014]{1,2})?\s*(?<unit>[a-z]*)\.?(?:\s*(?:rupiah|idr))?$/i;

/** How many zeros each unit word adds. `M` is a miliar or a million. */
const UNITS: Readonly<Record<string, readonly number[]>> = {
  "": [0],
  rupiah: [0],
  idr: [0],
  ribu: [3],
  rb: [3],
  k: [3],
  thousand: [3],
  juta: [6],
  jt: [6],
  million: [6],
  m: [9, 6],
  miliar: [9],
  milyar: [9],
  billion: [9],
  triliun: [12],
  trilyun: [12],
  trillion: [12],
};

/**
 * Separators between groups of three digits, as part of a regular expression.
 */
const GROUPINGS = [String.raw`\.`, ",", "['\u2019]", "[ \u00a0\u202f]"];

/** Decimal separators. */
const POINTS = [String.raw`\.`, ","];

/** Every format of digits, and whether it is for whole numbers only. */
const NOTATIONS = ["", ...GROUPINGS].flatMap((grouping) => {
  const whole = grouping === ""
    ? String.raw`\d+`
    : String.raw`[1-9]\d{0,2}(?:${grouping}\d{3})+`;
  return ["", ...POINTS].filter((point) => point === "" || point !== grouping)
    .map((point) => ({
      isWhole: point === "",
      form: new RegExp(
        point === "" ? `^(${whole})$` : String.raw`^(${whole})${point}(\d+)$`,
      ),
    }));
});

/**
 * Reads a number.
 *
 * @param text What was written.
 * @param most The largest possible number; readings above it are ignored.
 * @returns The number, or all its readings; undefined if it is not a number.
 */
export function readNumber(
  text: string,
  most = Infinity,
): NumberReading | undefined {
  const trimmed = text.trim();
  const written = trimmed.length > MAX_LENGTH
    ? undefined
    : WRITTEN.exec(trimmed)?.groups;
  if (!written) return undefined;
  const { sign, digits, whole, unit } = written;
  const zeros = UNITS[unit!.toLowerCase()];
  if (!zeros) return undefined;
  const readings = NOTATIONS.filter(({ isWhole }) => isWhole || !whole)
    .flatMap(({ form }) => {
      const [, before, after = ""] = form.exec(digits!) ?? [];
      return before === undefined
        ? []
        : zeros.map((count) =>
          (sign === "" ? "" : "-") +
          shift(before.replace(/\D/g, ""), after, count)
        );
    });
  const [first, ...others] = [...new Set(readings)]
    .filter((reading) => Math.abs(Number(reading)) <= most);
  if (first === undefined) return undefined;
  if (others.length > 0) return { readings: [first, ...others] };
  const plain = PLAIN.test(trimmed);
  return { digits: plain ? trimmed : first, plain };
}

/**
 * Shifts the decimal point: `1`, `15` and 6 zeros give 1150000. No digit is
 * rounded.
 */
function shift(before: string, after: string, zeros: number): string {
  return toText(multiply(
    { units: BigInt(before + after), scale: after.length },
    { units: 10n ** BigInt(zeros), scale: 0 },
  ));
}

/**
 * Whether a JSON number is too large to be exact. Its last digits may then
 * differ from those that were written.
 *
 * @param value A number that was read from JSON.
 */
export function isTooLarge(value: number): boolean {
  return Number.isInteger(value)
    ? !Number.isSafeInteger(value)
    : !isFinite(value);
}

/**
 * Whether a JSON number may differ from the digits that were written: it is too
 * large, has an exponent, or has more than 15 digits.
 *
 * @param value A number that was read from JSON.
 */
export function isRounded(value: number): boolean {
  if (Number.isSafeInteger(value)) return false;
  // Numbers of up to 15 digits without an exponent survive a round trip.
  const text = String(value);
  return isTooLarge(value) || !PLAIN.test(text) || countDigits(text) > 15;
}

function countDigits(text: string): number {
  return text.replace(/\D/g, "").replace(/^0+/, "").length;
}

/**
 * A number for a message, without digits that were rounded.
 *
 * @param value A number that was read from JSON.
 */
export function nameNumber(value: number): string {
  if (!isRounded(value)) return String(value);
  if (!Number.isFinite(value)) return String(value);
  const digits = Number.isInteger(value)
    ? String(BigInt(value))
    : String(value);
  return /e/i.test(digits)
    ? "a number with an exponent"
    : `a number of ${countDigits(digits)} digits`;
}
