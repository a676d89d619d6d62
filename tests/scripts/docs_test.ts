import { assertEquals } from "@std/assert";
import { generate } from "../../scripts/docs.ts";

Deno.test("the documents and the snapshot of the tools are those of the code", async () => {
  for (const [path, content] of Object.entries(await generate())) {
    const stored = await Deno.readTextFile(
      new URL(`../../${path}`, import.meta.url),
    );
    assertEquals(stored, content, `${path} is old: run deno task docs`);
  }
});

Deno.test("what the documents point to is there", async () => {
  const root = new URL("../../", import.meta.url);
  const pages = ["README.md"];
  for await (const { name } of Deno.readDir(new URL(".github/", root))) {
    if (name.endsWith(".md")) pages.push(`.github/${name}`);
  }
  for (const page of pages) {
    const url = new URL(page, root);
    const text = await Deno.readTextFile(url);
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
      .map(([, link]) => new URL(link!, url));
    const paths = [...text.matchAll(/`((?:tests|src|scripts)\/[\w./-]+)`/g)]
      .map(([, path]) => new URL(path!, root));
    for (const target of [...links, ...paths]) {
      const found = await Deno.stat(target).catch(() => undefined);
      assertEquals(
        found !== undefined,
        true,
        `${page} names ${target.pathname}`,
      );
    }
  }
});
