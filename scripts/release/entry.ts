/**
 * The entry point of the program as a single file. Packages that call `require`
 * for built-in modules find it on the global object. `deno bundle` provides
 * one, but not in a minified file, and a file that is not minified contains
 * folder names of the machine that built it.
 *
 * @module
 */
import { createRequire } from "node:module";
import { main } from "../../src/cli/main.ts";

Object.assign(globalThis, { require: createRequire(import.meta.url) });
Deno.exitCode = await main(Deno.args);
