import { assert, assertEquals } from "@std/assert";
import { isRounded, nameNumber, readNumber } from "../../src/values/numbers.ts";
import { createRandom } from "../../src/sandbox/random.ts";

Deno.test("readNumber() reads numbers as people write them", () => {
  const table: [string, string][] = [
    ["27500", "27500"],
    ["27500.00", "27500.00"],
    ["27.500,00", "27500"],
    ["27,500.00", "27500"],
    ["1.500.000", "1500000"],
    ["1,500,000", "1500000"],
    ["1 500 000", "1500000"],
    ["Rp 1.500.000", "1500000"],
    ["Rp27.500,-", "27500"],
    ["Rp. 27.500,-", "27500"],
    ["IDR 27.500,00", "27500"],
    ["27.500,- rupiah", "27500"],
    ["12,5", "12.5"],
    ["12.5", "12.5"],
    ["-12,5", "-12.5"],
    ["0,125", "0.125"],
    ["1234.567", "1234.567"],
    ["1,5 juta", "1500000"],
    ["1.15 juta", "1150000"],
    ["1,15 juta", "1150000"],
    ["0,07 jt", "70000"],
    ["500 rb", "500000"],
    ["500ribu", "500000"],
    ["2 miliar", "2000000000"],
    ["Rp 2,25 milyar", "2250000000"],
    ["7,5 triliun", "7500000000000"],
    ["1,0000001 juta", "1000000.1"],
    ["12345678901234567,89", "12345678901234567.89"],
  ];
  for (const [text, digits] of table) {
    const reading = readNumber(text);
    assertEquals(reading?.readings ?? reading?.digits, digits, text);
  }
});

Deno.test("readNumber() returns every meaning of an ambiguous text", () => {
  const table: [string, string[]][] = [
    ["27.500", ["27.5", "27500"]],
    ["27,500", ["27.5", "27500"]],
    ["-1.234", ["-1.234", "-1234"]],
    ["Rp 27.500", ["27.5", "27500"]],
    ["1.500 juta", ["1500000", "1500000000"]],
    ["1,5 M", ["1500000000", "1500000"]],
  ];
  for (const [text, readings] of table) {
    assertEquals(readNumber(text), { readings }, text);
  }
});

Deno.test("readNumber() leaves out a meaning that is too large", () => {
  assertEquals(readNumber("106.845", 180), { digits: "106.845", plain: true });
  assertEquals(readNumber("-6,208", 180), { digits: "-6.208", plain: false });
});

Deno.test("readNumber() refuses what is not a number", () => {
  const table = [
    "",
    "ten",
    "Rp",
    "1e6",
    "0x10",
    "1.50.000",
    "1,5,5",
    "12 50",
    ".5",
    "5 apples",
    "2 juta 500 ribu",
    "Infinity",
    "1".repeat(101),
  ];
  for (const text of table) assertEquals(readNumber(text), undefined, text);
});

Deno.test("readNumber() reads any number in Indonesian and American formats", () => {
  const random = createRandom(71);
  for (let run = 0; run < 2_000; run++) {
    const whole = random.int(0, 1_999_999_999);
    const cents = random.int(0, 99);
    const number = `${whole}.${String(cents).padStart(2, "0")}`;
    for (const locale of ["id-ID", "en-US"]) {
      const text = Number(number).toLocaleString(locale, {
        minimumFractionDigits: 2,
      });
      const reading = readNumber(text);
      assert(reading && !reading.readings, text);
      assertEquals(Number(reading.digits), Number(number), text);
      // Without decimals, a single separator has two meanings.
      const bare = readNumber(whole.toLocaleString(locale));
      const isOpen = whole > 999 && whole < 1_000_000;
      assertEquals(bare?.readings?.length, isOpen ? 2 : undefined);
      if (isOpen) assert(bare?.readings?.includes(String(whole)));
    }
  }
});

Deno.test("readNumber() multiplies without rounding", () => {
  for (let tenths = 1; tenths < 1_000; tenths++) {
    const reading = readNumber(`0,${String(tenths).padStart(4, "0")} juta`);
    assertEquals(reading, { digits: String(tenths * 100), plain: false });
  }
});

Deno.test("isRounded() and nameNumber() recognize lost digits", () => {
  const table: [string, boolean, string][] = [
    ["9171012345678901", true, "a number of 16 digits"],
    ["-9171012345678901", true, "a number of 16 digits"],
    ["81234567890123456789", true, "a number of 20 digits"],
    ["1e30", true, "a number of 31 digits"],
    ["1e-7", true, "a number with an exponent"],
    ["0.1234567890123456", true, "a number of 16 digits"],
    ["9007199254740991", false, "9007199254740991"],
    ["123456.789", false, "123456.789"],
    ["0", false, "0"],
  ];
  for (const [json, rounded, name] of table) {
    assertEquals(isRounded(JSON.parse(json)), rounded, json);
    assertEquals(nameNumber(JSON.parse(json)), name, json);
  }
});
