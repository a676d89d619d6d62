/**
 * The exit codes of the command line.
 *
 * @module
 */

/** Success. */
export const OK = 0;
/** Failed while running. */
export const FAILED = 1;
/** Wrong command line or configuration. */
export const MISUSED = 2;
