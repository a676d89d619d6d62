/**
 * How a server stops on a signal: it accepts nothing more, answers the calls
 * under way, and stores what must be stored, all within the five seconds that
 * hosts allow.
 */
import {
  assert,
  assertEquals,
  assertNotMatch,
  assertStringIncludes,
} from "@std/assert";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { VERSION } from "../../src/version.ts";
import { callTool } from "../support/call.ts";
import { bearer, keyEntry, startDeployed } from "../support/deployed.ts";
import { startGate } from "../support/gate.ts";
import {
  type Ended,
  endedOf,
  type HttpProcess,
  isOnPath,
  program,
  spawnPiped,
  startHttp,
} from "../support/process.ts";
import { openRaw, type Raw, rawRequest } from "../support/raw.ts";
import { answersById, toolCall, toStdin } from "../support/rpc.ts";
import { noOwnRedis, startRedis } from "../support/redis.ts";
import { sleep } from "../support/time.ts";
import { unless } from "../support/unless.ts";

const KEY = "a-key";

/** Starts a server with these variables. */
type Start = (env: Record<string, string>) => Promise<HttpProcess>;

/** The ways to serve HTTP. They stop by the same code. */
const entries: Readonly<Record<string, Start>> = {
  "--http": (env) => startHttp([], env),
  "the deploy entry": startDeployed,
};

/** How long hosts wait before they kill the process, in ms. */
const PATIENCE = 5_000;

/** A server gives up 3.5 s after the signal. This is well before that, in ms. */
const PAUSE = 2_500;

/** Waits until no connection is accepted, for at most ten seconds. */
async function untilRefused(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  for (let tries = 0;; tries++) {
    try {
      (await Deno.connect({ hostname, port: Number(port) })).close();
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionRefused) return;
      throw error;
    }
    assert(tries < 500, "connections are still accepted");
    await sleep(20);
  }
}

/** A request that never ends, and that has reached the server. */
async function holdUp({ url }: HttpProcess): Promise<Raw> {
  const raw = await openRaw(url);
  const headers = {
    host: "127.0.0.1",
    "content-type": "application/json",
    "content-length": "100",
    ...bearer(KEY),
  };
  await raw.send(rawRequest("POST /mcp", headers, "{"));
  // A later request was answered, so that one has arrived.
  await (await fetch(new URL("/health", url))).body?.cancel();
  return raw;
}

/**
 * Stops a server as Deno Deploy does, which kills what takes longer. A busy
 * machine gets twice the time; a server that was killed has another exit code.
 */
async function inTime(server: HttpProcess): Promise<Ended> {
  const killer = setTimeout(() => server.stop("SIGKILL"), 2 * PATIENCE);
  const ended = await server.stop("SIGINT");
  clearTimeout(killer);
  assertEquals(ended.code, 0);
  return ended;
}

/**
 * Stops a server while Qontak holds the answer to a call. The answer is
 * released as soon as the server accepts nothing more.
 *
 * @returns The answer or the error that the client saw, the end of the server,
 * and how long it was held after the signal, in ms.
 */
async function stopDuringCall(start: Start, signal: Deno.Signal) {
  await using sandbox = serveSandbox();
  await using gate = startGate(sandbox);
  await using server = await start({
    QONTAK_BASE_URL: gate.url,
    QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
    MCP_API_KEYS: await keyEntry(KEY),
  });
  const health = await fetch(new URL("/health", server.url));
  const { status, version } = await health.json();
  assertEquals([status, version], ["ok", VERSION]);

  const held = gate.hold("/api/v3.1/pipelines", "after");
  // An error must wait for its turn, or it ends the other tests of this file.
  const answer = callTool(server.url, "list_pipelines", {}, bearer(KEY))
    .then(({ text }) => text, (error) => `${error}: ${error.cause}`);
  await Promise.race([held, answer]);
  const since = performance.now();
  const ending = server.stop(signal);
  await server.says("finishing the requests under way");
  // A second signal, such as one that a wrapper forwards, changes nothing.
  server.stop(signal);
  await untilRefused(server.url);
  gate.release();
  const ms = performance.now() - since;
  return { answer: await answer, ended: await ending, ms };
}

