import { assert, assertEquals } from "@std/assert";
import { run } from "../support/process.ts";

Deno.test("demo plays to its end, and names the currency of every amount", async () => {
  const { code, stdout, stderr } = await run(["demo"]);
  assertEquals(code, 0, stderr);
  assert(/tool calls, \d+ requests to Qontak/.test(stdout), stdout);
  const amounts = [...stdout.matchAll(/(\S+) \d{1,3}(?:,\d{3})+/g)];
  assert(amounts.length >= 10, `only ${amounts.length} amounts`);
  assertEquals(
    amounts.filter(([, before]) => !/^(?:IDR|USD)$/.test(before!))
      .map(([whole]) => whole),
    [],
  );
});
