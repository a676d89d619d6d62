/** Requests in parallel: whatever their order, each item is done once. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { UnreachableError } from "../../src/errors.ts";
import { sideBySide } from "../../src/snapshots/side_by_side.ts";
import { sleep } from "../support/time.ts";

/** What a request throws that the limits do not allow. */
const limited = () =>
  new UnreachableError("too many", {
    endpoint: "GET /deals",
    reason: "limited",
    mayHaveArrived: false,
  });

Deno.test("sideBySide() does each item once, with eight requests at most and nine items at a time, whatever is answered or refused first", async () => {
  const step = fc.record({
    before: fc.nat({ max: 2 }),
    after: fc.nat({ max: 2 }),
    tells: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: 40 }),
      fc.array(step, { minLength: 1, maxLength: 12 }),
      fc.constantFrom(1, 3, 8, 99),
      async (count, steps, limit) => {
        const items = Array.from({ length: count }, (_, i) => i);
        const done: number[] = [];
        let [running, most, waiting, mostWaiting, next] = [0, 0, 0, 0, 0];
        await sideBySide(items, async (item, _signal, onAnswer) => {
          // As the limits do, it lets the first one through.
          if (waiting >= limit) throw limited();
          const { before, after, tells } = steps[next++ % steps.length]!;
          most = Math.max(most, ++running);
          mostWaiting = Math.max(mostWaiting, ++waiting);
          if (before > 0) await sleep(before);
          waiting--;
          if (tells) onAnswer();
          if (after > 0) await sleep(after);
          running--;
          done.push(item);
        }, new AbortController().signal);
        assertEquals(done.sort((a, b) => a - b), items);
        assert(most <= 9, `${most} at a time`);
        assert(mostWaiting <= 8, `${mostWaiting} requests`);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("sideBySide() continues if the limits refuse the request that was added", async () => {
  const items = Array.from({ length: 20 }, (_, i) => i);
  const done: number[] = [];
  const refused = new Set<number>();
  const { promise: isAlone, resolve } = Promise.withResolvers<void>();
  let extra = 0;
  await sideBySide(items, async (item, _signal, onAnswer) => {
    // One is left of eight that began.
    if (item > 0 && item < 8 && !refused.has(item)) {
      refused.add(item);
      if (refused.size === 7) resolve();
      throw limited();
    }
    if (item === 0) {
      await isAlone;
      await sleep(1);
      extra = 1;
      onAnswer();
      await sleep(5);
    } else if (extra-- === 1) throw limited();
    done.push(item);
  }, new AbortController().signal);
  assertEquals(done.sort((a, b) => a - b), items);
});

Deno.test("sideBySide() sends eight requests at most after one was added", async () => {
  let waiting = 0;
  let most = 0;
  await sideBySide(
    Array.from({ length: 60 }, (_, i) => i),
    async (_item, _signal, onAnswer) => {
      most = Math.max(most, ++waiting);
      // All eight are answered at the same time, and then read for a while.
      await sleep(5);
      waiting--;
      onAnswer();
      await sleep(1);
    },
    new AbortController().signal,
  );
  assertEquals(most, 8);
});
