/** Runs of many changes on servers that are killed in the middle. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type RunningSandbox, serveSandbox } from "../../src/sandbox/mod.ts";
import { accessTo, outside } from "../support/changed.ts";
import { call, connectHttp, ok } from "../support/client.ts";
import { type HttpProcess, startHttp } from "../support/process.ts";
import { type SharedStore, sharedStores } from "../support/shared_store.ts";
import { sleep, until } from "../support/time.ts";
import { unless } from "../support/unless.ts";

/** How many rows a run has. */
const ROWS = 24;

/** After how many requests that change something the server is killed. */
const KILLS = [1, 8, 12];

/** Makes products past the server, and returns their ids. */
async function products(sandbox: RunningSandbox): Promise<number[]> {
  const known = { sandbox, token: await accessTo(sandbox) };
  const ids: number[] = [];
  for (let i = 1; i <= ROWS; i++) {
    const made = await outside(known, "POST", "/products", {
      name: `Barang ${i}`,
      price: i,
    });
    ids.push(made.id);
  }
  return ids;
}

/** The paths of the requests that changed a product. */
function puts(sandbox: RunningSandbox): string[] {
  return sandbox.requests.filter(({ method }) => method === "PUT")
    .map(({ path }) => path);
}

/** Starts a server for the sandbox. */
async function start(
  sandbox: RunningSandbox,
  { args, env }: Pick<SharedStore, "args" | "env">,
): Promise<HttpProcess> {
  return await startHttp([...args], {
    QONTAK_BASE_URL: sandbox.url,
    QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
    TOKEN_CACHE: "memory",
    ...env,
  });
}

/** Begins a call, kills the server after some changes, and forgets the call. */
async function killAfter(
  sandbox: RunningSandbox,
  server: HttpProcess,
  count: number,
  args: Record<string, unknown>,
): Promise<void> {
  const client = await connectHttp(server.url);
  const ending = call(client, "change_records", args).catch(() => undefined);
  await until(() => puts(sandbox).length >= count, `${count} changes`);
  await server.stop("SIGKILL");
  await Promise.race([ending, sleep(500)]);
  await client.close().catch(() => {});
}

for (const [name, { missing, start: open }] of Object.entries(sharedStores)) {
  Deno.test({
    ...unless(missing, `a run continues after its server was killed: ${name}`),
    // The client of a killed server leaves its timers.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      await using sandbox = serveSandbox({
        rotateRefreshTokens: false,
        latency: 20,
      });
      await using place = await open();
      const ids = await products(sandbox);
      let server = await start(sandbox, place);
      let client = await connectHttp(server.url);
      const { run, plan } = await ok(client, "change_records", {
        resource: "products",
        action: "update",
        rows: ids.map((id, i) => ({ id, price: 1_000 + i })),
      });
      await client.close();
      let args: Record<string, unknown> = { plan };
      for (const count of KILLS) {
        await killAfter(sandbox, server, count, args);
        server = await start(sandbox, place);
        // The claim of the killed server ends by itself.
        await sleep(5_500);
        args = { run };
      }
      client = await connectHttp(server.url);
      let answer = await ok(client, "change_records", { run });
      while (answer.not_started > 0) {
        answer = await ok(client, "change_records", { run });
      }
      assertEquals(answer.done + answer.unknown + answer.failed, ROWS);
      const sent = puts(sandbox);
      assertEquals(sent.length, new Set(sent).size, "a row was sent twice");
      const known = { sandbox, token: await accessTo(sandbox) };
      let stored = 0;
      for (const [i, id] of ids.entries()) {
        const { price } = await outside(known, "GET", `/products/${id}`);
        if (Number(price) === 1_000 + i) stored++;
      }
      // A row whose answer was lost is done if the record shows it.
      assertEquals(stored, answer.done);

      const undo = await ok(client, "undo_change", { ids: [run] });
      const undone = await ok(client, "undo_change", { plan: undo.plan });
      assertEquals(undone.done, stored, JSON.stringify(undone));
      for (const [i, id] of ids.entries()) {
        const { price } = await outside(known, "GET", `/products/${id}`);
        assertEquals(Number(price), i + 1);
      }
      await client.close();
      await server.stop("SIGTERM");
    },
  });
}

Deno.test({
  name: "a run in memory ends with its server, and the answer says so",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await using sandbox = serveSandbox({
      rotateRefreshTokens: false,
      latency: 20,
    });
    const place = { args: [], env: {} };
    const ids = await products(sandbox);
    let server = await start(sandbox, place);
    let client = await connectHttp(server.url);
    const { run, plan } = await ok(client, "change_records", {
      resource: "products",
      action: "update",
      rows: ids.map((id, i) => ({ id, price: 1_000 + i })),
    });
    await client.close();
    await killAfter(sandbox, server, 3, { plan });
    server = await start(sandbox, place);
    client = await connectHttp(server.url);
    const { text, isError } = await call(client, "change_records", { run });
    assert(isError);
    assertStringIncludes(text, "kept in memory here");
    assertEquals(puts(sandbox).length, new Set(puts(sandbox)).size);
    await client.close();
    await server.stop("SIGTERM");
  },
});
