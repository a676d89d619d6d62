/** The permissions in the documents are sufficient for each store. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { SANDBOX_MEKARI, serveSandbox } from "../../src/sandbox/mod.ts";
import {
  permissions,
  projectFlags,
  root,
  runDeno,
} from "../support/process.ts";
import { noRedis, startRedis } from "../support/redis.ts";
import { startVault } from "../support/vault.ts";
import { HANDSHAKE, toolCall, toStdin } from "../support/rpc.ts";
import { unless } from "../support/unless.ts";

/** The files that SETTINGS.md lets the program read and write. */
const FILES = [
  "--allow-read=.env,.env.lock",
  "--allow-write=.env,.env.lock",
];

/**
 * Runs the program with the permissions of SETTINGS.md and with the given ones.
 * The hosts of Qontak are replaced by this machine.
 */
async function limited(
  { env: variables, flags = [] }: {
    /** The variables that a store adds, such as REDIS_*. */
    readonly env?: string;
    readonly flags?: readonly string[];
  },
  args: string[],
  env: Record<string, string>,
  options: { readonly cwd?: string; readonly stdin?: string } = {},
): Promise<string> {
  const { code, stdout, stderr } = await runDeno([
    "run",
    "-q",
    ...permissions(variables),
    ...flags,
    ...await projectFlags(),
    `${root}mod.ts`,
    ...args,
  ], { env, ...options });
  assertEquals(code, 0, `${stdout}${stderr}`);
  return stdout;
}

/** Adds a tenant and tests it: reading, writing, refreshing, calling. */
async function addAndDoctor(
  needs: Parameters<typeof limited>[0],
  env: Record<string, string>,
): Promise<void> {
  await using sandbox = serveSandbox();
  const all = { ...env, QONTAK_BASE_URL: sandbox.url };
  const stdin = `${sandbox.refreshToken}\n`;
  await limited(needs, ["tenants", "add", "acme"], all, { stdin });
  const found = await limited(needs, ["doctor", "acme"], all);
  assertStringIncludes(found, "Qontak answers: 2 pipelines");
  await serveACall(needs, all, { user_id: "acme" });
}

/** Serves a client on stdio that calls one tool. */
async function serveACall(
  needs: Parameters<typeof limited>[0],
  env: Record<string, string>,
  args: Record<string, string> = {},
  cwd?: string,
): Promise<void> {
  const answers = await limited(needs, [], env, {
    stdin: toStdin(...HANDSHAKE, toolCall(2, "list_pipelines", args)),
    ...(cwd ? { cwd } : {}),
  });
  assertStringIncludes(answers, "Corporate Sales");
}

Deno.test({
  ...unless(noRedis, "redis needs the network and its variables only"),
  async fn() {
    await using redis = await startRedis();
    await addAndDoctor({ env: "REDIS_*" }, {
      TOKEN_STORE: "redis",
      REDIS_URL: redis.url,
      REDIS_KEY_PREFIX: `${redis.prefix}${crypto.randomUUID()}:`,
    });
  },
});

Deno.test("vault needs the network and its variables only", async () => {
  await using vault = startVault();
  await addAndDoctor({ env: "VAULT_*" }, {
    TOKEN_STORE: "vault",
    VAULT_ADDR: vault.url,
    VAULT_TOKEN: vault.token,
  });
});

Deno.test("kv needs --unstable-kv, and the folder of DENO_KV_DEFAULT_PATH or QONTAK_DATA_DIR", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const flags = (folder: string) => [
      "--unstable-kv",
      `--allow-read=${folder}`,
      `--allow-write=${folder}`,
    ];
    await addAndDoctor({ flags: flags(dir) }, {
      TOKEN_STORE: "kv",
      DENO_KV_DEFAULT_PATH: `${dir}/kv.sqlite3`,
    });
    // Nothing above the folder.
    const folder = `${dir}/data`;
    await addAndDoctor({ flags: flags(folder) }, {
      TOKEN_STORE: "kv",
      QONTAK_DATA_DIR: folder,
    });
    const names = Array.from(Deno.readDirSync(folder), ({ name }) => name);
    assertEquals(names.sort(), ["data.key", "data.sqlite3"]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("env stores the new refresh token in .env with the permissions of SETTINGS.md", async () => {
  const settings = await Deno.readTextFile(`${root}.github/SETTINGS.md`);
  assertStringIncludes(settings, FILES.join(" "));
  await using sandbox = serveSandbox();
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      `${dir}/.env`,
      `# ours\nQONTAK_REFRESH_TOKEN=${sandbox.refreshToken}\n`,
      { mode: 0o600 },
    );
    for (let i = 0; i < 2; i++) {
      const found = await limited({ flags: FILES }, ["doctor"], {
        QONTAK_BASE_URL: sandbox.url,
      }, { cwd: dir });
      assertStringIncludes(found, "Qontak answers: 2 pipelines");
    }
    await serveACall(
      { flags: FILES },
      { QONTAK_BASE_URL: sandbox.url },
      {},
      dir,
    );
    assertEquals(
      await Deno.readTextFile(`${dir}/.env`),
      `# ours\nQONTAK_REFRESH_TOKEN=${sandbox.refreshToken}\n`,
    );
    assertEquals((await Deno.stat(`${dir}/.env`)).mode! & 0o777, 0o600);
    assertEquals([...Deno.readDirSync(dir)].length, 1);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("env needs no file if the token is in the environment, and only --unstable-kv to keep it", async () => {
  const dir = await Deno.makeTempDir();
  try {
    for (const flags of [[], ["--unstable-kv"]]) {
      await using sandbox = serveSandbox();
      await serveACall(
        { flags },
        {
          QONTAK_BASE_URL: sandbox.url,
          QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
          DENO_KV_DEFAULT_PATH: ":memory:",
        },
        {},
        dir,
      );
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("signed calls need the variables of Mekari's application", async () => {
  await using sandbox = serveSandbox();
  const dir = await Deno.makeTempDir();
  try {
    await serveACall(
      { env: "MEKARI_*" },
      {
        QONTAK_AUTH: "hmac",
        QONTAK_BASE_URL: sandbox.url,
        MEKARI_CLIENT_ID: SANDBOX_MEKARI.clientId,
        MEKARI_CLIENT_SECRET: SANDBOX_MEKARI.clientSecret,
        MEKARI_SSO_ID: SANDBOX_MEKARI.ssoId,
      },
      {},
      dir,
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
