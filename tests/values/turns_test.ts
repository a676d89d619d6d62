import { assertEquals } from "@std/assert";
import { firstTurn, nextTurn } from "../../src/values/turns.ts";

Deno.test("nextTurn() lets a computation end before the next one begins", async () => {
  const order: string[] = [];
  const compute = async (name: string) => {
    await firstTurn();
    order.push(`${name} begins`);
    await nextTurn(3);
    order.push(`${name} continues`);
    await nextTurn();
    order.push(`${name} ends`);
  };
  await Promise.all([compute("one"), compute("two")]);
  assertEquals(
    order,
    ["one", "two"].flatMap((name) => [
      `${name} begins`,
      `${name} continues`,
      `${name} ends`,
    ]),
  );
});
