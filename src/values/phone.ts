/**
 * Compares phone numbers as people write them.
 *
 * @module
 */

/** The default country code: Indonesia. */
const COUNTRY = "62";

/**
 * The shortest phone number. Shorter ones are extensions and short codes, which
 * are not unique.
 */
const MIN_DIGITS = 7;

/** The longest phone number (E.164). */
const MAX_DIGITS = 15;

/**
 * A phone number in one standard form: `0812-3456-7890`, `+62 812 3456 7890`,
 * `62812…` and `0062812…` are the same number.
 *
 * @param text What was written.
 * @returns Country code and number in digits; undefined if it is not a phone
 * number.
 */
export function phoneKey(text: string): string | undefined {
  if (text.length > 50) return undefined;
  // An extension is dialled later; a zero in brackets is not dialled from
  // abroad.
  const [main = ""] = text.normalize("NFKC").split(/(?:ext?\.?|x|#|;)\s*\d/i);
  const bare = main.replace(/\(0\)/, "");
  if (/\p{L}/u.test(bare.replace(/^\s*(?:tel|telp|hp|wa)\b[.:]?/i, ""))) {
    return undefined;
  }
  const digits = bare.replace(/\D/g, "");
  const key = toInternational(digits, /^\D*\+/.test(bare));
  return key.length >= MIN_DIGITS && key.length <= MAX_DIGITS ? key : undefined;
}

function toInternational(digits: string, hasPlus: boolean): string {
  const abroad = hasPlus
    ? digits
    : digits.startsWith("00")
    ? digits.slice(2)
    : digits.startsWith("0")
    ? COUNTRY + digits.slice(1)
    // Indonesian mobile numbers start with 8; people omit the zero.
    : /^8\d{8,11}$/.test(digits)
    ? COUNTRY + digits
    : digits;
  // +62 0812…: the zero is not dialled after the country code.
  return abroad.startsWith(`${COUNTRY}0`)
    ? COUNTRY + abroad.slice(COUNTRY.length + 1)
    : abroad;
}

/**
 * Whether two texts are the same phone number. Texts that are not phone numbers
 * are compared as they are.
 *
 * @param a One text.
 * @param b The other.
 */
export function isSamePhone(a: string, b: string): boolean {
  const [left, right] = [phoneKey(a), phoneKey(b)];
  return left === undefined || right === undefined
    ? a.trim() === b.trim()
    : left === right;
}

/**
 * The digits that all forms of a number share, without country code and leading
 * zero.
 *
 * @param text What was written.
 * @returns The digits; undefined if it is not a phone number.
 */
export function phoneCore(text: string): string | undefined {
  const key = phoneKey(text);
  return key?.startsWith(COUNTRY) ? key.slice(COUNTRY.length) : key;
}

/**
 * The phone numbers that a record holds under a key.
 *
 * @param value A text or a list of them; numbers count as their digits.
 */
export function phonesOf(value: unknown): string[] {
  return [value].flat().map((one) => String(one ?? "").trim())
    .filter((one) => one !== "");
}
