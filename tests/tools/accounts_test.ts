/** Everything about one company or contact in one call. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createWorld as createData } from "../../src/sandbox/data/world.ts";
import { contactName, type Stored } from "../../src/sandbox/records.ts";
import { createTwoCompanies } from "../support/two_companies.ts";
import { createWorld, type World } from "../support/world.ts";

const data = createData(1);

// deno-lint-ignore no-explicit-any -- tests look into answers freely
type Data = any;

const idsOf = (value: unknown) => [value].flat().map(Number);

/** The state of a deal, computed from the sandbox's own stages. */
function stateOf({ values }: Stored): string {
  const stage = data.stages.find(({ id }) => id === values.crm_stage_id)!;
  return stage.win_probability === "1.00"
    ? "won"
    : stage.win_probability === "0.00"
    ? "lost"
    : "open";
}

/** What an overview must say, computed from the sandbox's own records. */
function expected(companyId: number) {
  const people = [...data.contacts.values()].filter(({ values }) =>
    values.crm_company_id === companyId
  );
  const isPerson = (id: number) => people.some((one) => one.id === id);
  const belongs = ({ values }: Stored) => {
    const companies = [values.crm_company_id].flat().filter(Boolean);
    return companies.length > 0
      ? idsOf(companies).includes(companyId)
      : idsOf(values.crm_lead_ids ?? []).some(isPerson);
  };
  const deals = [...data.deals.values()].filter(belongs);
  const tasks = [...data.tasks.values()].filter(({ values }) =>
    values.crm_company_id === companyId ||
    isPerson(Number(values.crm_person_id)) ||
    deals.some(({ id }) => id === values.crm_deal_id)
  );
  const inState = (state: string) =>
    deals.filter((one) => stateOf(one) === state);
  const sum = (some: readonly Stored[]) => {
    const sums: Record<string, number> = {};
    for (const { values: { currency, size } } of some) {
      if (size == null) continue;
      sums[String(currency)] = (sums[String(currency)] ?? 0) + Number(size);
    }
    return sums;
  };
  return {
    people: people.length,
    open: inState("open"),
    won: inState("won").length,
    lost: inState("lost").length,
    value: sum(inState("open")),
    tasks: tasks.filter(({ values }) => values.crm_task_status_id !== 4).length,
  };
}

Deno.test("get_account_overview counts what belongs to each company, and sums per currency", async () => {
  await using world = await createWorld();
  let deals = 0;
  for (const company of data.companies.values()) {
    world.seen();
    const answer = await world.ok("get_account_overview", {
      company: company.id,
    });
    const wanted = expected(company.id);
    deals += wanted.open.length;
    assertEquals(answer.company.name, company.values.name);
    assertEquals(answer.people.total, wanted.people);
    assertEquals(answer.open_deals.total, wanted.open.length);
    assertEquals(answer.open_deals.value ?? {}, wanted.value);
    assertEquals([answer.won.total, answer.lost.total], [
      wanted.won,
      wanted.lost,
    ]);
    assertEquals(answer.open_tasks.total, wanted.tasks);
    for (const part of ["people", "open_deals", "open_tickets", "open_tasks"]) {
      const { total, records = [], more = 0 } = answer[part];
      assertEquals(records.length + more, total, part);
    }
    const notes = world.seen().filter(({ path }) => path.endsWith("/notes"));
    assert(notes.length <= 8, `${notes.length} requests for notes`);
  }
  assert(deals > 10);
});

Deno.test("get_account_overview knows the last notes, the last contact and the next step", async () => {
  await using world = await createWorld();
  const [company] = data.companies.values();
  const crm_company_id = company!.id;
  const { id: note_id } = await world.ok("create_note", {
    note: "Minta penawaran ulang",
    crm_company_id,
  });
  for (
    const [name, due_date] of [
      ["Kirim penawaran", "2030-01-10T09:00:00+07:00"],
      ["Telepon dulu", "2030-01-05T09:00:00+07:00"],
    ]
  ) {
    await world.ok("create_task", {
      name,
      due_date,
      crm_company_id,
      crm_task_status_id: 1,
      skip_validation: true,
    });
  }
  const answer = await world.ok("get_account_overview", {
    company: crm_company_id,
  });
  const [note] = answer.last_notes.records;
  assertEquals([note.id, note.note], [note_id, "Minta penawaran ulang"]);
  assertEquals(note.on, `company ${crm_company_id}`);
  assertEquals(note.creator_name, "Ratna Kusumawardani");
  for (const { id } of answer.open_tasks.records) {
    assertEquals(typeof id, "number");
  }
  assertEquals(answer.last_contact.date, note.created_at);
  assertStringIncludes(answer.rules.last_contact, "completed tasks");
  assertStringIncludes(answer.rules.open_deals, "one of its people");
  const due = await world.ok("query_records", {
    resource: "tasks",
    where: [{ field: "name", value: "Telepon dulu" }],
  });
  const earlier = answer.open_tasks.records.find((one: Data) =>
    one.due_date < "2030"
  );
  if (!earlier) assertEquals(answer.next_step.task.id, due.records[0].id);
  else assert(answer.next_step.task.due_date <= earlier.due_date);
});

