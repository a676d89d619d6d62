/**
 * Bytes that no client sends, over a socket to a live process. Whatever is
 * sent, there is one answer, and the next call works.
 */
import {
  assert,
  assertEquals,
  assertNotMatch,
  assertStringIncludes,
} from "@std/assert";
import { callTool } from "../support/call.ts";
import { bearer, keyEntry } from "../support/deployed.ts";
import { type HttpProcess, startHttp } from "../support/process.ts";
import { startIssuer } from "../support/issuer.ts";
import { openRaw, type RawAnswer, rawRequest } from "../support/raw.ts";
import { HEADERS, parseLines, toolCall } from "../support/rpc.ts";

const KEY = "a-key";

/** What only a successful answer contains. */
const DATA = "Corporate Sales";

const CALL = JSON.stringify(toolCall(1, "list_pipelines"));

/** The headers of a call, in order; given ones replace the defaults. */
const headersOf = (
  { url }: HttpProcess,
  given: Readonly<Record<string, string>> = {},
): Record<string, string> => ({
  host: new URL(url).host,
  ...HEADERS,
  ...given,
});

/** Sends bytes over its own connection. */
async function exchange(
  { url }: HttpProcess,
  ...parts: (string | Uint8Array)[]
): Promise<RawAnswer> {
  await using raw = await openRaw(url);
  for (const part of parts) {
    // It may have answered already and closed the connection.
    if (!await raw.send(part)) break;
  }
  return await raw.answer();
}

/** A complete call with these headers. */
function call(
  server: HttpProcess,
  headers: Readonly<Record<string, string>>,
  path = "/mcp",
): Promise<RawAnswer> {
  const all = {
    ...headersOf(server),
    "content-length": String(CALL.length),
    ...headers,
  };
  const named = Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== ABSENT),
  );
  return exchange(server, rawRequest(`POST ${path}`, named, CALL));
}

/** Removes a header. */
const ABSENT = "(absent)";

Deno.test("--http serves no page that has pointed its name at this machine", async () => {
  await using server = await startHttp(["--sandbox"]);
  const { host, port } = new URL(server.url);
  for (const good of [host, `localhost:${port}`, "LOCALHOST", "[::1]"]) {
    const { status, text } = await call(server, { host: good });
    assertEquals(status, 200, good);
    assertStringIncludes(text, DATA);
  }
  const hosts = [
    "evil.example",
    `evil.example:${port}`,
    "127.0.0.1.evil.example",
    `localhost.evil.example:${port}`,
    `127.0.0.1@evil.example`,
    `evil.example#127.0.0.1`,
    "127.0.0.1, evil.example",
    "evil.example\\@127.0.0.1",
    "0.0.0.0",
    "",
  ];
  const origins = [
    "http://evil.example",
    `http://evil.example:${port}`,
    "http://127.0.0.1.evil.example",
    "http://localhost.evil.example",
    "file://",
    "null",
  ];
  const attempts: Record<string, string>[] = [
    ...hosts.map((host) => ({ host })),
    ...origins.map((origin) => ({ origin })),
    // A page that uses DNS rebinding sends both, for one origin.
    { host: "evil.example", origin: "http://evil.example" },
    { host: "evil.example", "x-forwarded-host": host },
  ];
  for (const headers of attempts) {
    const { status, text } = await call(server, headers);
    const what = JSON.stringify(headers);
    assert(status >= 400 && status < 500, `${what}: ${text}`);
    assert(!text.includes(DATA), what);
    if (headers.host) continue;
    assertNotMatch(text, /access-control-allow-origin/i, what);
  }
  const two = rawRequest("POST /mcp", {
    ...headersOf(server),
    Host: "evil.example",
    "content-length": String(CALL.length),
  }, CALL);
  assertEquals((await exchange(server, two)).status, 400);
  // The answer names the setting that serves others, and repeats no name.
  const refused = await call(server, { host: "evil.example" });
  assertEquals(refused.status, 403);
  assertStringIncludes(
    refused.text,
    "With MCP_STORED_KEYS, MCP_API_KEYS, MCP_OAUTH_ISSUER or",
  );
  assertNotMatch(refused.text, /evil/);
  // The host of an absolute URL counts, as Host does.
  const whole = { ...headersOf(server), "content-length": "0" };
  const target = "GET http://evil.example/mcp";
  assertEquals((await exchange(server, rawRequest(target, whole))).status, 403);
  // Browsers always send Host; HTTP/1.0 and HTTP/2 do not have it.
  assertEquals((await call(server, { host: ABSENT })).status, 200);
  const { code, stderr } = await server.stop("SIGTERM");
  assertEquals(code, 0);
  assertQuiet(stderr);
});

