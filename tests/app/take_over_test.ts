/** What is moved from the database of a version to the one of all versions. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { takeOver } from "../../src/app/take_over.ts";
import { createSealer } from "../../src/storage/sealing.ts";
import { kvTests, openTestKv } from "../support/kv.ts";

const sealer = createSealer([
  btoa("a key of thirty-two bytes, really".slice(0, 32)),
]);

const test = kvTests("takeOver()", "tests/app/take_over_test.ts");

const credentials = (refresh_token: string, expires_at: number) =>
  JSON.stringify({ refresh_token, expires_at });

/** What is stored under a key, and with what name it is sealed. */
async function opened(
  database: Deno.Kv,
  name: string,
  ...key: Deno.KvKey
): Promise<string> {
  const { value } = await database.get(["qontak-mcp", ...key]);
  assertMatch(String(value), /^sealed:1:/);
  return await sealer.open(String(value), name);
}

test("takeOver() moves what cannot be made again, sealed, and leaves the rest", async ({ database: to }) => {
  await using old = await openTestKv();
  const from = old.database;
  const put = (value: unknown, ...key: Deno.KvKey) =>
    from.set(["qontak-mcp", ...key], value);
  await put(credentials("of acme", 1), "tokens", "acme");
  await put(credentials("configured", 1), "env", "a hash");
  await put('{"label":"x"}', "keys", "an id");
  await put('{"label":"y"}', "keys an account", "an id");
  await put('{"revoked_at":1}', "revoked", "an id");
  await put('"a token"', "access", "a scope", "acme");
  await put({ holder: "x", until: 1 }, "leases", "acme");
  await from.set(["another program", "tokens", "acme"], "its own");
  const until = Date.now() + 60_000;
  for (let i = 0; i < 120; i++) {
    await put({ text: `{"id":"${i}"}`, until }, "audit", String(i));
  }
  await put({ text: "{}", until: Date.now() - 1 }, "audit", "past");

  assertEquals(await takeOver({ from, to, sealer, seals: true }), 126);
  assertEquals(
    await opened(to, "acme", "tokens", "acme"),
    credentials("of acme", 1),
  );
  assertEquals(
    await opened(to, "env a hash", "env", "a hash"),
    credentials("configured", 1),
  );
  assertEquals(
    await opened(to, "keys an id", "keys", "an id"),
    '{"label":"x"}',
  );
  assertEquals(
    await opened(to, "keys an account an id", "keys an account", "an id"),
    '{"label":"y"}',
  );
  assertEquals(
    await opened(to, "revoked an id", "revoked", "an id"),
    '{"revoked_at":1}',
  );
  const audit = await Array.fromAsync(
    to.list<{ text: string; until: number }>({
      prefix: ["qontak-mcp", "audit"],
    }),
  );
  assertEquals(audit.length, 120);
  for (const { value } of audit) {
    assertMatch(value.text, /^sealed:1:/);
    assertEquals(value.until, until);
  }
  const left = await Array.fromAsync(from.list({ prefix: [] }));
  assertEquals(
    left.map(({ key }) => key.join("/")),
    [
      "another program/tokens/acme",
      "qontak-mcp/access/a scope/acme",
      "qontak-mcp/leases/acme",
    ],
  );
  assertEquals(await takeOver({ from, to, sealer, seals: true }), 0);
});

test("takeOver() keeps the newer one of two credentials, and a key that is there", async ({ database: to }) => {
  await using old = await openTestKv();
  const from = old.database;
  const there = async (text: string, name: string, ...key: Deno.KvKey) =>
    await to.set(["qontak-mcp", ...key], await sealer.seal(text, name));
  await there(credentials("newer", 20), "acme", "tokens", "acme");
  await there(credentials("older", 10), "beta", "tokens", "beta");
  await there('{"label":"there"}', "keys an id", "keys", "an id");
  await from.set(["qontak-mcp", "tokens", "acme"], credentials("older", 10));
  // Sealed with the configured key, as it was before.
  await from.set(
    ["qontak-mcp", "tokens", "beta"],
    await sealer.seal(credentials("newer", 20), "beta"),
  );
  await from.set(["qontak-mcp", "keys", "an id"], '{"label":"moved"}');
  assertEquals(await takeOver({ from, to, sealer, seals: true }), 3);
  for (const tenant of ["acme", "beta"]) {
    assertEquals(
      await opened(to, tenant, "tokens", tenant),
      credentials("newer", 20),
    );
  }
  assertEquals(
    await opened(to, "keys an id", "keys", "an id"),
    '{"label":"there"}',
  );
});

test("takeOver() seals nothing where a key was configured", async ({ database: to }) => {
  await using old = await openTestKv();
  const from = old.database;
  const text = credentials("of a stranger", 1);
  const audit = { text: "{}", until: Date.now() + 60_000 };
  await from.set(["qontak-mcp", "tokens", "acme"], text);
  await from.set(["qontak-mcp", "audit", "1"], audit);
  assertEquals(await takeOver({ from, to, sealer, seals: false }), 2);
  const moved = await to.get(["qontak-mcp", "tokens", "acme"]);
  assertEquals(moved.value, text);
  assertEquals((await to.get(["qontak-mcp", "audit", "1"])).value, audit);
  assert((await from.get(["qontak-mcp", "audit", "1"])).value === null);
});
