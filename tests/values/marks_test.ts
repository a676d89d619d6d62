import { assert, assertEquals, assertMatch } from "@std/assert";
import { show, someNumber } from "../../src/values/json.ts";
import {
  countUnnamed,
  cut,
  fenceLines,
  nameHidden,
  takeBack,
  withheld,
} from "../../src/values/marks.ts";
import { isAllVisible, visible } from "../../src/values/visible.ts";
import { createRandom } from "../../src/sandbox/random.ts";

Deno.test("takeBack() refuses every mark of missing text, in the form in which answers have it", () => {
  const table: [string, RegExp][] = [
    [cut("a".repeat(70_000), 8_000, "name the key"), /an answer was cut/],
    [withheld("secret", "QONTAK_CONTENT=strict"), /withheld a text/],
    [countUnnamed(2, "invisible"), /did not show/],
    [countUnnamed(3, "marks"), /did not show/],
    [fenceLines("012345").open, /fence around an answer/],
    [fenceLines("012345").close, /fence around an answer/],
  ];
  for (const [mark, problem] of table) {
    for (
      const [value, path] of [
        [mark, []],
        [`before ${mark} after`, []],
        [{ name: mark }, ["name"]],
        [{ list: ["a", { value: mark }] }, ["list", 1, "value"]],
      ] as const
    ) {
      const { problems } = takeBack(value);
      assertEquals(problems.map(({ path }) => path), [[...path]], mark);
      assertMatch(problems[0]!.problem, problem);
      // A message never repeats the text, only the mark.
      assertEquals(problems[0]!.problem.includes("aaa"), false);
    }
  }
});

Deno.test("takeBack() turns shown characters back into the characters", () => {
  const hidden = [
    "\u0000",
    "\u001b",
    "\r",
    "\u00ad",
    "\u200b",
    "\u202e",
    "\u2028",
    "\ufeff",
    "\u{e0061}",
  ];
  for (const one of hidden) {
    assertEquals(takeBack(nameHidden(one)), { value: one, problems: [] });
  }
  // Half of a character cannot be stored; two halves are one.
  for (const half of ["\ud83d", "\ude00"]) {
    assertEquals(visible(half), nameHidden(half));
    assertEquals(takeBack([nameHidden(half)]).problems.length, 1);
  }
  assertEquals(
    takeBack(nameHidden("\ud83d") + nameHidden("\ude00")),
    { value: "😀", problems: [] },
  );
  const random = createRandom(72);
  for (let run = 0; run < 2_000; run++) {
    const text = Array.from(
      { length: random.int(0, 11) },
      () => random.pick([random.pick(hidden), "a", "é", "😀", "\n", "⟨", "U+"]),
    ).join("").replace(/\r+\n/g, "\n");
    const shown = visible(text);
    const { value, problems } = takeBack({ list: [shown] });
    if (shown.includes(" invisible⟩")) assertEquals(problems.length, 1);
    else assertEquals(value, { list: [text] });
  }
});

Deno.test("takeBack() refuses values with too much nesting", () => {
  for (const [open, close] of [["[", "]"], ['{"a":', "}"]] as const) {
    const deep = JSON.parse(`${open.repeat(1e5)}1${close.repeat(1e5)}`);
    const { problems } = takeBack({ a: deep, b: "c" });
    assertEquals(problems, [{
      path: ["a"],
      problem: "holds lists or objects more than 32 levels deep",
    }]);
    assert(show(deep).length <= 60);
    assert(!someNumber(deep, () => true));
  }
});

Deno.test("takeBack() leaves every other value as it is", () => {
  for (
    const value of [
      "Rp 27.500 (cut: 5 cm)",
      "[withheld]",
      "⟨U+⟩ ⟨U+110000⟩ ⟨x⟩",
      "<qontak-data>",
      { a: [1, null, true, { b: "" }] },
      12,
      null,
      undefined,
    ]
  ) assertEquals(takeBack(value), { value, problems: [] });
});

Deno.test("isAllVisible() is never true for JSON with a text that visible() changes", () => {
  let changed = 0;
  for (let code = 0; code <= 0xffff; code++) {
    const text = `a${String.fromCharCode(code)}b`;
    const isChanged = visible(text) !== text;
    if (isChanged) changed++;
    for (
      const json of [JSON.stringify([text]), JSON.stringify({ [text]: 1 })]
    ) {
      assert(!(isChanged && isAllVisible(json)), `U+${code.toString(16)}`);
    }
  }
  assert(changed > 2_000, `${changed} characters were changed`);
  assert(isAllVisible(JSON.stringify({ 'näme \\ "x"': ["a\tb\nc", 1] })));
  assert(!isAllVisible(`"${"a".repeat(250_000)}"`));
});
