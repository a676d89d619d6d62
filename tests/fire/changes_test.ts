/**
 * Heavy use of plans and undo: many calls at once over a long history, and large
 * runs beside many records. Others must be answered meanwhile, in bounded
 * memory.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { look } from "../../scripts/load/watch.ts";
import { type RunningSandbox, serveSandbox } from "../../src/sandbox/mod.ts";
import { callTool } from "../support/call.ts";
import { call, connectHttp, ok } from "../support/client.ts";
import { type HttpProcess, startHttp, WITH_KV } from "../support/process.ts";
import { sleep } from "../support/time.ts";

/** The most memory that the server may gain, in KiB. */
const ROOM = 300 * 1024;

/** How long the slowest percent of small reads may take, in ms. */
const MOST = 1_000;

/** How many calls are made at the same time. */
const CALLS = 100;

/** What the server of a test has besides the sandbox: no limits, and Deno KV. */
async function start(
  sandbox: RunningSandbox,
  dir: string,
): Promise<HttpProcess> {
  return await startHttp([WITH_KV], {
    QONTAK_BASE_URL: sandbox.url,
    QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
    QONTAK_CONFIRM: "off",
    QONTAK_RATE_LIMIT: "0",
    QONTAK_GLOBAL_RATE_LIMIT: "0",
    MCP_CALL_RATE: "0",
    QONTAK_AUDIT: "off",
    TOKEN_CACHE: "memory",
    TOKEN_ENCRYPTION_KEY: btoa("12345678901234567890123456789012"),
    DENO_KV_DEFAULT_PATH: `${dir}/kv.sqlite3`,
  });
}

/** Does something while small reads are made, and says what both took. */
async function beside(
  { url, pid }: HttpProcess,
  task: () => Promise<unknown>,
): Promise<{ p99: number; grown: number; seconds: number; reads: number }> {
  await callTool(url, "list_pipelines");
  const { rss: before } = (await look(pid))!;
  let most = before;
  let isOver = false;
  const waits: number[] = [];
  const reading = (async () => {
    while (!isOver) {
      const begun = performance.now();
      const { isError, text } = await callTool(url, "list_pipelines");
      assert(!isError, text);
      waits.push(performance.now() - begun);
      most = Math.max(most, (await look(pid))!.rss);
      await sleep(10);
    }
  })();
  const begun = performance.now();
  try {
    await task();
  } finally {
    isOver = true;
    await reading;
  }
  const seconds = (performance.now() - begun) / 1_000;
  const sorted = waits.toSorted((a, b) => a - b);
  const p99 = sorted[Math.ceil(sorted.length * 0.99) - 1]!;
  return { p99, grown: most - before, seconds, reads: waits.length };
}

/** Checks what {@linkcode beside} measured. */
function check(
  { p99, grown, reads }: Awaited<ReturnType<typeof beside>>,
  what: string,
): void {
  assert(reads >= 3, `${what}: only ${reads} reads`);
  assert(p99 < MOST, `${what}: small reads took ${p99} ms`);
  assert(grown < ROOM, `${what}: ${grown} KiB more`);
}

function test(
  name: string,
  contacts: number,
  run: (server: HttpProcess) => Promise<void>,
): void {
  Deno.test({
    name,
    // The client leaves its timers.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      await using sandbox = serveSandbox({
        rotateRefreshTokens: false,
        contacts,
      });
      const dir = await Deno.makeTempDir();
      try {
        await using server = await start(sandbox, dir);
        await run(server);
      } finally {
        await Deno.remove(dir, { recursive: true });
      }
    },
  });
}

test(
  "100 calls of undo_change at once over a long history leave others their turn",
  40,
  async (server) => {
    const client = await connectHttp(server.url);
    try {
      const { records: [{ id: crm_deal_id }] } = await ok(client, "list_deals");
      const undos: string[] = [];
      for (let i = 0; i < 150; i++) {
        const made = await ok(client, "create_note", {
          crm_deal_id,
          note: `${i} ${"kata ".repeat(4_000)}`,
        });
        undos.push(made.undo);
      }
      const many = (
        rounds: number,
        args: (i: number) => Record<string, unknown>,
      ) =>
      async () => {
        for (let round = 0; round < rounds; round++) {
          const calls = Array.from(
            { length: CALLS },
            (_, i) => call(client, "undo_change", args(i)),
          );
          let answered = 0;
          for (const { isError, text } of await Promise.all(calls)) {
            if (!isError) answered++;
            // One company does only a few of them at once, and waits so long.
            else assertMatch(text, /more than \d+ changes at once/);
          }
          assert(answered > 0);
        }
      };
      const lists = await beside(server, many(5, () => ({ limit: 100 })));
      check(lists, "lists");
      const plans = await beside(
        server,
        many(1, (i) => ({
          ids: Array.from({ length: 20 }, (_, k) => undos[(i + k * 7) % 150]),
        })),
      );
      check(plans, "plans");
    } finally {
      await client.close();
    }
  },
);

test(
  "runs of 500 new contacts beside 6,000 leave others their turn",
  6_000,
  async (server) => {
    const client = await connectHttp(server.url);
    try {
      await ok(client, "query_records", {
        resource: "contacts",
        measures: "count",
      });
      const rows = (run: number) =>
        Array.from({ length: 500 }, (_, i) => ({
          first_name: `Orang${run}x${i}`,
          last_name: `Baru${i}`,
          telephone: `0812${run}${String(1_000_000 + i * 7)}`,
          creator_id: "Ratna Kusumawardani",
          additional_fields: [{ id: 7118402, value: "Pengguna" }],
        }));
      const answers: Awaited<ReturnType<typeof ok>>[] = [];
      const plans = await beside(server, async () => {
        answers.push(
          ...await Promise.all(
            [1, 2, 3].map((run) =>
              ok(client, "change_records", {
                resource: "contacts",
                action: "create",
                rows: rows(run),
              })
            ),
          ),
        );
      });
      for (const { count, problems } of answers) {
        assertEquals([count, problems], [500, undefined]);
      }
      check(plans, "plans");
      const run = await beside(server, async () => {
        let answer = await ok(client, "change_records", {
          plan: answers[0].plan,
        });
        while (answer.not_started > 0) {
          answer = await ok(client, "change_records", { run: answer.run });
        }
        assertEquals(answer.done, 500, JSON.stringify(answer.problems));
      });
      check(run, "run");
    } finally {
      await client.close();
    }
  },
);
