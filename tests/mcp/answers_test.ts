/**
 * Answers that callers over HTTP do not read: how much of them is made and
 * held, and what is refused.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createServer, type QontakServer } from "../../mod.ts";
import { DEFAULT_SCOPES } from "../../src/auth/principal.ts";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { parseEvents, post, request, toolCall } from "../support/rpc.ts";
import { sleep, until } from "../support/time.ts";
import { NO_RATE, noRates } from "../support/world.ts";

const MB = 1024 * 1024;

/** A call whose answer is large. */
const large = (id: number) =>
  toolCall(id, "list_contacts", { fields: ["*"], per_page: 100 });

const BATCH = Array.from({ length: 20 }, (_, id) => large(id));

function serve() {
  const sandbox = serveSandbox();
  const server = createServer({
    baseUrl: sandbox.url,
    refreshToken: sandbox.refreshToken,
    log: () => {},
    limits: noRates(),
    callRate: NO_RATE,
  });
  const lists = () =>
    sandbox.requests.filter(({ path }) => path.endsWith("/contacts")).length;
  return {
    lists,
    /** Sends a message of a caller. */
    send: (message: object, name: string): Promise<Response> =>
      server.fetch(
        new Request("http://127.0.0.1/mcp", post(message)),
        { name, tenants: ["_default"], scopes: DEFAULT_SCOPES },
      ),
    /** Waits until Qontak is not asked for more. */
    async settle() {
      // The first call loads what calls need, which takes a while.
      await until(() => lists() > 0, "Qontak is asked");
      for (let before = -1, same = 0; same < 2;) {
        await sleep(200);
        same = before === lists() ? same + 1 : 0;
        before = lists();
      }
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      await sandbox[Symbol.asyncDispose]();
    },
  } satisfies AsyncDisposable & Record<string, unknown>;
}

Deno.test("the calls of a batch continue as their answers are read", async () => {
  await using served = serve();
  const response = await served.send(BATCH, "slow");
  await served.settle();
  const early = served.lists();
  assert(early >= 1 && early < 15, `${early} of 20 calls were made unread`);
  const answers = parseEvents(await response.text());
  assertEquals(
    answers.map(({ id }) => id).sort((one, other) => one - other),
    [...Array(20).keys()],
  );
  for (const { result } of answers) assertEquals(result.isError, undefined);
  assertEquals(served.lists(), 20);
});

Deno.test("unread answers are limited for each caller and in total, and more are refused", async () => {
  await using served = serve();
  /** Sends 40 batches of a caller, a few at once, and reads none. */
  async function fill(name: string): Promise<Response[]> {
    const responses: Response[] = [];
    for (let wave = 0; wave < 8; wave++) {
      responses.push(
        ...await Promise.all(
          Array.from({ length: 5 }, () => served.send(BATCH, name)),
        ),
      );
      await served.settle();
    }
    for (const response of [...responses, await served.send(large(1), name)]) {
      if (response.status === 200) continue;
      assertEquals(response.status, 429);
      assertEquals(response.headers.get("retry-after"), "1");
      const { error } = await response.json();
      assertEquals([error.code, error.data], [-32000, { retryAfter: 1 }]);
      assertStringIncludes(error.message, "Read the answers or close");
    }
    const held = responses.filter(({ status }) => status === 200);
    assert(held.length < 40, "nothing was refused");
    return held;
  }
  const held = [await fill("first"), await fill("second"), await fill("third")];
  // There is room for a new caller, even after the others.
  const fourth = await served.send(large(1), "fourth");
  const [answer] = parseEvents(await fourth.text());
  assertEquals(answer.result.isError, undefined);
  const sizes = await Promise.all(held.map(async (responses) => {
    const texts = await Promise.all(responses.map((one) => one.text()));
    return texts.reduce((size, text) => size + text.length, 0) / MB;
  }));
  for (const size of sizes) {
    assert(size > 14 && size < 34, `${sizes.join(", ")} MB`);
  }
  // What was read is free again.
  const again = await served.send(large(1), "first");
  const [last] = parseEvents(await again.text());
  assertEquals(last.result.isError, undefined);
});

Deno.test("tools/list is the same for callers that read it immediately, late, or in a batch", async () => {
  const server: QontakServer = createServer({
    refreshToken: "unused",
    log: () => {},
  });
  const list = async (message: object) => {
    const response = await server.fetch(
      new Request("http://127.0.0.1/mcp", post(message)),
    );
    return parseEvents(await response.text());
  };
  const [alone] = await list(request(1, "tools/list"));
  assertEquals(alone.result.tools.map(({ name }: { name: string }) => name), [
    ...server.tools,
  ]);
  const batch = await list(
    [request("a", "tools/list"), request(2, "ping"), request(3, "tools/list")],
  );
  const byId = new Map(batch.map(({ id, result }) => [id, result]));
  assertEquals([...byId.keys()].length, 3);
  assertEquals(byId.get("a"), alone.result);
  assertEquals(byId.get(3), alone.result);
  await server.close();
});
