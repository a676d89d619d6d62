/**
 * The processes of a load test: Redis, a Qontak with many companies, and
 * servers.
 *
 * @module
 */
import { sha256 } from "../../src/storage/hash.ts";
import { sleep } from "../../tests/support/time.ts";
import { createRedisStore } from "../../src/tokens/stores/redis.ts";
import { freePort } from "../../tests/support/free_port.ts";
import {
  bareEnv,
  type HttpProcess,
  startHttp,
} from "../../tests/support/process.ts";
import { startRedis, type TestRedis } from "../../tests/support/redis.ts";
import { denoRun } from "../program.ts";
import type { Plan } from "./plan.ts";
import { firstToken, keyOf, SHARED_KEY, tenantNames } from "./tenants.ts";
import type { Kept, Seen, UpstreamOptions } from "./upstream.ts";

/** A script in a separate process that has printed its address. */
interface Script {
  readonly url: string;
  kill(): Promise<void>;
}

async function startScript(name: string, ...args: string[]): Promise<Script> {
  const child = new Deno.Command(Deno.execPath(), {
    args: await denoRun(`scripts/load/${name}`, ...args),
    env: bareEnv(),
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let url = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    url += chunk;
    if (url.endsWith("\n")) break;
  }
  if (url === "") throw new Error(`${name} did not start`);
  return {
    url: url.trim(),
    async kill() {
      child.kill("SIGKILL");
      await child.status;
    },
  };
}

/** All processes of a load test; disposing of it ends them. */
export interface World extends AsyncDisposable {
  readonly tenants: readonly string[];
  readonly redis: TestRedis;
  /** The addresses of the servers, in order. */
  readonly urls: readonly string[];
  /** The server processes that run now. */
  readonly servers: readonly HttpProcess[];
  /** Kills the first server, and restarts it at the same address. */
  restartServer(away: number): Promise<void>;
  /** Kills the proxy in front of Qontak, and restarts it. */
  restartFront(away: number): Promise<void>;
  /** What Qontak has counted. */
  seen(): Promise<Seen>;
  /** The data of a company in Qontak. */
  kept(tenant: string): Promise<Kept>;
  /** Turns off the faults. */
  quiet(): Promise<void>;
  /** Expires all access tokens. */
  expire(): Promise<void>;
}

/** Starts all processes. */
export async function createWorld(plan: Plan): Promise<World> {
  const stack = new AsyncDisposableStack();
  const tenants = tenantNames(plan.tenants);
  // With an argument, this starts a new Redis even if one is running.
  const redis = stack.use(await startRedis("--loglevel", "warning"));
  const keyPrefix = `${redis.prefix}load:`;
  const store = createRedisStore({ url: redis.url, keyPrefix });
  for (const tenant of tenants) {
    const refresh_token = firstToken(tenant);
    await store.replace(tenant, { refresh_token }, undefined);
  }
  await store.close!();

  const options: UpstreamOptions = {
    tenants: plan.tenants,
    faults: plan.faults,
    lifetime: plan.lifetime,
    perSecond: plan.rate.perSecond,
    seed: plan.seed,
  };
  const upstream = await startScript("upstream.ts", JSON.stringify(options));
  stack.defer(upstream.kill);
  const { port: behind } = new URL(upstream.url);
  const frontPort = String(freePort());
  let front = plan.kill
    ? await startScript("front.ts", frontPort, behind)
    : undefined;
  stack.defer(async () => await front?.kill());

  const keys = await Promise.all([
    ...tenants.map(async (tenant) =>
      `${await sha256(keyOf(tenant))}:${tenant}`
    ),
    sha256(SHARED_KEY).then((hash) => `${hash}:${tenants.join("+")}`),
  ]);
  const env = {
    TOKEN_STORE: "redis",
    REDIS_URL: redis.url,
    REDIS_KEY_PREFIX: keyPrefix,
    QONTAK_BASE_URL: front?.url ?? upstream.url,
    QONTAK_CONFIRM: "off",
    QONTAK_TIMEOUT_MS: String(plan.timeout),
    QONTAK_RATE_LIMIT: `${plan.rate.perSecond}/${plan.rate.burst}`,
    QONTAK_GLOBAL_RATE_LIMIT: "0",
    // Callers here ask on and on, and most answers come from memory.
    MCP_CALL_RATE: "0",
    // Without a sealing key, what changes replace is kept in memory: at most 64
    // MB, which would look like a leak here.
    QONTAK_UNDO_DAYS: "0",
    MCP_API_KEYS: keys.join(","),
  };
  const servers: HttpProcess[] = [];
  for (let i = 0; i < plan.servers; i++) servers.push(await startHttp([], env));
  stack.defer(async () => {
    await Promise.all(servers.map((server) => server.stop("SIGKILL")));
  });
  const urls = servers.map(({ url }) => url);

  const ask = async (path: string) =>
    await (await fetch(`${upstream.url}/_load/${path}`)).json();
  return {
    tenants,
    redis,
    urls,
    servers,
    async restartServer(away) {
      const [server] = servers;
      await server!.stop("SIGKILL");
      await sleep(away);
      const { port } = new URL(server!.url);
      servers[0] = await startHttp([], env, { port });
    },
    async restartFront(away) {
      await front?.kill();
      await sleep(away);
      front = await startScript("front.ts", frontPort, behind);
    },
    seen: () => ask("seen"),
    kept: (tenant) => ask(`kept/${tenant}`),
    quiet: () => ask("quiet"),
    expire: () => ask("expire"),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