Deno.test("--http with keys opens to no page by its name", async () => {
  await using server = await startHttp(["--sandbox"], {
    MCP_API_KEYS: await keyEntry(KEY),
  });
  const evil = { host: "evil.example", origin: "http://evil.example" };
  assertEquals((await call(server, evil)).status, 401);
  // A page of another site that has a key.
  const stolen = { origin: "http://evil.example", ...bearer(KEY) };
  assertEquals((await call(server, stolen)).status, 403);
  const proxied = { host: "crm.example.com", ...bearer(KEY) };
  assertEquals((await call(server, proxied)).status, 200);
});

/** Every line is a log line, and none repeats what was sent. */
function assertQuiet(stderr: string) {
  parseLines(stderr);
  assertNotMatch(stderr, /evil|canary|fault in this server/);
}

const MIB = 1024 * 1024;
const canary = "canary-of-a-body";

/** What is sent after the headers of a call, and the allowed statuses. */
interface Attempt {
  readonly headers?: Readonly<Record<string, string>>;
  readonly parts?: readonly (string | Uint8Array)[];
  /** 0: the connection is closed without an answer. */
  readonly statuses: readonly number[];
}

const chunked = { "transfer-encoding": "chunked" };
const length = (size: number) => ({ "content-length": String(size) });

/** A complete body. */
const whole = (
  body: string,
  ...statuses: number[]
): Attempt => ({
  headers: length(new TextEncoder().encode(body).length),
  parts: [body],
  statuses,
});

const nested = (open: string, close: string, depth: number) =>
  `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_pipelines","arguments":${
    open.repeat(depth)
  }1${close.repeat(depth)}}}`;

const attempts: Readonly<Record<string, Attempt>> = {
  "a length of 2 MiB, of which little comes": {
    headers: length(2 * MIB),
    parts: [canary.repeat(1_000)],
    statuses: [413],
  },
  "2 MiB in pieces": {
    headers: chunked,
    parts: Array.from(
      { length: 32 },
      () => `10000\r\n${"x".repeat(65_536)}\r\n`,
    ),
    statuses: [413],
  },
  "a length below nothing": { headers: length(-1), statuses: [400] },
  "an invalid length": {
    headers: { "content-length": canary },
    statuses: [400],
  },
  "two lengths": {
    headers: { ...length(5), "Content-Length": "7" },
    parts: ["12345"],
    statuses: [400],
  },
  // If a proxy and the server disagree, one request can hide in another.
  "a length, and pieces": {
    headers: { ...length(5), ...chunked },
    parts: [`0\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n`],
    statuses: [400],
  },
  "pieces of an unknown kind": {
    headers: { "transfer-encoding": "xchunked" },
    statuses: [400],
  },
  "a piece without a length": {
    headers: chunked,
    parts: [`zz\r\n${canary}\r\n0\r\n\r\n`],
    statuses: [0, 400],
  },
  "an endless header": {
    headers: { "x-long": "y".repeat(600_000) },
    statuses: [0, 400, 431],
  },
  "a thousand headers": {
    headers: Object.fromEntries(
      Array.from({ length: 1_000 }, (_, i) => [`x-${i}`, "y"]),
    ),
    statuses: [0, 400, 431],
  },
  nothing: { headers: length(0), statuses: [400] },
  "half a value": whole(`{"${canary}":`, 400),
  "no message": whole("null", 400),
  "an empty batch": whole("[]", 400),
  "a text": whole(`"${canary}"`, 400),
  "an id that is an object": whole(
    '{"jsonrpc":"2.0","id":{},"method":"tools/list"}',
    400,
  ),
  "only brackets": whole("[".repeat(MIB - 1), 400),
  "objects in objects": whole(nested('{"a":', "}", 50_000), 200, 400),
  "lists in lists": whole(nested("[", "]", 50_000), 200, 400),
  "a prototype": whole(
    '{"jsonrpc":"2.0","id":1,"method":"__proto__","params":{"__proto__":{"isAdmin":true}}}',
    200,
    400,
    404,
  ),
  "zero bytes": whole("\0".repeat(100), 400),
  "no UTF-8": {
    headers: length(6),
    parts: [new Uint8Array([123, 34, 255, 254, 34, 125])],
    statuses: [400],
  },
  "another type": {
    headers: { ...length(CALL.length), "content-type": "text/plain" },
    parts: [CALL],
    statuses: [415],
  },
};

