import { assertEquals, assertStringIncludes } from "@std/assert";
import { createServer } from "../../mod.ts";
import { run } from "../support/process.ts";
import { parseLines, post, request, toStdin } from "../support/rpc.ts";

const long = "x".repeat(201);

const withToken = (progressToken: unknown) =>
  request(7, "ping", { _meta: { progressToken } });

const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`a${i}`, i]));

const pings = (...ids: (string | number)[]) =>
  ids.map((id) => request(id, "ping"));

/** What is sent, the id of the answer, and a part of its text. */
const refused: readonly [string, object, unknown, string][] = [
  [
    "one id twice",
    pings(1, 2, 1),
    null,
    "Two requests of the batch have the id 1",
  ],
  [
    "a text twice",
    pings("a", "a"),
    null,
    'Two requests of the batch have the id "a"',
  ],
  [
    "21 messages",
    pings(...Array(21).keys()),
    null,
    "at most 20 messages, not 21: send the others after the answer",
  ],
  ["a long progress token", withToken(long), 7, "progressToken may have at"],
  ["one in a batch", [withToken(long)], null, "progressToken may have at"],
  ["a long id", request(long, "ping"), null, "id may have at most 200"],
  ["a long method", request(7, long), 7, "method may have at most 200"],
  [
    "a tool's name that is a text",
    request(7, "tools/call", { name: "\ufdfa".repeat(340_000) }),
    7,
    "a text of 340000 characters",
  ],
  [
    "metadata without end",
    request(7, "ping", { _meta: many(2_000) }),
    7,
    "an object of 2000 keys",
  ],
  [
    "arguments without end",
    request(7, "tools/call", { name: "get_deal", arguments: many(60_000) }),
    7,
    "There are 60000 arguments",
  ],
  [
    "many keys",
    { ...request(7, "ping"), ...many(20) },
    null,
    "at most 20 keys",
  ],
];

Deno.test("messages that cannot be answered, or only with much work, are refused over HTTP", async () => {
  await using server = closing(
    createServer({ refreshToken: "unused", log: () => {} }),
  );
  const send = (message: object) =>
    server.fetch(new Request("http://127.0.0.1/mcp", post(message)));
  for (const [what, message, id, problem] of refused) {
    const response = await send(message);
    assertEquals(response.status, 400, what);
    const answer = await response.json();
    assertEquals([answer.id, answer.error.code], [id, -32600], what);
    assertStringIncludes(answer.error.message, problem, what);
  }
  for (const message of [pings(1, "1"), withToken("x".repeat(200))]) {
    const response = await send(message);
    const text = await response.text();
    assertEquals(response.status, 200, text);
  }
});

Deno.test("messages that cannot be answered, or only with much work, are refused on stdio", async () => {
  const single = refused.filter(([, message]) => !Array.isArray(message));
  const { stdout } = await run(["--sandbox"], {
    stdin: toStdin(...single.map(([, message]) => message)),
  });
  assertEquals(
    parseLines(stdout).map(({ id, error }) => [id, error.code]),
    single.map(([, , id]) => [id, -32600]),
  );
});

function closing<T extends { close(): Promise<void> }>(
  server: T,
): T & AsyncDisposable {
  return Object.assign(server, { [Symbol.asyncDispose]: () => server.close() });
}
