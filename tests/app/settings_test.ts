import { assertEquals, assertThrows } from "@std/assert";
import { readSettings } from "../../src/app/settings.ts";
import { ConfigError } from "../../src/errors.ts";

const FLAGS = ["QONTAK_READ_ONLY", "MCP_STORED_KEYS", "MCP_METRICS"] as const;

Deno.test("readSettings() reads yes and no as people write them, and nothing else as no", () => {
  const words: [string, boolean][] = [
    ...["true", "True", "TRUE", "1", "yes", "Yes", "on", "ON", " true "].map(
      (word): [string, boolean] => [word, true],
    ),
    ...["false", "False", "0", "no", "NO", "off", ""].map(
      (word): [string, boolean] => [word, false],
    ),
  ];
  for (const name of FLAGS) {
    for (const [word, expected] of words) {
      const settings = readSettings({ [name]: word });
      assertEquals(settings[name], expected, `${name}=${word}`);
    }
    for (const word of ["maybe", "ture", "2", "y", "null", "enabled"]) {
      const error = assertThrows(
        () => readSettings({ [name]: word }),
        ConfigError,
      );
      assertEquals(error.problems, [
        `${name} must be true or false (1, yes and on are true; 0, no and off are false), not "${word}"`,
      ]);
    }
  }
});
