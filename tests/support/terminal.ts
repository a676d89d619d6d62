/**
 * Whether tests can run a program on a terminal of its own.
 *
 * @module
 */
import { isOnPath } from "./process.ts";

/** What is missing for that; empty if nothing is. */
export const noTerminal: string =
  Deno.build.os === "linux" && await isOnPath("script")
    ? ""
    : "script of util-linux is not on PATH";
