import { assert, assertEquals } from "@std/assert";
import { createRandom } from "../../src/sandbox/random.ts";
import {
  findDuplicates,
  type Group,
  showGroups,
} from "../../src/snapshots/duplicates.ts";
import {
  candidatesIn,
  COMPARED,
  likelySame,
  marksOf,
} from "../../src/snapshots/likely_same.ts";
import { createTable, type Table } from "../../src/snapshots/table.ts";
import { createSameIndex } from "../../src/snapshots/same_index.ts";
import { atOnce, inTurns } from "../../src/values/turns.ts";
import type { JsonObject } from "../../src/values/json.ts";

function tableOf(records: readonly JsonObject[]): Table {
  const table = createTable();
  for (const record of records) table.put(record.id as number, record);
  return table;
}

/** The ids in each group, with the evidence. */
function idsOf(groups: readonly Group[], table: Table): string[] {
  const id = table.column("id")!;
  return groups.map(({ rows, evidence }) =>
    `${[...new Set(evidence.map(({ by }) => by))].sort()}: ${
      rows.map((row) => Number(id.values[id.code(row)])).sort((a, b) => a - b)
    }`
  ).sort();
}

Deno.test("findDuplicates() finds contacts by phone, e-mail and name, each in any form", () => {
  const table = tableOf([
    {
      id: 1,
      first_name: "Budi",
      last_name: "Santoso",
      telephone: "081277670883",
    },
    {
      id: 2,
      first_name: "Bpk.",
      last_name: "budi santoso",
      telephone: "+62 812-7767-0883",
    },
    { id: 3, first_name: "Sari", email: "Sari@Example.co.id" },
    { id: 4, first_name: "Sari L.", email: "sari@example.co.id " },
    { id: 5, first_name: "Citra", last_name: "Ayu" },
    { id: 6, first_name: "Ibu Citra", last_name: "Ayu, S.E." },
    { id: 7, first_name: "Budi", telephone: "0812-7767-0884" },
    // A first name alone means the same person only in the same company.
    { id: 8, first_name: "Dewi", crm_company_id: 1 },
    { id: 9, first_name: "Ibu Dewi", crm_company_id: 1 },
    { id: 10, first_name: "Dewi", crm_company_id: 2 },
    // These mean nothing.
    { id: 11, first_name: "A", telephone: "0000000000", email: "-" },
    { id: 12, first_name: "B", telephone: "0000000000", email: "-" },
    { id: 13, first_name: "", last_name: null },
    { id: 14, first_name: "", last_name: null },
    // A number in a list.
    { id: 15, first_name: "E", telephone: "021 567 8901 / 0855 1111 2222" },
    { id: 16, first_name: "F", telephone: ["085511112222"] },
  ]);
  const groups = atOnce(findDuplicates(table, COMPARED.contacts));
  assertEquals(idsOf(groups, table), [
    "email: 3,4",
    "name,phone: 1,2",
    "name: 5,6",
    "name: 8,9",
    "phone: 15,16",
  ]);
  // The most evidence comes first, and a name alone last.
  assertEquals(idsOf(groups.slice(0, 1), table), ["name,phone: 1,2"]);
  for (const { evidence } of groups.slice(-2)) {
    assertEquals(evidence.map(({ by }) => by), ["name"]);
  }
});

Deno.test("findDuplicates() finds companies without legal forms, and joins what one record connects", () => {
  const table = tableOf([
    { id: 1, name: "PT Maju Jaya", telephone: "021-5678901" },
    { id: 2, name: "Maju Jaya, PT Tbk." },
    { id: 3, name: "Toko Lain", telephone: "+62 21 5678901" },
    { id: 4, name: "PT Maju Jaya Abadi" },
    { id: 5, name: "CV Lestari" },
  ]);
  const groups = atOnce(findDuplicates(table, COMPARED.companies));
  assertEquals(idsOf(groups, table), ["name,phone: 1,2,3"]);
});

Deno.test("findDuplicates() finds the same groups as a comparison of all pairs", () => {
  const random = createRandom(29);
  for (let run = 0; run < 60; run++) {
    const records = Array.from({ length: random.int(2, 40) }, (_, i) => ({
      id: i + 1,
      name: random.pick(["PT ", "", "CV. "]) +
        random.pick(["Alfa", "Beta Gama", "Delta", "Eta", `N${i}`, `N${i}`]),
      telephone: random.pick(["", "", `08110000${random.int(100, 115)}`]),
    }));
    const table = tableOf(records);
    // Independent: connect all pairs that share a mark, repeatedly.
    const marks = records.map((one) =>
      marksOf(one, COMPARED.companies).map(({ by, key }) => `${by} ${key}`)
    );
    const groupOf = records.map((_, i) => i);
    for (let changed = true; changed;) {
      changed = false;
      for (let a = 0; a < records.length; a++) {
        for (let b = 0; b < records.length; b++) {
          if (!marks[a]!.some((mark) => marks[b]!.includes(mark))) continue;
          if (groupOf[b]! <= groupOf[a]!) continue;
          groupOf[b] = groupOf[a]!;
          changed = true;
        }
      }
    }
    const wanted = [...new Set(groupOf)].map((group) =>
      records.filter((_, i) => groupOf[i] === group).map(({ id }) => id)
    ).filter(({ length }) => length > 1).map(String).sort();
    const found = atOnce(findDuplicates(table, COMPARED.companies));
    const id = table.column("id")!;
    assertEquals(
      found.map(({ rows }) =>
        String(
          rows.map((row) => Number(id.values[id.code(row)]))
            .sort((a, b) => a - b),
        )
      ).sort(),
      wanted,
    );
  }
});

