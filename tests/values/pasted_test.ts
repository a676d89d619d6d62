import { assertEquals, assertThrows } from "@std/assert";
import { pasted } from "../../src/values/pasted.ts";

/** A token, as Qontak makes them. */
const TOKEN = "eXampleToken_0123-456.789~abc+/=";

Deno.test("pasted() returns a token as it is", () => {
  assertEquals(pasted(TOKEN), TOKEN);
});

Deno.test("pasted() says what is wrong with a copied token, and never repeats it", () => {
  const table: [string, string][] = [
    [`"${TOKEN}"`, "is in quotation marks: give it without them"],
    [`'${TOKEN}`, "is in quotation marks: give it without them"],
    [`“${TOKEN}”`, "is in quotation marks: give it without them"],
    [`${TOKEN}’`, "is in quotation marks: give it without them"],
    [
      `Bearer ${TOKEN}`,
      'starts with "Bearer": give only what follows that word',
    ],
    [
      `bearer\t${TOKEN}`,
      'starts with "Bearer": give only what follows that word',
    ],
    ["YOUR_REFRESH_TOKEN", "is a placeholder: put the real value there"],
    ["<refresh-token>", "is a placeholder: put the real value there"],
    ["${TOKEN}", "is a placeholder: put the real value there"],
    ["xxxxxxxx", "is a placeholder: put the real value there"],
    [
      `${TOKEN} ${TOKEN}`,
      "has a blank or a line break in it: copy it in one piece",
    ],
    [
      `${TOKEN}\n${TOKEN}`,
      "has a blank or a line break in it: copy it in one piece",
    ],
    [
      `abc\u200b${TOKEN}`,
      "has an invisible character in it (U+200B): copy it again",
    ],
    [
      `abc\u00a0${TOKEN}`,
      "has an invisible character in it (U+00A0): copy it again",
    ],
    [
      `abc\u202e${TOKEN}`,
      "has an invisible character in it (U+202E): copy it again",
    ],
    [
      `abc–${TOKEN}`,
      "has a character in it that no token has (U+2013): copy it again",
    ],
    [
      `аbc${TOKEN}`,
      "has a character in it that no token has (U+0430): copy it again",
    ],
    ["a".repeat(16_385), "is longer than 16384 characters"],
  ];
  for (const [text, expected] of table) {
    const { message } = assertThrows(() => pasted(text), Error);
    assertEquals(message, expected);
  }
});
