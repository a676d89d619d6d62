/**
 * The place of Deno KV on a machine: one for all versions, closed to others,
 * sealed with a key beside it, and with what a version kept elsewhere before.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { linkPackages } from "../support/deno_dir.ts";
import { type Ended, projectFlags, root, runDeno } from "../support/process.ts";
import { answersById, HANDSHAKE, toolCall, toStdin } from "../support/rpc.ts";

const isUnix = Deno.build.os !== "windows";

/** A machine on which nothing was started before. */
interface Machine extends AsyncDisposable {
  /** The folder of the place. */
  readonly folder: string;
  /** A version of the program, which Deno takes for a program of its own. */
  version(name: string): Promise<Version>;
}

/** Runs a command of a version. */
type Version = (
  args: readonly string[],
  options?: {
    readonly env?: Record<string, string>;
    readonly stdin?: string;
    readonly flags?: readonly string[];
  },
) => Promise<Ended>;

async function newMachine(): Promise<Machine> {
  const dir = await Deno.realPath(await Deno.makeTempDir());
  const data = `${dir}/data`;
  await linkPackages(`${dir}/deno`);
  return {
    folder: `${data}/qontak-mcp`,
    async version(name) {
      const entry = `${dir}/${name}.ts`;
      await Deno.writeTextFile(
        entry,
        `import { main } from "${root}src/cli/main.ts";
        Deno.exitCode = await main(Deno.args);`,
      );
      const run = ["run", "-q", "-A", "--no-prompt", "--unstable-kv"];
      // Deno names the default database after the configuration, if any.
      const config = (await projectFlags()).filter((flag) =>
        flag !== "--config" && flag !== `${root}deno.json`
      );
      return (args, { env = {}, stdin = "", flags = [] } = {}) =>
        runDeno([...run, ...flags, "--no-config", ...config, entry, ...args], {
          env: { DENO_DIR: `${dir}/deno`, XDG_DATA_HOME: data, ...env },
          stdin,
        });
    },
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

/** What the files of a folder hold, as text. */
async function contents(folder: string): Promise<string> {
  const decoder = new TextDecoder("latin1");
  let all = "";
  for await (const { name } of Deno.readDir(folder)) {
    all += decoder.decode(await Deno.readFile(`${folder}/${name}`));
  }
  return all;
}

const CALL = {
  stdin: toStdin(...HANDSHAKE, toolCall(1, "list_pipelines")),
};

function assertCalled({ stdout, stderr }: Ended): void {
  const answer = answersById(stdout).get(1);
  assert(answer?.result && !answer.result.isError, `${stdout}${stderr}`);
}

Deno.test("all versions use what one of them kept, and the first takes over what it kept elsewhere", async () => {
  await using machine = await newMachine();
  await using sandbox = serveSandbox();
  const env = {
    QONTAK_BASE_URL: sandbox.url,
    QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
  };
  const keys = { env: { TOKEN_STORE: "kv" } };
  const one = await machine.version("one");
  // As a version that knows no place: where Deno chooses, and not sealed.
  const before: Version = (args, options) =>
    one(args, { ...options, flags: [`--deny-write=${machine.folder}`] });
  assertCalled(await before([], { env, ...CALL }));
  const created = await before(["keys", "create", "kept before"], keys);
  assertEquals(created.code, 0, created.stderr);
  assertEquals(sandbox.grants, 1);

  const first = await one([], { env, ...CALL });
  // The configured token has been replaced: it would not be accepted.
  assertCalled(first);
  assertStringIncludes(first.stderr, "kept in Deno KV was moved");
  assertStringIncludes(first.stderr, '"sealed":true');
  assertEquals(sandbox.grants, 1);
  const again = await one([], { env, ...CALL });
  assertCalled(again);
  assert(!again.stderr.includes("was moved"), again.stderr);
  const other = await machine.version("other");
  assertCalled(await other([], { env, ...CALL }));
  // All of them share the access token as well.
  assertEquals(sandbox.grantAttempts, 1);

  const listed = await other(["keys", "list"], keys);
  assertEquals(listed.code, 0, listed.stderr);
  assertStringIncludes(listed.stdout, "kept before");
  const gone = await before(["keys", "list"], keys);
  assertEquals(gone.stdout, "no keys yet\n");

  const kept = await contents(machine.folder);
  assertStringIncludes(kept, "sealed:1:");
  for (const clear of ["refresh_token", "access_token", "kept before"]) {
    assert(!kept.includes(clear), `${clear} is in clear text`);
  }
  const { stdout } = await other(["doctor"], { env });
  assertStringIncludes(stdout, `${machine.folder}/data.sqlite3, sealed with`);
});

Deno.test("with TOKEN_ENCRYPTION_KEY, what was not sealed stays refused after it is taken over", async () => {
  await using machine = await newMachine();
  const one = await machine.version("one");
  const env = { TOKEN_STORE: "kv" };
  const flags = [`--deny-write=${machine.folder}`];
  await one(["keys", "create", "of a stranger"], { env, flags });
  const sealing = { ...env, TOKEN_ENCRYPTION_KEY: btoa("ab".repeat(16)) };
  const listed = await one(["keys", "list"], { env: sealing });
  assertEquals(listed.code, 1);
  assertStringIncludes(listed.stderr, "is not sealed, though a sealing key");
  const sealed = await one(["seal", "--apply"], { env: sealing });
  assertStringIncludes(sealed.stdout, "Sealed: 1 of 1 records");
  // What the key beside the database seals opens with a configured key too.
  const other = await machine.version("other");
  await other(["keys", "create", "without a setting"], { env });
  const all = await other(["keys", "list"], { env: sealing });
  assertEquals(all.code, 0, all.stderr);
  for (const label of ["of a stranger", "without a setting"]) {
    assertStringIncludes(all.stdout, label);
  }
});

Deno.test("a copy of the database without the key beside it is useless", async () => {
  await using machine = await newMachine();
  const one = await machine.version("one");
  const env = { TOKEN_STORE: "kv" };
  // Processes that start at the same time agree on one key.
  const made = await Promise.all(
    ["a", "b", "c"].map((label) => one(["keys", "create", label], { env })),
  );
  for (const { code, stderr } of made) assertEquals(code, 0, stderr);
  const listed = await one(["keys", "list", "--json"], { env });
  assertEquals([listed.code, JSON.parse(listed.stdout).length], [0, 3]);

  const copy = `${machine.folder}-copy`;
  await Deno.mkdir(copy);
  for await (const { name } of Deno.readDir(machine.folder)) {
    if (name === "data.key") continue;
    await Deno.copyFile(`${machine.folder}/${name}`, `${copy}/${name}`);
  }
  const { code, stdout, stderr } = await one(["keys", "list", "--json"], {
    env: { ...env, QONTAK_DATA_DIR: `${copy}/` },
  });
  assertEquals([code, stdout], [1, "[]\n"]);
  assertStringIncludes(stderr, "sealed with a key that is not among those");
});

Deno.test({
  name:
    "the folder and the files in it are closed to other users, also if they exist",
  ignore: !isUnix,
  async fn() {
    await using machine = await newMachine();
    const one = await machine.version("one");
    const env = { TOKEN_STORE: "kv" };
    await one(["keys", "create"], { env });
    const { folder } = machine;
    const modes = async () => {
      const found = [["", (await Deno.stat(folder)).mode]] as [
        string,
        number,
      ][];
      for await (const { name } of Deno.readDir(folder)) {
        found.push([name, (await Deno.stat(`${folder}/${name}`)).mode!]);
      }
      return Object.fromEntries(
        found.map(([name, mode]) => [name, (mode & 0o777).toString(8)]).sort(),
      );
    };
    const closed = { "": "700", "data.key": "600", "data.sqlite3": "600" };
    assertEquals(await modes(), closed);
    await Deno.chmod(folder, 0o755);
    for (const name of ["data.key", "data.sqlite3"]) {
      await Deno.chmod(`${folder}/${name}`, 0o644);
    }
    const { code } = await one(["keys", "list"], { env });
    assertEquals([code, await modes()], [0, closed]);
  },
});

Deno.test("a key that cannot be used stops a call before a refresh, whatever is wrong with it", async () => {
  await using machine = await newMachine();
  await using sandbox = serveSandbox();
  const one = await machine.version("one");
  const env = {
    QONTAK_BASE_URL: sandbox.url,
    QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
  };
  const key = `${machine.folder}/data.key`;
  await Deno.mkdir(machine.folder, { recursive: true });
  for (
    const put of [
      () => Deno.writeTextFile(key, ""),
      () => Deno.writeTextFile(key, "hunter2"),
      () => Deno.mkdir(key),
    ]
  ) {
    await put();
    const { stdout, stderr } = await one([], { env, ...CALL });
    const { result } = answersById(stdout).get(1)!;
    assertEquals(result.isError, true, stdout);
    assertStringIncludes(result.content[0].text, `${machine.folder}/data.key`);
    assert(!(stdout + stderr).includes("hunter2"));
    assertEquals(sandbox.grantAttempts, 0);
    await Deno.remove(key, { recursive: true });
  }
  assertCalled(await one([], { env, ...CALL }));
  assertEquals(sandbox.grants, 1);
});

Deno.test({
  name: "a place that other users could read stops a call before a refresh",
  ignore: !isUnix,
  async fn() {
    await using machine = await newMachine();
    await using sandbox = serveSandbox();
    const one = await machine.version("one");
    const env = {
      QONTAK_BASE_URL: sandbox.url,
      QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
    };
    await Deno.mkdir(machine.folder, { recursive: true });
    await Deno.chmod(machine.folder, 0o1777);
    const { stdout } = await one([], { env, ...CALL });
    const { result } = answersById(stdout).get(1)!;
    assertEquals(result.isError, true, stdout);
    const [{ text }] = result.content;
    assertStringIncludes(text, `${machine.folder} is a folder for all users`);
    assertStringIncludes(text, "name another folder with QONTAK_DATA_DIR");
    assertEquals(sandbox.grantAttempts, 0);
    await Deno.chmod(machine.folder, 0o777);
    assertCalled(await one([], { env, ...CALL }));
    assertEquals((await Deno.stat(machine.folder)).mode! & 0o7777, 0o700);
  },
});

Deno.test("a place that cannot be used is named, with what to do", async () => {
  await using machine = await newMachine();
  const one = await machine.version("one");
  const env = { TOKEN_STORE: "kv" };
  const list = (folder: string, ...flags: string[]) =>
    one(["keys", "list"], { env: { ...env, QONTAK_DATA_DIR: folder }, flags });
  const relative = await list("data");
  assertEquals(relative.code, 2);
  assertStringIncludes(relative.stderr, "must be an absolute path");
  const denied = await list(machine.folder, `--deny-read=${machine.folder}`);
  assertEquals(denied.code, 2);
  assertStringIncludes(
    denied.stderr,
    `--allow-read=${machine.folder} --allow-write=${machine.folder}`,
  );
  // A file stands where the folder should be.
  const taken = `${machine.folder}.txt`;
  await Deno.mkdir(machine.folder, { recursive: true });
  await Deno.writeTextFile(taken, "");
  const unmade = await list(`${taken}/data`);
  assertEquals(unmade.code, 1);
  assertStringIncludes(unmade.stderr, `${taken}/data for Deno KV cannot be`);
  assertStringIncludes(unmade.stderr, "QONTAK_DATA_DIR");
  await Deno.writeTextFile(`${machine.folder}/data.key`, "hunter2");
  const damaged = await one(["keys", "create"], { env });
  assertEquals([damaged.code, damaged.stdout], [1, ""]);
  assertStringIncludes(damaged.stderr, "data.key has no key of 32 bytes");
  assert(!damaged.stderr.includes("hunter2"));
});