Deno.test("findDuplicates() takes time by the number of records, not of pairs", () => {
  const timeOf = (count: number) => {
    const table = tableOf(Array.from({ length: count }, (_, i) => ({
      id: i + 1,
      first_name: "Budi",
      last_name: "Santoso",
      telephone: `0812${i % 40}00000${i % 7}`,
      email: "info@example.co.id",
    })));
    const start = performance.now();
    const groups = atOnce(findDuplicates(table, COMPARED.contacts));
    const { shown } = showGroups(groups, table, COMPARED.contacts, 11_500);
    assert(JSON.stringify(shown).length <= 11_500);
    assert(groups.length > 0);
    return performance.now() - start;
  };
  timeOf(2_000);
  const [small, large] = [timeOf(2_500), timeOf(20_000)];
  // Eight times the records; 64 times the pairs.
  assert(large < Math.max(small, 20) * 30, `${small} ms, ${large} ms`);
});

Deno.test("findDuplicates() lets others run, who may change the records", async () => {
  const records = Array.from({ length: 20_000 }, (_, i) => ({
    id: i + 1,
    first_name: `Orang ${i}`,
    last_name: "Santoso",
    telephone: `0812${10_000_000 + Math.floor(i / 2)}`,
  }));
  const table = tableOf(records);
  let turns = 0;
  const others = setInterval(() => {
    turns++;
    table.put(1, { id: 1, first_name: `Lain ${turns}` });
  });
  const groups = await inTurns({
    of: table,
    copy: (table) => table.copy(),
    steps: (table) => findDuplicates(table, COMPARED.contacts),
  });
  clearInterval(others);
  assert(turns > 2, `${turns} turns`);
  assertEquals(groups.length, 10_000);
});

Deno.test("findDuplicates() does not take a number that a whole company shares for one person", () => {
  const table = tableOf(Array.from({ length: 60 }, (_, i) => ({
    id: i + 1,
    first_name: `Orang${i}`,
    last_name: "Satu",
    telephone: "021 5678901",
    email: i < 2 ? "satu@example.co.id" : "",
  })));
  const groups = atOnce(findDuplicates(table, COMPARED.contacts));
  assertEquals(groups.map(({ rows }) => rows.length), [2, 60]);
  const { shown } = showGroups(groups, table, COMPARED.contacts, 11_500);
  assertEquals(shown[1]!.more, 52);
});

Deno.test("candidatesIn() and the index miss no record that is likely the same", async () => {
  const random = createRandom(31);
  const first = [
    "Budi",
    "Bapak Budi",
    "Al",
    "Ibu",
    "Dr. Al",
    "Nurul",
    "Sri & Ani",
  ];
  const last = [
    "Santoso",
    "Amin",
    "",
    "Dewi, S.E.",
    "dan Rekan",
    "Budi Santoso",
  ];
  const phone = () =>
    random.pick(["0812-7767-", "+62 812 7767 ", "(0812) 7767."]) +
    String(random.int(1, 30)).padStart(4, "0");
  const person = (id: number) => ({
    id,
    first_name: random.pick(first),
    last_name: random.pick(last),
    telephone: random.pick(["", phone(), `${phone()} / ${phone()}`]),
    email: random.pick(["", `A${random.int(1, 30)}@example.co.id`]),
    crm_company_id: random.pick([null, 1, 2]),
  });
  let found = 0;
  for (let run = 0; run < 300; run++) {
    const records = Array.from({ length: 30 }, (_, i) => person(i + 1));
    const body = person(0);
    const ids = (same: ReturnType<typeof likelySame>) =>
      same.map(({ record }) => Number(record.id)).sort((a, b) => a - b);
    const all = ids(likelySame(records, COMPARED.contacts, body));
    const table = tableOf(records);
    const indexed = createSameIndex(new AbortController().signal);
    for (
      const candidates of [
        atOnce(candidatesIn(table, COMPARED.contacts, body)),
        await indexed(table, COMPARED.contacts, body),
      ]
    ) assertEquals(ids(likelySame(candidates, COMPARED.contacts, body)), all);
    // The index knows what was added since.
    table.put(99, { ...body, id: 99, email: "baru@example.co.id" });
    const [last] = likelySame(
      await indexed(table, COMPARED.contacts, {
        email: "baru@example.co.id",
      }),
      COMPARED.contacts,
      { email: "baru@example.co.id" },
    );
    assertEquals(last?.record.id, 99);
    found += all.length;
  }
  assert(found > 300, `${found}`);
});
