/** Which request may be sent when, on a clock that the test controls. */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { LimitError } from "../../src/errors.ts";
import { ALL_RATE, type Rate, TENANT_RATE } from "../../src/limits/bucket.ts";
import {
  createLimiter,
  type LimiterOptions,
  type Pass,
} from "../../src/limits/limiter.ts";
import { createTestClock, settle } from "../support/clock.ts";
import { createRandom } from "../../src/sandbox/random.ts";

const FREE: Rate = { perSecond: Infinity, burst: 1 };

function start(options: LimiterOptions = {}) {
  const clock = createTestClock();
  return { clock, limits: createLimiter({ clock, ...options }) };
}

/** The state of a request, as far as it is known. */
interface Fate {
  pass?: Pass;
  error?: unknown;
}

function fateOf(entering: Promise<Pass>): Fate {
  const fate: Fate = {};
  entering.then((pass) => fate.pass = pass, (error) => fate.error = error);
  return fate;
}

/** Counts the tokens of a bucket without the code under test. */
function recount(rate: Rate) {
  let tokens = rate.burst;
  let at = 0;
  return {
    at(now: number) {
      tokens = Math.min(
        rate.burst,
        tokens + (now - at) / 1000 * rate.perSecond,
      );
      at = now;
      return tokens;
    },
    take(now: number) {
      this.at(now);
      tokens -= 1;
      return tokens;
    },
  };
}

for (const seed of [1, 2, 3]) {
  Deno.test(`10,000 requests at random moments keep all limits (seed ${seed})`, async () => {
    const random = createRandom(seed);
    const { clock, limits } = start();
    const names = Array.from({ length: 12 }, (_, index) => `t${index}`);
    const everybody = recount(ALL_RATE);
    const own = new Map(names.map((name) => [name, recount(TENANT_RATE)]));
    const running = new Map(names.map((name) => [name, 0]));
    const waiting = new Map(names.map((name) => [name, new Set<number>()]));
    /**
     * How often each other tenant was served before a tenant that was ready.
     */
    const passedOver = new Map(
      names.map((name) => [name, new Map<string, number>()]),
    );
    const last = new Map(names.map((name) => [name, -1]));
    const counts = { admitted: 0, refused: 0, late: 0, aborted: 0 };
    const problems: unknown[] = [];
    const total = () => running.values().reduce((sum, one) => sum + one, 0);

    function isReady(name: string, now: number) {
      return waiting.get(name)!.size > 0 &&
        own.get(name)!.at(now) >= 1 + 1e-6 &&
        running.get(name)! < Math.min(10, 50 - total());
    }

    function admitted(name: string, number: number, pass: Pass) {
      const now = clock.now();
      counts.admitted++;
      waiting.get(name)!.delete(number);
      for (const other of names) {
        const times = passedOver.get(other)!;
        if (other === name || !isReady(other, now)) {
          times.clear();
          continue;
        }
        const count = (times.get(name) ?? 0) + 1;
        assert(count <= 1, `${other} was passed over twice by ${name}`);
        times.set(name, count);
      }
      assert(own.get(name)!.take(now) > -1e-6, `${name} is over its limit`);
      assert(everybody.take(now) > -1e-6, "all are over the limit");
      assert(number > last.get(name)!, `${name} was overtaken by itself`);
      last.set(name, number);
      running.set(name, running.get(name)! + 1);
      assert(running.get(name)! <= 10 && total() <= 50);
      clock.after(random.int(0, 399), () => {
        running.set(name, running.get(name)! - 1);
        pass.done("ok");
      });
    }

    for (let number = 0; number < 10_000; number++) {
      await clock.pass(random.int(0, 24));
      // One tenant sends a third of them, in bursts.
      const isBurst = random.chance(1 / 40);
      for (let more = isBurst ? 30 : 1; more > 0; more--) {
        const mine = number;
        const name = random.chance(1 / 3) || isBurst
          ? "t0"
          : random.pick(names);
        const patience = random.pick([0, 500, 4_000, 10_000]);
        const controller = new AbortController();
        const entered = clock.now();
        waiting.get(name)!.add(mine);
        limits.enter(name, controller.signal, patience).then(
          (pass) => {
            assert(clock.now() - entered <= patience + 1);
            admitted(name, mine, pass);
          },
          (error) => {
            waiting.get(name)!.delete(mine);
            if (error === "given up") return counts.aborted++;
            assert(error instanceof LimitError, String(error));
            assertEquals(error.reason, "limited");
            assert(clock.now() - entered <= patience + 1);
            return clock.now() === entered ? counts.refused++ : counts.late++;
          },
        ).catch((problem) => problems.push(problem));
        if (random.chance(1 / 20)) {
          clock.after(random.int(0, 1999), () => controller.abort("given up"));
        }
        await settle();
        if (more > 1) number++;
      }
    }
    await clock.pass(30_000);
    if (problems.length > 0) throw problems[0];
    const { admitted: yes, refused, late, aborted } = counts;
    assert(yes + refused + late + aborted >= 10_000);
    assert(
      yes > 1_000 && refused > 100 && aborted > 10,
      JSON.stringify(counts),
    );
    assertEquals([limits.waiting, limits.running, clock.timers], [0, 0, 0]);
    await limits.close();
  });
}

