/** A phone number finds its contact in any format. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createServer } from "../../mod.ts";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { connectHttp, ok } from "../support/client.ts";
import { serveMcp } from "../support/serve.ts";
import { serveUpstream } from "../support/upstream.ts";
import { createWorld, noRates, type World } from "../support/world.ts";

/** Formats of one number. */
const FORMS = [
  "081299887761",
  "0812-9988-7761",
  "+62 812-9988-7761",
  "62 812 9988 7761",
  "6281299887761",
  "(0812) 9988.7761",
  "+62 (0)812 9988 7761",
];

/** Stores a number in the first contact, and a similar one in the second. */
async function store(world: World, telephone: string): Promise<number> {
  const { records } = await world.ok("list_contacts", { per_page: 2 });
  const [id, other] = records.map((one: { id: number }) => one.id);
  for (
    const [contact_id, number] of [[id, telephone], [other, "081399887761"]]
  ) {
    await world.ok("update_contact", {
      contact_id,
      telephone: number,
      skip_validation: true,
    });
  }
  world.seen();
  return id;
}

const ids = ({ records }: { records: { id: number }[] }) =>
  records.map(({ id }) => id);

Deno.test("list_contacts finds a phone number in any form with at most six requests, and says how it is stored", async () => {
  await using world = await createWorld();
  for (const stored of FORMS) {
    const id = await store(world, stored);
    for (const phone of FORMS) {
      const answer = await world.ok("list_contacts", { phone });
      assertEquals(ids(answer), [id], `${phone} for ${stored}`);
      assertEquals(answer.stored_as, [stored]);
      assertEquals(answer.total_data, 1);
      const asked = world.seen();
      assert(asked.length <= 6, `${asked.length} requests`);
    }
  }
});

Deno.test("list_contacts finds a number if Qontak compares only whole numbers", async () => {
  const stored = "6281299887761";
  await using sandbox = serveSandbox();
  await using qontak = serveUpstream(sandbox, async (request, pass) => {
    const response = await pass(request);
    const phone = new URL(request.url).searchParams.get("phone");
    if (phone === null) return response;
    const answer = await response.json();
    answer.response = answer.response.filter((one: { telephone: string }) =>
      one.telephone === phone
    );
    return Response.json(answer);
  });
  const server = createServer({
    baseUrl: qontak.url,
    refreshToken: sandbox.refreshToken,
    limits: noRates(),
    log: () => {},
  });
  await using mcp = serveMcp(server);
  await using stack = new AsyncDisposableStack();
  const client = await connectHttp(mcp.url);
  stack.defer(() => client.close());
  const { records: [{ id }] } = await ok(client, "list_contacts");
  await ok(client, "update_contact", {
    contact_id: id,
    telephone: stored,
    skip_validation: true,
  });
  for (const phone of FORMS) {
    assertEquals(ids(await ok(client, "list_contacts", { phone })), [id]);
  }
});

Deno.test("list_contacts finds a phone number without a request if all contacts were read before", async () => {
  await using world = await createWorld();
  const id = await store(world, "0812-9988-7761");
  await world.ok("query_records", { resource: "contacts", measures: "count" });
  world.seen();
  assertEquals(
    ids(await world.ok("list_contacts", { phone: "+62 812 9988 7761" })),
    [id],
  );
  assertEquals(world.seen(), []);
});

Deno.test("list_contacts combines a phone number with other filters, and says if no contact has it", async () => {
  await using world = await createWorld();
  const id = await store(world, "081299887761");
  const phone = "+62 812-9988-7761";
  const { record } = await world.ok("get_contact", { contact_id: id });
  const { email } = record;
  assertEquals(ids(await world.ok("list_contacts", { phone, email })), [id]);
  const none = await world.ok("list_contacts", { phone, email: "x@y.example" });
  assertEquals([none.records, none.total_data], [[], 0]);
  assertEquals(
    (await world.ok("list_contacts", { phone: "0855 1234 0987" })).records,
    [],
  );
});

Deno.test("query_records compares phone numbers in any format", async () => {
  await using world = await createWorld();
  const id = await store(world, "081299887761");
  const ask = async (op: string, value: string) =>
    ids(
      await world.ok("query_records", {
        resource: "contacts",
        where: [{ field: "telephone", op, value }],
      }),
    );
  for (const form of FORMS) {
    assertEquals(await ask("eq", form), [id], form);
    assertEquals(await ask("contains", form), [id], form);
    assertEquals((await ask("ne", form)).includes(id), false);
  }
  assert((await ask("contains", "9988-7761")).includes(id));
  assertEquals(await ask("starts_with", "+62 812-9988"), [id]);
  assertEquals(await ask("eq", "0812 9988 7762"), []);
  assertStringIncludes(
    JSON.stringify(await world.ok("list_contacts", { phone: FORMS[2] })),
    "stored_as",
  );
});

Deno.test("list_contacts, search and query_records find a phone number among words", async () => {
  await using world = await createWorld();
  const id = await store(world, "+62 812-9988-7761");
  for (
    const words of [
      "Budi 0812-9988-7761",
      "telp 081299887761",
      "no. WA: +62 812 9988 7761 (Ibu Sri, gudang 2)",
      "Sri(0812) 9988.7761",
    ]
  ) {
    const listed = await world.ok("list_contacts", { phone: words });
    assertEquals(ids(listed), [id], words);
    assertEquals(listed.stored_as, ["+62 812-9988-7761"], words);
    const { results } = await world.ok("search", { query: words });
    assertEquals(results[0]?.id, `contacts/${id}`, words);
    assertEquals(results[0].matched, "telephone", words);
    for (const op of ["eq", "contains"]) {
      const where = [{ field: "telephone", op, value: words }];
      const asked = await world.ok("query_records", {
        resource: "contacts",
        where,
      });
      assertEquals(ids(asked), [id], `${op} ${words}`);
    }
  }
});

Deno.test("list_contacts says which number it searched for, and that words have none", async () => {
  await using world = await createWorld();
  await store(world, "081299887761");
  const notes = async (phone: string) =>
    (await world.ok("list_contacts", { phone })).notes;
  assertEquals(await notes("Budi 0812-9988-7761"), [
    'Searched for the phone number "0812-9988-7761" alone',
  ]);
  assertEquals(await notes("Budi 0855 1234 0987"), [
    'Searched for the phone number "0855 1234 0987" alone',
  ]);
  assertEquals(await notes("Budi"), [
    '"Budi" has no phone number: phone takes one, or part of one',
  ]);
  for (const plain of ["0812-9988-7761", " 081299887761 ", "9988", "0000"]) {
    assertEquals(await notes(plain), undefined, plain);
  }
});
