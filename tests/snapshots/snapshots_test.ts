import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { InputError, QontakError, UnreachableError } from "../../src/errors.ts";
import { deadline, untilAborted } from "../../src/net/deadline.ts";
import type { Source } from "../../src/snapshots/entry.ts";
import { createSnapshots } from "../../src/snapshots/snapshots.ts";
import type { JsonObject } from "../../src/values/json.ts";
import { sleep } from "../support/time.ts";

/** A list as Qontak may serve it. */
interface List {
  records: { id: number; name: string; updated_at: string }[];
  /** The most records of a page, no matter what the request says. */
  cap: number;
  /** Refuses larger pages, instead of returning fewer records. */
  refuses: boolean;
  /** Whether it says how many records there are. */
  counts: boolean;
  /** Runs before a page is answered. */
  before: (page: number, request: number) => void | Promise<void>;
  /** Runs when an answer has begun to arrive. */
  arrives: () => void | Promise<void>;
  readonly requests: [page: number, perPage: number][];
  readonly ones: number[];
}

const time = (minute: number) =>
  new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();

/** A list of a number of records, the newest change first. */
function listOf(count: number, cap = 1_000): List {
  return {
    records: Array.from({ length: count }, (_, i) => ({
      id: i + 1,
      name: `record ${i + 1}`,
      updated_at: time(count - i),
    })),
    cap,
    refuses: false,
    counts: true,
    before: () => {},
    arrives: () => {},
    requests: [],
    ones: [],
  };
}

function sourceOf(list: List): Source {
  return {
    plural: "deals",
    async readPage(page, perPage, signal, onAnswer = () => {}) {
      list.requests.push([page, perPage]);
      await list.before(page, list.requests.length);
      signal.throwIfAborted();
      if (list.refuses && perPage > list.cap) {
        throw new QontakError("too many", {
          endpoint: "GET /deals",
          status: 422,
          said: "too many",
        });
      }
      onAnswer();
      await list.arrives();
      const size = Math.min(perPage, list.cap);
      return {
        records: list.records.slice((page - 1) * size, page * size),
        total: list.counts ? list.records.length : undefined,
      };
    },
    readOne(id) {
      list.ones.push(id);
      return Promise.resolve(list.records.find((one) => one.id === id));
    },
  };
}

function bench(
  list: List,
  options: Parameters<typeof createSnapshots>[0] = {},
) {
  let clock = Date.UTC(2026, 10, 26);
  const snapshots = createSnapshots({ now: () => clock, ...options });
  return {
    snapshots,
    later: (ms: number) => clock += ms,
    ask: (more: JsonObject & { signal?: AbortSignal } = {}) =>
      snapshots.get({
        scope: "acme",
        list: "deal",
        source: sourceOf(list),
        signal: new AbortController().signal,
        ...more,
      }),
  };
}

const namesIn = ({ table }: { table: { rows(): Iterable<number> } }) =>
  Array.from(
    table.rows(),
    (row) =>
      (table as never as { record(row: number): JsonObject }).record(row),
  ).map(({ id, name }) => `${id} ${name}`).sort();
const namesOf = (list: List) =>
  list.records.map(({ id, name }) => `${id} ${name}`).sort();

Deno.test("get() reads every record once, whatever page size Qontak accepts", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 2_600 }),
      fc.constantFrom(1_000, 500, 250, 200, 100, 70, 25),
      fc.boolean(),
      fc.boolean(),
      async (count, cap, counts, refuses) => {
        const list = listOf(count, cap);
        list.counts = counts;
        list.refuses = refuses && cap >= 100;
        const snapshot = await bench(list).ask();
        assertEquals(namesIn(snapshot), namesOf(list));
        assertEquals([snapshot.partial, snapshot.counted], [
          undefined,
          undefined,
        ]);
      },
    ),
    { numRuns: 80 },
  );
});

Deno.test("get() requests larger pages as long as Qontak returns them, and remembers the size", async () => {
  const list = listOf(10_000);
  const { ask } = bench(list);
  await ask();
  assert(list.requests.length <= 14, `${list.requests.length} requests`);
  assertEquals(list.requests.at(-1)![1], 1_000);
  list.requests.length = 0;
  await ask({ fresh: true });
  assertEquals(list.requests.length, 10);
});

