import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { createRandom } from "../../src/sandbox/random.ts";
import { nameKey } from "../../src/values/names.ts";

Deno.test("nameKey() has one form for every way of writing a company's name", () => {
  for (
    const name of [
      "PT Maju Jaya",
      "PT. Maju Jaya",
      "P.T. Maju Jaya",
      "pt maju  jaya",
      "PT.Maju Jaya",
      "PT Maju Jaya Tbk",
      "PT Maju Jaya, Tbk.",
      "PT Maju Jaya (Persero) Tbk",
      "Maju Jaya, PT",
      "Maju-Jaya",
      "MajuJaya",
      "CV Maju Jaya",
      "UD. Maju Jaya",
      "Máju Jaya",
      "ＰＴ Maju Jaya",
    ]
  ) assertEquals(nameKey(name, "company"), "majujaya", name);
  assertEquals(
    nameKey("PT Sinar & Cahaya", "company"),
    nameKey("Sinar dan Cahaya", "company"),
  );
  assertNotEquals(
    nameKey("PT Maju Jaya", "company"),
    nameKey("PT Maju Jaya Abadi", "company"),
  );
});

Deno.test("nameKey() has one form for every way of writing a person's name", () => {
  for (
    const name of [
      "Budi Santoso",
      "Bapak Budi Santoso",
      "Bpk. Budi Santoso",
      "Pak Budi  Santoso",
      "Bp Budi Santoso",
      "Dr. Budi Santoso",
      "Dr. Ir. H. Budi Santoso",
      "Budi Santoso, S.Kom",
      "Budi Santoso, S.E., M.M.",
      "Prof. Dr. Budi Santoso, S.H., Ph.D",
      "Budi Santoso S.Kom.",
      "BUDI SANTOSO",
      "budi-santoso",
    ]
  ) assertEquals(nameKey(name, "person"), "budisantoso", name);
  // A word that may be a name is kept.
  assertEquals(nameKey("Yo Yo Ma", "person"), "yoyoma");
  assertEquals(nameKey("Dewi", "person"), "dewi");
});

Deno.test("nameKey() keeps a name that is only a form or a title", () => {
  assertEquals(nameKey("PT", "company"), "pt");
  assertEquals(nameKey("Ibu", "person"), "ibu");
  for (const name of ["", "  ", "-", "…", "()"]) {
    assertEquals(nameKey(name, "company"), undefined);
    assertEquals(nameKey(name, "person"), undefined);
  }
});

Deno.test("nameKey() is not changed by forms, titles, case or spacing", () => {
  const random = createRandom(41);
  const letters = "bcdfghjklmnpqrstvwxyzaeiou".split("");
  const word = () =>
    Array.from({ length: random.int(6, 9) }, () => random.pick(letters)).join(
      "",
    );
  const seen = new Map<string, string>();
  for (let run = 0; run < 500; run++) {
    const name = `${word()} ${word()}`;
    const company = nameKey(name, "company")!;
    const person = nameKey(name, "person")!;
    assertEquals(company, name.replace(" ", ""));
    assert((seen.get(company) ?? name) === name);
    seen.set(company, name);
    const spaced = name.toUpperCase().replace(" ", random.pick(["  ", " - "]));
    const form = random.pick(["PT", "PT.", "CV", "UD.", "Firma", "P.T."]);
    const end = random.pick(["", " Tbk", ", Tbk.", " (Persero)", ", Ltd"]);
    assertEquals(nameKey(`${form} ${spaced}${end}`, "company"), company);
    const title = random.pick(["Bapak", "Ibu", "Bpk.", "Dr.", "Ir.", "H."]);
    const degree = random.pick(["", ", S.Kom", ", S.E., M.M.", " S.Pd."]);
    assertEquals(nameKey(`${title} ${spaced}${degree}`, "person"), person);
  }
});

Deno.test("nameKey() takes little time for any text", () => {
  const start = performance.now();
  for (const part of ["p t ", "s.", "PT,", "ﷺ", "a\u0301"]) {
    nameKey(part.repeat(50_000), "company");
    nameKey(part.repeat(50_000), "person");
  }
  assert(performance.now() - start < 1_000);
});
