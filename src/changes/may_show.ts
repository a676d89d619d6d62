/**
 * Which values of a record a sentence may repeat.
 *
 * @module
 */
import { freeTextAt } from "../qontak/texts.ts";
import type { ChangeContext } from "./context.ts";

/** Decides by the key of a body, or `additional_fields id N`. */
export type MayShow = (key: string) => boolean;

/**
 * Makes the function that says which values of a record a sentence may repeat.
 * Strict content withholds free text however short it is; of custom fields the
 * key does not tell whether they hold it.
 *
 * @param context What the caller may see.
 */
export function mayShowOf(
  { mayRead, isStrict }: Pick<ChangeContext, "mayRead" | "isStrict">,
): MayShow {
  return (key) =>
    mayRead &&
    !(isStrict &&
      (key.startsWith("additional_fields") || freeTextAt(key) === "always"));
}
