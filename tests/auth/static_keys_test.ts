import {
  assert,
  assertEquals,
  assertNotMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  createStaticKeys,
  firstOf,
  readStaticKeys,
} from "../../src/auth/static_keys.ts";
import { sha256 } from "../../src/storage/hash.ts";

Deno.test("readStaticKeys() reads tenants and scopes, or uses the defaults", async () => {
  const hash = await sha256("a key");
  const all = ["read", "write", "delete"];
  const table: [string, string[], string[]][] = [
    [hash, ["_default"], all],
    [hash.toUpperCase(), ["_default"], all],
    [`${hash}:acme`, ["acme"], all],
    [`${hash}:acme+beta:read+write`, ["acme", "beta"], ["read", "write"]],
    [`${hash}::read`, ["_default"], ["read"]],
    [`${hash}:acme:metrics`, ["acme"], ["metrics"]],
    [`${hash}:_default+acme:delete`, ["_default", "acme"], ["delete"]],
  ];
  for (const [text, tenants, scopes] of table) {
    const principal = await createStaticKeys(readStaticKeys(text))("a key");
    const expected = { name: "static key 1", tenants, scopes };
    assertEquals<unknown>(principal, expected, text);
  }
  const two = readStaticKeys(`${await sha256("b")}:beta, ${hash}:acme:read`);
  const knows = createStaticKeys(two);
  assertEquals((await knows("a key"))?.tenants, ["acme"]);
  assertEquals((await knows("b"))?.tenants, ["beta"]);
  for (const wrong of ["", "a ke", "A key", hash]) {
    assertEquals(await knows(wrong), undefined);
  }
  assert(!Deno.inspect(knows).includes(hash.slice(0, 8)));
});

Deno.test("readStaticKeys() refuses what is not a key, without repeating it", async () => {
  const hash = await sha256("a key");
  for (
    const bad of [
      "",
      "hunter2",
      hash.slice(1),
      `${hash}g`,
      `${hash},`,
      `${hash}:../acme`,
      `${hash}:acme+acme`,
      `${hash}:acme:admin`,
      `${hash}:acme:read+read`,
      `${hash}:acme:read:x`,
      `${hash}:+`,
    ]
  ) {
    const error = assertThrows(() => readStaticKeys(bad), Error);
    assertStringIncludes(error.message, "must hold SHA-256 hashes");
    assertNotMatch(error.message, /hunter2|acme:|\.\./);
    assert(!error.message.includes(hash.slice(1, 20)));
  }
});

Deno.test("readStaticKeys() refuses an entry with nothing after a colon", async () => {
  const hash = await sha256("a key");
  for (const bad of [`${hash}:`, `${hash}::`, `${hash}:acme:`]) {
    const error = assertThrows(() => readStaticKeys(bad), Error);
    assertStringIncludes(error.message, "<hash>:acme:read+write+delete");
  }
});

Deno.test("firstOf() asks each one until a key is accepted, and does not hide an outage", async () => {
  const asked: string[] = [];
  const one = (name: string, knows: boolean) => (bearer: string) => {
    asked.push(`${name} ${bearer}`);
    return Promise.resolve(
      knows
        ? { name, tenants: ["acme"], scopes: ["read" as const] }
        : undefined,
    );
  };
  const found = await firstOf(one("a", false), one("b", true), one("c", true))(
    "x",
  );
  assertEquals(found?.name, "b");
  assertEquals(asked, ["a x", "b x"]);
  assertEquals(await firstOf()("x"), undefined);
});
