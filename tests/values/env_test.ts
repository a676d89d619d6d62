import { assertEquals } from "@std/assert";
import { parseVariables } from "../../src/values/env.ts";
import { root } from "../support/process.ts";

const table: readonly (readonly [string, Record<string, string>])[] = [
  ["A=1\nB=2\n", { A: "1", B: "2" }],
  ["\uFEFFA=1\r\nB=2\r\n", { A: "1", B: "2" }],
  ["# A=1\n\n  export B = 2  # two\n", { B: "2" }],
  ["A=\n", { A: "" }],
  // Nothing is expanded, with quotes or without.
  ["A=tok$en1\nB='tok$en1'\nC=\"tok$en1\"\n", {
    A: "tok$en1",
    B: "tok$en1",
    C: "tok$en1",
  }],
  ["A=${HOME}\nB=$HOME\nC=${NONE:-x}\n", {
    A: "${HOME}",
    B: "$HOME",
    C: "${NONE:-x}",
  }],
  ["A='a#b'\nB=a#b\n", { A: "a#b", B: "a" }],
  ['A="one\ntwo"\n', { A: "one\ntwo" }],
];

Deno.test("parseVariables() reads values as they are and expands nothing", () => {
  for (const [text, expected] of table) {
    assertEquals(parseVariables(text), expected, JSON.stringify(text));
  }
});

Deno.test("parseVariables() prints nothing about lines that it cannot read", async () => {
  const secret = "eyJ-a-token-that-was-pasted";
  const text = `${secret}\n1BAD=${secret}\nb.a.d=${secret}\nGOOD=1\n`;
  const module = new URL("src/values/env.ts", `file://${root}`).href;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      "--no-lock",
      `import { parseVariables } from ${JSON.stringify(module)};
       console.log(parseVariables(${JSON.stringify(text)}).GOOD);`,
    ],
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  assertEquals(
    [code, decoder.decode(stdout), decoder.decode(stderr)],
    [0, "1\n", ""],
  );
});
