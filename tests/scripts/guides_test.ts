/** The pages for people who look for help say what the program says. */
import { assert, assertEquals } from "@std/assert";

const root = new URL("../../", import.meta.url);

/** The code of src/, without comments. */
async function code(folder = new URL("src/", root)): Promise<string> {
  const parts: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = new URL(isDirectory ? `${name}/` : name, folder);
    parts.push(isDirectory ? await code(path) : await Deno.readTextFile(path));
  }
  return parts.join("\n").replaceAll(/\/\*\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
}

const said = (await code()).replaceAll('\\"', '"');

/** What the first column of a page's tables under a heading quotes. */
function quoted(page: string, heading: string): string[] {
  return Array.from(
    page.matchAll(
      new RegExp(`^\\| ${heading} +\\|.*\\n.*\\n((?:\\|.*\\n)+)`, "gm"),
    ),
    ([, rows]) =>
      Array.from(rows!.matchAll(/^\| (.*?) \|/gm), ([, cell]) => cell!),
  ).flat().flatMap((cell) =>
    Array.from(cell.matchAll(/`([^`]+)`/g), ([, quote]) => quote!)
  );
}

for (
  const [path, heading, least] of [
    [".github/TROUBLESHOOTING.md", "what you see", 30],
    ["README.id.md", "yang terlihat", 10],
  ] as const
) {
  Deno.test(`the program says what ${path} quotes`, async () => {
    const page = await Deno.readTextFile(new URL(path, root));
    const quotes = quoted(page, heading);
    assert(quotes.length >= least, `${quotes.length} quotes`);
    const missing = quotes.filter((quote) => {
      // The program puts a value where a page has "…".
      const parts = quote.split("…").map((part) => part.trim());
      return !parts.some((part) => part.length >= 10) ||
        !parts.every((part) => said.includes(part));
    });
    assertEquals(missing, []);
  });
}

Deno.test("README.md has at most 200 lines", async () => {
  const page = await Deno.readTextFile(new URL("README.md", root));
  assert(page.trimEnd().split("\n").length <= 200);
});
