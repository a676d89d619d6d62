/**
 * Which changes need the person's own yes.
 *
 * @module
 */

/**
 * Which changes are carried out only with a plan or after the person's yes.
 * "writes" includes deletes.
 */
export type Confirm = "off" | "deletes" | "writes";

/** All settings of {@linkcode Confirm}. */
export const CONFIRMS: readonly Confirm[] = ["off", "deletes", "writes"];