Deno.test("get() answers from memory until the snapshot is old", async () => {
  const list = listOf(300);
  const { ask, later } = bench(list);
  const first = await ask();
  const asked = list.requests.length;
  later(4 * 60_000);
  assertEquals(await ask(), first);
  assertEquals(list.requests.length, asked);
});

Deno.test("get() reads only the changes if the newest changes come first", async () => {
  const list = listOf(1_000);
  const { ask, later } = bench(list);
  await ask();
  list.requests.length = 0;
  const changed = list.records.splice(500, 10).map((one, i) => ({
    ...one,
    name: "changed",
    updated_at: time(5_000 - i),
  }));
  list.records.unshift({ id: 9_999, name: "new", updated_at: time(6_000) });
  list.records.splice(1, 0, ...changed);
  later(6 * 60_000);
  assertEquals(namesIn(await ask()), namesOf(list));
  assert(list.requests.length <= 3, `${list.requests.length} requests`);
});

Deno.test("get() reads everything again if a record is gone or the order differs", async () => {
  for (const order of ["newest first", "oldest first"]) {
    const list = listOf(1_000);
    if (order === "oldest first") list.records.reverse();
    const { ask, later } = bench(list);
    await ask();
    list.records.splice(700, 1);
    list.records[3]!.name = "changed";
    list.records[3]!.updated_at = time(7_000);
    if (order === "newest first") {
      list.records.unshift(list.records.splice(3, 1)[0]!);
    }
    later(6 * 60_000);
    assertEquals(namesIn(await ask()), namesOf(list), order);
  }
});

Deno.test("get() counts a record once if it moves between pages meanwhile", async () => {
  const list = listOf(900, 100);
  let isMoved = false;
  list.before = (page) => {
    if (page !== 4 || isMoved) return;
    isMoved = true;
    const [moved] = list.records.splice(850, 1);
    list.records.unshift({ ...moved!, updated_at: time(9_000) });
    list.records.unshift({ id: 5_000, name: "new", updated_at: time(9_001) });
  };
  const snapshot = await bench(list).ask();
  assertEquals(namesIn(snapshot), namesOf(list));
});

Deno.test("get() reports Qontak's count if the list keeps changing", async () => {
  const list = listOf(500, 100);
  list.before = (page) => {
    // Each time, somebody deletes a record of a page that was already read.
    if (page === 5) list.records.splice(0, 1);
  };
  const { counted } = await bench(list).ask();
  assertEquals(counted, list.records.length);
});

Deno.test("get() shows the tenant's own writes immediately, with one request each", async () => {
  const list = listOf(300);
  const { ask, snapshots } = bench(list);
  await ask();
  list.requests.length = 0;
  list.records[5]!.name = "written";
  list.records.push({ id: 4_000, name: "made", updated_at: time(1) });
  list.records.splice(7, 1);
  for (const id of [6, 4_000, 8]) snapshots.touch("acme", "deal", id);
  assertEquals(namesIn(await ask()), namesOf(list));
  assertEquals([list.requests.length, list.ones.length], [0, 3]);
});

Deno.test("get() asks for the second of larger pages before the first one has come, and for none twice", async () => {
  for (const cap of [1_000, 500, 100]) {
    const list = listOf(10_000, cap);
    let meanwhile: [page: number, perPage: number][] = [];
    list.before = async (_, request) => {
      // The first page of the larger size.
      if (request !== 2) return;
      await Promise.resolve();
      meanwhile = list.requests.slice(request);
    };
    const { ask } = bench(list);
    assertEquals(namesIn(await ask()), namesOf(list));
    assertEquals(meanwhile, [[2, 1_000]]);
    const { length } = list.requests;
    assertEquals(length, 1 + 10_000 / cap);
  }
});

Deno.test("get() fails if the second of larger pages fails, and reads it with the next call", async () => {
  const list = listOf(10_000);
  let isBroken = true;
  list.before = (page) => {
    if (isBroken && page === 2) throw new Error("broken");
  };
  const { ask } = bench(list);
  await assertRejects(() => ask(), Error, "broken");
  isBroken = false;
  assertEquals(namesIn(await ask()), namesOf(list));
});

