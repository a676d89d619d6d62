import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  nameUnit,
  parsePeriod,
  unitNames,
  UNITS,
} from "../../src/snapshots/periods.ts";
import { createZone, writeDay } from "../../src/values/zone.ts";

const jakarta = createZone("Asia/Jakarta");
// 1:30 in the night of Thursday 26 November 2026 in Jakarta, still the 25th in UTC.
const now = Date.parse("2026-11-25T18:30:00Z");
const at = (text: string) => Date.parse(`${text}:00+07:00`);

Deno.test("parsePeriod() reads dates and periods relative to today, in the company's zone", () => {
  const table: readonly (readonly [string, string, string])[] = [
    ["today", "2026-11-26T00:00", "2026-11-27T00:00"],
    ["yesterday", "2026-11-25T00:00", "2026-11-26T00:00"],
    ["tomorrow", "2026-11-27T00:00", "2026-11-28T00:00"],
    ["-21d", "2026-11-05T00:00", "2026-11-06T00:00"],
    ["+2w", "2026-12-10T00:00", "2026-12-11T00:00"],
    ["-9m", "2026-02-26T00:00", "2026-02-27T00:00"],
    ["-1y", "2025-11-26T00:00", "2025-11-27T00:00"],
    ["this_week", "2026-11-23T00:00", "2026-11-30T00:00"],
    ["last_week", "2026-11-16T00:00", "2026-11-23T00:00"],
    ["this_month", "2026-11-01T00:00", "2026-12-01T00:00"],
    ["next_month", "2026-12-01T00:00", "2027-01-01T00:00"],
    ["this_quarter", "2026-10-01T00:00", "2027-01-01T00:00"],
    ["last_quarter", "2026-07-01T00:00", "2026-10-01T00:00"],
    ["this_year", "2026-01-01T00:00", "2027-01-01T00:00"],
    ["2026", "2026-01-01T00:00", "2027-01-01T00:00"],
    ["2026-02", "2026-02-01T00:00", "2026-03-01T00:00"],
    ["2028-02", "2028-02-01T00:00", "2028-03-01T00:00"],
    ["2026-11-30", "2026-11-30T00:00", "2026-12-01T00:00"],
    ["30/11/2026", "2026-11-30T00:00", "2026-12-01T00:00"],
  ];
  for (const [text, start, end] of table) {
    assertEquals(
      parsePeriod(text, now, jakarta),
      { start: at(start), end: at(end) },
      text,
    );
  }
  assertEquals(
    parsePeriod("2026-11-30T10:00:00Z", now, jakarta)?.start,
    Date.parse("2026-11-30T10:00:00Z"),
  );
});

Deno.test("parsePeriod() reads words in Indonesian, and words with spaces", () => {
  const table = [
    ["hari ini", "today"],
    ["Kemarin", "yesterday"],
    ["besok", "tomorrow"],
    ["minggu ini", "this_week"],
    ["minggu lalu", "last_week"],
    ["pekan depan", "next_week"],
    ["bulan_lalu", "last_month"],
    ["Bulan  depan", "next_month"],
    ["kuartal ini", "this_quarter"],
    ["triwulan lalu", "last_quarter"],
    ["tahun lalu", "last_year"],
    ["last month", "last_month"],
    ["This Quarter", "this_quarter"],
  ] as const;
  for (const [text, same] of table) {
    assertEquals(
      parsePeriod(text, now, jakarta),
      parsePeriod(same, now, jakarta),
      text,
    );
  }
  for (
    const text of ["ini", "minggu", "minggu_last", "last_minggu", "constructor"]
  ) {
    assertEquals(parsePeriod(text, now, jakarta), undefined, text);
  }
});

