/**
 * Parses what is searched for: words, a phone number, an e-mail address or an
 * id, however they are written.
 *
 * @module
 */
import { toId } from "../values/json.ts";
import { isNameFiller, wordsIn } from "../values/names.ts";
import { phoneIn, phoneKey } from "../values/phone.ts";
import { foldText } from "../values/words.ts";

/** The longest text that is searched for, in characters. */
const MAX_QUERY = 200;

/** The maximum number of words that are searched for. */
export const MAX_WORDS = 12;

/** What is searched for, parsed once for all kinds. */
export interface Wanted {
  /** The text without differences of case, accents and spacing. */
  readonly text: string;
  /** Its words, without fillers such as `PT`. */
  readonly words: readonly string[];
  /** The phone number as written, also among words; undefined if none. */
  readonly phone: string | undefined;
  /** The id, if it can be one. */
  readonly id: number | null;
  /** The plural of the only kind that is meant, as in `deals/123`. */
  readonly plural: string | undefined;
  /**
   * The plural of the kind that the id is of, as in `deal 123`, which may also
   * be words of other records; undefined if it can be of any.
   */
  readonly kind: string | undefined;
}

/** The plurals of kinds, by what people call one record. */
const KINDS: Readonly<Record<string, string>> = {
  company: "companies",
  perusahaan: "companies",
  contact: "contacts",
  kontak: "contacts",
  deal: "deals",
  ticket: "tickets",
  tiket: "tickets",
  task: "tasks",
  tugas: "tasks",
  product: "products",
  produk: "products",
};

/**
 * Parses what is searched for.
 *
 * @param query What the caller wrote.
 */
export function parseWanted(query: string): Wanted {
  const written = query.slice(0, MAX_QUERY).trim();
  const [, plural, digits] =
    /^(?:qontak:\/\/)?(?:([a-z_]+)\/|#)?(\d{1,15})$/.exec(written) ?? [];
  const text = foldText(written);
  const [, word = "", number] =
    /^([a-z]+)(?: id)?[ :#]+(\d{1,15})$/.exec(text) ??
      [];
  const kind = Object.hasOwn(KINDS, word) ? KINDS[word] : undefined;
  const isPhone = phoneKey(written) !== undefined;
  const isAddress = /^\S+@\S+$/.test(text);
  // Parts of a phone number or an e-mail address mean nothing.
  const all = isPhone ? [] : isAddress ? [text] : [...new Set(wordsIn(text))];
  const telling = all.filter((word) => !isNameFiller(word));
  return {
    text,
    words: (telling.length > 0 ? telling : all).slice(0, MAX_WORDS),
    phone: phoneIn(written),
    id: toId(kind === undefined ? digits : number),
    plural,
    kind,
  };
}
