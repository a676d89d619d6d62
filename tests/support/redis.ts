/**
 * A real Redis for the tests: that of `REDIS_URL`, or one that they start on a
 * free port of loopback.
 *
 * @module
 */
import { freePort } from "./free_port.ts";
import { isOnPath } from "./process.ts";
import { sleep } from "./time.ts";

/** A Redis that answers. */
export interface TestRedis extends AsyncDisposable {
  readonly url: string;
  /** The prefix of the tests' keys. */
  readonly prefix: string;
  /** Sends one command, and returns the answer. */
  send(...command: string[]): Promise<unknown>;
  /** Kills it; only possible if the tests started it. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with its data. */
  restart(): Promise<void>;
}

/** Why no Redis can be started here; empty if one can. */
export const noServer: string = await isOnPath("redis-server")
  ? ""
  : "redis-server is not on PATH";

const isGiven = Boolean(Deno.env.get("REDIS_URL"));

/** Why there is no Redis; empty if there is one. */
export const noRedis: string = isGiven || noServer === ""
  ? ""
  : `${noServer} and REDIS_URL is not set`;

/** Why there is no Redis that a test may stop; empty if there is one. */
export const noOwnRedis: string = isGiven
  ? "the Redis of REDIS_URL is not ours to stop"
  : noRedis;

const prefix = Deno.env.get("REDIS_TEST_KEY_PREFIX") || "qontak:test:tokens:";

function sender(url: string): TestRedis["send"] {
  return async (name, ...args) => {
    const { Redis } = await import("ioredis");
    const redis = new Redis(url, { lazyConnect: true });
    try {
      return await redis.call(name, ...args);
    } finally {
      redis.disconnect();
    }
  };
}

/**
 * Starts a Redis, or uses that of `REDIS_URL`.
 *
 * @param args Further arguments of redis-server; with them, it is always
 * started.
 */
export async function startRedis(...args: string[]): Promise<TestRedis> {
  const given = Deno.env.get("REDIS_URL");
  if (given && args.length === 0) {
    return {
      url: given,
      prefix,
      send: sender(given),
      kill: () =>
        Promise.reject(new Error("The Redis of REDIS_URL may not be stopped")),
      restart: () => Promise.resolve(),
      async [Symbol.asyncDispose]() {},
    };
  }
  const port = freePort();
  const dir = await Deno.makeTempDir();
  const url = `redis://127.0.0.1:${port}`;
  let child: Deno.ChildProcess | undefined;
  async function start() {
    child = new Deno.Command("redis-server", {
      args: [
        "--port",
        String(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "yes",
        "--appendfsync",
        "always",
        "--dir",
        dir,
        ...args,
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    for (let tries = 0;; tries++) {
      try {
        (await Deno.connect({ hostname: "127.0.0.1", port })).close();
        return;
      } catch (error) {
        if (tries === 1_000) throw error;
        await sleep(30);
      }
    }
  }
  async function kill() {
    child?.kill("SIGKILL");
    await child?.status;
    child = undefined;
  }
  await start();
  return {
    url,
    prefix,
    send: sender(url),
    kill,
    restart: start,
    async [Symbol.asyncDispose]() {
      await kill();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

/**
 * Starts a Sentinel.
 *
 * @param config Further lines of its configuration.
 */
export async function startSentinel(
  ...config: string[]
): Promise<AsyncDisposable & { readonly port: number }> {
  const dir = await Deno.makeTempDir();
  const port = freePort();
  await Deno.writeTextFile(
    `${dir}/sentinel.conf`,
    [`port ${port}`, "bind 127.0.0.1", `dir ${dir}`, ...config, ""].join("\n"),
  );
  const sentinel = new Deno.Command("redis-server", {
    args: [`${dir}/sentinel.conf`, "--sentinel"],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  return {
    port,
    async [Symbol.asyncDispose]() {
      sentinel.kill("SIGKILL");
      await sentinel.status;
      await Deno.remove(dir, { recursive: true });
    },
  };
}
