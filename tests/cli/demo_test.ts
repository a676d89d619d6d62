import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { findBrowser } from "../../scripts/browser.ts";
import { onTerminal } from "../../scripts/terminal_page.ts";
import { bareEnv, program, run } from "../support/process.ts";
import { noTerminal } from "../support/terminal.ts";
import { unless } from "../support/unless.ts";

Deno.test("demo plays to its end, and names the currency of every amount", async () => {
  const { code, stdout, stderr } = await run(["demo"]);
  assertEquals(code, 0, stderr);
  assert(/tool calls, \d+ requests to Qontak/.test(stdout), stdout);
  const amounts = [...stdout.matchAll(/(\S+) \d{1,3}(?:,\d{3})+/g)];
  assert(amounts.length >= 10, `only ${amounts.length} amounts`);
  assertEquals(
    amounts.filter(([, before]) => !/^(?:IDR|USD)$/.test(before!))
      .map(([whole]) => whole),
    [],
  );
});

Deno.test({
  ...unless(noTerminal, "demo fits the terminal, and loses no word"),
  async fn() {
    const quoted = (await program("demo")).map((arg) => `'${arg}'`);
    const printed = (await onTerminal(
      `NO_COLOR=1 '${Deno.execPath()}' ${quoted.join(" ")}`,
      60,
      bareEnv(),
    )).split("\n");
    const tooLong = printed.filter((line) => line.length > 60);
    assertEquals(tooLong, []);
    const { stdout } = await run(["demo"]);
    assert(stdout.split("\n").some((line) => line.length > 100), stdout);
    // Ids of plans and changes differ from run to run.
    const words = (text: string) =>
      text.replaceAll(/"(?:plan-|\d{8}T)[^"]+"/g, '""').replaceAll(/\s/g, "");
    assertEquals(words(printed.join("\n")), words(stdout));
  },
});

/** The description in a PNG file. */
function descriptionOf(png: Uint8Array<ArrayBuffer>): string {
  const view = new DataView(png.buffer);
  const decoder = new TextDecoder();
  for (let at = 8; at < png.length; at += 12 + view.getUint32(at)) {
    const data = png.subarray(at + 8, at + 8 + view.getUint32(at));
    if (decoder.decode(png.subarray(at + 4, at + 8)) === "iTXt") {
      return decoder.decode(data).split("\0").at(-1)!;
    }
  }
  return "";
}

Deno.test({
  // Without these, nobody could make a new picture.
  ...unless(
    noTerminal || (await findBrowser() ? "" : "chromium is not on PATH"),
    "the picture of the demo shows what the demo prints",
  ),
  async fn() {
    const png = await Deno.readFile(
      new URL("../../.github/pictures/demo.png", import.meta.url),
    );
    const [title = "", ...lines] = descriptionOf(png).split("\n");
    assertEquals(title, "deno task demo");
    assert(lines.length > 20, `only ${lines.length} lines`);
    const { stdout } = await run(["demo"]);
    const bare = (text: string) => text.replaceAll(/\s/g, "");
    assertStringIncludes(
      bare(stdout),
      bare(lines.join("\n")),
      "run deno task pictures",
    );
  },
});
