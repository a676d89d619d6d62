import { assert, assertEquals, assertThrows } from "@std/assert";
import { fromBase64, toBase64 } from "../../src/values/base64.ts";

/** Bytes of every value, many times. */
const bytes = Uint8Array.from({ length: 400_000 }, (_, i) => i * 31);

Deno.test("toBase64() and fromBase64() keep all bytes, also in a runtime that lacks both", () => {
  const texts = [0, 1, 2, 3, bytes.length].map((length) => {
    const part = bytes.subarray(0, length);
    const text = toBase64(part);
    assertEquals(fromBase64(text), part);
    return text;
  });
  const { toBase64: to } = Uint8Array.prototype;
  const { fromBase64: from } = Uint8Array;
  try {
    Object.assign(Uint8Array.prototype, { toBase64: undefined });
    Object.assign(Uint8Array, { fromBase64: undefined });
    for (const text of texts) assertEquals(toBase64(fromBase64(text)), text);
    assertThrows(() => fromBase64("a=b"));
  } finally {
    Object.assign(Uint8Array.prototype, { toBase64: to });
    Object.assign(Uint8Array, { fromBase64: from });
  }
  assertThrows(() => fromBase64("a=b"));
});

Deno.test("fromBase64() takes a few milliseconds for 400 KB", () => {
  const text = toBase64(bytes);
  const start = performance.now();
  for (let i = 0; i < 10; i++) fromBase64(text);
  const time = performance.now() - start;
  assert(time < 500, `${Math.round(time)} ms for ten`);
});
