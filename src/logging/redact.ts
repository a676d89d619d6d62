/**
 * Removes text that must not be logged or shown: secrets, and people's phone
 * numbers and e-mail addresses. It recognizes them by pattern, so it is only
 * the second line of defence; the first is not to pass them on.
 *
 * @module
 */

import { isObject } from "../values/json.ts";
import { cutAt } from "../values/text.ts";

/** A pattern to find, and its replacement. */
interface Pattern {
  /** Whether it matches a secret, or data about a person. */
  readonly kind: "secret" | "person";
  /**
   * The expression. It takes linear time in the length of the text: its
   * repetitions are bounded, or start only at the beginning of the run that
   * they match.
   */
  readonly find: RegExp;
  /** Decides when the expression alone is not enough. */
  readonly is?: (found: string) => boolean;
  /** The replacement; `$1` and so on are the parts that are kept. */
  readonly put: string;
}

/** Names whose value is always a secret. */
const NAMES = [
  "passwor[dt]",
  "passwd",
  "passphrase",
  "pwd",
  "(?<=[a-z0-9][_-])(?:tokens?|secrets?|keys?)",
  "(?:access|refresh|id|auth)tokens?",
  "client ?secret",
  "(?:api|private|encryption) ?keys?",
  "(?:secret|role|sso)[_-]?id",
].join("|");

/** Names that also occur in sentences. */
const WORDS = "tokens?|secrets?|signature|credentials?";

/** The text between a name and its value; quotes may be escaped. */
const IS = String.raw`\\{0,7}["']?\s{0,4}[:=]\s{0,4}`;

/** An unquoted value, other than a setting that is on or off. */
const BARE = String.raw`(?!(?:true|false)\b)[^\s"'&;,<>()[\]{}\\]+`;

/**
 * Two words of a sentence after a colon and a space: "a refresh_token: it was
 * not written". No service issues secrets that look like that.
 */
const SENTENCE = String.raw`(?!(?<=:\s{1,4})(?-i:[a-z]{1,20},? [a-z]{1,20})\b)`;

/** Not inside a longer number, a date, an amount, a decimal, a hash or an id. */
const ALONE = String.raw`(?<!\d[-.,/:]?)(?<![a-f])(?<!\d{8}T|\d{9}Z-)`;

/** Numbers that match the pattern of a phone number but are not one. */
const NO_PHONE = [
  String.raw`(?!\d{1,2}[-./ ]\d{1,2}[-./ ]\d{4}(?!\d))`, // a date
  String.raw`(?!\d{1,3}(?:\.\d{1,3}){3}(?![.\d]))`, // an IP address
  String.raw`(?!\+?\d{1,3}(?:[.,]\d{3}){1,5}(?![\d]))`, // an amount
].join("");

/** Separators between the digits of a phone number. */
const GAP = "[ \u00a0.()\u2010-\u2013-]";

