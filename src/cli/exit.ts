/**
 * The exit codes of the command line.
 *
 * @module
 */

/** Ended well. */
export const OK = 0;
/** Failed while running. */
export const FAILED = 1;
/** Asked for wrongly. */
export const MISUSED = 2;
