/**
 * A real Redis for the tests: the one of `REDIS_URL`, or one that is started
 * for them on a free port of loopback.
 *
 * @module
 */
import { isOnPath } from "./process.ts";

/** A Redis that answers. */
export interface TestRedis extends AsyncDisposable {
  readonly url: string;
  /** Stops it without asking; only where it was started here. */
  kill(): Promise<void>;
  /** Starts it again on the same port, empty. */
  restart(): Promise<void>;
}

/** Why there is no Redis; empty where there is one. */
export const noRedis: string = Deno.env.get("REDIS_URL") ||
    await isOnPath("redis-server")
  ? ""
  : "redis-server is not on PATH and REDIS_URL is not set";

/** Starts a Redis, or takes the one of `REDIS_URL`. */
export async function startRedis(): Promise<TestRedis> {
  const given = Deno.env.get("REDIS_URL");
  if (given) {
    return {
      url: given,
      kill: () => Promise.reject(new Error("REDIS_URL is not ours to stop")),
      restart: () => Promise.resolve(),
      async [Symbol.asyncDispose]() {},
    };
  }
  const probe = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = probe.addr;
  probe.close();
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
        "no",
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
        if (tries === 100) throw error;
        await new Promise((resolve) => setTimeout(resolve, 30));
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
    url: `redis://127.0.0.1:${port}`,
    kill,
    restart: start,
    [Symbol.asyncDispose]: kill,
  };
}
