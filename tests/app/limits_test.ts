import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ConfigError, LimitError } from "../../src/errors.ts";
import { readSettings } from "../../src/app/settings.ts";
import { loadLimits } from "../../src/app/limits.ts";
import { limiterOf } from "../../src/limits/limits.ts";

Deno.test("QONTAK_RATE_LIMIT reads rates, and refuses what is not a rate", () => {
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

Deno.test("loadLimits() uses the rates of the settings", async () => {
  const settings = readSettings({
    QONTAK_RATE_LIMIT: "0.5/2",
    QONTAK_GLOBAL_RATE_LIMIT: "0.5/3",
  });
  const limits = limiterOf(
    (await loadLimits(settings))({ kv: undefined, log: () => {} }),
  );
  const send = async (tenant: string) =>
    (await limits.enter(tenant, undefined, 0)).done("ok");
  await send("a");
  await send("a");
  await assertRejects(() => send("a"), LimitError, "wait 2 s");
  await send("b");
  await assertRejects(() => send("b"), LimitError, "wait 2 s");
  await limits.close();
});
