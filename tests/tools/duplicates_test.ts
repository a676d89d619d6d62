/** Records that are the same: found, and not made a second time. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { argumentsFor } from "../../src/sandbox/samples.ts";
import { createServer } from "../../mod.ts";
import { DEFAULT_SCOPES } from "../../src/auth/principal.ts";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { call, connectHttp, ok } from "../support/client.ts";
import { serveMcp } from "../support/serve.ts";
import { createTwoCompanies } from "../support/two_companies.ts";
import { createWorld, noRates } from "../support/world.ts";

// deno-lint-ignore no-explicit-any -- tests look into answers freely
type Data = any;

/** Changes the records of a list. */
function withContacts(change: (record: Data, index: number) => void) {
  return (request: string, answer: Data): void => {
    if (/GET .*\/(contacts|companies)$/.test(request)) {
      answer.response.forEach(change);
    }
  };
}

Deno.test("find_duplicates groups contacts and companies, with the evidence", async () => {
  await using world = await createWorld({
    change: withContacts((record, i) => {
      if (i === 0) record.telephone = "+62 899-1111-2222";
      if (i === 1) record.telephone = "0899 1111 2222";
      if ("name" in record && i < 2) record.name = ["PT. Uji", "Uji, Tbk"][i];
    }),
  });
  for (
    const [resource, by] of [
      ["contacts", ["phone"]],
      ["companies", ["phone", "name"]],
    ] as const
  ) {
    const listed = await world.ok(`list_${resource}`, { per_page: 2 });
    const answer = await world.ok("find_duplicates", { resource });
    assertEquals(answer.groups, 1);
    const [group] = answer.records;
    assertEquals(group.same, by.map((one) => ({ by: one })));
    assertEquals(
      group.records.map(({ id }: Data) => id).sort(),
      listed.records.map(({ id }: Data) => id).sort(),
    );
    assert(answer.records_read > 0 && answer.as_of);
  }
});

Deno.test("find_duplicates takes at most 12 KB, and counts the other groups", async () => {
  await using world = await createWorld({
    contacts: 2_000,
    timeout: 60_000,
    change: withContacts((record) => {
      record.telephone = `08991111${String(record.id % 900).padStart(4, "0")}`;
      record.first_name = "日本\u200b".repeat(60);
    }),
  });
  const called = await world.call("find_duplicates", { resource: "contacts" });
  const size = new TextEncoder().encode(called.text).length;
  assert(size <= 12 * 1024, `${size} bytes`);
  const { records, groups, left_out } = called.data as Data;
  assert(records.length > 0 && left_out > 0);
  assertEquals(records.length + left_out, groups);
});

Deno.test("find_duplicates compares only records of one company", async () => {
  await using two = await createTwoCompanies();
  const telephone = "0899 1111 2222";
  for (const company of ["acme", "beta"] as const) {
    const { records: [{ id: contact_id }] } = await two.ok(
      company,
      "list_contacts",
    );
    await two.ok(company, "update_contact", {
      contact_id,
      telephone,
      skip_validation: true,
    });
  }
  for (const company of ["acme", "beta"] as const) {
    const { records } = await two.ok(company, "find_duplicates", {
      resource: "contacts",
    });
    assert(!JSON.stringify(records).includes(telephone));
  }
});

/** A contact that exists, and how it is written another time. */
const SARI = {
  first_name: "Sari",
  last_name: "Wulandari",
  telephone: "+62 899-1111-2222",
  email: "sari.wulandari@example.co.id",
};

type Ok = (name: string) => Promise<Data>;

/** What every contact of a company needs. */
async function needed(ok: Ok): Promise<Data> {
  const { required } = await ok("get_required_fields_for_contact");
  return argumentsFor(required);
}