Deno.test("enter() refuses a caller that would wait too long at once, with the seconds", async () => {
  const { clock, limits } = start();
  const fates = Array.from(
    { length: 100 },
    () => fateOf(limits.enter("a", undefined, 4_000)),
  );
  await settle();
  const errors = fates.map(({ error }) => error);
  // The burst, and forty that get their turn within four seconds.
  assertEquals(errors.slice(0, 60), Array(60).fill(undefined));
  for (const error of errors.slice(60)) {
    assert(error instanceof LimitError);
    assertEquals([error.reason, error.seconds], ["limited", 5]);
    assertStringIncludes(error.message, "wait 5 s");
  }
  const admitted = () => {
    const passes = fates.filter(({ pass }) => pass);
    for (const { pass } of passes) pass!.done("ok");
    return passes.length;
  };
  for (let tenths = 0; tenths < 41; tenths++) {
    admitted();
    await clock.pass(100);
  }
  assertEquals(admitted(), 60);
});

Deno.test("enter() refuses a caller that gets no place in time because answers are slow", async () => {
  const { clock, limits } = start();
  for (let count = 0; count < 10; count++) await limits.enter("a");
  const fate = fateOf(limits.enter("a", undefined, 3_000));
  await clock.pass(2_990);
  assertEquals(fate, {});
  await clock.pass(20);
  assert(fate.error instanceof LimitError);
  assertEquals(limits.waiting, 0);
});

Deno.test("enter() forgets a caller that gives up, and serves the next one", async () => {
  const { clock, limits } = start({ tenant: { perSecond: 1, burst: 1 } });
  (await limits.enter("a")).done("ok");
  const controller = new AbortController();
  const first = fateOf(limits.enter("a", controller.signal));
  const second = fateOf(limits.enter("a"));
  await clock.pass(500);
  controller.abort("enough");
  await settle();
  assertEquals([first.error, limits.waiting], ["enough", 1]);
  await clock.pass(510);
  assert(second.pass);
  second.pass.done("ok");
  await assertRejects(() =>
    limits.enter("a", AbortSignal.abort(new Error("x")))
  );
  assertEquals([limits.waiting, limits.running, clock.timers], [0, 0, 0]);
});

