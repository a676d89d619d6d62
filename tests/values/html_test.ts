import { assertEquals } from "@std/assert";
import { textOfHtml } from "../../src/values/html.ts";

Deno.test("textOfHtml() keeps lines and characters, and leaves text that is not HTML alone", () => {
  for (
    const [html, text] of [
      ["<p>Satu</p><p>Dua<br>tiga</p>", "Satu\nDua\ntiga"],
      ["<p>Hasil:</p><ul><li>a</li><li>b</li></ul>", "Hasil:\na\nb"],
      ['<a href="https://example.com">di sini</a>', "di sini"],
      ["<b>5 &lt; 6 &amp;lt; &#233;&nbsp;&quot;</b>", '5 < 6 &lt; é "'],
      ["<p>bila x <y> dan <z></p>", "bila x <y> dan <z>"],
      ["<p>&#0; &#9999999;</p>", "&#0; &#9999999;"],
    ] as const
  ) assertEquals(textOfHtml(html), text);
  for (const other of ["a < b > c", "&amp;", "x <budi@example.com>", "", 5]) {
    assertEquals(textOfHtml(other), undefined);
  }
});

Deno.test("textOfHtml() is quick on texts made to be slow", () => {
  for (const part of ["<p ", "<", "&#", "<p><", "\n\n "]) {
    const text = "<p>" + part.repeat(100_000 / part.length);
    const start = performance.now();
    textOfHtml(text);
    const took = performance.now() - start;
    assertEquals(took < 500, true, `${part}: ${took} ms`);
  }
});