const AGAIN: readonly (readonly [string, Data, RegExp | undefined])[] = [
  ["the number in another form", { telephone: "0899 1111 2222" }, /by phone/],
  ["the address", { email: "SARI.Wulandari@example.co.id" }, /by e-mail/],
  ["the name", { first_name: "Ibu Sari Wulandari, S.E." }, /by name/],
  [
    "name and number",
    { first_name: "Sari", last_name: "wulandari", telephone: "6289911112222" },
    /by phone number and name/,
  ],
  // People share names.
  [
    "the name with another number",
    { first_name: "Sari Wulandari", telephone: "0899 1111 3333" },
    undefined,
  ],
  ["the first name", { first_name: "Sari" }, undefined],
  [
    "another number",
    { first_name: "Sri", telephone: "0899 1111 2223" },
    undefined,
  ],
];

for (const isWarm of [true, false]) {
  const where = isWarm
    ? "without a request if contacts were read before"
    : "with one request otherwise";
  Deno.test(`create_contact names a likely duplicate, ${where}`, async () => {
    for (const [what, values, expected] of AGAIN) {
      await using world = await createWorld();
      const others = await needed(world.ok);
      const { id } = await world.ok("create_contact", { ...others, ...SARI });
      if (isWarm) {
        await world.ok("query_records", { resource: "contacts" });
      }
      world.seen();
      const args = { ...others, first_name: "Orang", ...values };
      const { text, isError } = await world.call("create_contact", args);
      const asked = world.seen();
      if (!expected) {
        assert(!isError, `${what}: ${text}`);
        continue;
      }
      assert(isError, what);
      assertMatch(text, expected, what);
      assertStringIncludes(text, `contact ${id} (`);
      assertStringIncludes(text, "allow_duplicate: true");
      assertEquals(asked.filter(({ method }) => method !== "GET"), []);
      assertEquals(asked.length, isWarm ? 0 : 1, JSON.stringify(asked));
      const made = await world.ok("create_contact", {
        ...args,
        allow_duplicate: true,
      });
      assert(made.id !== id);
    }
  });
}

Deno.test("create_contact names a likely duplicate beside all its other problems", async () => {
  await using world = await createWorld();
  const others = await needed(world.ok);
  const { id } = await world.ok("create_contact", { ...others, ...SARI });
  const wrong = {
    ...SARI,
    telephone: "0899 1111 2222",
    crm_source_id: "Surat Kabar",
  };
  for (const more of [{ date_of_birth: "soon" }, { crm_company_id: "CV X" }]) {
    world.seen();
    const told = await world.refused("create_contact", { ...wrong, ...more });
    const lists = world.seen().filter(({ path }) => /contacts$/.test(path));
    assertEquals(lists.length, 1);
    assertStringIncludes(told, `contact ${id} ("Sari Wulandari") is likely`);
    assertStringIncludes(told, Object.keys(more)[0]!);
    assertMatch(told, /"Surat Kabar"/);
  }
  // What cannot be read is not compared.
  world.seen();
  const told = await world.refused("create_contact", {
    telephone: { number: 1 },
    email: ["x"],
    first_name: { of: "Sari" },
  });
  assert(!told.includes("likely"), told);
  assertEquals(world.seen().filter(({ path }) => /contacts$/.test(path)), []);
});

Deno.test("of equal creates at once one is sent, and the others name it", async () => {
  await using world = await createWorld({ latency: 20 });
  const others = await needed(world.ok);
  const posts = () =>
    world.seen().filter(({ method }) => method === "POST").length;
  posts();
  const equal = [
    { ...others, ...SARI },
    { ...others, ...SARI },
    { ...others, first_name: "Orang", telephone: SARI.telephone },
  ];
  const calls = await Promise.all(
    equal.map((args) => world.call("create_contact", args)),
  );
  assertEquals(posts(), 1);
  const made = calls.find(({ isError }) => !isError)!;
  const refused = calls.filter(({ isError }) => isError);
  assertEquals(refused.length, 2);
  for (const { text } of refused) {
    assertStringIncludes(text, `just created contact ${made.data.id}`);
  }
  const creator_id = "Ratna Kusumawardani";
  // Others do not wait or fail, and neither do those that are meant.
  const different = await Promise.all([
    world.call("create_company", { name: "PT Satu Dua", creator_id }),
    world.call("create_company", { name: "PT Tiga Empat", creator_id }),
    ...[1, 2].map(() =>
      world.call("create_company", {
        name: "PT Lima",
        creator_id,
        allow_duplicate: true,
      })
    ),
  ]);
  for (const { isError, text } of different) assert(!isError, text);
  posts();
  // A create that was refused makes way for the next one.
  world.sandbox.inject({
    fault: { kind: "status", status: 422 },
    method: "POST",
    path: "/api/v3.1/companies",
    times: 1,
  });
  const again = await Promise.all(
    [1, 2].map(() =>
      world.call("create_company", { name: "PT Enam Tujuh", creator_id })
    ),
  );
  assertEquals(again.filter(({ isError }) => !isError).length, 1);
  assertEquals(posts(), 2);
});

