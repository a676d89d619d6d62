import { assert, assertEquals } from "@std/assert";
import {
  didYouMean,
  fold,
  foldText,
  nearest,
  normalizeText,
} from "../../src/values/words.ts";

Deno.test("fold() ignores case, spacing and separators", () => {
  for (const word of ["Closing Won", " closing_won ", "CLOSING-WON"]) {
    assertEquals(fold(word), "closing won");
  }
});

Deno.test("normalizeText() keeps 30 marks on a character", () => {
  assertEquals(normalizeText("e\u0301\u0323"), "\u1eb9\u0301");
  const marks = "\u0323".repeat(40);
  assertEquals(
    normalizeText(`a${marks}b${marks}\ufb01`),
    `\u1ea1${"\u0323".repeat(29)}\u1e05${"\u0323".repeat(29)}fi`,
  );
});

Deno.test("foldText() ignores case, accents and spacing", () => {
  for (const text of ["Jos\u00e9  \ufb01", "jose\u0323\u0301\u0323 FI"]) {
    assertEquals(foldText(text), "jose fi");
  }
});

Deno.test("a long row of marks is folded about as fast as other text", () => {
  // Sorted as a whole, each of these rows takes 10 ms or more.
  const row = "\u0301\u0323".repeat(1_990);
  const times = [foldText, normalizeText].map((fold) => {
    const start = performance.now();
    for (let i = 0; i < 100; i++) fold(`a${row}`);
    return performance.now() - start;
  });
  assert(Math.max(...times) < 300, times.map(Math.round).join(" and "));
});

Deno.test("nearest() finds the mistyped word", () => {
  const table: [string, string[], string | undefined][] = [
    ["creat_deal", ["create_deal", "delete_deal"], "create_deal"],
    ["Negosiasi Harg", ["Prospek", "Negosiasi Harga"], "Negosiasi Harga"],
    ["hrtp", ["http"], "http"],
    ["IDR", ["IDR", "USD"], "IDR"],
    ["stage", ["crm_stage_id", "name"], "crm_stage_id"],
    ["get_dea", ["get_deal_template", "get_deal"], "get_deal"],
    ["banana", ["create_deal", "delete_deal"], undefined],
    ["", ["a"], undefined],
  ];
  for (const [word, candidates, expected] of table) {
    assertEquals(nearest(word, candidates), expected, word);
  }
});

/** The number of edits between two words, by the whole table of them. */
function editsBetween(a: string, b: string): number {
  const rows = [0, 1, 2].map(() => new Uint8Array(b.length + 1));
  for (let j = 0; j <= b.length; j++) rows[0]![j] = j;
  for (let i = 1; i <= a.length; i++) {
    const before = rows[(i + 1) % 3]!;
    const last = rows[(i + 2) % 3]!;
    const row = rows[i % 3]!;
    row[0] = i;
    for (let j = 1; j <= b.length; j++) {
      const least = Math.min(
        last[j]! + 1,
        row[j - 1]! + 1,
        last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1),
      );
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] &&
        a[i - 2] === b[j - 1];
      row[j] = isSwapped ? Math.min(least, before[j - 2]! + 1) : least;
    }
  }
  return rows[a.length % 3]![b.length]!;
}

Deno.test("nearest() among many long words takes a part of the time of whole tables of edits", () => {
  const start = "abcd".repeat(10);
  const word = start + "q".repeat(24);
  // Each of them differs from the word by many edits at its end.
  const words = Array.from(
    { length: 200 },
    (_, i) => start + String(i).padEnd(24, "xyz"),
  );
  // On a busy machine, only the shortest of many times tells something.
  let [shortest, whole] = [Infinity, Infinity];
  for (let i = 0; i < 80; i++) {
    const begin = performance.now();
    assertEquals(nearest(word, words), undefined);
    const middle = performance.now();
    const edits = words.map((other) => editsBetween(word, other));
    const end = performance.now();
    assertEquals(edits, Array(200).fill(24));
    shortest = Math.min(shortest, middle - begin);
    whole = Math.min(whole, end - middle);
  }
  assert(shortest < 0.7 * whole, `${shortest} ms, not ${whole} ms`);
});

Deno.test("nearest() ignores texts, which are longer than a word", () => {
  const word = "a".repeat(64);
  assertEquals(nearest(word, [`${word}b`]), `${word}b`);
  assertEquals(nearest(`${word}a`, [word]), undefined);
  // It has eighteen letters after folding.
  assertEquals(nearest("\ufdfa".repeat(4), ["\ufdfa".repeat(4)]), undefined);
});

Deno.test("didYouMean() is empty if no word is near", () => {
  assertEquals(didYouMean("zzzz", ["deal"]), "");
  assertEquals(didYouMean("dela", ["deal"]), ". Did you mean deal?");
});
