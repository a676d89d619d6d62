/**
 * One server of the simulation, built from variables as the program is. It
 * counts what it asks of Redis and Deno KV, prints its address as JSON, and
 * serves until it is killed.
 *
 * @module
 */
import { cpuUsage } from "node:process";
import { Redis } from "ioredis";
import { open } from "../../src/app/open.ts";
import { settingsOf } from "../../src/cli/command.ts";
import { USAGE_PATH } from "../bench/shared.ts";
import {
  companyName,
  FILL_PATH,
  type Filling,
  tokenOf,
  type Used,
} from "./shared.ts";

let operations = 0;
const commits = { ms: 0, count: 0 };

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Counts the calls of methods that every object of a class has. */
function countCalls(
  { prototype }: { readonly prototype: object },
  names: readonly string[],
  isWrite = false,
): void {
  const methods = prototype as Record<string, Method>;
  for (const name of names) {
    const method = methods[name]!;
    methods[name] = function (...args) {
      operations++;
      const start = performance.now();
      const result = method.apply(this, args);
      if (isWrite) {
        void Promise.resolve(result).finally(() => {
          commits.ms += performance.now() - start;
          commits.count++;
        }).catch(() => {});
      }
      return result;
    };
  }
}

countCalls(Redis, ["sendCommand"]);
if (typeof Deno.openKv === "function") {
  countCalls(Deno.Kv, ["get", "getMany", "list"]);
  countCalls(Deno.Kv, ["set", "delete"], true);
  countCalls(Deno.AtomicOperation, ["commit"], true);
}

const program = await open(settingsOf({}));
const handler = await program.handler(false);

/** Puts companies into the store. */
async function fill({ from, to, isExpired }: Filling): Promise<void> {
  const now = Math.floor(Date.now() / 1_000);
  for (let i = from; i < to; i++) {
    const name = companyName(i);
    await program.store.replace(name, {
      refresh_token: tokenOf(name),
      access_token: crypto.randomUUID().repeat(2),
      expires_at: isExpired ? now - 1 : now + 21_600,
      expires_in: 21_600,
    }, undefined);
  }
}

function used(isCollected: boolean): Used {
  if (isCollected) (globalThis as { gc?: () => void }).gc?.();
  const { user, system } = cpuUsage();
  const { rss, heapUsed: heap } = Deno.memoryUsage();
  return { rss, heap, cpu: (user + system) / 1_000, operations, commits };
}

Deno.serve(
  {
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) =>
      // deno-lint-ignore no-console -- the process that started it reads this
      console.log(JSON.stringify({ url: `http://127.0.0.1:${port}/mcp` })),
  },
  async (request, info) => {
    const { pathname, search } = new URL(request.url);
    if (pathname === USAGE_PATH) return Response.json(used(search !== ""));
    if (pathname !== FILL_PATH) return await handler(request, info);
    await fill(await request.json());
    return new Response(null, { status: 204 });
  },
);
