/** Redaction does not change the sentences of this program itself. */
import { assert, assertEquals } from "@std/assert";
import { redact } from "../../src/logging/redact.ts";

const src = new URL("../../src/", import.meta.url);

/**
 * Files whose texts are not redacted, are generated documents, or are the
 * patterns of redaction.
 */
const ELSEWHERE = /\/(?:sandbox|clients|page|bundles)\/|\/redact\.ts$/;

async function* filesIn(folder: URL): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* filesIn(new URL(`${name}/`, folder));
    else if (name.endsWith(".ts")) yield new URL(name, folder);
  }
}

/** The texts of a file, with a word instead of each inserted value. */
function* textsIn(code: string): Generator<string> {
  const plain = code.replace(/\/\*[\s\S]*?\*\//g, "").replace(
    /^\s*\/\/.*$/gm,
    "",
  );
  const literals = /"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\[^])*)`/g;
  for (const [, quoted, template] of plain.matchAll(literals)) {
    const text = (quoted ?? template!.replace(/\$\{[^}]*\}/g, "acme"))
      .replace(/\\n/g, "\n").replace(/\\(.)/g, "$1");
    if (/^[\w$.-]+(?: [^ ]+){3,}/.test(text) && !/[{}]|=>|^hmac /.test(text)) {
      yield text;
    }
  }
}

Deno.test("redact() does not change the sentences of this program", async () => {
  let count = 0;
  const changed: string[] = [];
  for await (const file of filesIn(src)) {
    if (ELSEWHERE.test(file.pathname)) continue;
    for (const text of textsIn(await Deno.readTextFile(file))) {
      if (redact(text) !== text) changed.push(redact(text));
      count++;
    }
  }
  assertEquals(changed, []);
  assert(count > 300, `only ${count} sentences were found`);
});

Deno.test("redact() distinguishes a sentence after a colon from a secret", () => {
  const table: readonly (readonly [string, string])[] = [
    [
      "no record with a refresh_token: it was not written by this server",
      "no record with a refresh_token: it was not written by this server",
    ],
    ["password: it is missing", "password: it is missing"],
    ["password: hunter", "password: [secret]"],
    ["password: hunter2 is wrong", "password: [secret] is wrong"],
    ["refresh_token: abcdef", "refresh_token: [secret]"],
    ["refresh_token: AbCdEf ghi", "refresh_token: [secret] ghi"],
    ["refresh_token=it was", "refresh_token=[secret] was"],
    ['"client_secret": "it was"', '"client_secret": "[secret]"'],
    ["api key:it was", "api key:[secret] was"],
  ];
  for (const [text, expected] of table) {
    assertEquals(redact(text), expected, text);
  }
});
