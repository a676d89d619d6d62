import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { createHashes, fitting, hashed } from "../../src/audit/values.ts";
import { endpoints } from "../../src/qontak/endpoints.ts";
import { createSealer } from "../../src/storage/sealing.ts";
import type { JsonObject } from "../../src/values/json.ts";

const keyOf = (letter: string) => btoa(`${letter}-`.repeat(16));
const hashWith = (letters: string) =>
  createHashes(createSealer([...letters].map(keyOf)));

Deno.test("createHashes() gives equal values the same hash, for one key and one tenant", async () => {
  const phone = "+62 812-1234-5678";
  const hash = await hashWith("a")("acme")(phone);
  assertMatch(hash, /^hmac:[0-9a-f]{16}$/);
  assertEquals(await hashWith("a")("acme")(phone), hash);
  // The first key makes the hashes; the others only open sealed records.
  assertEquals(await hashWith("ab")("acme")(phone), hash);
  assertNotEquals(await hashWith("ba")("acme")(phone), hash);
  assertNotEquals(await hashWith("b")("acme")(phone), hash);
  assertNotEquals(await hashWith("a")("beta")(phone), hash);
  assertNotEquals(await hashWith("a")("acme")(`${phone} `), hash);
});

Deno.test("createHashes() asks for its key again after a failure", async () => {
  const sealer = createSealer([keyOf("a")]);
  let fails = true;
  const hash = createHashes({
    ...sealer,
    hashKey: (purpose) =>
      fails
        ? Promise.reject(new Error("not readable now"))
        : sealer.hashKey(purpose),
  })("acme");
  await assertRejects(() => hash("x"), Error, "not readable now");
  fails = false;
  assertEquals(await hash("x"), await createHashes(sealer)("acme")("x"));
});

Deno.test("createHashes() without a key makes one key for each process", async () => {
  const [one, other] = [createHashes(), createHashes()];
  assertEquals(await one("acme")("x"), await one("acme")("x"));
  assertNotEquals(await one("acme")("x"), await other("acme")("x"));
  assertNotEquals(
    await createHashes(createSealer([]))("acme")("x"),
    await one("acme")("x"),
  );
});

Deno.test("createHashes() makes HMAC-SHA-256, as stored records have it", async () => {
  const key = new Uint8Array(64).map((_, i) => 7 * i);
  const hash = createHashes({
    ...createSealer([keyOf("a")]),
    hashKey: () => Promise.resolve(key),
  })("acme");
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const own = await crypto.subtle.importKey("raw", key, algorithm, false, [
    "sign",
  ]);
  for (const value of ["Kopi", "", "é".repeat(200), { id: 1, value: "x" }]) {
    const text = new TextEncoder().encode(`acme\n${JSON.stringify(value)}`);
    const signed = new Uint8Array(
      await crypto.subtle.sign("HMAC", own, text),
    );
    assertEquals(await hash(value), `hmac:${signed.toHex().slice(0, 16)}`);
    // The next hash begins with the key alone.
    assertEquals(await hash(value), `hmac:${signed.toHex().slice(0, 16)}`);
  }
});

Deno.test("createHashes() makes no plain hash, which could be found by guessing", async () => {
  const text = 'acme\n"081212345678"';
  const hash = (await hashWith("a")("acme")("081212345678")).slice(5);
  const bytes = new TextEncoder().encode(text);
  for (const algorithm of ["SHA-1", "SHA-256", "SHA-512"]) {
    const digest = new Uint8Array(await crypto.subtle.digest(algorithm, bytes));
    assert(!digest.toHex().includes(hash), algorithm);
  }
});

Deno.test("hashed() keeps only ids and empty values", async () => {
  const hash = (value: unknown) => Promise.resolve(`#${typeof value}`);
  const table: [JsonObject, JsonObject][] = [
    [{ first_name: "Sari" }, { first_name: "#string" }],
    [{ first_name: "", last_name: null }, { first_name: "", last_name: null }],
    [{ crm_company_id: 42 }, { crm_company_id: 42 }],
    // A phone number instead of an id.
    [{ crm_company_id: "0812" }, { crm_company_id: "#string" }],
    [{ crm_company_id: 6281212345678 }, { crm_company_id: "#number" }],
    [{ crm_company_id: 8121234567 }, { crm_company_id: "#number" }],
    [{ crm_company_id: 1.5 }, { crm_company_id: "#number" }],
    // The key ends like an id, but the value is the company's own text.
    [{ customer_id: 42 }, { customer_id: "#number" }],
    [{ crm_deal_ids: [1, "x", 2] }, { crm_deal_ids: [1, "#string", 2] }],
    [{ crm_deal_ids: "1,2" }, { crm_deal_ids: "#string" }],
    [{ income: 5 }, { income: "#number" }],
    [{ additional_fields: [{ id: 7, value: "x" }, { id: 8, value: 3 }] }, {
      additional_fields: [{ id: 7, value: "#string" }, {
        id: 8,
        value: "#number",
      }],
    }],
    [{ additional_fields: [{ id: "x", value: "" }] }, {
      additional_fields: [{ id: "#string", value: "" }],
    }],
    [{ additional_fields: [{ id: 7, Sari: 1 }, "x"] }, {
      additional_fields: ["#object", "#string"],
    }],
    [{ additional_fields: { Sari: 1 } }, { additional_fields: "#object" }],
    [{ constructor: 42 } as never, { constructor: "#number" } as never],
  ];
  for (const [body, expected] of table) {
    assertEquals(
      await hashed(endpoints.contacts.create.body, body, hash),
      expected,
      JSON.stringify(body),
    );
  }
});

Deno.test("fitting() takes the first form that fits", async () => {
  const large = () => ({ note: "é".repeat(20_000) });
  const small = () => ({ note: "hmac:0" });
  assertEquals(await fitting(small, large), small());
  assertEquals(await fitting(large, small), small());
  assertEquals(await fitting(large, large), {});
});
