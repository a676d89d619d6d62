/**
 * The commands of the README on every kind of machine: with JSR, with its
 * packages in the cache, and without either. None of them may change a file of
 * the repository.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { changesOf, completeLock } from "../../scripts/release/lock.ts";
import { linkPackages } from "../support/deno_dir.ts";
import { type Ended, endedOf, root } from "../support/process.ts";
import { cacheFromJsr, serveRegistry, standIns } from "../support/registry.ts";

/** Newer versions than the minimum in deno.json, as JSR has them. */
const NEWER = { assert: "1.0.19", dotenv: "0.225.8", testing: "1.0.20" };

const TINY = `import { assertEquals } from "@std/assert";
import { stringify } from "@std/dotenv/stringify";
import { FakeTime } from "@std/testing/time";
import { VERSION } from "../src/version.ts";
Deno.test("it runs", () => {
  using time = new FakeTime(0);
  assertEquals([stringify({ A: "1" }), time.now], ["A=1", 0]);
  console.log(VERSION, import.meta.resolve("@std/assert"));
});
`;

/** The environment that a command needs, without the address of JSR. */
function environment(env: Record<string, string>): Record<string, string> {
  const { DENO_DIR: _, JSR_URL: __, ...rest } = Deno.env.toObject();
  return { ...rest, NO_COLOR: "1", ...env };
}

/** Runs tasks in a copy of the project, and checks which files they change. */
async function inCopy(
  env: Record<string, string>,
  prepare: (cache: string) => Promise<void>,
  tasks: readonly (readonly string[])[],
): Promise<Ended[]> {
  const dir = await Deno.makeTempDir();
  const cache = await Deno.makeTempDir();
  try {
    for (const name of ["deno.json", "deno.lock", "mod.ts"]) {
      await Deno.copyFile(`${root}${name}`, `${dir}/${name}`);
    }
    await Deno.symlink(`${root}src`, `${dir}/src`);
    await Deno.mkdir(`${dir}/scripts`);
    await Deno.copyFile(`${root}scripts/std.ts`, `${dir}/scripts/std.ts`);
    await Deno.mkdir(`${dir}/tests/std`, { recursive: true });
    for (const name of ["assert.ts", "dotenv.ts", "time.ts"]) {
      await Deno.copyFile(
        `${root}tests/std/${name}`,
        `${dir}/tests/std/${name}`,
      );
    }
    await Deno.writeTextFile(`${dir}/tests/tiny_test.ts`, TINY);
    await linkPackages(cache);
    await prepare(cache);
    const lock = await Deno.readTextFile(`${dir}/deno.lock`);
    const ends: Ended[] = [];
    for (const args of tasks) {
      const ended = endedOf(
        await new Deno.Command(Deno.execPath(), {
          args: ["task", ...args],
          cwd: dir,
          env: environment({ DENO_DIR: cache, ...env }),
          clearEnv: true,
        }).output(),
      );
      assertEquals(ended.code, 0, ended.stdout + ended.stderr);
      assertEquals(await Deno.readTextFile(`${dir}/deno.lock`), lock);
      ends.push(ended);
    }
    return ends;
  } finally {
    await Deno.remove(dir, { recursive: true });
    await Deno.remove(cache, { recursive: true });
  }
}

const nothing = () => Promise.resolve();
const TASKS = [["test", "tests/tiny_test.ts"], ["start", "--version"]];

Deno.test("the tasks do not change deno.lock if JSR has newer versions", async () => {
  await using registry = await serveRegistry(await standIns(NEWER));
  const [tested] = await inCopy({ JSR_URL: registry.url }, nothing, TASKS);
  const { url } = registry;
  assertStringIncludes(tested!.stdout, `${url}@std/assert/1.0.19/mod.ts`);
});

Deno.test("the tasks do not change deno.lock if JSR's packages are cached", async () => {
  const packages = await standIns(NEWER);
  const [tested] = await inCopy(
    {},
    (cache) => cacheFromJsr(cache, packages),
    TASKS,
  );
  const url = "https://jsr.io/@std/assert/1.0.19/mod.ts";
  assertStringIncludes(tested!.stdout, url);
});

Deno.test("the tasks do not change deno.lock if there is no JSR", async () => {
  const [tested] = await inCopy(
    { JSR_URL: "http://127.0.0.1:9/" },
    nothing,
    TASKS,
  );
  assertStringIncludes(tested!.stdout, "tests/std/assert.ts");
});

