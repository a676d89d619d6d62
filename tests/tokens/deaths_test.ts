/** Servers that are killed during a refresh, and stores that go away. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { type Gate, startGate } from "../support/gate.ts";
import type { HttpProcess } from "../support/process.ts";
import {
  assertNoTokens,
  call,
  type Kind,
  kinds,
  type Shared,
  startServer,
} from "./shared.ts";
import { sleep } from "../support/time.ts";

const TOKEN_PATH = "/oauth/token", PRODUCTS = "/api/v3.1/products";

/** Where a process is killed, and what the next one must find. */
interface Death {
  readonly name: string;
  /** Brings a server to the point; its call is under way by then. */
  reach(gate: Gate, shared: Shared): Promise<void>;
  /** Whether the next server works; if not, it must say what happened. */
  readonly survives: boolean;
}

const deaths: readonly Death[] = [
  {
    name: "before the grant",
    reach: (gate) => gate.hold(TOKEN_PATH, "before"),
    survives: true,
  },
  {
    name: "after the grant, before its answer",
    reach: (gate) => gate.hold(TOKEN_PATH, "after"),
    survives: false,
  },
  {
    name: "while the new token is being persisted",
    async reach(gate, shared) {
      await gate.hold(TOKEN_PATH, "after");
      await shared.pauseWrites!();
      gate.release();
      await sleep(500);
    },
    survives: false,
  },
  {
    name: "after the new token was persisted, before its use",
    reach: (gate) => gate.hold(PRODUCTS, "before"),
    survives: true,
  },
];

async function die(kind: Kind, death: Death): Promise<void> {
  await using sandbox = serveSandbox();
  await using shared = await kind.start(sandbox);
  await using gate = startGate(sandbox);
  const env = { QONTAK_BASE_URL: gate.url };
  // Not one of the first grants, so that there is something to lose.
  sandbox.expireAccessTokens();
  {
    await using server = await startServer(sandbox, shared, env);
    const reached = death.reach(gate, shared);
    const called = call(server, shared).catch(() => undefined);
    await reached;
    await server.stop("SIGKILL");
    await called;
    gate.release();
    await shared.resumeWrites?.();
  }
  await using next = await startServer(sandbox, shared, env);
  const { isError, text } = await call(next, shared);
  const what = `${kind.name}, killed ${death.name}: ${text}`;
  assertEquals(isError, !death.survives, what);
  if (death.survives) return;
  assertStringIncludes(text, "invalid_grant", what);
  assertStringIncludes(text, "stopped before it could keep the new one", what);
}

for (const kind of kinds) {
  const skipped = kind.missing && ` (skipped: ${kind.missing})`;
  Deno.test({
    name:
      `a server on ${kind.name} that is killed during a refresh locks nobody out whose token was kept${skipped}`,
    ignore: kind.missing !== "",
    async fn() {
      const reachable = deaths.filter(({ name }) =>
        !name.includes("being persisted") || kind.canPause
      );
      // A lease that a dead process leaves ends by itself: they wait together.
      await Promise.all(reachable.map((death) => die(kind, death)));
    },
  });
}

/** Calls until the answer is good, for ten seconds at most. */
async function recover(server: HttpProcess, shared: Shared): Promise<void> {
  for (let tries = 0;; tries++) {
    const { isError, text } = await call(server, shared);
    if (!isError) return;
    assert(tries < 100, text);
    await sleep(100);
  }
}

for (const kind of kinds.filter(({ canPause }) => canPause)) {
  const skipped = kind.missing && ` (skipped: ${kind.missing})`;
  Deno.test({
    name:
      `a server outlives an outage of ${kind.name}, and never takes it for missing credentials${skipped}`,
    ignore: kind.missing !== "" || Deno.env.has("REDIS_URL"),
    async fn() {
      await using sandbox = serveSandbox();
      await using shared = await kind.start(sandbox);
      await using gate = startGate(sandbox);
      const env = { QONTAK_BASE_URL: gate.url };
      await using server = await startServer(sandbox, shared, env);
      assertEquals((await call(server, shared)).isError, false);

      // The token is good: the store is not missed.
      await shared.stop!();
      assertEquals((await call(server, shared)).isError, false);
      sandbox.expireAccessTokens();
      const { isError, text } = await call(server, shared);
      assert(isError, text);
      assertStringIncludes(text, kind.outage!);
      await shared.restart!();
      await recover(server, shared);

      // It goes away between the grant and keeping what was granted.
      sandbox.expireAccessTokens();
      const before = sandbox.grants;
      const held = gate.hold(TOKEN_PATH, "after");
      const calling = call(server, shared);
      await held;
      await shared.stop!();
      gate.release();
      assertEquals((await calling).isError, false);
      await shared.restart!();
      // Another server finds the new token once it was kept after all.
      await using other = await startServer(sandbox, shared);
      await recover(other, shared);
      assertEquals(sandbox.grants - before, 1);
      const ended = await server.stop("SIGTERM");
      assertStringIncludes(ended.stderr, "could not be kept");
      assertStringIncludes(ended.stderr, "kept at last");
      assertNoTokens([ended, await other.stop("SIGTERM")]);
    },
  });
}
