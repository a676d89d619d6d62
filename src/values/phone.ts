/**
 * Compares phone numbers as people write them.
 *
 * @module
 */
import { normalizeText } from "./words.ts";

/** The default country code: Indonesia. */
const COUNTRY = "62";

/**
 * The shortest phone number. Shorter ones are extensions and short codes, which
 * are not unique.
 */
const MIN_DIGITS = 7;

/** The longest phone number (E.164). */
const MAX_DIGITS = 15;

/** The longest text that can be one number, in characters. */
const MAX_WRITTEN = 50;

/** How much of a text is searched for a number, in characters. */
const MAX_AROUND = 200;

/**
 * A phone number in one standard form: `0812-3456-7890`, `+62 812 3456 7890`,
 * `62812…` and `0062812…` are the same number.
 *
 * @param text What was written.
 * @returns Country code and number in digits; undefined if it is not a phone
 * number.
 */
export function phoneKey(text: string): string | undefined {
  if (text.length > MAX_WRITTEN) return undefined;
  // An extension is dialled later; a zero in brackets is not dialled from
  // abroad.
  const [main = ""] = normalizeText(text).split(/(?:ext?\.?|x|#|;)\s*\d/i);
  const bare = main.replace(/\(0\)/, "");
  if (/\p{L}/u.test(bare.replace(/^\s*(?:tel|telp|hp|wa)\b[.:]?/i, ""))) {
    return undefined;
  }
  const digits = bare.replace(/\D/g, "");
  const key = toInternational(digits, /^\D*\+/.test(bare));
  return key.length >= MIN_DIGITS && key.length <= MAX_DIGITS ? key : undefined;
}

/** The shortest number that is found among words: shorter ones are often codes. */
const MIN_AMONG_WORDS = 9;

/**
 * The phone number in a text: all of it, or what stands among words, as in
 * `Budi 0812-3456-7890`.
 *
 * @param text What was written.
 * @returns The number as written; undefined if there is none.
 */
export function phoneIn(text: string): string | undefined {
  const whole = phoneKey(text) === undefined ? undefined : text.trim();
  if (whole !== undefined && !/\p{L}/u.test(whole)) return whole;
  for (
    const [run] of text.slice(0, MAX_AROUND).matchAll(
      /(?<![\p{L}\p{N}.,/-])\(?(?:\+|0|62|8)[\d\s().-]*\d/gu,
    )
  ) {
    const isLong = run.replace(/\D/g, "").length >= MIN_AMONG_WORDS;
    if (isLong && phoneKey(run) !== undefined) return run;
  }
  return whole;
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
  return isPhoneOneOf([a])(b);
}

/**
 * Makes a test whether a text is one of some phone numbers, as
 * {@linkcode isSamePhone} compares them.
 *
 * @param phones The phone numbers.
 */
export function isPhoneOneOf(
  phones: readonly string[],
): (phone: string) => boolean {
  const keys = new Set<string>();
  const texts = new Set<string>();
  const others = new Set<string>();
  for (const phone of phones) {
    const key = phoneKey(phone);
    const text = phone.trim();
    texts.add(text);
    if (key === undefined) others.add(text);
    else keys.add(key);
  }
  return (phone) => {
    const key = phoneKey(phone);
    return key === undefined
      ? texts.has(phone.trim())
      : keys.has(key) || others.has(phone.trim());
  };
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
 * Whether a key or label names a phone number: `telephone`, `No. HP`.
 *
 * @param name A key of a record, or the label of a custom field.
 */
export function isPhoneKey(name: string): boolean {
  return name.length <= 100 &&
    /(?:^|[\s_.])(?:tele)?(?:phone|telp|telpon|telepon|hp|handphone|whatsapp|wa|mobile)s?(?:$|[\s_.])/i
      .test(name);
}

/**
 * Makes a test for phone numbers that contain, or start with, some digits,
 * however both are written.
 *
 * @param part Part of a number, or a whole number.
 * @param how Where the digits must be. A `+` always means the start.
 */
export function phoneTest(
  part: string,
  how: "contains" | "starts_with",
): (phone: string) => boolean {
  if (
    part.length > MAX_WRITTEN || !/^[\d\s().+\-/]*\d[\d\s().+\-/]*$/.test(part)
  ) {
    return () => false;
  }
  const digits = part.replace(/\D/g, "");
  const hasPlus = /^\D*\+/.test(part);
  const start = toInternational(digits, hasPlus);
  return (phone) => {
    const key = phoneKey(phone);
    if (key === undefined) return false;
    const core = key.startsWith(COUNTRY) ? key.slice(COUNTRY.length) : key;
    if (start !== "" && key.startsWith(start)) return true;
    if (hasPlus) return false;
    return how === "contains" ? key.includes(digits) : core.startsWith(digits);
  };
}

/**
 * The forms of a number without separators that people store: `0812…`,
 * `62812…`, `+62812…`.
 *
 * @param text What was written.
 * @returns The forms; none if it is not a phone number.
 */
export function phoneForms(text: string): string[] {
  const key = phoneKey(text);
  if (key === undefined) return [];
  return key.startsWith(COUNTRY)
    ? [`0${key.slice(COUNTRY.length)}`, key, `+${key}`]
    : [key, `+${key}`];
}

/**
 * The phone numbers that a record holds under a key. One text may hold several:
 * `0812… / 0813…`.
 *
 * @param value A text or a list of them; numbers count as their digits.
 */
export function phonesOf(value: unknown): string[] {
  return [value].flat().flatMap((one) => {
    const text = String(one ?? "").trim();
    const parts = text.length > MAX_WRITTEN * 4
      ? []
      : text.split(/[,/|;]|\s(?:or|atau|dan|and|&)\s/i);
    // A part that is not a number by itself belongs to the number before it.
    return parts.length > 1 &&
        parts.every((part) => phoneKey(part) !== undefined)
      ? parts.map((part) => part.trim())
      : [text];
  }).filter((one) => one !== "");
}
