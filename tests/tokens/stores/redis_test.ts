/** Connections to Redis: users with few permissions, TLS, Sentinel. */
import {
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { StoreError } from "../../../src/errors.ts";
import { keysIn } from "../../../src/auth/key_store.ts";
import {
  createRedisStore,
  openRedis,
} from "../../../src/tokens/stores/redis.ts";
import { makeCertificates, noOpenssl } from "../../support/certificates.ts";
import { freePort } from "../../support/free_port.ts";
import { run } from "../../support/process.ts";
import { noServer, startRedis, startSentinel } from "../../support/redis.ts";
import { keyContract } from "../../auth/key_contract.ts";
import { contract } from "./contract.ts";
import { sleep } from "../../support/time.ts";
import { unless } from "../../support/unless.ts";

function redisTest(
  name: string,
  missing: string,
  fn: () => Promise<void>,
  /** Whether the test checks for leaked timers. */
  isClean = true,
): void {
  Deno.test({
    ...unless(noServer || missing, name),
    sanitizeOps: isClean,
    sanitizeResources: isClean,
    fn,
  });
}

/** The permissions that .github/TOKENS.md names are sufficient. */
const ACL =
  "+get +set +del +scan +eval +info +wait ~qontak:tokens:* ~lease:qontak:tokens:* ~key:qontak:tokens:* ~revoked:qontak:tokens:*";

redisTest(
  "createRedisStore() needs only the permissions that the documents name",
  "",
  async () => {
    const documents = await Deno.readTextFile(
      new URL("../../../.github/TOKENS.md", import.meta.url),
    );
    assertStringIncludes(documents, ACL);
    await using redis = await startRedis("--requirepass", "admin");
    const admin = redis.url.replace("redis://", "redis://:admin@");
    const { Redis } = await import("ioredis");
    const client = new Redis(admin, { lazyConnect: true });
    await client.call(
      "ACL",
      "SETUSER",
      "qontak",
      "on",
      ">p@ss/wörd",
      "resetkeys",
      "-@all",
      ...ACL.split(" "),
    );
    client.disconnect();
    const as = (user: string) =>
      openRedis({
        url: redis.url.replace("redis://", `redis://${user}@`),
        timeout: 2_000,
      });
    const { tokens, keys } = as(`qontak:${encodeURIComponent("p@ss/wörd")}`);
    await contract(tokens);
    await keyContract(keysIn(keys!));
    await tokens.close?.();
    const stranger = as("qontak:hunter2").tokens;
    const error = await assertRejects(() => stranger.read("acme"), StoreError);
    assertStringIncludes(error.message, "user or password");
    assertNotMatch(Deno.inspect(error), /hunter2/);
    await stranger.close?.();
  },
);

redisTest(
  "a record of the Python server no longer expires once it was read",
  "",
  async () => {
    await using redis = await startRedis();
    const { Redis } = await import("ioredis");
    const client = new Redis(redis.url, { lazyConnect: true });
    const record = JSON.stringify({ refresh_token: "r", expires_at: 1 });
    const key = "qontak:tokens:acme";
    await client.setex(key, 21_600, record);
    const { tokens } = openRedis({ url: redis.url });
    const tokenOf = async () => {
      const found = (await tokens.read("acme"))?.credentials;
      return found && "refresh_token" in found ? found.refresh_token : "";
    };
    try {
      assertEquals(await tokenOf(), "r");
      assertEquals(await client.ttl(key), -1);
      assertEquals(await client.get(key), record);
      // The Python server still runs, and writes a new record.
      await client.setex(key, 21_600, record.replace('"r"', '"s"'));
      assertEquals(await tokenOf(), "s");
      assertEquals(await client.ttl(key), -1);
    } finally {
      await tokens.close?.();
      client.disconnect();
    }
  },
);

redisTest(
  "a server connects to a Redis with TLS and a private certificate",
  noOpenssl,
  async () => {
    const dir = await Deno.makeTempDir();
    try {
      await makeCertificates(dir);
      const port = String(freePort());
      await using _redis = await startRedis(
        "--tls-port",
        port,
        "--tls-cert-file",
        `${dir}/cert.pem`,
        "--tls-key-file",
        `${dir}/key.pem`,
        "--tls-ca-cert-file",
        `${dir}/ca.pem`,
        "--tls-auth-clients",
        "no",
      );
      const env = {
        TOKEN_STORE: "redis",
        REDIS_URL: `rediss://127.0.0.1:${port}`,
      };
      const trusted = await run(["tenants", "list"], {
        env: { ...env, DENO_CERT: `${dir}/ca.pem` },
      });
      assertEquals(trusted.stdout, "no tenants yet\n", trusted.stderr);
      const stranger = await run(["tenants", "list"], { env });
      assertEquals(stranger.code, 1);
      assertStringIncludes(stranger.stderr, "Redis at 127.0.0.1");
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
);

redisTest(
  "createRedisStore() finds the master through Sentinel",
  "",
  async () => {
    await using master = await startRedis("--requirepass", "m@ster");
    const { port } = new URL(master.url);
    await using sentinel = await startSentinel(
      `sentinel monitor mymaster 127.0.0.1 ${port} 1`,
      "sentinel auth-pass mymaster m@ster",
      "requirepass s3ntinel",
    );
    // One of the Sentinels does not answer.
    const hosts = `127.0.0.1:${freePort()},127.0.0.1:${sentinel.port}`;
    const store = createRedisStore({
      url:
        `redis+sentinel://:m%40ster@${hosts}/mymaster/0?sentinel_password=s3ntinel`,
      keyPrefix: "qontak:test:",
      timeout: 2_000,
    });
    for (let tries = 0;; tries++) {
      try {
        await store.tenants();
        break;
      } catch (error) {
        if (tries === 50) throw error;
        await sleep(100);
      }
    }
    await contract(store);
    await store.close?.();
  },
  // The library does not clear the timers of its requests to the Sentinels.
  false,
);

Deno.test("createRedisStore() refuses what is not an address, without repeating it", () => {
  for (
    const url of [
      "",
      "redis://",
      "http://user:hunter2@host",
      "redis://user:hunter2@host:x",
      "redis+sentinel://:hunter2@host:26379",
    ]
  ) {
    const error = assertThrows(() => createRedisStore({ url }), TypeError);
    assertNotMatch(error.message, /hunter2/);
    assertMatch(error.message, /^url (?:must start with redis:|holds|lacks)/);
  }
});
