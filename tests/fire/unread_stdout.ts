/**
 * Makes the standard output of a program one that is never read, and that takes
 * lines anyway: each of them waits for ever.
 *
 * @module
 */
import process from "node:process";

const unread: unknown[] = [];

process.stdout.write = (...args: unknown[]) => {
  // A write that waits keeps a process alive.
  if (unread.length === 0) setInterval(() => {}, 1_000);
  unread.push(args);
  return false;
};
