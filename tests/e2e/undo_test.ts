/** Undo on two servers at once, and on servers that are killed. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type RunningSandbox, serveSandbox } from "../../src/sandbox/mod.ts";
import { call, connectHttp, ok } from "../support/client.ts";
import { type HttpProcess, startHttp } from "../support/process.ts";
import { type SharedStore, sharedStores } from "../support/shared_store.ts";
import { sleep } from "../support/time.ts";
import { unless } from "../support/unless.ts";

/** How many changes are taken back. */
const CHANGES = 4;

/** The requests that created a deal. */
function posts({ requests }: RunningSandbox): number {
  return requests.filter(({ method, path }) =>
    method === "POST" && path.endsWith("/deals")
  ).length;
}

/** Starts a server for the sandbox; its calls end after three seconds. */
function start(
  sandbox: RunningSandbox,
  { args, env }: SharedStore,
): Promise<HttpProcess> {
  return startHttp([...args], {
    QONTAK_BASE_URL: sandbox.url,
    QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
    QONTAK_CONFIRM: "off",
    QONTAK_TIMEOUT_MS: "3000",
    TOKEN_CACHE: "memory",
    ...env,
  });
}

for (const [name, { missing, start: open }] of Object.entries(sharedStores)) {
  Deno.test({
    ...unless(
      missing,
      `a deleted deal comes back once, of two servers and after one was killed: ${name}`,
    ),
    // The client of a killed server leaves its timers.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      await using sandbox = serveSandbox({ rotateRefreshTokens: false });
      await using store = await open();
      const servers = await Promise.all(
        [1, 2].map(() => start(sandbox, store)),
      );
      const clients = await Promise.all(
        servers.map(({ url }) => connectHttp(url)),
      );
      const [one, other] = clients as [typeof clients[0], typeof clients[0]];
      const { records } = await ok(one, "list_deals");
      const undos: string[] = [];
      for (const { id: deal_id } of records.slice(0, CHANGES + 1)) {
        undos.push((await ok(one, "delete_deal", { deal_id })).undo);
      }
      const last = undos.pop()!;
      // Both servers plan each undo twice, and carry all of that out at once.
      const plans = await Promise.all(
        undos.flatMap((undo) =>
          [one, other, one, other].map(async (client) => ({
            client,
            plan: (await ok(client, "undo_change", { ids: [undo] })).plan,
          }))
        ),
      );
      await Promise.all(
        plans.map(({ client, plan }) => call(client, "undo_change", { plan })),
      );
      assertEquals(posts(sandbox), CHANGES);

      // The first server is killed after its request was sent.
      const { plan } = await ok(one, "undo_change", { ids: [last] });
      sandbox.inject({
        fault: { kind: "delay", ms: 2_500 },
        method: "POST",
        path: "/api/v3.1/deals",
        times: 1,
      });
      const ending = call(one, "undo_change", { plan }).catch(() => undefined);
      // The request is sent right after the change is claimed.
      const isClaimed = async () =>
        (await ok(other, "undo_change")).records.some((
          { undo_outcome }: { undo_outcome?: string },
        ) => undo_outcome !== undefined);
      for (let tries = 0; !await isClaimed(); tries++) {
        assert(tries < 200, "the change is not claimed");
      }
      await sleep(300);
      assertEquals(posts(sandbox), CHANGES);
      await servers[0]!.stop("SIGKILL");
      await Promise.race([ending, sleep(500)]);
      await one.close().catch(() => {});
      const early = await call(other, "undo_change", { ids: [last] });
      assertMatch(early.text, /ask again in (\d+) seconds/);
      const [, seconds] = /in (\d+) seconds/.exec(early.text)!;
      await sleep((Number(seconds) + 1) * 1_000);
      const again = await ok(other, "undo_change", { ids: [last] });
      assertEquals(again.plan, undefined);
      assertMatch(
        again.notes.join(),
        /deal \d+ was created with the same data/,
      );
      assertEquals(posts(sandbox), CHANGES + 1);
      const listed = (await ok(other, "undo_change")).records;
      assert(
        listed.every(({ undo_outcome }: { undo_outcome?: string }) =>
          undo_outcome === undefined
        ),
        JSON.stringify(listed),
      );
      await other.close();
      await servers[1]!.stop("SIGTERM");
    },
  });
}
