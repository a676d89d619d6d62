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

Deno.test("nearest() among 1,000 long words takes a few hundredths of a second", () => {
  const start = "abcd".repeat(10);
  // Each of them differs from the word by many edits at its end.
  const words = Array.from(
    { length: 1_000 },
    (_, i) => start + String(i).padEnd(24, "xyz"),
  );
  const begin = performance.now();
  for (let i = 0; i < 20; i++) {
    assertEquals(nearest(start + "q".repeat(24), words), undefined);
  }
  const time = performance.now() - begin;
  assert(time < 450, `${Math.round(time)} ms`);
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
