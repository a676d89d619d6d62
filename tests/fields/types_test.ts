import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { choose } from "../../src/fields/options.ts";
import type { Target } from "../../src/fields/encode.ts";
import { typeOf } from "../../src/fields/types.ts";

const cities = [
  { id: 7, name: "Jakarta Selatan" },
  { id: 8, name: "Jakarta Utara" },
  { id: 9, name: "Bandung, Kota" },
];

const custom: Target = { custom: true, options: cities };
const standard: Target = { custom: false, options: cities };

Deno.test("encode() gives each type the form that Qontak reads", () => {
  const table: [string, Target, unknown, unknown][] = [
    ["Single-line text", custom, "a", "a"],
    ["Single-line text", custom, 812, "812"],
    ["Number", custom, "15000000", 15000000],
    ["Number", custom, 1.5, 1.5],
    ["Number", custom, "10.000.000", 10000000],
    ["Number", custom, "Rp 27.500,-", 27500],
    ["Number", custom, "1,15 juta", 1150000],
    ["Number", custom, "12.345.678.901.234.567", "12345678901234567"],
    ["Percentage", custom, "12,5 %", 12.5],
    ["Date", custom, "2026-12-31T00:00:00+09:00", "31/12/2026"],
    ["Date", custom, "2026-12-31T23:30:00Z", "31/12/2026"],
    [
      "Date",
      standard,
      "2026-12-31T00:00:00+09:00",
      "2026-12-31T00:00:00.000+07:00",
    ],
    [
      "Date",
      standard,
      "2026-12-31T14:00:00+09:00",
      "2026-12-31T12:00:00.000+07:00",
    ],
    ["Percentage", custom, "12.5 %", 12.5],
    ["Date", custom, "2026-11-30", "30/11/2026"],
    ["Date", standard, "30/11/2026", "2026-11-30T00:00:00.000+07:00"],
    ["Date", { ...standard, dates: "day-first" }, "2026-11-30", "30/11/2026"],
    ["Date time", custom, "30/11/2026 09:15", "2026-11-30T09:15:00"],
    ["Dropdown select", custom, "jakarta  utara", "8"],
    ["Dropdown select", standard, "Jakarta Utara", 8],
    ["Dropdown select", custom, 7, "7"],
    ["Dropdown select", custom, "7", "7"],
    [
      "Dropdown select",
      { custom: false, options: [{ id: null, name: "IDR" }] },
      "idr",
      "IDR",
    ],
    ["Dropdown select", { custom: true }, 12, "12"],
    ["Multiple select", custom, ["Jakarta Utara", 7], "8,7"],
    ["Multiple select", custom, "7,8", "7,8"],
    ["Multiple select", custom, "Bandung, Kota", "9"],
    ["gps", custom, "-6.2,106.8", "-6.2, 106.8"],
    ["gps", custom, "-6.208, 106.845", "-6.208, 106.845"],
    ["gps", custom, { lat: -6.2, long: 106.8 }, "-6.2, 106.8"],
    ["Upload", custom, "https://a.id/x.pdf", "https://a.id/x.pdf"],
    ["assoc", standard, ["3", 4], [3, 4]],
    [
      "Checklist",
      custom,
      [{ name: "Call" }],
      '{"checklist_details_attributes":[{"name":"Call"}]}',
    ],
    ["of tomorrow", custom, { any: 1 }, { any: 1 }],
  ];
  for (const [type, target, value, expected] of table) {
    const encoded = typeOf(type).encode(value, target);
    assertEquals(
      "wire" in encoded ? encoded.wire : encoded.problem,
      expected,
      `${type} ${JSON.stringify(value)}`,
    );
  }
});