Deno.test("a tenant with one request comes before the hundredth of another", async () => {
  const { clock, limits } = start({
    tenant: FREE,
    all: { perSecond: 10, burst: 1 },
  });
  const order: string[] = [];
  const enter = (name: string) =>
    limits.enter(name, undefined, 60_000).then((pass) => {
      order.push(name);
      pass.done("ok");
    });
  const flood = Array.from({ length: 50 }, () => enter("flood"));
  await clock.pass(100);
  const others = [enter("b"), enter("c")];
  await clock.pass(400);
  assertEquals(order.slice(0, 5), ["flood", "flood", "flood", "b", "c"]);
  await Promise.all(others);
  await clock.pass(10_000);
  await Promise.all(flood);
});

Deno.test("if the queue is full, the tenant with most calls in it loses one", async () => {
  const { limits } = start({
    tenant: FREE,
    all: { perSecond: 0.01, burst: 1 },
  });
  const wait = (name: string) =>
    fateOf(limits.enter(name, undefined, Infinity));
  (await limits.enter("first")).done("ok");
  const fates = Array.from(
    { length: 1_010 },
    (_, index) => wait(`greedy${index % 10}`),
  );
  await settle();
  assertEquals(limits.waiting, 1_000);
  // Each has a hundred, which is the maximum.
  assertEquals(fates.filter(({ error }) => error).length, 10);
  const modest = [wait("modest"), wait("modest"), wait("shy")];
  await settle();
  assertEquals(modest.map(({ error }) => error), Array(3).fill(undefined));
  assertEquals(limits.waiting, 1_000);
  assertEquals(fates.filter(({ error }) => error).length, 13);
  await limits.close();
  await settle();
  assertEquals(modest.filter(({ error }) => error).length, 3);
  await assertRejects(() => limits.enter("late"), LimitError, "stopping");
});

Deno.test("a hundred requests of a tenant may wait, even if the queue is empty", async () => {
  const { limits } = start({ tenant: FREE, all: FREE });
  for (let count = 0; count < 10; count++) await limits.enter("a");
  const fates = Array.from(
    { length: 103 },
    () => fateOf(limits.enter("a", undefined, Infinity)),
  );
  await settle();
  assertEquals(limits.waiting, 100);
  assertEquals(
    fates.filter(({ error }) => error instanceof LimitError).length,
    3,
  );
  await limits.close();
});

Deno.test("slow answers of greedy tenants leave places for others", async () => {
  const { clock, limits } = start({ tenant: FREE, all: FREE });
  const running: Pass[] = [];
  const fill = (name: string) => {
    limits.enter(name, undefined, 1e9).then((pass) => {
      running.push(pass);
      fill(name);
    }, () => {});
  };
  for (let tenant = 0; tenant < 5; tenant++) {
    for (let count = 0; count < 20; count++) fill(`greedy${tenant}`);
  }
  for (let rounds = 0; rounds < 300; rounds++) {
    await clock.pass(1);
    running.shift()?.done("ok");
  }
  await settle();
  assert(limits.running <= 45, `${limits.running} are under way`);
  const fate = fateOf(limits.enter("modest"));
  await settle();
  assert(fate.pass);
  await limits.close();
});

Deno.test("tenants are forgotten: the oldest if there are many, and all that are idle", async () => {
  const { clock, limits } = start({ all: FREE });
  const kept = await limits.enter("kept");
  for (let count = 0; count < 20_000; count++) {
    (await limits.enter(`t${count}`)).done("ok");
    assert(limits.tenants <= 5_000);
  }
  assertEquals(limits.tenants, 5_000);
  kept.done("ok");
  await clock.pass(10_000);
  for (let count = 0; count < 700; count++) {
    (await limits.enter("one")).done("ok");
    await clock.pass(100);
  }
  assertEquals(limits.tenants, 1);
  assertEquals(clock.timers, 0);
});

Deno.test("a forgotten tenant does not get more tokens than before", async () => {
  const { clock, limits } = start({ tenant: { perSecond: 1, burst: 5 } });
  for (let count = 0; count < 5; count++) (await limits.enter("a")).done("ok");
  // Many other tenants call, and each call drops idle tenants.
  for (let count = 0; count < 50; count++) {
    (await limits.enter(`t${count}`)).done("ok");
  }
  const fate = fateOf(limits.enter("a", undefined, 0));
  await clock.pass(10);
  assert(fate.error instanceof LimitError);
});

