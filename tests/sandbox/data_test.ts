import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { createRandom } from "../../src/sandbox/random.ts";
import { type Client, type Json, open } from "./client.ts";

async function everything({ call }: Client): Promise<Json[]> {
  const { body } = await call("GET", "/deals?per_page=100");
  return await Promise.all(body.response.map(async (deal: Json) => ({
    deal,
    timeline: (await call("GET", `/deals/${deal.id}/timeline`)).body.response,
    full: (await call("GET", `/deals/${deal.id}/full-field`)).body.response,
  })));
}

Deno.test("createSandbox() makes the same data from the same seed", async () => {
  await using one = await open({ seed: 7 });
  await using same = await open({ seed: 7 });
  await using other = await open({ seed: 8 });
  const data = await everything(one);
  assertEquals(await everything(same), data);
  assertNotEquals(await everything(other), data);
});

Deno.test("createSandbox() makes deals that satisfy what their stages require", async () => {
  for (const seed of [1, 2, 3]) {
    await using client = await open({ seed });
    const { body } = await client.call("GET", "/deals?per_page=100");
    const stages = new Set<number>();
    for (const { id, creator_id, crm_stage_id } of body.response) {
      stages.add(crm_stage_id);
      const { status } = await client.call("PUT", `/deals/${id}`, {
        creator_id,
      });
      assertEquals(status, 200);
    }
    assertEquals(stages.size, 12);
  }
});

Deno.test("createSandbox() accepts a deal as it was read", async () => {
  await using client = await open();
  const { body } = await client.call("GET", "/deals?per_page=100");
  for (const deal of body.response) {
    const { status } = await client.call("PUT", `/deals/${deal.id}`, deal);
    assertEquals(status, 200);
    const read = await client.call("GET", `/deals/${deal.id}`);
    assertEquals({ ...read.body.response, updated_at: "" }, {
      ...deal,
      updated_at: "",
    });
  }
});

Deno.test("createSandbox() makes deals of October and November 2026 with about six custom values", async () => {
  await using client = await open();
  const { body } = await client.call("GET", "/deals?per_page=100");
  let filled = 0;
  for (const deal of body.response) {
    assert(deal.created_at >= "2026-10-01" && deal.updated_at < "2026-11-22");
    filled += deal.additional_fields.filter(({ value }: Json) =>
      value && value !== "0.0"
    ).length;
  }
  assert(filled >= 5 * 60 && filled <= 9 * 60, String(filled));
});

Deno.test("createRandom() stays within its bounds and repeats itself", () => {
  const one = createRandom(42);
  const same = createRandom(42);
  for (let round = 0; round < 1000; round++) {
    const number = one.int(3, 5);
    assertEquals(same.int(3, 5), number);
    assert(number >= 3 && number <= 5);
  }
  const list = [1, 2, 3, 4, 5, 6];
  for (let count = 0; count <= 7; count++) {
    const taken = one.sample(list, count);
    assertEquals(taken.length, Math.min(count, 6));
    assertEquals(new Set(taken).size, taken.length);
  }
});