for (const [name, start] of Object.entries(entries)) {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.test(`${name} answers what is under way on ${signal}, and nothing more`, async () => {
      let stopped = await stopDuringCall(start, signal);
      // A machine that pauses makes the server give up, as it must.
      for (let again = 0; stopped.ms > PAUSE && again < 3; again++) {
        stopped = await stopDuringCall(start, signal);
      }
      const { answer, ended: { code, stdout, stderr }, ms } = stopped;
      assertStringIncludes(answer, "Corporate Sales", `${ms} ms: ${stderr}`);
      assertEquals([code, stdout], [0, ""], stderr);
      assertNotMatch(stderr, /did not end in time/);
    });
  }

  Deno.test(`${name} does not wait forever for a request that does not end`, async () => {
    await using server = await start({
      QONTAK_BASE_URL: "http://127.0.0.1:9",
      QONTAK_REFRESH_TOKEN: "unused",
      MCP_API_KEYS: await keyEntry(KEY),
    });
    await using _stuck = await holdUp(server);
    const { stderr } = await inTime(server);
    assertStringIncludes(stderr, "did not end in time");
  });

  Deno.test({
    // It is configured to refuse writes, so it must not be a shared Redis.
    ...unless(
      noOwnRedis,
      `${name} tries at its end to keep the refresh token that could not be kept before`,
    ),
    async fn() {
      await using redis = await startRedis();
      const refuseWrites = (replicas: "0" | "1") =>
        redis.send("CONFIG", "SET", "min-replicas-to-write", replicas);
      for (const tenant of ["kept", "lost"]) {
        await using sandbox = serveSandbox();
        await using gate = startGate(sandbox);
        await redis.send(
          "SET",
          redis.prefix + tenant,
          JSON.stringify({ refresh_token: sandbox.refreshToken }),
        );
        const env = {
          QONTAK_BASE_URL: gate.url,
          TOKEN_STORE: "redis",
          TOKEN_CACHE: "memory",
          REDIS_URL: redis.url,
          REDIS_KEY_PREFIX: redis.prefix,
          MCP_API_KEYS: await keyEntry(KEY, `:${tenant}`),
        };
        const call = ({ url }: HttpProcess) =>
          callTool(url, "list_pipelines", {}, bearer(KEY));
        await using server = await start(env);
        const held = gate.hold("/oauth/token", "after");
        const [answer] = await Promise.all([
          call(server),
          (async () => {
            await held;
            await refuseWrites("1");
            gate.release();
          })(),
        ]);
        assertEquals(answer.isError, false);
        if (tenant === "lost") {
          await using _stuck = await holdUp(server);
          const { stderr } = await inTime(server);
          assertStringIncludes(stderr, "could not be kept and is lost");
          continue;
        }
        // By then the next attempt is seconds away.
        await server.says('"tries":5');
        await refuseWrites("0");
        const { stderr } = await inTime(server);
        assert(!/is now kept|is lost/.test(stderr), stderr);
        await using next = await start(env);
        const { text, isError } = await call(next);
        assertEquals(isError, false, text);
      }
    },
  });
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test({
    name: `stdio answers what is under way on ${signal}, and ends`,
    ignore: Deno.build.os === "windows",
    async fn() {
      await using sandbox = serveSandbox();
      await using gate = startGate(sandbox);
      const child = spawnPiped(await program(), {
        env: {
          QONTAK_BASE_URL: gate.url,
          QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
        },
        stderr: "piped",
      });
      const output = child.output();
      const held = gate.hold("/api/v3.1/pipelines", "after");
      const writer = child.stdin.getWriter();
      await writer.write(
        new TextEncoder().encode(toStdin(toolCall(1, "list_pipelines"))),
      );
      await held;
      child.kill(signal);
      // It reads no more.
      await sleep(200);
      await writer.write(
        new TextEncoder().encode(toStdin(toolCall(2, "list_pipelines"))),
      ).catch(() => {});
      gate.release();
      const { code, stdout, stderr } = endedOf(await output);
      await writer.close().catch(() => {});
      assertEquals(code, 0, stderr);
      const answers = answersById(stdout);
      assertStringIncludes(
        answers.get(1).result.content[0].text,
        "Corporate Sales",
      );
      assertEquals(answers.has(2), false);
    },
  });
}

/** The words that make a program the first process of a container. */
const FIRST = ["--user", "--map-root-user", "--pid", "--fork", "--kill-child"];

const noContainer = Deno.build.os === "linux" &&
    await isOnPath("unshare") &&
    (await new Deno.Command("unshare", { args: [...FIRST, "true"] }).output())
      .success
  ? ""
  : "processes of their own are not allowed here";

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test({
    // Linux ends the first process only if it handles the signal.
    ...unless(noContainer, `stdio ends on ${signal} as the first process`),
    async fn() {
      const child = spawnPiped(
        [...FIRST, Deno.execPath(), ...await program("--sandbox")],
        { command: "unshare" },
      );
      const reader = child.stdout.getReader();
      const writer = child.stdin.getWriter();
      await writer.write(
        new TextEncoder().encode(toStdin(toolCall(1, "list_pipelines"))),
      );
      assert((await reader.read()).value, "it does not answer");
      const killed = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
      // Deno itself may not read there.
      const { success } = await new Deno.Command("sh", {
        args: [
          "-c",
          `kill -${
            signal.slice(3)
          } $(cat /proc/${child.pid}/task/${child.pid}/children)`,
        ],
      }).output();
      assert(success);
      const { code, signal: killer } = await child.status;
      assertEquals([code, killer], [0, null]);
      clearTimeout(killed);
      await reader.cancel();
      await writer.close().catch(() => {});
    },
  });
}
