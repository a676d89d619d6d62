import { assertEquals } from "@std/assert";
import { decodeUtf8 } from "../../src/values/text.ts";

Deno.test("decodeUtf8() reads what is UTF-8, and nothing else", () => {
  // The last two have the character that decoders put in place of errors.
  for (const text of ["", "kopi", "café → 😀", "a\uFFFDb", "é\uFFFD"]) {
    assertEquals(decodeUtf8(new TextEncoder().encode(text)), text);
  }
  const wrong = [[0xff], [0x61, 0xe2, 0x82], [0xed, 0xa0, 0x80], [0xc0, 0x80]];
  for (const bytes of wrong) {
    assertEquals(decodeUtf8(new Uint8Array(bytes)), undefined);
    // Beside that character, too.
    const more = [...bytes, 0xef, 0xbf, 0xbd];
    assertEquals(decodeUtf8(new Uint8Array(more)), undefined);
  }
  assertEquals(decodeUtf8(new Uint8Array([0xef, 0xbb, 0xbf, 0x61])), "a");
});