Deno.test("--http outlives bodies that are too large, too slow, cut or malformed", async () => {
  await using server = await startHttp(["--sandbox"], {
    MCP_API_KEYS: await keyEntry(KEY),
    LOG_LEVEL: "debug",
  });
  const head = (headers: Readonly<Record<string, string>>) =>
    rawRequest("POST /mcp", headersOf(server, { ...bearer(KEY), ...headers }));
  const works = async (after: string) => {
    const { text } = await callTool(
      server.url,
      "list_pipelines",
      {},
      bearer(KEY),
    );
    assertStringIncludes(text, DATA, after);
  };

  // They send slowly during everything else.
  const drips = Array.from({ length: 20 }, async () => {
    await using raw = await openRaw(server.url);
    await raw.send(head(length(1_000)));
    let drops = 0;
    const timer = setInterval(
      () => ++drops < 40 ? raw.send(" ") : raw[Symbol.asyncDispose](),
      1_000,
    );
    const { status } = await raw.answer();
    clearInterval(timer);
    return status;
  });

  for (
    const [what, { headers = {}, parts = [], statuses }] of Object.entries(
      attempts,
    )
  ) {
    const { status, text } = await exchange(server, head(headers), ...parts);
    assert(statuses.includes(status), `${what}: ${status} ${text}`);
    assertEquals(text.split("HTTP/1.1 ").length, status === 0 ? 1 : 2, what);
    assert(!text.includes(canary), `${what}: ${text}`);
    await works(what);
  }

  // What is not HTTP.
  for (
    const bytes of [
      new Uint8Array([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3, 0]),
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      `${canary}\r\n\r\n`,
      "POST /mcp\r\n\r\n",
      "\0".repeat(1_000),
    ]
  ) {
    await using raw = await openRaw(server.url);
    await raw.send(bytes);
    await raw.end();
    assert([0, 400].includes((await raw.answer()).status), String(bytes));
    await works(String(bytes));
  }

  // Cut off: by closing half of the connection, and by closing all of it.
  for (const isHeard of [true, false]) {
    const raw = await openRaw(server.url);
    await raw.send(head(length(500)) + canary);
    if (isHeard) {
      await raw.end();
      assertEquals((await raw.answer()).status, 400);
    }
    await raw[Symbol.asyncDispose]();
    await works("a cut");
  }

  // Without a credential, no body is read.
  const anonymous = rawRequest("POST /mcp", {
    ...headersOf(server),
    ...length(2 * MIB),
  }, canary);
  assertEquals((await exchange(server, anonymous)).status, 401);

  assertEquals(await Promise.all(drips), drips.map(() => 408));
  await works("the drips");
  const { code, stdout, stderr } = await server.stop("SIGTERM");
  assertEquals([code, stdout], [0, ""], stderr);
  assertQuiet(stderr);
});

Deno.test("--http repeats nothing of Host, and answers no TRACE", async () => {
  await using issuer = await startIssuer();
  await using server = await startHttp(["--sandbox"], {
    MCP_OAUTH_ISSUER: issuer.url,
    MCP_OAUTH_AUDIENCE: "https://crm.example.com/mcp",
  });
  const path = "/.well-known/oauth-protected-resource";
  for (
    const host of [
      'evil.example",error="x',
      'x"@127.0.0.1',
      "evil.example",
      'evil.example:1"',
      "crm.example.com\\evil",
    ]
  ) {
    const refused = await call(server, { host, authorization: "Bearer x" });
    // A backslash in Host becomes part of the path.
    assert([400, 401, 404].includes(refused.status), refused.text);
    assertNotMatch(refused.text, /evil|error="x|x"@|x%22/);
    const told = await exchange(
      server,
      rawRequest(`GET ${path}`, { host, "content-length": "0" }),
    );
    assertNotMatch(told.text, /evil|x%22/);
  }
  for (const target of ["/mcp", "/", "/health"]) {
    const { status, text } = await exchange(
      server,
      rawRequest(`TRACE ${target}`, {
        ...headersOf(server, { "content-length": "0", cookie: "canary" }),
      }),
    );
    assertEquals(status, 405, target);
    assertNotMatch(text, /canary/);
  }
});