Deno.test("get_account_overview finds a contact by name, phone number or e-mail address", async () => {
  await using world = await createWorld();
  const contact = [...data.contacts.values()].find(({ values }) =>
    values.telephone === "081277670883"
  )!;
  const deals = [...data.deals.values()].filter(({ values }) =>
    idsOf(values.crm_lead_ids ?? []).includes(contact.id)
  );
  for (
    const word of [
      contact.id,
      String(contact.id),
      `Bapak ${contactName(contact)}`,
      "+62 812-7767-0883",
      String(contact.values.email),
    ]
  ) {
    const answer = await world.ok("get_account_overview", { contact: word });
    assertEquals(answer.contact.id, contact.id, String(word));
    assertEquals(
      answer.open_deals.total + answer.won.total + answer.lost.total,
      deals.length,
    );
    assertEquals(answer.people, undefined);
  }
});

Deno.test("get_account_overview offers the ids of several matches, and the nearest name for none", async () => {
  await using world = await createWorld();
  const refused = (args: Record<string, unknown>) =>
    world.refused("get_account_overview", args);
  const several = await refused({ company: "Lestari" });
  assertStringIncludes(several, '"Lestari" means');
  for (const { id, values } of data.companies.values()) {
    const isNamed = String(values.name).includes("Lestari");
    assertEquals(several.includes(String(id)), isNamed);
  }
  assertStringIncludes(
    await refused({ company: "Grhaa Medika Sejahtera" }),
    'Did you mean "PT Graha Medika Sejahtera"?',
  );
  assertStringIncludes(await refused({ contact: 5 }), "No contact is 5");
  for (const args of [{}, { company: 1, contact: 1 }]) {
    assertStringIncludes(await refused(args), "either company or contact");
  }
});

/** Makes everything belong to one company, and every text long. */
function swell(id: number) {
  return (request: string, answer: Data): void => {
    if (
      !/GET .*\/(companies|contacts|deals|tickets|tasks|notes)$/.test(request)
    ) {
      return;
    }
    for (const record of answer.response) {
      for (const [key, value] of Object.entries(record)) {
        if (typeof value !== "string" || /_(at|date)$|^size$/.test(key)) {
          continue;
        }
        record[key] = `${value} ${"日本\u200b".repeat(150)}`;
      }
      if ("crm_company_id" in record) {
        record.crm_company_id = Array.isArray(record.crm_company_id)
          ? [id]
          : id;
      }
      if (request.endsWith("/notes")) record.note = "\u0001".repeat(2_000);
    }
  };
}

Deno.test("get_account_overview takes at most 6 KB, no matter what belongs to the company, and counts the rest", async () => {
  const { id } = [...data.notes.values()].map(({ values }) =>
    data.companies.get(values.crm_company_id as number)
  ).find((company) => company !== undefined)!;
  await using world = await createWorld({ change: swell(id) });
  const called = await world.call("get_account_overview", { company: id });
  assert(!called.isError, called.text);
  const size = new TextEncoder().encode(called.text).length;
  assert(size <= 6 * 1024, `${size} bytes: ${called.text}`);
  const { open_deals, people, last_notes } = called.data as Data;
  assertEquals(people.total, data.contacts.size);
  assertEquals(people.records.length + people.more, people.total);
  assertEquals(
    open_deals.total,
    [...data.deals.values()].filter((one) => stateOf(one) === "open").length,
  );
  assert(last_notes.total > 0);
});

Deno.test("get_account_overview leaves out a kind that cannot be read, and says so", async () => {
  await using world = await createWorld({
    retryBudget: 0,
    change(request, answer) {
      if (/\/(tickets|notes)$/.test(request)) {
        answer.meta = { status: 403, developer_message: "not for you" };
      }
    },
  });
  const [company] = data.companies.values();
  const answer = await world.ok("get_account_overview", {
    company: company!.id,
  });
  assertStringIncludes(answer.incomplete, "tickets could not be read");
  assertEquals(answer.open_tickets, undefined);
  assertStringIncludes(answer.rules.last_notes, "could not be read");
  assert(answer.people.total >= 0);
});

async function firstNoted(world: World): Promise<Data> {
  const [note] = [...data.notes.values()].filter(({ values }) =>
    values.crm_company_id
  );
  const answer = await world.ok("get_account_overview", {
    company: note!.values.crm_company_id,
  });
  return answer.last_notes.records;
}

Deno.test("get_account_overview withholds notes with strict content", async () => {
  {
    await using world = await createWorld();
    const [shown] = await firstNoted(world);
    assert(!shown.note.includes("withheld"));
  }
  await using world = await createWorld({ content: "strict" });
  const notes = await firstNoted(world);
  assert(notes.length > 0);
  for (const { note } of notes) assertStringIncludes(note, "[withheld: ");
});

Deno.test("get_account_overview shows a company only its own accounts", async () => {
  await using two = await createTwoCompanies();
  const { results } = await two.ok("acme", "search", { query: "PT" });
  const id = Number(results[0].id.split("/")[1]);
  const own = await two.ok("acme", "get_account_overview", { company: id });
  assertEquals(own.company.id, id);
  const told = await two.ok("beta", "get_account_overview", { company: id })
    .then(({ company }) => company.name, (error) => String(error));
  assert(told !== own.company.name);
  assertStringIncludes(told, "No company is");
});
