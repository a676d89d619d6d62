import { assertEquals } from "@std/assert";
import { didYouMean, fold, nearest } from "../../src/values/words.ts";

Deno.test("fold() ignores case, spacing and separators", () => {
  for (const word of ["Closing Won", " closing_won ", "CLOSING-WON"]) {
    assertEquals(fold(word), "closing won");
  }
});

Deno.test("nearest() finds the mistyped word", () => {
  const table: [string, string[], string | undefined][] = [
    ["creat_deal", ["create_deal", "delete_deal"], "create_deal"],
    ["Negosiasi Harg", ["Prospek", "Negosiasi Harga"], "Negosiasi Harga"],
    ["hrtp", ["http"], "http"],
    ["IDR", ["IDR", "USD"], "IDR"],
    ["stage", ["crm_stage_id", "name"], "crm_stage_id"],
    ["banana", ["create_deal", "delete_deal"], undefined],
    ["", ["a"], undefined],
  ];
  for (const [word, candidates, expected] of table) {
    assertEquals(nearest(word, candidates), expected, word);
  }
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
