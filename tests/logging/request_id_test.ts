import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { createHandler, createServer, type Log } from "../../mod.ts";
import { createLog } from "../../src/logging/log.ts";
import { withRequestId } from "../../src/logging/request_id.ts";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { run, startHttp } from "../support/process.ts";
import {
  HANDSHAKE,
  parseLines,
  post,
  toolCall,
  toStdin,
} from "../support/rpc.ts";

/** The message about every call at level debug. */
const CALLED = "A tool was called";

interface Place extends AsyncDisposable {
  readonly lines: Record<string, unknown>[];
  call(tool: string, id?: string): Promise<Response>;
}

/** A server whose log lines are recorded, written by itself or by a program. */
function createPlace(
  own: (write: (line: string) => void) => Log,
  send?: typeof fetch,
): Place {
  const sandbox = serveSandbox();
  const lines: Record<string, unknown>[] = [];
  const server = createServer({
    baseUrl: sandbox.url,
    refreshToken: sandbox.refreshToken,
    tokenCache: "memory",
    log: own((line) => lines.push(JSON.parse(line))),
    ...(send ? { fetch: send } : {}),
  });
  const handler = createHandler(server);
  return {
    lines,
    call: (name, id) =>
      handler(
        new Request(
          "http://127.0.0.1/mcp",
          post(toolCall(1, name), {
            host: "127.0.0.1",
            ...(id === undefined ? {} : { "x-request-id": id }),
          }),
        ),
      ),
    async [Symbol.asyncDispose]() {
      await server.close();
      await sandbox.close();
    },
  };
}

const ours = (write: (line: string) => void) => createLog("debug", write);
const theirs = (write: (line: string) => void): Log => (level, message, more) =>
  write(JSON.stringify({ level, message, ...more }));

Deno.test("each HTTP request has an id, in the answer and in its log lines", async () => {
  for (const log of [ours, theirs]) {
    await using place = createPlace(log);
    const ids = ["list_pipelines", "list_deals", "list_products"].map((tool) =>
      [tool, `id-of_${tool}`] as const
    );
    // At the same time: no id may appear in the lines of another request.
    await Promise.all(ids.map(async ([tool, id]) => {
      const response = await place.call(tool, id);
      assertEquals(response.headers.get("x-request-id"), id);
      await response.text();
    }));
    const called = place.lines.filter(({ message }) => message === CALLED);
    assertEquals(
      called.map(({ tool, request }) => [tool, request]).toSorted(),
      ids.map((pair) => [...pair]).toSorted(),
    );
  }
});

Deno.test("each HTTP request has its own id, on a new connection too", async () => {
  await using served = await startHttp(["--sandbox"]);
  const seen: (string | null)[] = [];
  for (let i = 0; i < 4; i++) {
    // A separate connection, as from a separate client.
    using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
    const response = await fetch(new URL("/ready", served.url), { client });
    assertEquals((await response.json()).qontak, "ok");
    seen.push(response.headers.get("x-request-id"));
  }
  assertEquals(new Set(seen).size, seen.length, seen.join());
});

Deno.test("an id that does not look like one is replaced", async () => {
  await using place = createPlace(ours);
  const seen = new Set<string>();
  for (const id of [undefined, "", "a b", "é", "x".repeat(65), '"},{"']) {
    const response = await place.call("list_pipelines", id && encodeURI(id));
    await response.text();
    const given = response.headers.get("x-request-id")!;
    assertMatch(given, /^[0-9a-f]{12}$/);
    seen.add(given);
  }
  assertEquals(seen.size, 6);
  const requests = new Set(place.lines.map(({ request }) => request));
  assertEquals(requests, seen);
});

Deno.test("an internal error names the id that the log has for the request", async () => {
  const breaking: typeof fetch = (input, init) => {
    if (String(input).includes("/oauth/")) return fetch(input, init);
    throw new RangeError("A fault");
  };
  await using place = createPlace(ours, breaking);
  const response = await place.call("list_pipelines", "id-1");
  assertStringIncludes(
    await response.text(),
    "list_pipelines failed inside the server; the server's log has more under request id-1. Nothing was changed",
  );
  const line = place.lines.find(({ level }) => level === "error");
  assertEquals(line?.request, "id-1");
  assertEquals(line?.error, "RangeError");
});

Deno.test("each call over stdio has its own id in the log", async () => {
  const { code, stderr } = await run(["--sandbox"], {
    stdin: toStdin(
      ...HANDSHAKE,
      toolCall(1, "list_pipelines"),
      toolCall(2, "list_deals"),
    ),
    env: { LOG_LEVEL: "debug" },
  });
  assertEquals(code, 0, stderr);
  const ids = parseLines(stderr)
    .filter(({ message }) => message === CALLED).map(({ request }) => request);
  assertEquals(ids.length, 2);
  for (const id of ids) assertMatch(id, /^[0-9a-f]{12}$/);
  assert(ids[0] !== ids[1]);
});

Deno.test("an id that is all digits is not taken for a phone number", () => {
  const lines: string[] = [];
  const log = createLog("info", (line) => lines.push(line), JSON.stringify);
  const { randomUUID } = crypto;
  crypto.randomUUID = () => "11111111-1111-4111-8111-628123456789";
  try {
    withRequestId((id) => {
      log("info", "Here");
      assertEquals(JSON.parse(lines[0]!).request, id);
    });
  } finally {
    crypto.randomUUID = randomUUID;
  }
});
