/**
 * The program is assembled in one place, so its warnings are the same for every
 * entry point.
 */
import { assertEquals } from "@std/assert";
import { createServer } from "../../mod.ts";
import { keyEntry, startDeployed } from "../support/deployed.ts";
import { noLimits } from "../../src/limits/limits.ts";
import { createMemoryStore } from "../support/memory.ts";
import {
  type HttpProcess,
  run,
  startHttp,
  WITH_KV,
} from "../support/process.ts";

/**
 * Warnings about something that fails, not about a setting. When they appear
 * depends on how long the program runs.
 */
const OUT_OF_ORDER = /^Vault gives no token/;

/** Level and message of the warnings about settings among log lines. */
function warningsIn(stderr: string): string[] {
  return stderr.split("\n").filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line))
    .filter(({ level, message }) =>
      level === "warn" && !OUT_OF_ORDER.test(message)
    )
    .map(({ time: _, ...line }) => JSON.stringify(line));
}

async function warningsOf(serving: Promise<HttpProcess>): Promise<string[]> {
  await using server = await serving;
  return warningsIn((await server.stop("SIGINT")).stderr);
}

Deno.test("open() gives the same warnings at every entry point", async () => {
  const dir = await Deno.makeTempDir();
  const token = { QONTAK_REFRESH_TOKEN: "unused" };
  const table: [number, Record<string, string>][] = [
    // Access tokens in Deno KV are unsealed.
    [1, { ...token }],
    [1, { TOKEN_STORE: "vault", VAULT_TOKEN: "unused" }],
    [1, { TOKEN_STORE: "kv" }],
    // A token is not used.
    [2, { ...token, TOKEN_STORE: "vault", VAULT_TOKEN: "unused" }],
    // The values of writes are unsealed.
    [2, { ...token, QONTAK_AUDIT: "kv", QONTAK_AUDIT_VALUES: "keep" }],
    [0, { ...token, TOKEN_CACHE: "memory" }],
    [0, { ...token, TOKEN_ENCRYPTION_KEY: btoa("ab".repeat(16)) }],
  ];
  try {
    for (const [count, settings] of table) {
      const env = {
        ...settings,
        MCP_API_KEYS: await keyEntry("a-key"),
        DENO_KV_DEFAULT_PATH: `${dir}/kv.sqlite3`,
      };
      const [http, deployed, stdio] = await Promise.all([
        warningsOf(startHttp([WITH_KV], env)),
        warningsOf(startDeployed(env, { args: [WITH_KV] })),
        run([WITH_KV], { env }).then(({ stderr }) => warningsIn(stderr)),
      ]);
      const what = JSON.stringify(settings);
      assertEquals(http.length, count, `${what}: ${http}`);
      assertEquals(deployed, http, what);
      assertEquals(stdio, http, what);
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("createServer() does not close what it was given", async () => {
  const closed: string[] = [];
  const closing = (name: string) => ({
    close() {
      closed.push(name);
      return Promise.resolve();
    },
  });
  const server = createServer({
    store: { ...createMemoryStore({}), ...closing("store") },
    limits: { ...noLimits, ...closing("limits") },
    audit: {
      store: {
        name: "memory",
        begin: () => Promise.resolve(),
        end: () => Promise.resolve(),
        async *list() {},
        ...closing("audit"),
      },
    },
    kv: { open: () => Promise.resolve(undefined), ...closing("kv") },
  });
  await server.close();
  assertEquals(closed, []);
});
