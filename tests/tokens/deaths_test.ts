/** Servers that are killed during a refresh, and stores that stop. */
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
import { noOwnRedis } from "../support/redis.ts";
import { unless } from "../support/unless.ts";

const TOKEN_PATH = "/oauth/token", PRODUCTS = "/api/v3.1/products";

/** When a process is killed, and what the next one must find. */
interface Death {
  readonly name: string;
  /** Brings a server to this point, with a call under way. */
  reach(gate: Gate, shared: Shared): Promise<void>;
  /** Whether the next server works; otherwise it must say what happened. */
  readonly survives: boolean;
  /** Whether writes to the store must be paused for it. */
  readonly pauses?: true;
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
    name: "while the new token is being stored",
    async reach(gate, shared) {
      await gate.hold(TOKEN_PATH, "after");
      await shared.pauseWrites!();
      gate.release();
      await sleep(500);
    },
    survives: false,
    pauses: true,
  },
  {
    name: "after the new token was stored, before its use",
    reach: (gate) => gate.hold(PRODUCTS, "before"),
    survives: true,
  },
];

async function die(kind: Kind, death: Death): Promise<void> {
  await using sandbox = serveSandbox();
  await using shared = await kind.start(sandbox);
  await using gate = startGate(sandbox);
  const env = { QONTAK_BASE_URL: gate.url };
  // Not the first grants, so that there is a token to lose.
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
  Deno.test({
    ...unless(
      kind.missing,
      `a server on ${kind.name} that is killed during a refresh locks out no company whose token was stored`,
    ),
    async fn() {
      const reachable = deaths.filter(({ pauses }) => !pauses || kind.canPause);
      // The lease of a dead process expires by itself, so these wait together.
      await Promise.all(reachable.map((death) => die(kind, death)));
    },
  });
}

/** Calls until one succeeds, for at most ten seconds. */
async function recover(server: HttpProcess, shared: Shared): Promise<void> {
  for (let tries = 0;; tries++) {
    const { isError, text } = await call(server, shared);
    if (!isError) return;
    assert(tries < 100, text);
    await sleep(100);
  }
}

for (const kind of kinds.filter(({ canPause }) => canPause)) {
  const missing = kind.name === "redis" ? noOwnRedis : kind.missing;
  Deno.test({
    ...unless(
      missing,
      `a server survives an outage of ${kind.name}, and never reports it as missing credentials`,
    ),
    async fn() {
      await using sandbox = serveSandbox();
      await using shared = await kind.start(sandbox);
      await using gate = startGate(sandbox);
      const env = { QONTAK_BASE_URL: gate.url };
      await using server = await startServer(sandbox, shared, env);
      assertEquals((await call(server, shared)).isError, false);

      // The token is valid, so the store is not needed.
      await shared.stop!();
      assertEquals((await call(server, shared)).isError, false);
      sandbox.expireAccessTokens();
      const { isError, text } = await call(server, shared);
      assert(isError, text);
      assertStringIncludes(text, kind.outage!);
      await shared.restart!();
      await recover(server, shared);

      // The store stops between the grant and storing the new token.
      sandbox.expireAccessTokens();
      const before = sandbox.grants;
      const held = gate.hold(TOKEN_PATH, "after");
      const calling = call(server, shared);
      await held;
      await shared.stop!();
      gate.release();
      assertEquals((await calling).isError, false);
      await shared.restart!();
      // Another server finds the new token once it is stored.
      await using other = await startServer(sandbox, shared);
      await recover(other, shared);
      assertEquals(sandbox.grants - before, 1);
      const ended = await server.stop("SIGTERM");
      assertStringIncludes(ended.stderr, "could not be kept");
      assertStringIncludes(ended.stderr, "is now kept");
      assertNoTokens([ended, await other.stop("SIGTERM")]);
    },
  });
}
