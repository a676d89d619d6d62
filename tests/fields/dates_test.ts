import { isoOf } from "../../src/fields/shown.ts";
import { assertEquals } from "@std/assert";
import {
  parseDate,
  toDayFirst,
  toIso,
  toIsoDay,
  toLocalDateTime,
  whyNoDate,
} from "../../src/fields/dates.ts";

const midnight = "2026-11-30T00:00:00.000+07:00";

Deno.test("parseDate() reads ISO and day-first dates", () => {
  const table: [string, string][] = [
    ["2026-11-30", midnight],
    ["30/11/2026", midnight],
    ["30-11-2026", midnight],
    [" 2026-11-30 ", midnight],
    ["3/4/2026", "2026-04-03T00:00:00.000+07:00"],
    ["2026-11-30T14:05", "2026-11-30T14:05:00.000+07:00"],
    ["2026-11-30 14:05:09", "2026-11-30T14:05:09.000+07:00"],
    ["30/11/2026 14:05", "2026-11-30T14:05:00.000+07:00"],
    ["2026-11-30T17:00:00Z", "2026-12-01T00:00:00.000+07:00"],
    ["2026-11-30T00:00:00.250+07:00", "2026-11-30T00:00:00.250+07:00"],
    ["2026-11-29T23:00:00-0600", "2026-11-30T12:00:00.000+07:00"],
    ["2028-02-29", "2028-02-29T00:00:00.000+07:00"],
  ];
  for (const [text, expected] of table) {
    const moment = parseDate(text);
    assertEquals(moment && toIso(moment), expected, text);
  }
});

Deno.test("parseDate() refuses what is not a date in the calendar", () => {
  const table = [
    "",
    "tomorrow",
    "2026-02-30",
    "31/04/2026",
    "29/02/2026",
    "2026-13-01",
    "11/30/2026",
    "2026-11-30T25:00",
    "2026-11-30T10:61",
    "2026-11-30T10:00+99:00",
    "20261130",
    "30/11/26",
    "2026-11-30x",
  ];
  for (const text of table) assertEquals(parseDate(text), undefined, text);
});

Deno.test("whyNoDate() says what is wrong with what looks like a date", () => {
  const table = [
    ["2026-02-30", ": there is no such day, time or offset"],
    ["2026-11-30T25:00", ": there is no such day, time or offset"],
    ["2026-11-30T10:00+15:00", ": there is no such day, time or offset"],
    ["31/04/2026", ": there is no such day or time, read with the day first"],
    ["11/30/2026", ": there is no such day or time, read with the day first"],
    [" 30/11/26 ", ": write the year with four digits"],
    ["30.11.26", ""],
    ["tomorrow", ""],
    ["", ""],
  ] as const;
  for (const [text, why] of table) assertEquals(whyNoDate(text), why, text);
});

Deno.test("toDayFirst() and toIsoDay() keep the day that was written, in any zone", () => {
  for (let offset = -12; offset <= 14; offset++) {
    for (let hour = 0; hour < 24; hour++) {
      const zone = `${offset < 0 ? "-" : "+"}${
        String(Math.abs(offset)).padStart(2, "0")
      }:00`;
      const text = `2026-12-31T${String(hour).padStart(2, "0")}:30:00${zone}`;
      const moment = parseDate(text)!;
      assertEquals(toDayFirst(moment), "31/12/2026", text);
      assertEquals(toIsoDay(moment).slice(0, 10), "2026-12-31", text);
    }
  }
});

Deno.test("parseDate() reads every format in which a date is written", () => {
  for (let day = 0; day < 1500; day++) {
    const iso = new Date(Date.UTC(2024, 0, 1 + day)).toISOString().slice(0, 10);
    const moment = parseDate(iso)!;
    assertEquals(moment.day, iso);
    assertEquals(toIso(moment).slice(0, 10), iso);
    for (const write of [toIso, toDayFirst, toLocalDateTime]) {
      assertEquals(parseDate(write(moment))?.epoch, moment.epoch, iso);
    }
  }
});

Deno.test("isoOf() leaves a number that cannot be a time as it is", () => {
  for (const value of [0, 7, 8_640_000_000_000_001, 2 ** 53, Infinity, NaN]) {
    assertEquals(isoOf(value), value);
  }
  assertEquals(isoOf(1_764_115_200), "2025-11-26T07:00:00.000+07:00");
  // Check-ins have milliseconds.
  assertEquals(isoOf(1_764_115_200_000), "2025-11-26T07:00:00.000+07:00");
});
