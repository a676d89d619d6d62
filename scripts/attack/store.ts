/**
 * Attacks by someone who can write to the store: with an unsealed record, and
 * with a revoked key.
 *
 * @module
 */
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { sha256 } from "../../src/storage/hash.ts";
import { RECHECK } from "../../src/tokens/rechecked.ts";
import { run } from "../../tests/support/process.ts";
import { startRedis, type TestRedis } from "../../tests/support/redis.ts";
import { sleep } from "../../tests/support/time.ts";
import { type Attack, callWith } from "./attack.ts";
import { startAttacked } from "./server.ts";

/** A company in the store. */
const TENANT = "acme";

/** The attacks; `stack` disposes of Redis and its clients. */
export async function storeAttacks(
  stack: AsyncDisposableStack,
): Promise<readonly Attack[]> {
  const redis: TestRedis = stack.use(await startRedis("--loglevel", "warning"));
  const sandbox = stack.use(serveSandbox());
  const { Redis } = await import("ioredis");
  const client = new Redis(redis.url);
  stack.defer(() => client.disconnect());
  const sealing = crypto.getRandomValues(new Uint8Array(32));
  const env = {
    QONTAK_BASE_URL: sandbox.url,
    TOKEN_STORE: "redis",
    REDIS_URL: redis.url,
    TOKEN_ENCRYPTION_KEY: btoa(String.fromCharCode(...sealing)),
    MCP_STORED_KEYS: "true",
  };
  const command = async (args: string[], stdin = "") => {
    const ended = await run(args, { env, stdin });
    if (ended.code !== 0) throw new Error(`${args.join(" ")}: ${ended.stderr}`);
    return ended.stdout;
  };
  await command(["tenants", "add", TENANT], `${sandbox.refreshToken}\n`);
  const make = async () => {
    const made = await command(["keys", "create", "x", "--tenants", TENANT]);
    const [key = "", id = ""] = /qmcp_([a-z2-7]{12})_\w+/.exec(made) ?? [];
    const names = (await client.keys("*")).filter((name) => name.endsWith(id));
    return { key, id, name: names[0]! };
  };
  const [good, revoked] = [await make(), await make()];
  const server = stack.use(await startAttacked(env));
  const status = async (key: string) =>
    (await callWith(server, "list_pipelines", {}, key)).status;

  return [
    {
      kind: "store",
      tried: "a key of one's own, put into Redis without a seal",
      async run() {
        if (await status(good.key) !== 200) return "a right key is refused";
        const id = "a".repeat(12);
        const key = `qmcp_${id}_${"b".repeat(52)}`;
        const record = JSON.stringify({
          hash: await sha256(key),
          label: "x",
          tenants: [TENANT],
          scopes: ["read"],
          created_at: 1,
        });
        const name = good.name.replace(good.id, id);
        const kind = await client.type(good.name);
        if (kind === "hash") {
          const [field = ""] = await client.hkeys(good.name);
          await client.hset(name, {
            ...await client.hgetall(good.name),
            [field]: record,
          });
        } else await client.set(name, record);
        return await status(key) === 200 ? "it was taken" : undefined;
      },
    },
    {
      kind: "store",
      tried: "a sealed key under the name of another one",
      async run() {
        const id = "c".repeat(12);
        await client.copy(good.name, good.name.replace(good.id, id));
        const other = good.key.replace(good.id, id);
        return await status(other) === 200 ? "it was taken" : undefined;
      },
    },
    {
      kind: "store",
      tried: "a key that was revoked, put back into Redis",
      async run() {
        const kept = await client.dumpBuffer(revoked.name);
        await command(["keys", "revoke", revoked.id]);
        await client.restore(revoked.name, 0, kept!, "REPLACE");
        return await status(revoked.key) === 200 ? "it works again" : undefined;
      },
    },
    {
      kind: "store",
      tried: "the sealed token of an account that was replaced, put back",
      async run() {
        const [name = ""] = (await client.keys("*"))
          .filter((name) => name.endsWith(`tokens:${TENANT}`));
        const look = () => callWith(server, "list_pipelines", {}, good.key);
        if ((await look()).isError) return "a right call is refused";
        const old = await client.dumpBuffer(name);
        await command(
          ["tenants", "add", TENANT, "--replace"],
          `${sandbox.refreshToken}\n`,
        );
        await sleep(RECHECK);
        if ((await look()).isError) return "the new account is refused";
        await client.restore(name, 0, old!, "REPLACE");
        await sleep(RECHECK);
        const { isError, text } = await look();
        return isError && /replaced before/.test(text)
          ? undefined
          : "it works again";
      },
    },
  ];
}
