import { assert, assertEquals } from "@std/assert";
import { projectFlags, root, runDeno } from "../support/process.ts";

/**
 * Stores something in Deno KV, and returns the created files with their modes.
 */
const program = `
  import { createKv } from "${root}src/storage/kv.ts";
  const kv = createKv();
  const database = await kv.open();
  await database.set(["a"], "token");
  await database.set(["b"], "token");
  await kv.close();
`;

async function keep(env: Record<string, string>, ...flags: string[]) {
  const args = ["run", "-q", "--no-prompt", "--unstable-kv", ...flags];
  const { code, stderr } = await runDeno(
    [...args, ...await projectFlags(), "--ext=ts", "-"],
    { env, stdin: program },
  );
  assertEquals([code, stderr], [0, ""]);
}

/** The modes of everything in a folder, by relative path. */
async function modes(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    found[name] = ((await Deno.stat(path)).mode! & 0o777).toString(8);
    if (!isDirectory) continue;
    for (const [below, mode] of Object.entries(await modes(path))) {
      found[`${name}/${below}`] = mode;
    }
  }
  return found;
}

Deno.test({
  name:
    "createKv() makes the configured file private to its user, even if it exists already",
  ignore: Deno.build.os === "windows",
  async fn() {
    const dir = await Deno.makeTempDir();
    const env = { DENO_KV_DEFAULT_PATH: `${dir}/kv.sqlite3` };
    try {
      await keep(env, "-A");
      assertEquals((await modes(dir))["kv.sqlite3"], "600");
      // As earlier versions created it.
      await Deno.chmod(env.DENO_KV_DEFAULT_PATH, 0o644);
      await keep(env, "-A");
      for (const mode of Object.values(await modes(dir))) {
        assertEquals(mode, "600");
      }
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

Deno.test({
  name:
    "createKv() closes Deno's own folder to other users, even if it exists already",
  ignore: Deno.build.os === "windows",
  async fn() {
    const dir = await Deno.makeTempDir();
    try {
      await keep({ DENO_DIR: dir });
      assertEquals((await modes(dir)).location_data, "755");
      await keep({ DENO_DIR: dir }, "-A");
      const found = await modes(dir);
      assertEquals(found.location_data, "700");
      assert(Object.keys(found).some((name) => name.endsWith("kv.sqlite3")));
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});