Deno.test("parsePeriod() reads a time without an offset on the clock of the zone", () => {
  const table = [
    ["Asia/Jakarta", "2026-11-30T10:00", "2026-11-30T10:00:00+07:00"],
    ["Asia/Jayapura", "2026-11-30T10:00", "2026-11-30T10:00:00+09:00"],
    ["Asia/Jayapura", "30/11/2026 10:00:05", "2026-11-30T10:00:05+09:00"],
    ["Asia/Jayapura", "2026-11-30T10:00+07:00", "2026-11-30T10:00:00+07:00"],
    ["Asia/Jayapura", "2026-11-30T10:00Z", "2026-11-30T10:00:00Z"],
    ["Europe/Berlin", "2026-07-01T10:00", "2026-07-01T10:00:00+02:00"],
    ["Europe/Berlin", "2026-12-01T10:00", "2026-12-01T10:00:00+01:00"],
  ] as const;
  for (const [zone, text, moment] of table) {
    assertEquals(
      parsePeriod(text, now, createZone(zone))?.start,
      Date.parse(moment),
      `${text} in ${zone}`,
    );
  }
});

Deno.test("parsePeriod() uses the last day of a short month", () => {
  const march = Date.parse("2026-03-31T12:00:00+07:00");
  assertEquals(
    parsePeriod("-1m", march, jakarta)?.start,
    at("2026-02-28T00:00"),
  );
  assertEquals(
    parsePeriod("+1m", march, jakarta)?.start,
    at("2026-04-30T00:00"),
  );
});

Deno.test("parsePeriod() refuses what is not a period", () => {
  const wrong = [
    "",
    "soon",
    "2026-13",
    "31/02/2026",
    "-d",
    "+99999d",
    "last_decade",
    "21d",
    "2026-Q0",
    "2026-Q5",
    "2026-W0",
    "2026-W",
    "2026-W54",
    // That year has 52 weeks.
    "2025-W53",
  ];
  for (const text of wrong) {
    assertEquals(parsePeriod(text, now, jakarta), undefined, text);
  }
});

/** An hour, in ms. */
const HOUR = 3_600_000;

Deno.test("nameUnit() names the unit that contains a moment, at both of its edges", () => {
  const zones = [
    "Asia/Jakarta",
    "Asia/Jayapura",
    "UTC",
    "America/New_York",
    "Pacific/Apia",
    "Africa/Cairo",
    "America/Santiago",
    "America/Havana",
  ]
    .map(createZone);
  fc.assert(
    fc.property(
      fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2040, 0) }),
      fc.constantFrom(...UNITS),
      fc.constantFrom(...zones),
      (epoch, unit, zone) => {
        const { start, end } = parsePeriod(`this_${unit}`, epoch, zone)!;
        const name = nameUnit(epoch, unit, zone);
        assertEquals(start <= epoch && epoch < end, true);
        assertEquals(nameUnit(start, unit, zone), name);
        assertEquals(nameUnit(end - 1, unit, zone), name);
        assertEquals(nameUnit(end, unit, zone) === name, false);
        assertEquals(nameUnit(start - 1, unit, zone) === name, false);
        // Names that are made once a day are the same.
        const nameOf = unitNames(unit, zone);
        for (const at of [start, epoch, end - 1, end, start - 1]) {
          for (const near of [at, at - HOUR, at + HOUR]) {
            assertEquals(nameOf(near), nameUnit(near, unit, zone));
          }
        }
        // What groups are called can be asked for.
        assertEquals(parsePeriod(name, 0, zone), { start, end });
      },
    ),
    { numRuns: 5_000 },
  );
});

Deno.test("createZone() knows when clocks change", () => {
  const zone = createZone("America/New_York");
  assertEquals(
    new Date(zone.startOf({ year: 2026, month: 3, day: 8 })).toISOString(),
    "2026-03-08T05:00:00.000Z",
  );
  assertEquals(
    new Date(zone.startOf({ year: 2026, month: 3, day: 9 })).toISOString(),
    "2026-03-09T04:00:00.000Z",
  );
  assertEquals(
    writeDay(zone.dayOf(Date.parse("2026-11-01T05:30:00Z"))),
    "2026-11-01",
  );
  // Clocks in Samoa were put forward at midnight.
  assertEquals(
    new Date(
      createZone("Pacific/Apia").startOf({ year: 2010, month: 9, day: 26 }),
    ).toISOString(),
    "2010-09-26T11:00:00.000Z",
  );
  // 30 December 2011 did not happen in Samoa.
  const samoa = createZone("Pacific/Apia");
  assertEquals(
    writeDay(samoa.dayOf(samoa.startOf({ year: 2011, month: 12, day: 31 }))),
    "2011-12-31",
  );
});