Deno.test("get() keeps what it has read when time is up, and continues from there", async () => {
  const list = listOf(3_000, 100);
  let isSlow = true;
  list.before = async (_, request) => {
    if (isSlow && request > 10) {
      await sleep(400);
    }
  };
  const { ask } = bench(list);
  using limit = deadline(600);
  const { partial, table } = await ask({ signal: limit.signal });
  assertEquals(partial, { read: table.size, total: 3_000 });
  assert(table.size >= 900 && table.size < 3_000, `${table.size}`);
  const asked = list.requests.length;
  isSlow = false;
  assertEquals(namesIn(await ask()), namesOf(list));
  // Only the pages that were under way are requested again.
  assert(list.requests.length - asked <= 30 - 10 + 8);
});

Deno.test("get() fails if a page fails, and never gives a wrong answer", async () => {
  const list = listOf(1_000, 100);
  let isBroken = true;
  list.before = (page) => {
    if (isBroken && page === 6) throw new Error("a broken page");
  };
  const { ask } = bench(list);
  await assertRejects(() => ask(), Error, "a broken page");
  isBroken = false;
  assertEquals(namesIn(await ask()), namesOf(list));
});

Deno.test("get() shares one reading among calls, and stops it when all of them have ended", async () => {
  const list = listOf(1_000, 100);
  const gate = Promise.withResolvers<void>();
  list.before = (page) => page === 3 ? gate.promise : undefined;
  const { ask } = bench(list);
  const gone = new AbortController();
  const first = ask({ signal: gone.signal });
  const second = ask();
  await sleep(10);
  gone.abort(new Error("gone"));
  await assertRejects(() => first, Error, "gone");
  gate.resolve();
  assertEquals(namesIn(await second), namesOf(list));
  // Ten pages, and one request for larger ones.
  assertEquals(list.requests.length, 11);

  const alone = listOf(2_000, 100);
  const hold = Promise.withResolvers<void>();
  alone.before = (page) => page > 5 ? hold.promise : undefined;
  const leaving = new AbortController();
  const call = bench(alone).ask({ signal: leaving.signal });
  await sleep(10);
  leaving.abort(new Error("gone"));
  await assertRejects(() => call, Error, "gone");
  hold.resolve();
  await sleep(200);
  assert(alone.requests.length < 20, "it continued to read");
});

Deno.test("the least recently used snapshots are dropped first, and a snapshot that does not fit is reported", async () => {
  const list = listOf(2_000);
  const { ask, snapshots, later } = bench(list, { allBytes: 1_500_000 });
  for (const scope of ["a", "b", "c", "d"]) {
    await ask({ scope });
    later(1);
  }
  assert(snapshots.bytes <= 1_500_000, `${snapshots.bytes}`);
  list.requests.length = 0;
  await ask({ scope: "d" });
  assertEquals(list.requests.length, 0);
  await ask({ scope: "a" });
  assert(list.requests.length > 0);

  const small = bench(listOf(2_000), { tenantBytes: 50_000 });
  await assertRejects(() => small.ask(), InputError, "more memory");
});

Deno.test("snapshots of two companies are separate", async () => {
  const ours = listOf(100);
  const theirs = listOf(120);
  const { snapshots } = bench(ours);
  const signal = new AbortController().signal;
  const ask = (scope: string, list: List) =>
    snapshots.get({ scope, list: "deal", source: sourceOf(list), signal });
  const [one, other] = await Promise.all([ask("a", ours), ask("b", theirs)]);
  assertEquals([one.table.size, other.table.size], [100, 120]);
  ours.requests.length = theirs.requests.length = 0;
  await Promise.all([ask("a", ours), ask("b", theirs)]);
  assertEquals([ours.requests, theirs.requests], [[], []]);
  snapshots.expire("a", "deal");
  await Promise.all([ask("a", ours), ask("b", theirs)]);
  assertEquals([ours.requests.length > 0, theirs.requests], [true, []]);
});

