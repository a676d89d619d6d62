/**
 * Deno KV for the tests. `deno test` has it only with --unstable-kv. Without
 * the flag, another process with it runs the file of tests.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { Kv } from "../../src/storage/kv.ts";
import { runDeno, stdFlags } from "./process.ts";

const hasKv = typeof Deno.openKv === "function";

/** Runs deno in the folder of the project; throws its output if it fails. */
export async function deno(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runDeno(args, {
    env: { NO_COLOR: "1" },
  });
  return code === 0 ? "" : stdout + stderr;
}

/** A database in a separate file, which other processes can open as well. */
export interface TestKv extends AsyncDisposable {
  readonly path: string;
  readonly database: Deno.Kv;
  readonly kv: Kv;
}

/** Opens a database; by default a new one. */
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
 * Makes the function that defines tests with a separate database.
 *
 * @param subject What is tested, for the name of the test that runs the file in
 * another process if this one has no KV.
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
