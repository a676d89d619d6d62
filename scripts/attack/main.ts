/**
 * Attacks the server and reports whether it holds. All attacks stay on loopback
 * and are limited in number and time. The server, its CRM and its store run
 * only for the attacks.
 *
 * @module
 */
import { FAILED, OK } from "../../src/cli/exit.ts";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { noRedis } from "../../tests/support/redis.ts";
import { serveUpstream } from "../../tests/support/upstream.ts";
import { print, runCommand } from "../command.ts";
import { answerAttacks } from "./answers.ts";
import { type Attack, worst } from "./attack.ts";
import { callerAttacks } from "./callers.ts";
import { startAttacked } from "./server.ts";
import { storeAttacks } from "./store.ts";
import { textAttacks } from "./text.ts";
import { workAttacks } from "./work.ts";

/** How long one attack may take, in ms. */
const LONGEST = 45_000;

async function attempt(attack: Attack): Promise<string | undefined> {
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(
    () => late.resolve(`it did not end within ${LONGEST} ms`),
    LONGEST,
  );
  try {
    return await Promise.race([attack.run(), late.promise]);
  } catch (error) {
    return String(error);
  } finally {
    clearTimeout(timer);
  }
}

async function attackAll(only: string | undefined): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const sandbox = stack.use(serveSandbox());
  const seen: string[] = [];
  const qontak = stack.use(serveUpstream(sandbox, (request, pass) => {
    seen.push(`${request.method} ${new URL(request.url).pathname}`);
    return pass(request);
  }));
  const server = stack.use(
    await startAttacked({
      QONTAK_BASE_URL: qontak.url,
      QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
      // No caller presents a JWT: this tests what the server tells strangers
      // about it.
      MCP_OAUTH_ISSUER: qontak.url,
      MCP_OAUTH_AUDIENCE: "https://crm.example.com/mcp",
    }),
  );
  const attacks = [
    ...workAttacks(server),
    ...callerAttacks(server, () => seen),
    ...textAttacks,
    ...await answerAttacks(stack),
    ...noRedis ? [] : await storeAttacks(stack),
  ].filter(({ kind }) => only === undefined || kind === only);
  if (noRedis) print(`Attacks on the store are left out: ${noRedis}`);
  let failed = 0;
  for (const attack of attacks) {
    const start = performance.now();
    const problem = await attempt(attack);
    const ms = Math.round(performance.now() - start);
    if (problem !== undefined) failed++;
    print(
      `${problem === undefined ? "held    " : "NOT HELD"} ${
        attack.kind.padEnd(13)
      } ${attack.tried} (${ms} ms)${
        problem === undefined ? "" : `: ${problem}`
      }`,
    );
  }
  print(
    `Another caller waited at most ${worst.wait} ms; a server took at most ${worst.memory} MB`,
  );
  print(`${attacks.length - failed} passed, ${failed} failed`);
  return failed === 0 ? OK : FAILED;
}

await runCommand({
  task: "attack",
  about:
    "Attacks a server that is started for it, on loopback, and prints what held",
  flags: {
    kind: {
      type: "string",
      help: "Only the attacks of this kind",
      value: "KIND",
    },
  },
  run: ({ kind }) => attackAll(kind),
}, Deno.args);