Deno.test("rates of 0 limit nothing", async () => {
  const { limits } = start({ tenant: FREE, all: FREE });
  for (let count = 0; count < 5_000; count++) {
    (await limits.enter("a", undefined, 0)).done("ok");
  }
});

/** Sends requests of a tenant that all end in the same way. */
async function send(
  limits: ReturnType<typeof createLimiter>,
  name: string,
  outcome: "ok" | "failed" | "void",
  count = 1,
): Promise<void> {
  for (let sent = 0; sent < count; sent++) {
    (await limits.enter(name)).done(outcome);
  }
}

async function suspendedFor(
  limits: ReturnType<typeof createLimiter>,
  name: string,
): Promise<number> {
  try {
    (await limits.enter(name, undefined, 0)).done("void");
    return 0;
  } catch (error) {
    assert(error instanceof LimitError);
    assertEquals(error.reason, "suspended");
    assertStringIncludes(error.message, `wait ${error.seconds} s`);
    return error.seconds;
  }
}

Deno.test("five failures in a row suspend a tenant, and no other", async () => {
  const { clock, limits } = start({ tenant: FREE, all: FREE });
  await send(limits, "a", "failed", 4);
  await send(limits, "a", "ok");
  await send(limits, "a", "failed", 4);
  await send(limits, "a", "void", 9);
  assertEquals(await suspendedFor(limits, "a"), 0);
  await send(limits, "a", "failed");
  assertEquals(await suspendedFor(limits, "a"), 5);
  // Two of them do not either: their requests may be too large.
  await send(limits, "b", "failed", 5);
  assertEquals(await suspendedFor(limits, "b"), 5);
  assertEquals(await suspendedFor(limits, "c"), 0);
  await clock.pass(4_500);
  assertEquals(await suspendedFor(limits, "a"), 1);
});

Deno.test("failures of three tenants without an answer suspend all", async () => {
  const { clock, limits } = start({ tenant: FREE, all: FREE });
  await send(limits, "a", "failed", 3);
  await send(limits, "b", "failed", 2);
  await send(limits, "c", "ok");
  await send(limits, "c", "failed", 1);
  await send(limits, "a", "failed", 1);
  assertEquals(await suspendedFor(limits, "d"), 0);
  await send(limits, "b", "failed", 2);
  await send(limits, "a", "failed", 0);
  assertEquals(await suspendedFor(limits, "d"), 0);
  await send(limits, "e", "failed", 1);
  // The tenants that failed wait; each other tenant sends one request as a
  // test.
  assertEquals(await suspendedFor(limits, "e"), 5);
  assertEquals(await suspendedFor(limits, "d"), 0);
  await send(limits, "d", "failed");
  assertEquals(await suspendedFor(limits, "d"), 10);
  // Further failed tests do not prolong the same pause.
  await send(limits, "f", "failed");
  assertEquals(await suspendedFor(limits, "f"), 10);
  await clock.pass(10_000);
  const attempt = await limits.enter("d");
  assertEquals(await suspendedFor(limits, "d"), 10);
  attempt.done("ok");
  // Tenants that were suspended meanwhile are no longer suspended.
  for (const name of ["a", "d", "f"]) {
    assertEquals(await suspendedFor(limits, name), 0);
  }
});

