/** Servers in separate processes that share their limits. */
import { assert, assertEquals } from "@std/assert";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { call, kinds, startServer } from "../tokens/shared.ts";
import { leastFor, undisturbed } from "./replicas.ts";
import { unless } from "../support/unless.ts";

const SERVERS = 3, CALLS = 25;
const rate = { perSecond: 25, burst: 10 };

for (const kind of kinds.filter(({ name }) => /^(redis|kv)$/.test(name))) {
  Deno.test({
    ...unless(
      kind.missing,
      `${SERVERS} servers with QONTAK_LIMITS=${kind.name} keep a company's limit together`,
    ),
    fn: () =>
      undisturbed(async () => {
        await using sandbox = serveSandbox();
        await using shared = await kind.start(sandbox);
        await using stack = new AsyncDisposableStack();
        const servers = await Promise.all(
          Array.from({ length: SERVERS }, () =>
            startServer(sandbox, shared, {
              QONTAK_LIMITS: kind.name,
              QONTAK_RATE_LIMIT: `${rate.perSecond}/${rate.burst}`,
            })),
        );
        for (const server of servers) stack.use(server);
        const start = performance.now();
        const called = await Promise.all(
          servers.flatMap((server) =>
            Array.from({ length: CALLS }, () => call(server, shared))
          ),
        );
        const ms = performance.now() - start;
        assertEquals(called.filter(({ isError }) => isError), []);
        const ended = await Promise.all(
          servers.map((server) => server.stop("SIGTERM")),
        );
        if (ended.some(({ stderr }) => stderr.includes("do not answer"))) {
          return false;
        }
        assert(ms >= leastFor(SERVERS * CALLS, rate), `it took ${ms} ms`);
        return true;
      }),
  });
}