Deno.test("every task that runs code uses the copy of the lock file", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  for (
    const [name, { command }] of Object.entries<{ command: string }>(tasks)
  ) {
    for (const part of command.split("&&").map((one) => one.trim())) {
      const runs =
        /^(?:[A-Z_]+=\S+ )?deno (run|test|bench|check|bundle|compile)\b/
          .test(part);
      if (!runs) continue;
      const takes = part.includes(
        "$(deno run -q -A --no-lock scripts/std.ts)",
      ) || part.includes("--no-lock") || part.includes("--no-config");
      assertEquals([name, takes], [name, true], part);
    }
  }
});

Deno.test("deno.lock pins everything that runs, and a bundle contains nothing else", async () => {
  const deno = async (cwd: string, ...args: string[]) =>
    endedOf(
      await new Deno.Command(Deno.execPath(), {
        args,
        cwd,
        env: { NO_COLOR: "1" },
      }).output(),
    );
  const ran = await deno(
    root,
    "run",
    "--frozen",
    "--cached-only",
    "-A",
    "mod.ts",
    "--version",
  );
  assertEquals(ran.code, 0, ran.stderr);
  const { tasks } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  for (const name of ["bundle", "bundle:small"]) {
    assertStringIncludes(tasks[name].command, "deno bundle --frozen ");
  }
  // Without the entry of a package, nothing runs.
  const dir = await Deno.makeTempDir();
  try {
    const lock = JSON.parse(await Deno.readTextFile(`${root}deno.lock`));
    const key = Object.keys(lock.npm).find((key) =>
      key.startsWith("ioredis@")
    )!;
    delete lock.npm[key];
    delete lock.specifiers["npm:ioredis@6"];
    await Deno.writeTextFile(`${dir}/deno.lock`, JSON.stringify(lock));
    // With --cached-only, deno does not report a package that the lock file
    // lacks.
    const other = await deno(
      root,
      "run",
      "--frozen",
      `--lock=${dir}/deno.lock`,
      "-A",
      "mod.ts",
      "--version",
    );
    assertEquals(other.code, 1);
    assertStringIncludes(other.stderr, "lockfile is out of date");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("the lock file of a release adds the entries of JSR, and is otherwise the same", async () => {
  await using registry = await serveRegistry(await standIns(NEWER));
  const dir = await Deno.makeTempDir();
  const cache = await Deno.makeTempDir();
  try {
    for (const name of ["deno.json", "deno.lock", "mod.ts"]) {
      await Deno.copyFile(`${root}${name}`, `${dir}/${name}`);
    }
    await Deno.symlink(`${root}src`, `${dir}/src`);
    await linkPackages(cache);
    const env = { ...environment({ DENO_DIR: cache, JSR_URL: registry.url }) };
    assertEquals(await completeLock(`${dir}/`, env), []);
    const lock = JSON.parse(await Deno.readTextFile(`${dir}/dist/deno.lock`));
    assertEquals(lock.specifiers["jsr:@std/assert@^1.0.14"], NEWER.assert);
    assertEquals(Object.keys(lock.jsr).length, 3);
    // If JSR does not answer, there is none.
    const away = { ...env, JSR_URL: "http://127.0.0.1:9/" };
    const [problem] = await completeLock(`${dir}/`, away);
    assertStringIncludes(problem!, "deno cache failed");
  } finally {
    await Deno.remove(dir, { recursive: true });
    await Deno.remove(cache, { recursive: true });
  }
});

Deno.test("changesOf() names what a completed lock file must not change", () => {
  const before = {
    specifiers: { "npm:a@1": "1.0.0" },
    npm: { "a@1.0.0": { integrity: "x" } },
  };
  const jsr = { "@std/assert@1.0.0": { integrity: "y" } };
  const added = { "npm:a@1": "1.0.0", "jsr:@std/assert@1": "1.0.0" };
  assertEquals(changesOf(before, { ...before, specifiers: added, jsr }), []);
  assertEquals(changesOf(before, before).length, 1);
  assertEquals(
    changesOf(before, {
      specifiers: { ...added, "npm:a@1": "1.0.1" },
      npm: { "a@1.0.1": { integrity: "z" } },
      jsr,
    }).length,
    3,
  );
  assertEquals(
    changesOf(before, {
      ...before,
      npm: { "a@1.0.0": { integrity: "z" } },
      jsr,
    }),
    ["npm a@1.0.0 is other in the completed lock file"],
  );
});
