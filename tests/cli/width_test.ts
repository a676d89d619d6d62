import { stripVTControlCharacters } from "node:util";
import { assert, assertEquals } from "@std/assert";
import { beside, columns, fit, wrap } from "../../src/cli/width.ts";
import { onTerminal } from "../../scripts/terminal_page.ts";
import { bareEnv, program, run } from "../support/process.ts";
import { noTerminal } from "../support/terminal.ts";
import { unless } from "../support/unless.ts";

Deno.test("wrap() breaks between words, and long words anywhere", () => {
  assertEquals(wrap("one two three", 8), ["one two", "three"]);
  assertEquals(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
  assertEquals(wrap("one two", Infinity), ["one two"]);
  assertEquals(wrap("", 4), [""]);
});

Deno.test("wrap() gives colors no room, and breaks none of them", () => {
  const dim = "\x1b[2m", plain = "\x1b[22m";
  assertEquals(wrap(`${dim}one${plain} two ${dim}three${plain}`, 8), [
    `${dim}one${plain} two`,
    `${dim}three${plain}`,
  ]);
  assertEquals(wrap(`${dim}abcdef${plain}`, 4), [
    `${dim}abcd`,
    `ef${plain}`,
  ]);
});

Deno.test("fit() keeps the indentation where a line continues", () => {
  assertEquals(
    fit("none\n  one two three\n\n\x1b[31m  four five six\x1b[39m", 12),
    "none\n  one two\n  three\n\n  \x1b[31mfour five\n  six\x1b[39m",
  );
  assertEquals(fit("  one two three", Infinity), "  one two three");
});

Deno.test("columns() fits the width, and loses no word", () => {
  const rows = [
    ["tenant", "state", "what happened"],
    ["acme", "works", "a long sentence about what happened to this company"],
    ["a-company-with-a-long-name", "refused", "short"],
  ];
  const whole = columns(rows, Infinity);
  assertEquals(whole.split("\n").length, 3);
  const narrow = columns(rows, 40);
  for (const line of narrow.split("\n")) assert(line.length <= 40, line);
  const words = (text: string) =>
    text.replaceAll(/[\s-]+/g, " ").split(" ").sort();
  assertEquals(
    words(narrow).join("").length,
    words(whole).join("").length,
  );
});

Deno.test("beside() begins each line in one column", () => {
  assertEquals(
    beside("  --x", "one two three", 8, 16),
    "  --x   one two\n        three",
  );
});

Deno.test("a pipe gets whole lines", async () => {
  const { stdout } = await run(["--help"]);
  assert(stdout.split("\n").some((line) => line.length > 100));
});

Deno.test({
  ...unless(
    noTerminal,
    "doctor fits the terminal, and colors how each check ended",
  ),
  async fn() {
    const words = [Deno.execPath(), ...await program("doctor", "--sandbox")];
    const quoted = words.map((word) => `'${word}'`).join(" ");
    const printed = await onTerminal(quoted, 60, bareEnv({ CI: "true" }));
    const lines = printed.trimEnd().split("\n");
    assert(
      lines.some((line) => line.startsWith("\x1b[32mok    \x1b[39mcrm  ")),
      printed,
    );
    assert(lines.some((line) => line.startsWith(" ".repeat(21))), printed);
    for (const line of lines) {
      assert(stripVTControlCharacters(line).length <= 60, line);
    }
    // A pipe gets neither.
    const { stdout } = await run(["doctor", "--sandbox"]);
    assert(!stdout.includes("\x1b"), stdout);
  },
});
