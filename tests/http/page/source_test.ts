/** The page's script, style and words, before a browser sees them. */
import { assert, assertEquals } from "@std/assert";
import { indonesian } from "../../../src/http/page/indonesian.ts";
import { SCRIPT } from "../../../src/http/page/script/script.ts";
import { STYLE } from "../../../src/http/page/style/style.ts";
import { catalog } from "../../../src/tools/catalog.ts";
import { LANGUAGES, words } from "../../../src/http/page/words.ts";

Deno.test("the page's script and style are checked, linted and formatted as files are", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${dir}/script.js`, SCRIPT);
    await Deno.writeTextFile(`${dir}/style.css`, STYLE);
    await Deno.writeTextFile(
      `${dir}/deno.json`,
      JSON.stringify({
        compilerOptions: {
          checkJs: true,
          lib: ["esnext", "dom", "dom.iterable"],
        },
      }),
    );
    for (
      const args of [
        ["check", "script.js"],
        ["lint", "script.js"],
        ["fmt", "--check", "script.js", "style.css"],
      ]
    ) {
      const { success, stdout, stderr } = await new Deno.Command(
        Deno.execPath(),
        { args, cwd: dir, stdout: "piped", stderr: "piped" },
      ).output();
      const said = [stdout, stderr].map((part) =>
        new TextDecoder().decode(part)
      );
      assert(success, `deno ${args.join(" ")}: ${said.join("")}`);
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("every tool has a title and a sentence in Indonesian, and nothing else has", () => {
  assertEquals(
    Object.keys(indonesian).toSorted(),
    catalog.map(({ name }) => name).toSorted(),
  );
  const titles = Object.values(indonesian).map(({ title }) => title);
  assertEquals(new Set(titles).size, titles.length);
  const english = new Set(catalog.map(({ title }) => title));
  for (const [name, { title, about }] of Object.entries(indonesian)) {
    assert(!english.has(title), name);
    assert(/^[A-Z].+\.$/.test(about), `${name}: ${about}`);
  }
});

/** Every sentence, with the names of its values. */
function sentences(value: unknown, path = ""): [string, string][] {
  return typeof value === "string"
    ? [[path, value]]
    : Object.entries(value as object).flatMap(([key, inner]) =>
      sentences(inner, `${path}.${key}`)
    );
}

Deno.test("every language has every text, with the same values in it", () => {
  /** Missing if the clients' own words are right. */
  const ofClients = /^\.(clients|instructions)\b/;
  const values = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();
  const english = sentences(words.en).filter(([path]) => !ofClients.test(path));
  assert(english.length > 50);
  for (const language of LANGUAGES) {
    const own = new Map(sentences(words[language]));
    for (const [path, text] of english) {
      const translated = own.get(path) ?? "";
      assert(translated.trim() !== "", `${language}${path}`);
      assertEquals(values(translated), values(text), `${language}${path}`);
    }
  }
});
