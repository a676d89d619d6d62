/**
 * Callers that send much and read nothing: what the server holds for them is
 * bounded, further requests are refused with what to do, and other callers are
 * answered.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { look } from "../../scripts/load/watch.ts";
import { callTool } from "../support/call.ts";
import { bearer, keyEntry } from "../support/deployed.ts";
import {
  type HttpProcess,
  preloading,
  program,
  spawnPiped,
  startServing,
} from "../support/process.ts";
import { HANDSHAKE, HEADERS, post, request } from "../support/rpc.ts";
import { settled, sleep, until } from "../support/time.ts";

/** How much more memory the server may take, in KiB. */
const ROOM = 160 * 1024;

const GREEDY = "a-greedy-caller";
const OTHER = "another-caller";

async function start(
  env: Readonly<Record<string, string>>,
): Promise<HttpProcess> {
  const [run = "run", ...args] = await program(
    "--sandbox",
    "--http",
    "--port",
    "0",
  );
  return await startServing(
    Deno.execPath(),
    [run, "--v8-flags=--max-old-space-size=300", ...args],
    {
      MCP_API_KEYS: [await keyEntry(GREEDY), await keyEntry(OTHER)].join(),
      ...env,
    },
  );
}

/** Requests over connections from which nothing is read. */
async function sendUnread(
  url: string,
  message: unknown,
  times: number,
): Promise<Deno.TcpConn[]> {
  const { host, hostname, port } = new URL(url);
  const body = JSON.stringify(message);
  const bytes = new TextEncoder().encode([
    "POST /mcp HTTP/1.1",
    `host: ${host}`,
    ...Object.entries({ ...HEADERS, ...bearer(GREEDY) }).map((header) =>
      header.join(": ")
    ),
    `content-length: ${body.length}`,
    "",
    body,
  ].join("\r\n"));
  return await Promise.all(Array.from({ length: times }, async () => {
    const connection = await Deno.connect({ hostname, port: Number(port) });
    await connection.write(bytes);
    return connection;
  }));
}

const ask = (url: string, message: object, key: string) =>
  fetch(url, post(message, bearer(key)));

const lists = Array.from(
  { length: 20 },
  (_, id) => request(id, "tools/list"),
);

Deno.test({
  name:
    "200 unread batches of tools/list take little memory, are refused after the first, and others are answered",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using server = await start({});
    const { url } = server;
    const call = () => callTool(url, "get_company_template", {}, bearer(OTHER));
    assertEquals((await call()).isError, false);
    const { rss: before } = (await look(server.pid))!;
    const held = await sendUnread(url, lists, 200);
    for (let i = 0; i < 20; i++) {
      const { isError, text } = await call();
      assertEquals(isError, false, text);
    }
    const statuses = await Promise.all(held.map(async (connection) => {
      const start = new Uint8Array("HTTP/1.1 200".length);
      await connection.read(start);
      return new TextDecoder().decode(start);
    }));
    const answered = statuses.filter((one) => one === "HTTP/1.1 200").length;
    const refused = statuses.filter((one) => one === "HTTP/1.1 429").length;
    assertEquals(answered + refused, 200, statuses.join());
    // A thousand calls at once, and those of the seconds meanwhile.
    assert(answered >= 50 && answered < 150, `${answered} were answered`);
    const { rss } = (await look(server.pid))!;
    assert(rss - before < ROOM, `${before} KiB became ${rss} KiB`);
    for (const one of held) one.close();
    const answer = await ask(url, lists, OTHER);
    const answers = (await answer.text()).match(/"name":"create_deal"/g);
    assertEquals(answers?.length, 20, "a batch that is read is answered whole");
  },
});

Deno.test("calls that send nothing to Qontak have a limit for each caller", async () => {
  await using server = await start({
    MCP_CALL_RATE: "1/40",
    QONTAK_RATE_LIMIT: "0",
    QONTAK_GLOBAL_RATE_LIMIT: "0",
  });
  const { url } = server;
  const first = await ask(url, lists, GREEDY);
  assertEquals(first.status, 200);
  await first.text();
  // These go to Qontak, which has separate limits.
  for (let i = 0; i < 60; i++) {
    const args = { page: i + 1, per_page: 1 };
    const { isError, text } = await callTool(
      url,
      "list_contacts",
      args,
      bearer(GREEDY),
    );
    assertEquals(isError, false, text);
  }
  let refused = await ask(url, lists, GREEDY);
  for (let i = 0; i < 5 && refused.status === 200; i++) {
    await refused.text();
    refused = await ask(url, lists, GREEDY);
  }
  assertEquals(refused.status, 429);
  const seconds = Number(refused.headers.get("retry-after"));
  assert(seconds > 0 && seconds <= 40, String(seconds));
  const { error } = await refused.json();
  assertStringIncludes(error.message, `send this again in ${seconds} s`);
  const other = await ask(url, lists, OTHER);
  assertEquals(other.status, 200);
  await other.text();
});

Deno.test({
  name: "a stdio client that reads nothing is paused, whatever it sends",
  ignore: Deno.build.os !== "linux",
  async fn() {
    // As on Windows, where writing to a pipe does not stop the process.
    const preload = new URL("unread_stdout.ts", import.meta.url).href;
    const child = spawnPiped(
      preloading(await program("--sandbox"), preload),
    );
    const encoder = new TextEncoder();
    const writer = child.stdin.getWriter();
    const line = (message: object) => `${JSON.stringify(message)}\n`;
    await writer.write(encoder.encode(HANDSHAKE.map(line).join("")));
    await sleep(3_000);
    const { rss: before } = (await look(child.pid))!;
    // A request that is cancelled is not waited for; nor is a line that is no
    // message.
    const list = line(request(1, "tools/list"));
    const cancel = line({
      jsonrpc: "2.0",
      method: "notifications/cancelled",
      params: { requestId: 1 },
    });
    const junk = `${"x".repeat(40)}\n`.repeat(50);
    let sent = 0;
    let isOver = false;
    const sending = (async () => {
      try {
        while (!isOver) {
          await writer.write(encoder.encode(list.repeat(10)));
          // So that the answers are made before they are cancelled.
          await sleep(2);
          await writer.write(encoder.encode(cancel.repeat(10) + junk));
          sent++;
        }
      } catch {
        // It has ended.
      }
    })();
    await until(() => sent > 0, "it is listened to");
    await settled(() => sent, "it is listened to");
    const { rss } = (await look(child.pid))!;
    assert(rss - before < ROOM, `${before} KiB became ${rss} KiB`);
    isOver = true;
    child.kill("SIGKILL");
    await sending;
    await child.stdout.cancel();
    await child.status;
  },
});