Deno.test("encode() says what is wrong with a value", () => {
  const table: [string, Target, unknown, RegExp][] = [
    ["Number", custom, "10.00.000", /not "10\.00\.000"/],
    ["Number", custom, "27.500", /"27\.500" means, 27\.5 or 27500: send/],
    ["Percentage", custom, "12,500 %", /"12,500" means, 12\.5 or 12500: send/],
    ["Number", custom, 9171012345678901, /in quotes.* a number of 16 digits$/],
    ["Single-line text", custom, 9171012345678901, /in quotes.* 16 digits$/],
    ["Single-line text", custom, 1e21, /in quotes.* 22 digits$/],
    ["Single-line text", custom, 1e-9, /in quotes.* with an exponent$/],
    ["Text Area", custom, 9171012345678901, /in quotes.* 16 digits$/],
    ["URL", custom, 9171012345678901, /in quotes.* 16 digits$/],
    ["of tomorrow", custom, [9171012345678901], /in quotes.* 16 digits"\]$/],
    ["Dropdown select", { custom: true }, "", /takes an id/],
    ["Dropdown select", { custom: true }, "1e3", /takes an id/],
    ["Number", custom, "ten", /takes a number/],
    ["Number", custom, NaN, /takes a number/],
    ["Date", custom, "31/02/2026", /takes a date such as.*no such day/],
    ["Date", custom, "28/02/26", /takes a date such as.*four digits/],
    ["Date", custom, 20261130, /takes a date/],
    ["Dropdown select", custom, "Jakarta Utarra", /mean "Jakarta Utara"/],
    ["Dropdown select", custom, 99, /not one of its options/],
    ["Dropdown select", custom, { id: 7 }, /id or label/],
    ["Dropdown select", { custom: true }, "Web", /no options/],
    ["Multiple select", custom, ["Jakarta Utara", "x"], /"x" is not one/],
    ["Upload", custom, "file.pdf", /URL/],
    ["Photo", custom, "x", /cannot be written/],
    ["Signature", custom, "x", /cannot be written/],
    ["gps", custom, "91, 106.8", /latitude/],
    ["gps", custom, "here", /latitude/],
    ["Checklist", custom, "done", /list of items/],
    ["assoc", standard, "Budi", /id of a record/],
    ["Single-line text", custom, ["a"], /takes text/],
  ];
  for (const [type, target, value, expected] of table) {
    const { problem } = typeOf(type).encode(value, target);
    assertMatch(problem ?? "", expected, `${type} ${JSON.stringify(value)}`);
  }
});

Deno.test("encode() says how it read an ambiguous value", () => {
  const table: [string, Target, unknown, string | undefined][] = [
    ["Number", custom, 1500000, undefined],
    ["Number", custom, "1500000", undefined],
    ["Number", custom, "1,5 juta", '"1,5 juta" was read as 1500000'],
    ["Number", custom, "27,5", '"27,5" was read as 27.5'],
    ["Date", custom, "1988-03-05", undefined],
    ["Date", custom, "05/03/1988", '"05/03/1988" was read as 5 March 1988'],
    ["Date", standard, "05-03-1988", '"05-03-1988" was read as 5 March 1988'],
    [
      "Date",
      custom,
      "2026-12-31T00:00:00+09:00",
      `"2026-12-31T00:00:00+09:00" was read as 31 December 2026, the day that is written; in the company's zone (Asia/Jakarta) that moment is on 30 December 2026`,
    ],
    [
      "Date",
      custom,
      "2026-12-31T09:00:00+09:00",
      '"2026-12-31T09:00:00+09:00" was read as 31 December 2026: the time 09:00 is left out, because this field holds a day',
    ],
    ["Date", custom, "2026-12-31T00:00", undefined],
    ["Date", standard, "2026-12-31T09:00", undefined],
    [
      "Date time",
      custom,
      "05/03/1988 14:05",
      '"05/03/1988 14:05" was read as 5 March 1988, 14:05 (Asia/Jakarta)',
    ],
    ["Date time", custom, "1988-03-05T14:05", undefined],
  ];
  for (const [type, target, value, expected] of table) {
    const encoded = typeOf(type).encode(value, target);
    assertEquals(
      "wire" in encoded ? encoded.read : encoded.problem,
      expected,
      `${type} ${JSON.stringify(value)}`,
    );
  }
});

Deno.test("choose() returns the candidates of an ambiguous label", () => {
  const options = [{ id: 1, name: "Web" }, { id: 2, name: "web" }, {
    id: 3,
    name: "WEB ",
  }];
  assertEquals(choose(options, "web"), { option: options[1]! });
  const { problem } = choose(options, "wEb");
  assertStringIncludes(problem ?? "", "(id 1)");
  assertStringIncludes(problem ?? "", "(id 3)");
});

Deno.test("choose() accepts Qontak's own words in its other language", () => {
  const status = [
    { id: 1, name: "Belum Dimulai" },
    { id: 4, name: "Selesai" },
  ];
  const translate = true;
  assertEquals(choose(status, "completed", { translate }), {
    option: status[1]!,
  });
  assertEquals(choose(status, "Not started", { translate }), {
    option: status[0]!,
  });
  assertStringIncludes(choose(status, "completed").problem ?? "", "not one of");
  // Two words of one language never mean the same option.
  const both = [{ id: 1, name: "Normal" }, { id: 2, name: "Sedang" }];
  assertEquals(choose(both, "Medium", { translate }), { option: both[1]! });
  assertStringIncludes(
    choose([both[0]!], "Medium", { translate }).problem ?? "",
    "not one of",
  );
});

Deno.test("choose() does not guess whether digits are an id or a label", () => {
  const options = [{ id: 10, name: "Sepuluh" }, { id: 7, name: "10" }];
  assertEquals(choose(options, 10), { option: options[0]! });
  const { problem } = choose(options, "10");
  assertStringIncludes(problem ?? "", "(id 10)");
  assertStringIncludes(problem ?? "", "(id 7)");
});

Deno.test("encode() does not change any digit of a number", () => {
  const number = (value: unknown) => {
    const encoded = typeOf("Number").encode(value, { custom: true });
    return "wire" in encoded ? encoded.wire : encoded.problem;
  };
  assertEquals(number("9471234567890123"), "9471234567890123");
  assertEquals(number("12345678901234567891"), "12345678901234567891");
  assertEquals(number("00123"), "00123");
  assertEquals(number("1.50"), "1.50");
  assertEquals(number("15"), 15);
  assertMatch(
    String(number(JSON.parse("12345678901234567891"))),
    /in quotes, .* not a number of 20 digits$/,
  );
});

Deno.test("choose() shortens a long list and says so", () => {
  const many = Array.from(
    { length: 60 },
    (_, i) => ({ id: i + 1, name: `Kota ${i + 1}` }),
  );
  const { problem } = choose(many, "Bogor");
  assertStringIncludes(problem ?? "", "20 of 60 options");
});