Deno.test("create_company names a likely duplicate, and says so in a dry run", async () => {
  await using world = await createWorld();
  const { id } = await world.ok("create_company", {
    name: "PT Zirkon Biru",
    creator_id: "me",
  });
  for (const name of ["Zirkon Biru, Tbk", "CV. ZIRKON-BIRU", "ZirkonBiru"]) {
    const args = { name, creator_id: "me" };
    const told = await world.refused("create_company", args);
    assertStringIncludes(told, `company ${id} ("PT Zirkon Biru")`, name);
    const { problems, plan } = await world.ok("create_company", {
      ...args,
      dry_run: true,
    });
    assertEquals([problems.length, plan], [1, undefined]);
  }
  await world.ok("create_company", {
    name: "PT Zirkon Biru Abadi",
    creator_id: "me",
  });
  // An update does not create a record.
  await world.ok("update_company", {
    company_id: id,
    name: "Zirkon Biru Abadi",
  });
});

Deno.test("create_contact creates if the search for duplicates fails, and says so", async () => {
  await using world = await createWorld({
    retryBudget: 0,
    change(request, answer) {
      if (request === "GET /api/v3.1/contacts") {
        answer.meta = { status: 403, developer_message: "not for you" };
      }
    },
  });
  const { id, notes } = await world.ok("create_contact", {
    ...await needed(world.ok),
    ...SARI,
  });
  assert(id > 0);
  assertStringIncludes(notes.join(), "could not be checked");
});

Deno.test("create_contact compares only contacts of the same company's CRM", async () => {
  await using two = await createTwoCompanies();
  for (const company of ["acme", "beta"] as const) {
    await two.ok(company, "query_records", { resource: "contacts" });
    const others = await needed((name) => two.ok(company, name));
    const { id } = await two.ok(company, "create_contact", {
      ...others,
      ...SARI,
    });
    assert(id > 0);
  }
});

Deno.test("create_contact does not name a duplicate to a caller that may not read", async () => {
  await using sandbox = serveSandbox();
  const server = createServer({
    baseUrl: sandbox.url,
    refreshToken: sandbox.refreshToken,
    log: () => {},
    limits: noRates(),
  });
  await using served = serveMcp(server, {
    // deno-lint-ignore require-await -- the interface is asynchronous
    authenticate: async (name) => ({
      name,
      tenants: ["_default"],
      scopes: name === "writer" ? ["write"] : DEFAULT_SCOPES,
    }),
  });
  await using stack = new AsyncDisposableStack();
  const [all, writer] = await Promise.all(["all", "writer"].map(async (key) => {
    const client = await connectHttp(served.url, { key });
    stack.defer(() => client.close());
    return client;
  }));
  const others = await needed((name) => ok(all!, name));
  const { id } = await ok(all!, "create_contact", { ...others, ...SARI });
  const { text, isError } = await call(writer!, "create_contact", {
    ...others,
    first_name: "Orang",
    telephone: "0899 1111 2222",
  });
  assert(isError);
  assertStringIncludes(text, "a contact with the same phone number exists");
  for (const secret of [String(id), "Sari", "Wulandari"]) {
    assert(!text.includes(secret), text);
  }
});
