/**
 * The marks that answers carry in place of text: where it was cut, withheld, or
 * made visible. Each is defined once, for what writes it and for what refuses
 * to take it back as a value.
 *
 * @module
 */
import { MAX_DEPTH } from "./json.ts";
import { cutAt } from "./text.ts";

/** How a mark is written, and what finds it. */
interface Mark {
  /** Writes it; the parts are in the order of the form. */
  write(...parts: readonly (string | number)[]): string;
  /** The source of a regular expression for it. */
  readonly pattern: string;
}

/** Makes a mark from a form in which each part is a pattern. */
function mark(words: TemplateStringsArray, ...parts: readonly RegExp[]): Mark {
  return {
    write: (...values) => String.raw({ raw: words }, ...values),
    pattern: words.map((word, i) =>
      RegExp.escape(word) + (parts[i]?.source ?? "")
    ).join(""),
  };
}

const NUMBER = /\d+/;

/** Begins what stands where the rest of a text was left out. */
const CUT = mark`(cut: ${NUMBER} of ${NUMBER} characters`;

/** Begins what stands for a text that is not shown. */
const WITHHELD = mark`[withheld: ${NUMBER} characters`;

/** Stands for one character that people do not see, by its code point. */
const HIDDEN = mark`⟨U+${/([0-9A-Fa-f]{4,6})/}⟩`;

/** Stands for further characters that are not named. */
const UNNAMED = mark`⟨+${NUMBER} ${/(?:marks|invisible)/}⟩`;

/** The name of the fence around an answer. */
export const FENCE = "qontak-data";

const FENCE_LINE = mark`<${/\/?/}${new RegExp(FENCE)} ${/\d{6}/}>`;

/**
 * A text that was cut, saying so.
 *
 * @param text The text.
 * @param most How many characters of it stay.
 * @param advice What a reader can do.
 */
export function cut(text: string, most: number, advice: string): string {
  const shown = cutAt(text, most);
  return `${shown}… ${CUT.write(shown.length, text.length)}; ${advice})`;
}

/**
 * What stands in place of a text that is not shown.
 *
 * @param text The text.
 * @param why What withheld it.
 */
export function withheld(text: string, why: string): string {
  return `${WITHHELD.write(text.length)}; ${why}]`;
}

/** Shows a character by its code point. */
export function nameHidden(character: string): string {
  const code = character.codePointAt(0)!.toString(16).toUpperCase();
  return HIDDEN.write(code.padStart(4, "0"));
}

/**
 * Stands for characters that are not named.
 *
 * @param count How many there are.
 * @param what Marks on a letter, or characters that people do not see.
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

/** Marks that no text can be made from again, and what to send instead. */
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
      "stands for characters that an answer did not show: send the text without it, or leave it out",
  },
  {
    find: new RegExp(FENCE_LINE.pattern),
    problem: "is the fence around an answer: send only what stands inside it",
  },
];

const RESTORED = new RegExp(HIDDEN.pattern, "g");

/** A value that may be written, and why not. */
export interface Unmarked {
  /** The value, in which shown characters are themselves again. */
  readonly value: unknown;
  /** Where text is lost, as keys and positions, and a phrase that says so. */
  readonly problems: readonly {
    readonly path: readonly (string | number)[];
    readonly problem: string;
  }[];
}

/**
 * Takes a value back that an answer of ours may have shown: characters that
 * were made visible become themselves, and marks of lost text are problems, as
 * are halves of characters, which cannot be stored.
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
