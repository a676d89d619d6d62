import { assertEquals } from "@std/assert";
import { createHandler, createServer } from "../../mod.ts";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import {
  countCall,
  firstTurn,
  nextTurn,
  noteArrival,
} from "../../src/values/turns.ts";
import { post, toolCall } from "../support/rpc.ts";
import { until } from "../support/time.ts";
import { serveUpstream } from "../support/upstream.ts";

Deno.test("nextTurn() lets a computation end before the next one begins", async () => {
  const order: string[] = [];
  const compute = async (name: string) => {
    await firstTurn();
    order.push(`${name} begins`);
    await nextTurn(3);
    order.push(`${name} continues`);
    await nextTurn();
    order.push(`${name} ends`);
  };
  await Promise.all([compute("one"), compute("two")]);
  assertEquals(
    order,
    ["one", "two"].flatMap((name) => [
      `${name} begins`,
      `${name} continues`,
      `${name} ends`,
    ]),
  );
});

/** How many events are handled before a turn that should come after three. */
async function eventsBeforeTurn(): Promise<number> {
  let events = 0;
  let timer: ReturnType<typeof setTimeout>;
  const handle = () => {
    events++;
    timer = setTimeout(handle);
  };
  const turn = nextTurn(3);
  timer = setTimeout(handle);
  await turn;
  clearTimeout(timer);
  return events;
}

Deno.test("nextTurn() waits for the events of other calls only while there are any", async () => {
  assertEquals(await eventsBeforeTurn(), 0);
  {
    using _own = countCall();
    assertEquals(await eventsBeforeTurn(), 0);
    using _other = countCall();
    assertEquals(await eventsBeforeTurn(), 2);
  }
  noteArrival();
  assertEquals(await eventsBeforeTurn(), 2);
  assertEquals(await eventsBeforeTurn(), 0);
});

Deno.test("nextTurn() knows the requests and the calls of a server", async () => {
  const isReleased = Promise.withResolvers<void>();
  let held = 0;
  await using sandbox = serveSandbox();
  await using upstream = serveUpstream(sandbox, async (request, pass) => {
    const answer = await pass(request);
    if (new URL(request.url).pathname.endsWith("/deals")) {
      held++;
      await isReleased.promise;
    }
    return answer;
  });
  const server = createServer({
    baseUrl: upstream.url,
    refreshToken: sandbox.refreshToken,
    kv: false,
  });
  const handler = createHandler(server);
  const ask = async (path: string, init?: RequestInit) => {
    const answer = await handler(new Request(`http://localhost${path}`, init));
    assertEquals(answer.status, 200);
    await answer.text();
  };
  try {
    await nextTurn();
    await ask("/health");
    assertEquals(await eventsBeforeTurn(), 2);
    const calls = [1, 2].map((id) =>
      ask("/mcp", post(toolCall(id, "list_deals", { page: id })))
    );
    await until(() => held === 2, "both calls wait for Qontak");
    await nextTurn();
    assertEquals(await eventsBeforeTurn(), 2);
    isReleased.resolve();
    await Promise.all(calls);
  } finally {
    isReleased.resolve();
    await server.close();
  }
  await nextTurn();
  assertEquals(await eventsBeforeTurn(), 0);
});
