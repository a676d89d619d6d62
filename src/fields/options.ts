/**
 * Choosing from a list that a company keeps: by id, or by label.
 *
 * @module
 */
import { show } from "../values/json.ts";
import { fold, nearest } from "../values/words.ts";

/** One value that a select field allows. */
export interface Option {
  /** The option's id; null where Qontak chooses by name (currencies). */
  readonly id: number | null;
  /** The label, in the company's language. */
  readonly name: string;
  /** The pipeline that an option belongs to, on stages. */
  readonly pipeline?: number;
}

/** An option, or why none was chosen. */
export type Choice =
  | { readonly option: Option; readonly problem?: undefined }
  | { readonly problem: string };

/**
 * Words of Qontak's own fixed lists (status and priority of tasks, priority of
 * deals, gender) in its two languages. A company's list is in one of them, and
 * people ask in the other. Names that a company gives, as of stages, are its
 * own and not translated.
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
 * Finds the one option that a value means. Case and spacing are forgiven, a
 * label that several options share is not.
 *
 * @param options What is allowed.
 * @param value An id, digits, or a label.
 * @param settings Whether Qontak's own words are known in its other language.
 * @returns The option, or a problem that names what is allowed.
 */
export function choose(
  options: readonly Option[],
  value: unknown,
  settings: { readonly translate?: boolean } = {},
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
  const alike = [
    exact,
    foldedOptions(options).get(fold(text)) ?? [],
    settings.translate ? translated(options, text) : [],
  ].find((found) => found.length > 0) ?? [];
  if (alike.length === 1) return { option: alike[0]! };
  if (alike.length > 1) {
    return {
      problem: `${show(value)} is the label of ${alike.length} options: ${
        alike.map(nameOption).join(", ")
      }. Give the id`,
    };
  }
  const near = nearest(text, options.map(({ name }) => name));
  return {
    problem: `${show(value)} is not one of its options${
      near === undefined ? "." : `. Did you mean ${show(near)}?`
    } ${listOptions(options, text)}`,
  };
}

/** Options by their folded labels: a list is long, and asked often. */
const folded = new WeakMap<
  readonly Option[],
  ReadonlyMap<string, readonly Option[]>
>();

function foldedOptions(
  options: readonly Option[],
): ReadonlyMap<string, readonly Option[]> {
  let found = folded.get(options);
  if (!found) {
    found = Map.groupBy(options, ({ name }) => fold(name));
    folded.set(options, found);
  }
  return found;
}

/** The options that say the same in Qontak's other language. */
function translated(
  options: readonly Option[],
  text: string,
): readonly Option[] {
  const word = fold(text);
  const words = TRANSLATIONS.find((words) => words.includes(word)) ?? [];
  const known = foldedOptions(options);
  return words.flatMap((word) => known.get(word) ?? []);
}

/** `Sales (id 2)`, or the label alone where the id says nothing. */
export function nameOption({ id, name }: Option): string {
  return id === null ? show(name) : `${show(name)} (id ${id})`;
}

/**
 * The options in a sentence; of a long list those first that resemble a word.
 *
 * @param options What is allowed.
 * @param like What was written, if anything.
 */
export function listOptions(options: readonly Option[], like = ""): string {
  if (options.length <= NAMED) {
    return `Options: ${options.map(nameOption).join(", ")}`;
  }
  const first = fold(like).slice(0, 2);
  const resembles = ({ name }: Option) =>
    first !== "" && fold(name).startsWith(first);
  const named = [
    ...options.filter(resembles),
    ...options.filter((option) => !resembles(option)),
  ].slice(0, NAMED);
  return `${NAMED} of ${options.length} options: ${
    named.map(nameOption).join(", ")
  }`;
}
