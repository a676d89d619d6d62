/**
 * Deno KV for the tests. `deno test` has it with --unstable-kv only, so that
 * without it a file of tests is run by a process that does.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { Kv } from "../../src/storage/kv.ts";
import { runDeno, stdFlags } from "./process.ts";

const hasKv = typeof Deno.openKv === "function";

/** Runs deno in the folder of the project; what it printed where it failed. */
export async function deno(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runDeno(args, {
    env: { NO_COLOR: "1" },
  });
  return code === 0 ? "" : stdout + stderr;
}

/** A database in its own file, which others can open as well. */
export interface TestKv extends AsyncDisposable {
  readonly path: string;
  readonly database: Deno.Kv;
  readonly kv: Kv;
}

/** Opens a database; a new one where no file is named. */
export async function openTestKv(path?: string): Promise<TestKv> {
  const dir = path === undefined ? await Deno.makeTempDir() : undefined;
  const file = path ?? `${dir}/kv`;
  const database = await Deno.openKv(file);
  return {
    path: file,
    database,
    kv: { open: () => Promise.resolve(database) },
    async [Symbol.asyncDispose]() {
      database.close();
      if (dir !== undefined) await Deno.remove(dir, { recursive: true });
    },
  };
}

/**
 * Makes what tests a file's subject on its own database.
 *
 * @param subject What is tested, for the name of the test that runs the file
 * in another process where this one has no KV.
 * @param file The file of the tests.
 */
export function kvTests(
  subject: string,
  file: string,
): (name: string, run: (kv: TestKv) => Promise<void>) => void {
  if (!hasKv) {
    Deno.test(`${subject}, in a process that has Deno KV`, async () => {
      const flags = ["-P", "--no-check", "--unstable-kv", ...await stdFlags()];
      const failed = await deno("test", ...flags, file);
      assertEquals(failed, "", failed);
    });
    return () => {};
  }
  return (name, run) =>
    Deno.test(name, async () => {
      await using kv = await openTestKv();
      await run(kv);
    });
}