/** Every pattern, in the order in which they are applied. */
const patterns: readonly Pattern[] = [
  {
    kind: "secret",
    find:
      /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:[^-]|-(?!----END))*(?:-----END [A-Z ]{0,40}-----)?/g,
    put: "[key]",
  },
  {
    // The beginning names a plan, and does not open it.
    kind: "secret",
    find: /\b(plan-[\w-]{4})[\w-]{20}(?![\w-])/g,
    put: "$1…",
  },
  {
    // The id of a key may be shown, so that a person knows which key it is.
    kind: "secret",
    find: /(qmcp_[A-Za-z0-9]{1,64}_)[\w-]+/g,
    put: "$1[secret]",
  },
  {
    // The session of a token may be shown, too.
    kind: "secret",
    find: /(qsi[acr]_[a-z0-9]{1,32}_[a-z2-7]{1,16}_)[\w-]+/g,
    put: "$1[secret]",
  },
  {
    // The rest of the line, unless it says what to send: Bearer <key>.
    kind: "secret",
    find:
      /((?:authorization|cookie)\s{0,4}[:=]\s{0,4})(?![a-z]{0,10}\s{0,4}<)[^\s"'][^\r\n]*/gi,
    put: "$1[secret]",
  },
  {
    // In quotes: up to a quote that is escaped as often as the first.
    kind: "secret",
    find: new RegExp(
      String
        .raw`((?:${NAMES}|${WORDS}|authorization|cookie)${IS})(\\{0,7})(["'])(?:[^"'\\]|(?!(?<!\\)\2\3)[^])*`,
      "gi",
    ),
    put: "$1$2$3[secret]",
  },
  {
    kind: "secret",
    find: new RegExp(
      String.raw`((?:${NAMES})${IS})${SENTENCE}${BARE}`,
      "gi",
    ),
    put: "$1[secret]",
  },
  {
    kind: "secret",
    find: new RegExp(String.raw`((?:${WORDS})=)${BARE}`, "gi"),
    put: "$1[secret]",
  },
  {
    // "the token: it is asked for" is a sentence.
    kind: "secret",
    find: new RegExp(
      String.raw`((?:${WORDS})${IS})(?=[^\s]{0,200}\d)${BARE}`,
      "gi",
    ),
    put: "$1[secret]",
  },
  {
    kind: "secret",
    find: /\b(bearer)([ +]|%20)[\w.~+/=-]{6,}/gi,
    put: "$1$2[token]",
  },
  {
    kind: "secret",
    find: /(?<![\w-])eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?/g,
    put: "[token]",
  },
  {
    kind: "secret",
    find: /(:\/\/)[^\s/?#"'<>@]*@(?:[^\s/?#"'<>@]*@)*/g,
    put: "$1[credentials]@",
  },
  {
    kind: "secret",
    find: /([?&][\w.~%[\]-]{1,100}=)[^&\s"'<>#\\)]+/g,
    put: "$1[value]",
  },
  {
    kind: "person",
    find:
      /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]+(?:@|%40)(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,63}/gu,
    put: "[e-mail]",
  },
  ...[
    // With a country code: +62 812-3456-7890, 0062 21 5551234.
    String.raw`(?:\+|(?<!\d)00)[1-9](?:${GAP}{0,2}\d){7,14}`,
    // Mobile numbers in Indonesia: 0812…, 62812…
    String.raw`(?:08|62[ -]?8|62\.8(?=\d{1,2}\.\d))(?:${GAP}?\d){7,11}`,
    // Indonesian numbers without gaps: 0215551234, 62215551234, 81234567890.
    String.raw`(?:0[1-9]\d{7,11}|62[2-9]\d{7,11}|8[1-9]\d{8,10})`,
    // With an area code: (021) 555-1234, 021 5551234.
    String.raw`\(0\d{1,3}\)${GAP}?\d{3,4}${GAP}?\d{3,5}`,
    String.raw`0[1-9]\d{1,2}${GAP}\d{3,4}${GAP}?\d{3,5}`,
  ].map((number): Pattern => ({
    kind: "person",
    find: new RegExp(`${ALONE}${NO_PHONE}${number}(?![\\da-f])`, "g"),
    put: "[phone]",
  })),
  {
    kind: "secret",
    find: /[\w~+/=-]{20,}/g,
    is: (word) => !OWN_ID.test(word) && looksRandom(word),
    put: "[token]",
  },
];

/** The id of a change, a run or an audit record: it opens nothing. */
const OWN_ID = /^(?:run-)?\d{8}T\d{9}Z-[\da-f]{12}$/;

/** From this length on, random text is long enough to be a secret. */
const MIN_RANDOM = 20;

/**
 * The lowest share of neighbouring characters of different kinds in random
 * text.
 */
const MIXED = 0.25;

/**
 * Whether a word looks like a key or a token: it alternates between letters and
 * digits far more often than words that people write. Paths are judged part by
 * part.
 */
function looksRandom(word: string): boolean {
  return word.split("/").some((part) => {
    if (part.length < MIN_RANDOM || !/\d/.test(part)) return false;
    const plain = part.replace(/[^A-Za-z0-9]/g, "");
    const kinds = plain.replace(/[a-z]/g, "a").replace(/[A-Z]/g, "A")
      .replace(/\d/g, "0");
    let changes = 0;
    for (let i = 1; i < kinds.length; i++) {
      if (kinds[i] !== kinds[i - 1]) changes++;
    }
    return changes >= MIXED * kinds.length;
  });
}

/**
 * Matches every text that any of the patterns matches, and few others: it is
 * quicker than all of them.
 */
const MAY_MATCH = /[\d@:=]|%40|-----BEGIN|plan-|qmcp_|qsi[acr]_|bearer|eyJ/i;

const secrets = patterns.filter(({ kind }) => kind === "secret");

function apply(patterns: readonly Pattern[], text: string): string {
  if (!MAY_MATCH.test(text)) return text;
  return patterns.reduce(
    (text, { find, is, put }) =>
      is
        ? text.replace(find, (found) => is(found) ? put : found)
        : text.replace(find, put),
    text,
  );
}

/**
 * Replaces each secret, phone number and e-mail address by a short label such
 * as `[token]`. Takes linear time in the length of the text.
 *
 * @param text Any text.
 */
export function redact(text: string): string {
  if (text.length > MAX_REMEMBERED) return apply(patterns, text);
  if (harmless.has(text)) return text;
  const redacted = apply(patterns, text);
  if (redacted === text) remember(text);
  return redacted;
}

/** The longest text that is remembered, in characters. */
const MAX_REMEMBERED = 100;

/** How many texts are remembered. */
const MOST_REMEMBERED = 500;

/** Texts in which nothing was found lately: log lines repeat most of theirs. */
const harmless = new Set<string>();

function remember(text: string): void {
  if (harmless.size >= MOST_REMEMBERED) harmless.clear();
  harmless.add(text);
}

/**
 * Redacts the beginning of a text from another party. It does not read the
 * rest, however long it is.
 *
 * @param text Any text.
 * @param most How many characters to keep.
 */
export function redactBeginning(text: string, most: number): string {
  // Redaction shortens the text, so more of it is read. A word that is cut off
  // may be half a secret, which no pattern recognizes.
  const looked = text.length > 4 * most
    ? /^[^]*\s/.exec(text.slice(0, 4 * most))?.[0] ?? ""
    : text;
  const redacted = redact(looked);
  return redacted.length > most || looked.length < text.length
    ? `${cutAt(redacted, most)}…`
    : redacted;
}

/**
 * Removes secrets from a text, but keeps data about people. It is for callers
 * who read about their own values.
 *
 * @param text Any text.
 */
export function redactSecrets(text: string): string {
  return apply(secrets, text);
}

/**
 * Redacts the texts in a JSON value.
 *
 * @param value The value.
 * @param isKept Which texts stay unchanged; none by default.
 */
export function redactAll<V>(
  value: V,
  isKept: (text: string) => boolean = () => false,
): V {
  const all = (part: unknown): unknown => {
    if (typeof part === "string") return isKept(part) ? part : redact(part);
    if (Array.isArray(part)) return part.map(all);
    if (!isObject(part)) return part;
    // A copy with the same keys: to make one of entries takes twice as long.
    const copy = { ...part };
    for (const key of Object.keys(copy)) copy[key] = all(copy[key]);
    return copy;
  };
  return all(value) as V;
}
