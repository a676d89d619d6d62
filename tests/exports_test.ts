/**
 * What programs can import. A name that is exported by mistake has to stay,
 * because removing it breaks the programs that use it.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { root, stdFlags } from "./support/process.ts";

/** The names of each entry in deno.json, in order. */
const EXPORTS: Readonly<Record<string, string>> = {
  ".":
    "Advise AuditOptions AuditStore Authenticate ChangeOptions ChangeStore " +
    "Confirm ConnectionOptions " +
    "Content ErrorKind ForeseenError Handler HandlerInfo HandlerOptions Kv " +
    "Limits ListedTool Log LogValue OptionError Principal ProtectedResource " +
    "QontakError QontakServer Readiness Remedies Remedy Scope Sealer " +
    "ServerOptions TOOLSETS TokenStore Toolset UnreachableError " +
    "createHandler createServer",
  "./stores":
    "Credentials CredentialsError EnvFile EnvStoreOptions Kv KvStoreOptions Lease Log " +
    "MekariCredentials OAuthCredentials RedisStoreOptions Sealer " +
    "StoreError StoredCredentials TokenStore VaultStoreOptions createEnvStore " +
    "createKvStore createRedisStore createSealer createVaultStore " +
    "openEnvFile",
  "./limits": "Kv KvBucketsOptions Limits LimitsOptions Log Rate " +
    "RedisBucketsOptions SharedBuckets createKvBuckets createLimits " +
    "createRedisBuckets",
  "./audit":
    "AuditRecord AuditStore AuditStoreOptions Kv KvAuditStoreOptions " +
    "Outcome RedisAuditStoreOptions Sealer createKvAuditStore " +
    "createRedisAuditStore",
  "./changes":
    "ChangeOptions ChangeStore ChangeStoreOptions Kept Kv KvChangeStoreOptions " +
    "MemoryChangeStoreOptions Place RedisChangeStoreOptions Sealer Shelf " +
    "createKvChangeStore createMemoryChangeStore createRedisChangeStore",
  "./sandbox":
    "Fault FaultRule MekariApplication RunningSandbox SANDBOX_CODE " +
    "SANDBOX_MEKARI SANDBOX_PASSWORD SANDBOX_REFRESH_TOKEN Sandbox " +
    "SandboxOptions SandboxRequest ServeOptions createSandbox " +
    "serveSandbox ssoIdOf",
  "./deploy": "",
};

/** The documentation of an exported name. */
interface Symbol {
  readonly name: string;
  readonly declarations: readonly {
    readonly kind: string;
    readonly jsDoc?: { readonly tags?: readonly { readonly kind: string }[] };
  }[];
}

/** The exports of a module. */
async function symbolsIn(path: string): Promise<readonly Symbol[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", path],
    cwd: root,
  }).output();
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout));
  const [module] = Object.values<{ symbols: Symbol[] }>(nodes);
  return module!.symbols;
}

/** The entries of the package, and their files. */
async function entries(): Promise<[string, string][]> {
  const text = await Deno.readTextFile(
    new URL("../deno.json", import.meta.url),
  );
  return Object.entries(JSON.parse(text).exports);
}

Deno.test("each function and class of the package has an example", async () => {
  const without: string[] = [];
  for (const [entry, path] of await entries()) {
    for (const { name, declarations } of await symbolsIn(path)) {
      const lacks = declarations.some(({ kind, jsDoc }) =>
        (kind === "function" || kind === "class") &&
        !jsDoc?.tags?.some((tag) => tag.kind === "example")
      );
      if (lacks) without.push(`${entry} ${name}`);
    }
  }
  assertEquals(without, []);
});

Deno.test("each entry of the package exports exactly the listed names", async () => {
  const found = await Promise.all(
    (await entries()).map(async ([entry, path]) => [
      entry,
      (await symbolsIn(path)).map(({ name }) => name).sort().join(" "),
    ]),
  );
  assertEquals(Object.fromEntries(found), EXPORTS);
});

/** Another program, which sets an option that it may not have. */
const PROGRAM = `
import { createServer, type ServerOptions } from "ROOTmod.ts";
import { createSandbox } from "ROOTsrc/sandbox/mod.ts";
import { createLimits } from "ROOTsrc/limits/mod.ts";
import { createEnvStore } from "ROOTsrc/tokens/stores/mod.ts";
import { createMemoryChangeStore } from "ROOTsrc/changes/mod.ts";
import type { AuditStore } from "ROOTsrc/audit/mod.ts";

const sandbox = createSandbox();
const timeout: number | undefined = Deno.args.length ? 1_000 : undefined;
const kept: AuditStore | undefined = undefined;
const options: ServerOptions = {
  store: createEnvStore({ credentials: { refresh_token: "x" } }),
  fetch: (input, init) => sandbox.fetch(new Request(input, init)),
  limits: createLimits(),
  changes: { store: createMemoryChangeStore() },
  toolsets: ["deals"],
  timeout,
};
export const server = createServer(options);
export { kept };
`;

/** Type-checks that program without the compiler options of this repository. */
async function check(program: string): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    const text = await Deno.readTextFile(`${root}deno.json`);
    const { imports } = JSON.parse(text);
    await Deno.writeTextFile(
      `${folder}/deno.json`,
      JSON.stringify({ imports }),
    );
    await Deno.writeTextFile(
      `${folder}/program.ts`,
      program.replaceAll("ROOT", `file://${root}`),
    );
    const { stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "-q", ...await stdFlags(), "program.ts"],
      cwd: folder,
      env: { NO_COLOR: "1" },
    }).output();
    return new TextDecoder().decode(stderr).trim();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the package type-checks in a program with the default compiler options", async () => {
  assertEquals(await check(PROGRAM), "");
  assertStringIncludes(
    await check(PROGRAM.replace('["deals"]', '["dealz"]')),
    `Type '"dealz"' is not assignable to type`,
  );
});