Deno.test("get() trusts the order of a list only if no other order is possible", async () => {
  // Ids and times fall together: the list may be sorted by id.
  const list = listOf(1_000);
  list.records.forEach((one, i) => one.id = 1_000 - i);
  const { ask, later } = bench(list);
  await ask();
  list.records[700]!.name = "changed";
  list.records[700]!.updated_at = time(9_000);
  later(6 * 60_000);
  assertEquals(namesIn(await ask()), namesOf(list));

  // All times are the same.
  const even = listOf(1_000);
  for (const one of even.records) one.updated_at = time(0);
  const other = bench(even);
  await other.ask();
  even.records[700]!.name = "changed";
  even.records[700]!.updated_at = time(9_000);
  other.later(6 * 60_000);
  assertEquals(namesIn(await other.ask()), namesOf(even));
});

Deno.test("get() finds the changes of others behind a page of own writes", async () => {
  const list = listOf(1_000);
  const { ask, later, snapshots } = bench(list);
  await ask();
  const change = (id: number, name: string, minute: number) => {
    const i = list.records.findIndex((one) => one.id === id);
    const [one] = list.records.splice(i, 1);
    list.records.unshift({ ...one!, name, updated_at: time(minute) });
  };
  change(900, "by somebody else", 5_000);
  for (let id = 1; id <= 150; id++) {
    change(id, "by us", 6_000 + id);
    snapshots.touch("acme", "deal", id);
    await ask();
  }
  list.requests.length = 0;
  later(6 * 60_000);
  assertEquals(namesIn(await ask()), namesOf(list));
  assert(list.requests.length <= 3, `${list.requests.length} requests`);
});

Deno.test("get() loses no change to a page that fails while it reads the news", async () => {
  const list = listOf(1_000);
  const { ask, later } = bench(list);
  await ask();
  for (let i = 0; i < 150; i++) {
    const [one] = list.records.splice(800, 1);
    list.records.unshift({
      ...one!,
      name: "changed",
      updated_at: time(5_000 + i),
    });
  }
  later(6 * 60_000);
  list.before = (page) => {
    if (page === 2) throw new Error("a broken page");
  };
  await assertRejects(() => ask(), Error, "a broken page");
  list.before = () => {};
  assertEquals(namesIn(await ask()), namesOf(list));
});

Deno.test("get() is not misled by a record that is deleted while pages move", async () => {
  const list = listOf(900, 100);
  let isDone = false;
  list.before = (page) => {
    if (page !== 9 || isDone) return;
    isDone = true;
    // Record 1 was read, and record 101 moves to the page of record 1.
    list.records.splice(0, 1);
  };
  const source = sourceOf(list);
  const pages: number[] = [];
  const snapshot = await bench(list).snapshots.get({
    scope: "acme",
    list: "deal",
    signal: new AbortController().signal,
    source: {
      ...source,
      // Page after page, so that the record is deleted in the middle.
      async readPage(page, ...rest) {
        pages.push(page);
        if (page === 9 && !isDone) await sleep(5);
        else if (page > 1 && !isDone) await sleep(20);
        return await source.readPage(page, ...rest);
      },
    },
  });
  assertEquals(namesIn(snapshot), namesOf(list));
});

Deno.test("get() answers `fresh` from what was read after it was asked", async () => {
  const list = listOf(300, 100);
  const gate = Promise.withResolvers<void>();
  list.before = (page) => page === 3 ? gate.promise : undefined;
  const { ask } = bench(list);
  const first = ask();
  await sleep(5);
  list.records[0]!.name = "changed";
  const fresh = ask({ fresh: true });
  gate.resolve();
  await first;
  assertEquals(namesIn(await fresh), namesOf(list));
});

Deno.test("get() shows a write that is made while it reads, even of an unknown record", async () => {
  const list = listOf(300, 100);
  const { ask, snapshots } = bench(list);
  const gate = Promise.withResolvers<void>();
  list.before = (page) => page === 3 ? gate.promise : undefined;
  const first = ask();
  await sleep(5);
  list.records[0]!.name = "written";
  snapshots.expire("acme", "deal");
  const second = ask();
  gate.resolve();
  await first;
  assertEquals(namesIn(await second), namesOf(list));
  list.records[1]!.name = "also written";
  snapshots.expire("acme", "deal");
  assertEquals(namesIn(await ask()), namesOf(list));
});

