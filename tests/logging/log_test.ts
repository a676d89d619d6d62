import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { redact } from "../../src/logging/redact.ts";
import { createLog, toSentence } from "../../src/logging/log.ts";
import { bareEnv, isOnPath, program, root } from "../support/process.ts";

Deno.test("toSentence() words a line for a person, on one line that hides nothing", () => {
  const time = "2026-11-26T17:42:03.123Z";
  assertEquals(
    toSentence({ time, level: "info", message: "Listening", port: 8000 }),
    "17:42:03 Listening (port: 8000)",
  );
  assertEquals(
    toSentence({
      time,
      level: "warn",
      message: "A tool was called",
      tool: "get_deal",
      nested: { ok: false },
    }),
    '17:42:03 warn A tool was called (tool: get_deal, nested: {"ok":false})',
  );
  const hostile = toSentence({
    time,
    level: "error",
    message: "a\nb",
    reason: "\u001b[31mred\u202e",
  });
  assertMatch(hostile, /^17:42:03 error a b \(reason: /);
  // deno-lint-ignore no-control-regex -- these are what must not be there
  assertEquals(/[\x00-\x1f\u202e]/.test(hostile), false);
});

Deno.test("createLog() leaves out only what nothing would be found in: ids of requests", () => {
  const digits = fc.string({
    unit: fc.constantFrom(..."0123456789abcdef"),
    minLength: 11,
    maxLength: 11,
  });
  fc.assert(fc.property(digits, (rest) => {
    assertEquals(redact(`a${rest}`), `a${rest}`);
  }));
  assertEquals(redact("a81234567890"), "a81234567890");
  const lines: string[] = [];
  const log = createLog("info", (line) => lines.push(line), JSON.stringify);
  log("info", "x", { request: "081277670883", other: "a081277670883" });
  assertEquals(lines[0]!.includes('"request":"081277670883"'), false);
});

Deno.test("createLog() redacts sentences as it redacts JSON", () => {
  const lines: string[] = [];
  const log = createLog("info", (line) => lines.push(line), toSentence);
  log("info", "Call 0812-7767-0883", { mail: "ratna@example.co.id" });
  assertEquals(lines.length, 1);
  assertEquals(/0812|ratna@/.test(lines[0]!), false, lines[0]);
});

Deno.test({
  name: "logs are sentences on a terminal and JSON elsewhere",
  ignore: Deno.build.os !== "linux" || !await isOnPath("script"),
  async fn() {
    // `script` runs a command with a terminal of its own.
    const command = [
      Deno.execPath(),
      ...await program("--http", "--port", "0", "--sandbox"),
    ]
      .map((word) => `'${word}'`).join(" ");
    const child = new Deno.Command("script", {
      args: ["-qec", `timeout -s INT 4 ${command}`, "/dev/null"],
      env: bareEnv(),
      clearEnv: true,
      cwd: root,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
    const { stdout } = await child.output();
    const shown = new TextDecoder().decode(stdout);
    assertMatch(shown, /^\d\d:\d\d:\d\d Listening \(.*url: http:/m);
    assertStringIncludes(shown, "Stopping: finishing the requests under way");
    assertEquals(shown.includes('"level"'), false, shown);
  },
});
