/** What changes hold in memory is bounded, for each call and each company. */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { createFewAtOnce, FEW } from "../../src/changes/few_at_once.ts";
import type { ChangeStore } from "../../src/changes/store.ts";
import { createMemoryChangeStore } from "../../src/changes/stores/memory.ts";
import { LimitError } from "../../src/errors.ts";
import { deadline } from "../../src/net/deadline.ts";
import { sleep } from "../support/time.ts";
import { createWorld, type World } from "../support/world.ts";

/** Makes notes through the server, and returns their ids and those of undo. */
async function notes(world: World, texts: readonly string[]) {
  const { records: [deal] } = await world.ok("list_deals");
  const made: { id: number; undo: string }[] = [];
  for (const note of texts) {
    const { id, undo } = await world.ok("create_note", {
      note,
      crm_deal_id: deal.id,
    });
    made.push({ id, undo });
  }
  return made;
}

Deno.test("three calls of a company take changes back at once, and others wait", async () => {
  const inner = createMemoryChangeStore();
  let [reading, most, reads] = [0, 0, 0];
  const store: ChangeStore = {
    ...inner,
    async get(place) {
      if (place.kind !== "change") return await inner.get(place);
      // A call reads its changes one after the other.
      most = Math.max(most, ++reading);
      reads++;
      await sleep(20);
      reading--;
      return await inner.get(place);
    },
  };
  await using world = await createWorld({ changes: { store } });
  const made = await notes(world, ["a", "b", "c"]);
  [most, reads] = [0, 0];
  const ids = made.map(({ undo }) => undo);
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => world.ok("undo_change", { ids })),
  );
  assertEquals(
    answers.map(({ takes_back }) => takes_back.length),
    Array(6).fill(3),
  );
  assertEquals([most, reads], [FEW, 18]);
});

Deno.test("a task that waits too long is not begun, and one whose time is over makes room", async () => {
  const tasksOf = createFewAtOnce();
  const never = new Promise<void>(() => {});
  const ending = new AbortController();
  for (let i = 0; i < FEW; i++) {
    tasksOf("acme", ending.signal)(() => never);
  }
  using limit = deadline(200);
  let begun = 0;
  const begin = () => Promise.resolve(++begun);
  const { message } = await assertRejects(
    () => tasksOf("acme", limit.signal)(begin),
    LimitError,
  );
  assertMatch(message, /^Nothing was sent\. .* then try again$/);
  const { signal } = new AbortController();
  // Another company has its own.
  assertEquals(await tasksOf("other", signal)(begin), 1);
  const waiting = tasksOf("acme", signal)(begin);
  ending.abort();
  assertEquals(await waiting, 2);
  const failing = () => Promise.reject(new Error("failed"));
  for (let i = 0; i < 2 * FEW; i++) {
    await assertRejects(() => tasksOf("acme", signal)(failing));
  }
  assertEquals(await tasksOf("acme", signal)(begin), 3);
});

Deno.test("changes and rows that hold too much are refused, with what to do", async () => {
  await using world = await createWorld({
    change: (request, answer) => {
      if (/^GET .*\/products\/\d+/.test(request)) {
        answer.response.description = "x".repeat(900_000);
      }
      return answer;
    },
  });
  const large = await notes(
    world,
    Array.from({ length: 15 }, (_, i) => `${i}${"x".repeat(90_000)}`),
  );
  const ids = large.map(({ undo }) => undo);
  const said = await world.refused("undo_change", { ids });
  assertMatch(said, /hold more than 2 million characters. Give fewer ids/);
  const few = await world.ok("undo_change", { ids: ids.slice(0, 8) });
  assertEquals(few.takes_back.length, 8);

  const { records } = await world.ok("list_products");
  const rows = records.slice(0, 10).map((
    { id }: { id: number },
    price: number,
  ) => ({ id, price }));
  const refused = await world.refused("change_records", {
    resource: "products",
    action: "update",
    rows,
  });
  assertMatch(
    refused,
    /records of these 10 rows hold more than 8 million characters/,
  );
});
