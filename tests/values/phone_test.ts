import { assert, assertEquals } from "@std/assert";
import {
  isPhoneKey,
  isSamePhone,
  phoneCore,
  phoneForms,
  phoneKey,
  phonesOf,
  phoneTest,
} from "../../src/values/phone.ts";
import { createRandom } from "../../src/sandbox/random.ts";

Deno.test("phoneKey() returns the same key for every format of a number", () => {
  const mobile = [
    "081234567890",
    "0812-3456-7890",
    "0812 3456 7890",
    "(0812) 3456.7890",
    "6281234567890",
    "+6281234567890",
    "+62 812-3456-7890",
    "+62 (0)812 3456 7890",
    "+62 0812 3456 7890",
    "62 812 3456 7890",
    "0062 812 3456 7890",
    "81234567890",
    " WA: 0812-3456-7890 ",
    "Telp. 0812 3456 7890",
    "０８１２３４５６７８９０",
    "0812\u00a03456\u202f7890",
    "0812-3456-7890 ext. 12",
    "0812-3456-7890 x12",
  ];
  for (const text of mobile) {
    assertEquals(phoneKey(text), "6281234567890", text);
  }
  for (const a of mobile) for (const b of mobile) assert(isSamePhone(a, b));
  const landline = ["021-5678901", "(021) 567 8901", "+62 21 5678901"];
  for (const text of landline) assertEquals(phoneKey(text), "62215678901");
  assertEquals(phoneKey("+1 415 555 0100"), "14155550100");
  assertEquals(phoneKey("001 415 555 0100"), "14155550100");
});

Deno.test("isSamePhone() distinguishes different numbers", () => {
  const table: [string, string][] = [
    ["081234567890", "081234567891"],
    ["081234567890", "08123456789"],
    // The last eight digits are the same, the numbers are not.
    ["0812 3456 7890", "0813 3456 7890"],
    ["021-5678901", "022-5678901"],
    ["+62 812 3456 7890", "+1 812 3456 7890"],
    ["+8123456789", "08123456789"],
    ["14045", "14046"],
    ["", "081234567890"],
    ["no phone", "081234567890"],
  ];
  for (const [a, b] of table) assert(!isSamePhone(a, b), `${a} and ${b}`);
  // What is not a number is compared as it is.
  for (const text of ["14045", "no phone", ""]) assert(isSamePhone(text, text));
});

Deno.test("phoneKey() is undefined for what is not a phone number", () => {
  for (
    const text of [
      "",
      "-",
      "n/a",
      "123",
      "call me",
      "budi@example.com",
      "1".repeat(16),
      "0".repeat(60),
    ]
  ) assertEquals(phoneKey(text), undefined, text);
});

Deno.test("phoneCore() is part of the digits of every form", () => {
  const random = createRandom(73);
  for (let run = 0; run < 1_000; run++) {
    const rest = `8${random.int(11_000_000, 99_999_999_999)}`;
    const forms = [`0${rest}`, `62${rest}`, `+62${rest}`, `+62 0${rest}`];
    for (const form of forms) {
      assertEquals(phoneCore(form), rest, form);
      assertEquals(phoneKey(form), `62${rest}`, form);
    }
  }
});

Deno.test("phoneTest() finds digits in a number, in any format", () => {
  const stored = "+62 (0)812-7767 0883";
  for (
    const part of ["0812 7767", "+62 812", "62812", "812-77", "081277670883"]
  ) {
    assert(phoneTest(part, "starts_with")(stored), part);
    assert(phoneTest(part, "contains")(stored), part);
  }
  for (const part of ["7767-0883", "0883", "(883)"]) {
    assert(phoneTest(part, "contains")(stored), part);
    assert(!phoneTest(part, "starts_with")(stored), part);
  }
  for (
    const part of ["0813", "+1", "00", "", "-", "Budi 0812", "9".repeat(60)]
  ) {
    assert(!phoneTest(part, "contains")(stored), part);
    assert(!phoneTest("0812", "contains")(part), part);
  }
});

Deno.test("phonesOf() separates the numbers of one text, but not an extension", () => {
  for (
    const [text, numbers] of [
      ["0812-7767-0883 / 021 567 8901", ["0812-7767-0883", "021 567 8901"]],
      ["081277670883, 081277670884", ["081277670883", "081277670884"]],
      ["081277670883 atau 0215678901", ["081277670883", "0215678901"]],
      ["(021) 5678901/02", ["(021) 5678901/02"]],
      ["0812-7767-0883;12", ["0812-7767-0883;12"]],
      [["0812", 81277670883], ["0812", "81277670883"]],
      [null, []],
      ["  ", []],
    ] as const
  ) assertEquals(phonesOf(text), [...numbers], String(text));
});

Deno.test("phoneForms() returns the forms without separators, each for the same number", () => {
  assertEquals(phoneForms("0812-7767-0883"), [
    "081277670883",
    "6281277670883",
    "+6281277670883",
  ]);
  assertEquals(phoneForms("+1 415 555 0100"), ["14155550100", "+14155550100"]);
  assertEquals(phoneForms("Budi"), []);
  for (const form of phoneForms("(021) 567-8901")) {
    assert(isSamePhone(form, "021 5678901"), form);
  }
});

Deno.test("isPhoneKey() recognizes keys and labels of phone numbers", () => {
  for (
    const name of [
      "telephone",
      "No. HP",
      "Nomor WhatsApp",
      "phone",
      "crm_phones",
    ]
  ) assert(isPhoneKey(name), name);
  for (const name of ["name", "Wahana", "Happy", "chp", "Telepati"]) {
    assert(!isPhoneKey(name), name);
  }
});
