import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError, readSettings } from "../../src/config.ts";

Deno.test("QONTAK_RATE_LIMIT reads rates, and refuses what is none", () => {
  const read = (text: string) =>
    readSettings({ QONTAK_RATE_LIMIT: text }).QONTAK_RATE_LIMIT;
  assertEquals(read(""), { perSecond: 10, burst: 20 });
  assertEquals(read("10"), { perSecond: 10, burst: 20 });
  assertEquals(read("25/3"), { perSecond: 25, burst: 3 });
  assertEquals(read("0.2"), { perSecond: 0.2, burst: 1 });
  assertEquals(read("0.2/7"), { perSecond: 0.2, burst: 7 });
  assertEquals(read("0"), { perSecond: Infinity, burst: 1 });
  for (const text of ["-1", "1e3", "10/", "/5", "10/0", "10/2.5", "200000"]) {
    assertThrows(() => read(text), ConfigError, "QONTAK_RATE_LIMIT must be");
  }
  assertEquals(readSettings({}).QONTAK_GLOBAL_RATE_LIMIT, {
    perSecond: 50,
    burst: 100,
  });
});
