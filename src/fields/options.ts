/**
 * Chooses an option from a list that a company defines, by id or by label.
 *
 * @module
 */
import { createDerived } from "../values/derived.ts";
import { show } from "../values/json.ts";
import { fold, nearest } from "../values/words.ts";

/** One value that a select field allows. */
export interface Option {
  /** The option's id; null if Qontak chooses by name (currencies). */
  readonly id: number | null;
  /** The label, in the company's language. */
  readonly name: string;
  /** The pipeline that an option belongs to, on stages. */
  readonly pipeline?: number;
}

/** An option, or the reason why none was chosen. */
export type Choice =
  | { readonly option: Option; readonly problem?: undefined }
  | { readonly problem: string };

/**
 * Words of Qontak's own fixed lists (status and priority of tasks, priority of
 * deals, gender) in both of its languages. A company's list is in one language,
 * and people may ask in the other. Names that a company chooses, such as those
 * of stages, are not translated.
 */
const TRANSLATIONS: readonly (readonly string[])[] = [
  ["Not Started", "Belum Dimulai"],
  ["In Progress", "Dalam Proses", "Sedang Berjalan"],
  ["Waiting", "Menunggu"],
  ["Completed", "Selesai"],
  ["Deferred", "Ditunda"],
  ["None", "Tidak Ada"],
  ["Low", "Rendah"],
  ["Medium", "Sedang"],
  ["High", "Tinggi"],
  ["Urgent", "Mendesak"],
  ["Critical", "Kritis"],
  ["Female", "Perempuan", "Wanita"],
  ["Male", "Laki-laki", "Pria"],
].map((words) => words.map(fold));

/** How many options a message names before it only counts the rest. */
const NAMED = 20;

/**
 * Finds the one option that a value means. Case and spacing are ignored. A
 * label that several options share is a problem.
 *
 * @param options What is allowed.
 * @param value An id, digits, or a label.
 * @param settings Whether to translate Qontak's own words to its other
 * language, and whether the options are people, who can be named by a part of
 * the name.
 * @returns The option, or a problem that lists the allowed options.
 */
export function choose(
  options: readonly Option[],
  value: unknown,
  settings: { readonly translate?: boolean; readonly people?: boolean } = {},
): Choice {
  if (typeof value !== "number" && typeof value !== "string") {
    return {
      problem: `takes an option's id or label, not ${show(value)}. ${
        listOptions(options)
      }`,
    };
  }
  const text = String(value).trim();
  const byId = /^\d+$/.test(text)
    ? options.find(({ id }) => id === Number(text))
    : undefined;
  const byLabel = typeof value === "string"
    ? options.find((option) => option !== byId && option.name === text)
    : undefined;
  if (byId && byLabel) {
    return {
      problem: `${show(value)} is the id of ${
        nameOption(byId)
      } and the label of ${
        nameOption(byLabel)
      }. Give the id as a number, or the label's own id`,
    };
  }
  if (byId) return { option: byId };
  const exact = options.filter(({ name }) => name === text);
  const word = fold(text);
  const alike = [
    exact,
    foldedOptions(options).get(word) ?? [],
    settings.translate ? translated(options, word) : [],
    settings.people ? namedInPart(options, word) : [],
  ].find((found) => found.length > 0) ?? [];
  if (alike.length === 1) return { option: alike[0]! };
  if (alike.length > 1) {
    return {
      problem: `${show(value)} is the ${
        settings.people ? "name or a part of the name" : "label"
      } of ${alike.length} options: ${
        alike.map(nameOption).join(", ")
      }. Give the id`,
    };
  }
  const known = foldedOptions(options);
  const nearFolded = nearest(text, known.keys());
  const near = nearFolded === undefined
    ? undefined
    : known.get(nearFolded)?.[0]?.name;
  return {
    problem: `${show(value)} is not one of its options${
      near === undefined ? "." : `. Did you mean ${show(near)}?`
    } ${listOptions(options, text)}`,
  };
}

/**
 * Options by their folded labels; a cache, because lists are long and searched
 * often.
 */
const foldedOptions = createDerived((options: readonly Option[]) =>
  Map.groupBy(options, ({ name }) => fold(name))
);

/** The options that match a folded label in Qontak's other language. */
function translated(
  options: readonly Option[],
  word: string,
): readonly Option[] {
  const words = TRANSLATIONS.find((words) => words.includes(word)) ?? [];
  const known = foldedOptions(options);
  return words.flatMap((word) => known.get(word) ?? []);
}

/**
 * The people whose name has a part that starts with a folded text: `Dewi` and
 * `Dewi A` mean Dewi Anggraini.
 */
function namedInPart(
  options: readonly Option[],
  part: string,
): readonly Option[] {
  if (part.length < 2) return [];
  const starting = [...foldedOptions(options)].filter(([name]) =>
    ` ${name}`.includes(` ${part}`)
  );
  // A whole word is closer than the start of one.
  const whole = starting.filter(([name]) => ` ${name} `.includes(` ${part} `));
  return (whole.length > 0 ? whole : starting).flatMap(([, found]) => found);
}

/**
 * Names an option, such as `Sales (id 2)`; only the label if there is no id.
 */
export function nameOption({ id, name }: Option): string {
  return id === null ? show(name) : `${show(name)} (id ${id})`;
}

/**
 * Lists options in a sentence. In a long list, those that resemble a word come
 * first.
 *
 * @param options What is allowed.
 * @param like What was written, if anything.
 */
export function listOptions(options: readonly Option[], like = ""): string {
  if (options.length <= NAMED) {
    return `Options: ${options.map(nameOption).join(", ")}`;
  }
  const first = fold(like).slice(0, 2);
  const resembling = new Set(
    first === ""
      ? []
      : [...foldedOptions(options)].flatMap(([name, found]) =>
        name.startsWith(first) ? found : []
      ),
  );
  const named = [
    ...options.filter((option) => resembling.has(option)),
    ...options.filter((option) => !resembling.has(option)),
  ].slice(0, NAMED);
  return `${NAMED} of ${options.length} options: ${
    named.map(nameOption).join(", ")
  }`;
}
