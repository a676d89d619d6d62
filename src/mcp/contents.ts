/**
 * How much of the free text of records is shown.
 *
 * @module
 */

/** Whether the free text of records is shown. */
export type Content = "open" | "strict";

/** All settings of {@linkcode Content}. */
export const CONTENTS: readonly Content[] = ["open", "strict"];
