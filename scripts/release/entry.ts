/**
 * Where the program begins as a single file. Packages that call `require` for
 * what is built in find it on the global object: `deno bundle` gives them one
 * of its own, but not in a minified file, and a file that is not minified
 * names the folders of the machine that made it.
 *
 * @module
 */
import { createRequire } from "node:module";
import { main } from "../../src/cli/main.ts";

Object.assign(globalThis, { require: createRequire(import.meta.url) });
Deno.exitCode = await main(Deno.args);