Deno.test("get() remembers the page size when the records are dropped or not kept", async () => {
  for (const options of [{ lifetime: 0 }, { allBytes: 1_000_000 }]) {
    const list = listOf(2_000, 250);
    const { ask, later } = bench(list, options);
    await ask();
    later(1);
    if (!("lifetime" in options)) await ask({ scope: "other" });
    list.requests.length = 0;
    await ask();
    assertEquals(list.requests.length, 8);
  }
});

Deno.test("get() continues an interrupted reading that was requested with `fresh`, but not an old one", async () => {
  const list = listOf(3_000, 100);
  let isSlow = true;
  list.before = async (_, request) => {
    if (isSlow && request > 10) await sleep(400);
  };
  list.records.reverse();
  const { ask, later, snapshots } = bench(list);
  const interrupt = async (fresh: boolean) => {
    isSlow = true;
    list.requests.length = 0;
    using limit = deadline(600);
    const { partial } = await ask({ signal: limit.signal, fresh });
    assert(partial !== undefined);
    isSlow = false;
    list.requests.length = 0;
  };
  await interrupt(true);
  await ask({ fresh: true });
  assert(list.requests.length <= 28, `${list.requests.length} requests`);
  // What was read before a question is not fresh, and neither is what was read
  // before a write.
  later(10 * 60_000);
  await interrupt(false);
  list.records[0]!.name = "changed";
  assertEquals(namesIn(await ask({ fresh: true })), namesOf(list));
  later(10 * 60_000);
  await interrupt(false);
  list.records[0]!.name = "written";
  snapshots.expire("acme", "deal");
  assertEquals(namesIn(await ask()), namesOf(list));
  await interrupt(true);
  later(10 * 60_000);
  await ask({ fresh: true });
  assertEquals(list.requests.length >= 30, true);
});

Deno.test("get() refreshes a snapshot that takes most of a company's memory", async () => {
  const list = listOf(2_000);
  list.records.reverse();
  const { ask, later } = bench(list, { tenantBytes: 700_000 });
  await ask();
  list.records[0]!.name = "changed";
  later(6 * 60_000);
  assertEquals(namesIn(await ask()), namesOf(list));
});

Deno.test("get() asks for no page twice, whichever answer comes last", async () => {
  for (const slow of [1, 2, 3, 4, 30]) {
    const list = listOf(3_000, 100);
    list.before = (page) => sleep(page === slow ? 40 : 1);
    assertEquals(namesIn(await bench(list).ask()), namesOf(list));
    // The first page is asked for in two sizes.
    assertEquals(
      list.requests.map(([page]) => page).sort((a, b) => a - b),
      [1, ...Array.from({ length: 30 }, (_, i) => i + 1)],
      `page ${slow}`,
    );
  }
});

Deno.test("get() sends the next request when all others are answered, while it reads the answers", async () => {
  const list = listOf(3_000, 100);
  let arriving = 0;
  let most = 0;
  const { promise: isSent, resolve } = Promise.withResolvers<void>();
  list.arrives = async () => {
    // The first pages tell how large a page may be.
    if (list.requests.length <= 4) return;
    arriving++;
    most = Math.max(most, arriving);
    if (arriving > 8) resolve();
    // Not one of eight answers is read to its end before the next request.
    using limit = deadline(2_000);
    await untilAborted(isSent, limit.signal).catch(() => {});
    arriving--;
  };
  assertEquals(namesIn(await bench(list).ask()), namesOf(list));
  assertEquals(most, 9);
});

Deno.test("get() runs fewer requests if the limits allow no more", async () => {
  const list = listOf(3_000, 100);
  let running = 0;
  list.before = async () => {
    if (++running > 3) {
      running--;
      throw new UnreachableError("too many", {
        endpoint: "GET /deals",
        reason: "limited",
        mayHaveArrived: false,
      });
    }
    await sleep(1);
    running--;
  };
  assertEquals(namesIn(await bench(list).ask()), namesOf(list));
});
