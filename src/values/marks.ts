/**
 * The marks that replace text in answers: text that was cut or withheld, or
 * characters that were made visible. Each mark is defined once, for the code
 * that writes it and for the code that reads it or refuses it in a value.
 *
 * @module
 */
import { MAX_DEPTH } from "./json.ts";
import { cutAt } from "./text.ts";

/** How to write a mark, and how to find it. */
interface Mark {
  /** Writes the mark. The parts are in the same order as in the template. */
  write(...parts: readonly (string | number)[]): string;
  /** The source of a regular expression that finds the mark. */
  readonly pattern: string;
}

/** Makes a mark from a template in which each part is a pattern. */
function mark(words: TemplateStringsArray, ...parts: readonly RegExp[]): Mark {
  return {
    write: (...values) => String.raw({ raw: words }, ...values),
    pattern: words.map((word, i) =>
      RegExp.escape(word) + (parts[i]?.source ?? "")
    ).join(""),
  };
}

const NUMBER = /\d+/;

/** The start of the mark for the rest of a text that was cut. */
const CUT = mark`(cut: ${NUMBER} of ${NUMBER} characters`;

/** The start of the mark for a withheld text. */
const WITHHELD = mark`[withheld: ${NUMBER} characters`;

/** The mark for one invisible character, by its code point. */
const HIDDEN = mark`⟨U+${/([0-9A-Fa-f]{4,6})/}⟩`;

/** The mark for further characters that are only counted. */
const UNNAMED = mark`⟨+${NUMBER} ${/(?:marks|invisible)/}⟩`;

/** The name of the fence around an answer. */
export const FENCE = "qontak-data";

const FENCE_LINE = mark`<${/\/?/}${new RegExp(FENCE)} ${/\d{6}/}>`;

/**
 * Cuts a text and adds a mark that says so.
 *
 * @param text The text.
 * @param most How many characters to keep.
 * @param advice What a reader can do.
 */
export function cut(text: string, most: number, advice: string): string {
  const shown = cutAt(text, most);
  return `${shown}… ${CUT.write(shown.length, text.length)}; ${advice})`;
}

/**
 * The mark that replaces a withheld text.
 *
 * @param text The text.
 * @param why What withheld it.
 */
export function withheld(text: string, why: string): string {
  return `${WITHHELD.write(text.length)}; ${why}]`;
}

/** The mark for a character, by its code point. */
export function nameHidden(character: string): string {
  const code = character.codePointAt(0)!.toString(16).toUpperCase();
  return HIDDEN.write(code.padStart(4, "0"));
}

/**
 * The mark for characters that are only counted.
 *
 * @param count How many there are.
 * @param what What they are: marks on a letter, or invisible characters.
 */
export function countUnnamed(
  count: number,
  what: "marks" | "invisible",
): string {
  return UNNAMED.write(count, what);
}

/**
 * The lines that open and close the fence around an answer.
 *
 * @param number Six digits.
 */
export function fenceLines(
  number: string,
): { readonly open: string; readonly close: string } {
  return {
    open: FENCE_LINE.write("", FENCE, number),
    close: FENCE_LINE.write("/", FENCE, number),
  };
}

/** Marks whose original text is lost, and what to send instead. */
const LOST = [
  {
    find: new RegExp(CUT.pattern),
    problem:
      "says that an answer was cut: send the whole text (name the key in fields to read it), or leave it out",
  },
  {
    find: new RegExp(WITHHELD.pattern),
    problem:
      "says that an answer withheld a text: send the text itself, or leave it out",
  },
  {
    find: new RegExp(UNNAMED.pattern),
    problem:
      "replaces characters that an answer did not show: send the text without it, or leave it out",
  },
  {
    find: new RegExp(FENCE_LINE.pattern),
    problem: "is the fence around an answer: send only the text inside it",
  },
];

const RESTORED = new RegExp(HIDDEN.pattern, "g");

/** A value to write, and the problems that prevent writing it. */
export interface Unmarked {
  /** The value, with characters that were made visible restored. */
  readonly value: unknown;
  /**
   * Where text was lost, as a path of keys and positions, and a phrase that
   * describes the problem.
   */
  readonly problems: readonly {
    readonly path: readonly (string | number)[];
    readonly problem: string;
  }[];
}

/**
 * Reads a value that may come from one of our answers. It restores characters
 * that were made visible. It reports two kinds of problems: marks of lost text,
 * and unpaired surrogates, which cannot be stored.
 *
 * @param value Any JSON.
 */
export function takeBack(value: unknown): Unmarked {
  const problems: { path: (string | number)[]; problem: string }[] = [];

  function text(value: string, path: (string | number)[]): string {
    for (const { find, problem } of LOST) {
      const [found] = find.exec(value) ?? [];
      if (found === undefined) continue;
      problems.push({ path, problem: `holds "${found}", which ${problem}` });
    }
    const restored = value.replace(
      RESTORED,
      (mark, code) =>
        parseInt(code, 16) > 0x10ffff
          ? mark
          : String.fromCodePoint(parseInt(code, 16)),
    );
    if (!restored.isWellFormed()) {
      const problem =
        "holds half of a character (one \\ud800 to \\udfff without its other half): send whole characters, or leave it out";
      problems.push({ path, problem });
    }
    return restored;
  }

  function walk(value: unknown, path: (string | number)[]): unknown {
    if (typeof value === "string") return text(value, path);
    if (typeof value !== "object" || value === null) return value;
    if (path.length > MAX_DEPTH) {
      const problem =
        `holds lists or objects more than ${MAX_DEPTH} levels deep`;
      problems.push({ path: path.slice(0, 1), problem });
      return value;
    }
    if (Array.isArray(value)) {
      return value.map((one, i) => walk(one, [...path, i]));
    }
    return Object.fromEntries(
      Object.entries(value).map((
        [key, one],
      ) => [key, walk(one, [...path, key])]),
    );
  }

  return { value: walk(value, []), problems };
}
