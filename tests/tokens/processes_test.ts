/** Servers in separate processes with one store, while access tokens expire. */
import { assertEquals } from "@std/assert";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { assertNoTokens, call, kinds, startServer } from "./shared.ts";
import { unless } from "../support/unless.ts";

const PROCESSES = 4, CALLS = 50, EXPIRIES = 20;

for (const kind of kinds) {
  Deno.test({
    ...unless(
      kind.missing,
      `${PROCESSES} processes on ${kind.name} make one refresh for each expiry, and no call fails`,
    ),
    async fn() {
      await using sandbox = serveSandbox();
      await using shared = await kind.start(sandbox);
      await using stack = new AsyncDisposableStack();
      const servers = await Promise.all(
        Array.from({ length: PROCESSES }, () => startServer(sandbox, shared)),
      );
      for (const server of servers) stack.use(server);
      for (let round = 0; round < EXPIRIES; round++) {
        sandbox.expireAccessTokens();
        const before = sandbox.grants;
        const called = await Promise.all(
          servers.flatMap((server) =>
            Array.from({ length: CALLS }, () => call(server, shared))
          ),
        );
        const failed = called.filter(({ isError }) => isError);
        assertEquals(failed.map(({ text }) => text), [], `round ${round}`);
        assertEquals(sandbox.grants - before, 1, `round ${round}`);
      }
      // No process has used a refresh token that was already replaced.
      assertEquals(sandbox.grantAttempts, sandbox.grants);
      assertNoTokens(await Promise.all(servers.map((s) => s.stop("SIGTERM"))));
    },
  });
}
