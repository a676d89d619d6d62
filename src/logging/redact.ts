/**
 * Removes from a text what must not be logged or shown: secrets, and the phone
 * numbers and e-mail addresses of people. It recognizes them by pattern, so it
 * is only the second line of defence; the first is not to pass them on.
 *
 * @module
 */

import { isObject } from "../values/json.ts";
import { cutAt } from "../values/text.ts";

/** What is looked for, and what stands in its place. */
interface Pattern {
  /** Whether it opens something, or is about a person. */
  readonly kind: "secret" | "person";
  /**
   * How it looks. Every expression is linear in the length of the text: its
   * repetitions are bounded, or start only where the run that they read does.
   */
  readonly find: RegExp;
  /** Decides where the look alone does not. */
  readonly is?: (found: string) => boolean;
  /** What is put there; `$1` and so on stand for what is kept. */
  readonly put: string;
}

/** Names whose value is a secret, wherever they stand. */
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

/** Names that stand in sentences as well. */
const WORDS = "tokens?|secrets?|signature|credentials?";

/** What may stand between a name and its value; quotes may be escaped. */
const IS = String.raw`\\{0,7}["']?\s{0,4}[:=]\s{0,4}`;

/** A value without quotes around it, other than a setting that is on or off. */
const BARE = String.raw`(?!(?:true|false)\b)[^\s"'&;,<>()[\]{}\\]+`;

/**
 * Two words of a sentence after a colon and a blank: "a refresh_token: it was
 * not written". Nothing that a service gives out as a secret looks like that.
 */
const SENTENCE = String.raw`(?!(?<=:\s{1,4})(?-i:[a-z]{1,20},? [a-z]{1,20})\b)`;

/** Not within a longer number, a date, an amount, a decimal or a hash. */
const ALONE = String.raw`(?<!\d[-.,/:]?)(?<![a-f])`;

/** Numbers that match the pattern of a phone number but are not one. */
const NO_PHONE = [
  String.raw`(?!\d{1,2}[-./ ]\d{1,2}[-./ ]\d{4}(?!\d))`, // a date
  String.raw`(?!\d{1,3}(?:\.\d{1,3}){3}(?![.\d]))`, // an IP address
  String.raw`(?!\+?\d{1,3}(?:[.,]\d{3}){1,5}(?![\d]))`, // an amount
].join("");

/** Separators between the digits of a phone number. */
const GAP = "[ \u00a0.()\u2010-\u2013-]";

/** Every pattern, in the order in which they are looked for. */
const patterns: readonly Pattern[] = [
  {
    kind: "secret",
    find:
      /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:[^-]|-(?!----END))*(?:-----END [A-Z ]{0,40}-----)?/g,
    put: "[key]",
  },
  {
    // The id of a key may be told, so that a person knows which one it is.
    kind: "secret",
    find: /(qmcp_[A-Za-z0-9]{1,64}_)[\w-]+/g,
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
    // In quotes: up to one that is escaped as often as the first.
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
    // With a country: +62 812-3456-7890, 0062 21 5551234.
    String.raw`(?:\+|(?<!\d)00)[1-9](?:${GAP}{0,2}\d){7,14}`,
    // Mobile in Indonesia: 0812…, 62812…
    String.raw`(?:08|62[ -]?8|62\.8(?=\d{1,2}\.\d))(?:${GAP}?\d){7,11}`,
    // Indonesia without gaps: 0215551234, 62215551234, 81234567890.
    String.raw`(?:0[1-9]\d{7,11}|62[2-9]\d{7,11}|8[1-9]\d{8,10})`,
    // With an area: (021) 555-1234, 021 5551234.
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
    is: looksRandom,
    put: "[token]",
  },
];

/** From this length on, a random text is long enough to be a secret. */
const MIN_RANDOM = 20;

/** What share of neighbours are of another kind in random text, at least. */
const MIXED = 0.25;

/**
 * Whether a word looks like keys and tokens do: letters and digits change
 * places far more often than in words that people make. Paths are judged
 * part by part.
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

const secrets = patterns.filter(({ kind }) => kind === "secret");

function apply(patterns: readonly Pattern[], text: string): string {
  return patterns.reduce(
    (text, { find, is, put }) =>
      is
        ? text.replace(find, (found) => is(found) ? put : found)
        : text.replace(find, put),
    text,
  );
}

/**
 * A text without secrets, phone numbers and e-mail addresses: each is replaced
 * by a short label such as `[token]`. Takes time in proportion to the text.
 *
 * @param text Any text.
 */
export function redact(text: string): string {
  return apply(patterns, text);
}

/**
 * The beginning of a text of somebody else, redacted. The rest is not looked
 * at, however long it is.
 *
 * @param text Any text.
 * @param most How many characters stay.
 */
export function redactBeginning(text: string, most: number): string {
  // What is replaced makes room for more; a word that was cut may be half a
  // secret, which nothing recognizes.
  const looked = text.length > 4 * most
    ? /^[^]*\s/.exec(text.slice(0, 4 * most))?.[0] ?? ""
    : text;
  const redacted = redact(looked);
  return redacted.length > most || looked.length < text.length
    ? `${cutAt(redacted, most)}…`
    : redacted;
}

/**
 * A text without secrets, for those who know the people in it: what a caller
 * is told about its own values.
 *
 * @param text Any text.
 */
export function redactSecrets(text: string): string {
  return apply(secrets, text);
}

/**
 * A JSON value whose texts are redacted.
 *
 * @param value The value.
 * @param isKept Which texts stay as they are; none when left out.
 */
export function redactAll<V>(
  value: V,
  isKept: (text: string) => boolean = () => false,
): V {
  const all = (part: unknown): unknown =>
    typeof part === "string"
      ? isKept(part) ? part : redact(part)
      : Array.isArray(part)
      ? part.map(all)
      : isObject(part)
      ? Object.fromEntries(
        Object.entries(part).map(([key, one]) => [key, all(one)]),
      )
      : part;
  return all(value) as V;
}
