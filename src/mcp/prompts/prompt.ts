/**
 * The definition of a prompt: data, in two languages.
 *
 * @module
 */
import type { JsonObject } from "../../values/json.ts";

/** The languages that prompts are written in. */
export const LANGUAGES = ["en", "id"] as const;

/** A language. */
export type Language = typeof LANGUAGES[number];

/** A text in each language. */
export type Words = Readonly<Record<Language, string>>;

/** What an argument takes; completion offers values of this kind. */
export type ArgumentKind =
  | "company"
  | "contact"
  | "account"
  | "owner"
  | "pipeline"
  | "stage"
  | "month"
  | "duplicates"
  | "language"
  | "tenant"
  | "text";

/** One argument of a prompt. */
export interface PromptArgument {
  /** What it takes. */
  readonly kind: ArgumentKind;
  /** What it is, for the person who fills it in. */
  readonly description: string;
  /** Whether the person must give it. */
  readonly required?: true;
  /** Its value if the person gives none. */
  readonly otherwise?: string;
}

/** One step of a prompt. */
export interface Step {
  /** What to do. `{name}` is the value of an argument, in quotation marks. */
  readonly say: Words;
  /**
   * The call that does it: a tool, and its arguments. The text `{name}` is the
   * value of an argument of the prompt; what has no value is left out. A text
   * in angle brackets is for the model to replace. Without this tool, a caller
   * does not see the step.
   */
  readonly call?: readonly [tool: string, args: JsonObject];
  /** The values of arguments for which the step is shown. */
  readonly when?: Readonly<Record<string, string>>;
}

/** A prompt. */
export interface Prompt {
  /** The name for people, in both languages: clients do not say which is theirs. */
  readonly title: string;
  /** What it does. */
  readonly description: string;
  /** The arguments, without those that every prompt has. */
  readonly arguments: Readonly<Record<string, PromptArgument>>;
  /** What it is for, as the first sentence that the model reads. */
  readonly goal: Words;
  /** The same with more arguments; the first whose arguments are all given. */
  readonly goals?: readonly Words[];
  /** The steps. */
  readonly steps: readonly Step[];
}

/** Declares a step without a call. */
export function say(en: string, id: string): Step {
  return { say: { en, id } };
}

/** Declares a step with a call. */
export function call(
  tool: string,
  args: JsonObject,
  en: string,
  id: string,
): Step {
  return { say: { en, id }, call: [tool, args] };
}
