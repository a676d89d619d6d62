import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { UnsafeStoreError } from "../../src/errors.ts";
import { keepPrivate } from "../../src/storage/kv_file.ts";
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

const isUnix = Deno.build.os !== "windows";

/** A user without rights, which root can give a process and a file. */
const NOBODY = 65_534;

/** A folder in which each test makes what it needs. */
async function inFolder(run: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.realPath(await Deno.makeTempDir());
  try {
    await run(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** The message with which a folder is refused. */
async function refusal(folder: string, file: string): Promise<string> {
  const { message } = await assertRejects(
    () => keepPrivate(folder, file),
    UnsafeStoreError,
  );
  return message;
}

Deno.test({
  name: "keepPrivate() refuses a folder for all users, and leaves it as it is",
  ignore: !isUnix,
  fn: () =>
    inFolder(async (dir) => {
      await Deno.chmod(dir, 0o1777);
      assertStringIncludes(
        await refusal(dir, `${dir}/data.key`),
        `${dir} is a folder for all users`,
      );
      assertEquals((await Deno.stat(dir)).mode! & 0o7777, 0o1777);
    }),
});

Deno.test({
  name:
    "keepPrivate() follows a link only to what belongs to the user that made the link",
  ignore: !isUnix,
  fn: () =>
    inFolder(async (dir) => {
      const [own, file, link] = ["own", "data.key", "link"]
        .map((name) => `${dir}/${name}`) as [string, string, string];
      await Deno.mkdir(own);
      await Deno.symlink(own, link);
      await keepPrivate(link, file);
      assertEquals((await Deno.stat(own)).mode! & 0o777, 0o700);
      // Root's own files are not those of another user.
      let others = "/usr";
      if (Deno.uid() === 0) {
        others = `${dir}/others`;
        await Deno.mkdir(others);
        await Deno.chown(others, NOBODY, NOBODY);
      }
      await Deno.symlink(others, file);
      const said = "is a link to something that belongs to another user";
      assertStringIncludes(await refusal(own, file), `${file} ${said}`);
      assertStringIncludes(await refusal(file, own), `${file} ${said}`);
      await Deno.remove(file);
      // SQLite would make the file there.
      await Deno.symlink(`${dir}/missing`, file);
      assertStringIncludes(await refusal(own, file), said);
    }),
});

Deno.test({
  name: "keepPrivate() refuses a folder or a file of another user",
  ignore: !isUnix,
  fn: () =>
    inFolder(async (dir) => {
      const isRoot = Deno.uid() === 0;
      await Deno.chmod(dir, 0o755);
      // Root may use what belongs to others, so its test runs as nobody.
      const [folder, file] = isRoot
        ? [`${dir}/own`, `${dir}/own/data.key`]
        : [`${dir}/own`, "/usr"];
      await Deno.mkdir(folder);
      if (isRoot) {
        await Deno.writeTextFile(file, "");
        await Deno.chown(folder, NOBODY, NOBODY);
      }
      const tried = async (folder: string) => {
        const program = `
          import { closeToOthers, keepPrivate } from "${root}src/storage/kv_file.ts";
          await keepPrivate("${folder}", "${file}").catch(({ message }) =>
            console.log(message));
          console.log("others:", await closeToOthers());`;
        const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
          args: ["eval", "--no-config", "--no-lock", "--ext=ts", program],
          cwd: dir,
          clearEnv: true,
          env: {
            DENO_DIR: `${isRoot ? folder : dir}/deno`,
            DENO_KV_DEFAULT_PATH: file,
          },
          ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
        }).output();
        return new TextDecoder().decode(stdout) +
          new TextDecoder().decode(stderr);
      };
      const said = "cannot be changed: it belongs to another user";
      const own = await tried(folder);
      assertStringIncludes(own, `get at what is in it: the rights of ${file}`);
      // Where Deno chooses the place, there is only a warning.
      assertMatch(own, /others: \[\s*["'`]the rights of/);
      const others = isRoot ? dir : "/usr";
      assertStringIncludes(
        await tried(others),
        `the rights of ${others} ${said}`,
      );
    }),
});
