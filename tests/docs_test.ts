import { assertEquals } from "@std/assert";
import { generate } from "../scripts/docs.ts";

Deno.test("the documents and the snapshot of the tools are those of the code", async () => {
  for (const [path, content] of Object.entries(await generate())) {
    const stored = await Deno.readTextFile(
      new URL(`../${path}`, import.meta.url),
    );
    assertEquals(stored, content, `${path} is old: run deno task docs`);
  }
});
