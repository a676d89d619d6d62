import { assert, assertEquals, assertThrows } from "@std/assert";
import { readSettings } from "../../src/app/settings.ts";
import { variables } from "../../src/app/variables.ts";
import { ConfigError } from "../../src/errors.ts";

const FLAGS = ["QONTAK_READ_ONLY", "MCP_STORED_KEYS", "MCP_METRICS"] as const;

Deno.test("readSettings() reads yes and no as people write them, and never reads anything else as no", () => {
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

Deno.test("readSettings() names the variable of a token that was pasted with something around it, but does not repeat the token", () => {
  const secret = "s3cret-value";
  for (
    const name of [
      "QONTAK_REFRESH_TOKEN",
      "QONTAK_CLIENT_SECRET",
      "MEKARI_CLIENT_SECRET",
      "VAULT_TOKEN",
    ]
  ) {
    const error = assertThrows(
      () => readSettings({ [name]: `“${secret}”` }),
      ConfigError,
    );
    assertEquals(error.problems, [
      `${name} is in quotation marks: give it without them`,
    ]);
  }
});

Deno.test("readSettings() warns of unknown variables, with the nearest known one", () => {
  const { warnings } = readSettings({
    QONTAK_TIMEOUT: "5000",
    mcp_metrics: "true",
    TOKEN_STOR: "vault",
    REDIS_HOST: "10.0.0.1",
    VAULT_SKIP_VERIFY: "1",
    // Variables of other programs, empty ones, and those that Kubernetes sets
    // for a service.
    PATH: "/bin",
    QONTAK_EMPTY: " ",
    REDIS_SERVICE_HOST: "10.0.0.1",
    REDIS_SERVICE_PORT_TCP: "6379",
    REDIS_PORT: "tcp://10.0.0.1:6379",
    REDIS_PORT_6379_TCP_ADDR: "10.0.0.1",
  });
  assertEquals(warnings, [
    "QONTAK_TIMEOUT is not a variable of this program and has no effect. Did you mean QONTAK_TIMEOUT_MS?",
    "REDIS_HOST is not a variable of this program and has no effect",
    "TOKEN_STOR is not a variable of this program and has no effect. Did you mean TOKEN_STORE?",
    "VAULT_SKIP_VERIFY is not a variable of this program and has no effect",
    "mcp_metrics is not a variable of this program and has no effect. Did you mean MCP_METRICS?",
  ]);
  const many = Object.fromEntries(
    Array.from({ length: 30 }, (_, i) => [`VAULT_ZZZ_${10 + i}`, "1"]),
  );
  const { warnings: few } = readSettings(many);
  assertEquals(few.length, 11);
  assertEquals(few[10], "20 more variables like these have no effect");
});

Deno.test("readSettings() refuses a variable that is a misspelled safety switch", () => {
  for (
    const [name, meant] of [
      ["QONTAK_READONLY", "QONTAK_READ_ONLY"],
      ["QONTAK_READ_ONLI", "QONTAK_READ_ONLY"],
      ["qontak_read_only", "QONTAK_READ_ONLY"],
      ["QONTAK_CONTENTS", "QONTAK_CONTENT"],
      ["QONTAK_TOOL", "QONTAK_TOOLS"],
      ["QONTAK_TOOLSET", "QONTAK_TOOLSETS"],
      ["QONTAK_CONFIRMATION", "QONTAK_CONFIRM"],
      ["MCP_READ_ONLY", "QONTAK_READ_ONLY"],
      ["mcp_toolsets", "QONTAK_TOOLSETS"],
    ] as const
  ) {
    const error = assertThrows(
      () => readSettings({ [name]: "true" }),
      ConfigError,
    );
    assertEquals(error.problems, [
      `${name} is not a variable of this program. Did you mean ${meant}? It limits what callers may do or see, so the program does not start without it: correct or remove ${name}`,
    ]);
  }
});

Deno.test("readSettings() shows only the beginning of a long value", () => {
  const long = ["x".repeat(100_000), '"\\'.repeat(50_000)];
  let refused = 0;
  for (const value of [...long, ...long.map((one) => `a,${one},b`)]) {
    for (const name of Object.keys(variables)) {
      try {
        readSettings({ [name]: value });
      } catch (error) {
        assert(error instanceof ConfigError);
        refused++;
        assert(error.message.length < 600, `${name}: ${error.message}`);
      }
    }
  }
  assert(refused > 80, `${refused} were refused`);
  const { message } = assertThrows(
    () => readSettings({ LOG_LEVEL: "x".repeat(200) }),
    ConfigError,
  );
  assertEquals(
    message,
    `LOG_LEVEL must be one of error, warn, info, debug, not "${
      "x".repeat(96)
    }…"`,
  );
});
