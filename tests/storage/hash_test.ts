import { assert, assertEquals } from "@std/assert";
import {
  digest,
  isSameHash,
  quickDigest,
  quickSha256,
  sha1,
  sha256,
} from "../../src/storage/hash.ts";

/** Hashes from FIPS 180. */
const SHA_256 = {
  "": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
};

Deno.test("sha256() and its quick form make the same hash, in hex and as bytes", async () => {
  for (const [text, hex] of Object.entries(SHA_256)) {
    assertEquals(await sha256(text), hex);
    assertEquals(await quickSha256(text), hex);
  }
  for (const text of ["", "abc", "Café 5 % \ud83d\ude00", "x".repeat(10_000)]) {
    assertEquals(await quickSha256(text), await sha256(text));
    assertEquals(
      Uint8Array.from(await quickDigest(text)),
      await digest(text),
    );
  }
});

Deno.test("sha1() makes the hash that Redis makes", async () => {
  assertEquals(await sha1("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
});

Deno.test("isSameHash() looks at every byte", async () => {
  const hash = await digest("a key");
  assert(isSameHash(hash, await digest("a key")));
  assert(!isSameHash(hash, await digest("another key")));
  for (const at of hash.keys()) {
    const other = hash.slice();
    other[at]! ^= 0x01;
    assertEquals(isSameHash(hash, other), false, `byte ${at}`);
  }
  assert(!isSameHash(hash, hash.subarray(1)));
  assert(!isSameHash(hash, new Uint8Array([...hash, 0])));
});