Deno.test("failures of tenants that share a caller suspend no other tenants", async () => {
  const { limits } = start({ tenant: FREE, all: FREE });
  const fail = async (tenant: string, caller: string) =>
    (await limits.enter(tenant, undefined, 0, { caller })).done("failed");
  for (const tenant of ["a", "b", "c", "d"]) {
    for (let count = 0; count < 4; count++) await fail(tenant, "one");
  }
  // Tenants that two callers share count as one as well.
  await fail("e", "two");
  await fail("d", "two");
  await fail("e", "two");
  assertEquals(await suspendedFor(limits, "f"), 0);
  assertEquals(await suspendedFor(limits, "a"), 0);
  await fail("g", "three");
  await fail("g", "three");
  assertEquals(await suspendedFor(limits, "g"), 0);
  await fail("h", "four");
  assertEquals(await suspendedFor(limits, "g"), 5);
});

Deno.test("what fails in one call is one failure", async () => {
  const { limits } = start({ tenant: FREE, all: FREE });
  const fail = async (call: object) =>
    (await limits.enter("a", undefined, 0, { call })).done("failed");
  for (let count = 0; count < 4; count++) {
    const call = {};
    for (let sent = 0; sent < 9; sent++) await fail(call);
  }
  assertEquals(await suspendedFor(limits, "a"), 0);
  await fail({});
  assertEquals(await suspendedFor(limits, "a"), 5);
});

Deno.test("an answer ends the suspension of all tenants", async () => {
  const { clock, limits } = start({ tenant: FREE, all: FREE });
  const late: Pass[] = [];
  for (let count = 0; count < 5; count++) late.push(await limits.enter("a"));
  for (const name of ["b", "b", "c", "c", "d"]) {
    await send(limits, name, "failed");
  }
  await clock.pass(2_000);
  for (const pass of late) pass.done("failed");
  assertEquals(await suspendedFor(limits, "a"), 5);
  await clock.pass(3_000);
  await send(limits, "e", "ok");
  assertEquals(await suspendedFor(limits, "a"), 0);
});

Deno.test("each failed test doubles the pause, up to a minute; a timer replaces a test that never ends", async () => {
  const { clock, limits } = start({ tenant: FREE, all: FREE });
  await send(limits, "a", "failed", 5);
  for (const rest of [5, 10, 20, 40, 60, 60]) {
    assertEquals(await suspendedFor(limits, "a"), rest);
    await clock.pass(rest * 1_000);
    await send(limits, "a", "failed");
  }
  await clock.pass(60_000);
  // A test that was not sent leaves its turn to the next.
  await send(limits, "a", "void");
  // A test that never ends leaves it after another pause.
  const lost = await limits.enter("a");
  assertEquals(await suspendedFor(limits, "a"), 60);
  await clock.pass(60_000);
  await send(limits, "a", "ok");
  lost.done("failed");
  assertEquals(await suspendedFor(limits, "a"), 0);
});

Deno.test("a caller that waits while the breaker opens is refused at once", async () => {
  const { clock, limits } = start();
  const passes: Pass[] = [];
  for (let count = 0; count < 10; count++) passes.push(await limits.enter("a"));
  const fates = [fateOf(limits.enter("a")), fateOf(limits.enter("a"))];
  for (const pass of passes.slice(0, 4)) {
    pass.done("failed");
    pass.done("failed");
  }
  await settle();
  // Only the first outcome of each counts.
  assertEquals(limits.running, 8);
  for (const pass of passes.slice(4, 6)) pass.done("failed");
  await settle();
  assertEquals(fates.filter(({ pass }) => pass).length, 2);
  const later = Array.from({ length: 5 }, () => fateOf(limits.enter("b")));
  await settle();
  assertEquals(later.filter(({ pass }) => pass).length, 5);
  const suspended = fateOf(limits.enter("a"));
  await settle();
  assert(suspended.error instanceof LimitError);
  assertEquals(suspended.error.reason, "suspended");
  await limits.close();
  await clock.pass(0);
});

Deno.test("failures long ago do not count", async () => {
  const { clock, limits } = start({ tenant: FREE, all: FREE });
  await send(limits, "a", "failed", 4);
  await clock.pass(301_000);
  await send(limits, "a", "failed", 4);
  assertEquals(await suspendedFor(limits, "a"), 0);
});
