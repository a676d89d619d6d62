/**
 * What programs can import. A name that gets here by mistake has to stay, since
 * taking it away breaks those who use it.
 */
import { assertEquals } from "@std/assert";
import { root } from "./support/process.ts";

/** The names of each entry in deno.json, in order. */
const EXPORTS: Readonly<Record<string, string>> = {
  ".": "Advise AuditOptions AuditStore Auth Authenticate ConnectionOptions " +
    "Content CredentialsError ErrorKind ForeseenError Handler " +
    "HandlerInfo HandlerOptions Kv KvState LimitError LimitReason " +
    "Limits ListedTool Log LogDetails LogLevel LogValue OptionError Principal " +
    "ProtectedResource QontakError QontakErrorDetails QontakServer " +
    "Readiness Remedies Remedy Scope Sealer ServerOptions StoreError " +
    "TOOLSETS TokenCaching TokenStore Toolset UnreachableError " +
    "UnreachableErrorDetails UnreachableReason createHandler " +
    "createServer",
  "./stores":
    "Credentials EnvFile EnvStoreOptions Kv KvStoreOptions Lease Log " +
    "MekariCredentials OAuthCredentials RedisStoreOptions Sealer " +
    "StoredCredentials TokenStore VaultStoreOptions createEnvStore " +
    "createKvStore createRedisStore createSealer createVaultStore " +
    "openEnvFile",
  "./limits": "Kv KvBucketsOptions Limits LimitsOptions Log Rate " +
    "RedisBucketsOptions SharedBuckets createKvBuckets createLimits " +
    "createRedisBuckets",
  "./audit":
    "AuditRecord AuditStore AuditStoreOptions Kv KvAuditStoreOptions " +
    "Outcome RedisAuditStoreOptions Sealer createKvAuditStore " +
    "createRedisAuditStore",
  "./sandbox":
    "Fault FaultRule MekariApplication RunningSandbox SANDBOX_CODE " +
    "SANDBOX_MEKARI SANDBOX_PASSWORD SANDBOX_REFRESH_TOKEN Sandbox " +
    "SandboxOptions SandboxRequest ServeOptions createSandbox " +
    "serveSandbox ssoIdOf",
  "./deploy": "",
};

/** The names that a module exports, in order. */
async function namesIn(path: string): Promise<readonly string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", path],
    cwd: root,
  }).output();
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout));
  const [module] = Object.values<{ symbols: { name: string }[] }>(nodes);
  return module!.symbols.map(({ name }) => name).sort();
}

Deno.test("each entry of the package exports just the names that it is to", async () => {
  const text = await Deno.readTextFile(
    new URL("../deno.json", import.meta.url),
  );
  const { exports } = JSON.parse(text) as { exports: Record<string, string> };
  const found = await Promise.all(
    Object.entries(exports).map(async ([entry, path]) => [
      entry,
      (await namesIn(path)).join(" "),
    ]),
  );
  assertEquals(Object.fromEntries(found), EXPORTS);
});
