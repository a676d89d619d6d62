import { assertEquals, assertStringIncludes } from "@std/assert";
import { encodeCustomFields } from "../../src/fields/custom.ts";
import { parseTemplate } from "../../src/fields/template.ts";

Deno.test("encodeCustomFields() looks for at most 20 problems, also in lists of options", () => {
  const fields = parseTemplate(
    Array.from({ length: 15 }, (_, i) => ({
      id: i + 1,
      name: `field_${i}`,
      name_alias: `Field ${i}`,
      type: "Multiple select",
      additional_field: true,
      dropdown: Array.from(
        { length: 50 },
        (_, k) => ({ id: k + 1, name: `Option ${k}` }),
      ),
    })),
    {},
  );
  const entries = Array.from({ length: 15 }, (_, i) => ({
    id: i + 1,
    value: Array.from({ length: 15 }, (_, k) => `wrong ${k}`),
  }));
  const { problems } = encodeCustomFields(entries, fields);
  const found = problems.join("\n").match(/is not one of its options/g) ?? [];
  assertEquals(found.length, 20);
  assertStringIncludes(problems.at(-1)!, "may have more");
});
