/**
 * The program as a single file, run outside the project with nothing else: no
 * modules, no caches, and only the permissions of the binary. The binary
 * contains the same file, and is tested if a runtime for it is available.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { partsOf } from "../../scripts/release/release.ts";
import { VERSION } from "../../src/version.ts";
import { denoInfo } from "../support/deno_dir.ts";
import { endedOf, root, stdFlags } from "../support/process.ts";
import { noRedis, startRedis } from "../support/redis.ts";
import {
  assertEnvFile,
  assertHttp,
  assertStdio,
  assertStore,
  runShipped,
  type Shipped,
} from "../support/shipped.ts";
import { startVault } from "../support/vault.ts";
import { unless } from "../support/unless.ts";

/** A form of the program, built when it is first needed. */
interface Form {
  readonly name: string;
  /** Why it cannot be tested here; empty if it can. */
  readonly missing: string;
  /** Builds it in a folder. */
  make(dir: string): Promise<Pick<Shipped, "command" | "args">>;
}

/** Runs deno in the project's folder. */
async function deno(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: root,
  }).output();
  assertEquals(success, true, new TextDecoder().decode(stderr));
}

/** The output of `deno task bundle`. */
async function bundle(dir: string): Promise<string> {
  const path = `${dir}/qontak-mcp.js`;
  const { flags, from } = partsOf("bundle");
  await deno("bundle", ...flags, ...await stdFlags(), "-o", path, from);
  return path;
}

/** Why `deno compile` has no runtime for a binary that runs. */
async function noRuntime(): Promise<string> {
  if (Deno.env.get("DENORT_BIN")) return "";
  const { denoDir } = await denoInfo();
  const { target } = Deno.build;
  const path = `dl/release/v${Deno.version.deno}/denort-${target}.zip`;
  try {
    await Deno.stat(`${denoDir}/${path}`);
    return "";
  } catch {
    return `DENORT_BIN is not set, and DENO_DIR has no ${path}`;
  }
}

const forms: readonly Form[] = [
  {
    name: "the bundle",
    missing: "",
    async make(dir) {
      const path = await bundle(dir);
      // The name decides where the binary has its database, not a permission.
      const flags = partsOf("compile").flags.join(" ")
        .replace(/--app-name \S+/, "")
        .replace("--allow-net", "--allow-net=127.0.0.1")
        .split(" ").filter((flag) => flag !== "");
      return {
        command: Deno.execPath(),
        args: ["run", "-q", "--no-remote", "--no-npm", ...flags, path],
      };
    },
  },
  {
    name: "the binary",
    missing: await noRuntime(),
    async make(dir) {
      const path = `${dir}/qontak-mcp`;
      const source = await bundle(dir);
      await deno("compile", ...partsOf("compile").flags, "-o", path, source);
      return {
        command: Deno.build.os === "windows" ? `${path}.exe` : path,
        args: [],
      };
    },
  },
];

for (const { name, missing, make } of forms) {
  let dir = "";
  let made: Promise<Pick<Shipped, "command" | "args">> | undefined;

  /** Tests the form in an empty folder. */
  const test = (
    does: string,
    run: (shipped: Shipped) => Promise<void>,
    reason = missing,
  ) =>
    Deno.test({
      ...unless(reason, `${name} ${does}`),
      async fn() {
        dir ||= await Deno.makeTempDir();
        const cwd = await Deno.makeTempDir();
        // A separate database: not that of another test, or of a person.
        const env = { DENO_DIR: cwd, HOME: cwd, XDG_DATA_HOME: cwd };
        try {
          made ??= make(dir);
          await run({ ...await made, env, cwd });
        } finally {
          await Deno.remove(cwd, { recursive: true });
        }
      },
    });

  test("speaks MCP on stdin and stdout", assertStdio);

  test("serves HTTP and drains on SIGTERM", assertHttp);

  test("reads .env, and keeps there what rotates", assertEnvFile);

  test("finds nothing wrong on the sandbox", async (shipped) => {
    const { stdout } = await runShipped(shipped, ["doctor", "--sandbox"]);
    assertStringIncludes(stdout, "Qontak answers: 2 pipelines");
  });

  test(
    "has Deno KV",
    (shipped) => assertStore(shipped, { TOKEN_STORE: "kv" }),
    missing ||
      (Deno.build.os === "windows" && name === "the binary"
        ? "its database would be that of the user"
        : ""),
  );

  test("loads the client of Vault", async (shipped) => {
    await using vault = startVault();
    await assertStore(shipped, {
      TOKEN_STORE: "vault",
      VAULT_ADDR: vault.url,
      VAULT_TOKEN: vault.token,
    });
  });

  test("loads the client of Redis", async (shipped) => {
    await using redis = await startRedis();
    await assertStore(shipped, {
      TOKEN_STORE: "redis",
      REDIS_URL: redis.url,
      REDIS_KEY_PREFIX: `${redis.prefix}${crypto.randomUUID()}:`,
    });
  }, missing || noRedis);

  Deno.test.afterAll(async () => {
    if (dir) await Deno.remove(dir, { recursive: true });
    dir = "";
  });
}

Deno.test("a bundle without the client for Vault is smaller, runs, and says what it lacks", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  const external = ["--external", "node-vault"];
  assertEquals(
    tasks["bundle:small"].command.replace(`${external.join(" ")} `, ""),
    tasks.bundle.command,
  );
  const dir = await Deno.makeTempDir();
  try {
    const whole = await Deno.stat(await bundle(dir));
    const path = `${dir}/small.js`;
    const { flags, from } = partsOf("bundle");
    const small = [...flags, ...external, ...await stdFlags()];
    await deno("bundle", ...small, "-o", path, from);
    assert(whole.size - (await Deno.stat(path)).size > 300_000);
    const run = async (args: string[], env: Record<string, string> = {}) =>
      endedOf(
        await new Deno.Command(Deno.execPath(), {
          args: ["run", "-q", "--no-remote", "--no-npm", "-A", path, ...args],
          cwd: dir,
          env: { NO_COLOR: "1", ...env },
        }).output(),
      );
    assertEquals((await run(["--version"])).stdout, `${VERSION}\n`);
    const { code, stderr } = await run(["tenants", "list"], {
      TOKEN_STORE: "vault",
      VAULT_ADDR: "http://127.0.0.1:9",
      VAULT_TOKEN: "a",
    });
    assertEquals(code, 1);
    assertStringIncludes(stderr, "The client for Vault, node-vault, cannot be");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
