import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { choose } from "../../src/fields/options.ts";
import { nearest } from "../../src/values/words.ts";

/** The shortest of some runs, in ms. */
function shortest(run: () => unknown): number {
  return Math.min(...Array.from({ length: 30 }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  }));
}

Deno.test("choose() reads a long list of options once for many wrong words", () => {
  const options = Array.from(
    { length: 5_000 },
    (_, i) => ({ id: i + 1, name: `Pilihan ke-${i} \ufdfa` }),
  );
  const wrong = "Pilihn ke-77 \ufdfa";
  const { problem } = choose(options, wrong);
  assertStringIncludes(problem!, 'Did you mean "Pilihan ke-77 \ufdfa"?');
  assertStringIncludes(problem!, "20 of 5000 options");
  assertEquals(choose(options, "pilihan KE-9 \ufdfa"), { option: options[9]! });
  // What remains for each word is the comparison with each name.
  const compared = shortest(() => nearest(wrong, options.map((o) => o.name)));
  const chosen = shortest(() => choose(options, wrong));
  assert(chosen < 2 * compared, `${chosen} ms, not ${compared} ms`);
});
