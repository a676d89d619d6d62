import { assertEquals } from "@std/assert";
import { createWorld } from "../../src/sandbox/data/world.ts";
import { open } from "./client.ts";

Deno.test("createSandbox() makes the requested number of deals and contacts, and the first ones stay the same", async () => {
  const size = { deals: 10_000, contacts: 20_000 };
  const [small, large, again] = [
    createWorld(1),
    createWorld(1, size),
    createWorld(1, size),
  ];
  assertEquals([large.deals.size, large.contacts.size], [10_000, 20_000]);
  for (const [id, deal] of small.deals) {
    assertEquals(large.deals.get(id)?.values, deal.values);
  }
  for (const [id, contact] of small.contacts) {
    assertEquals(large.contacts.get(id)?.values, contact.values);
  }
  assertEquals([...large.deals.keys()], [...again.deals.keys()]);

  await using client = await open({ ...size, maxPerPage: 200 });
  const { body } = await client.call("GET", "/deals?per_page=1000&page=2");
  assertEquals([body.response.length, body.total_data, body.total_page], [
    200,
    10_000,
    50,
  ]);
});

Deno.test("createSandbox() lists the newest change first if configured", async () => {
  await using client = await open({ newestChangeFirst: true });
  const { body } = await client.call("GET", "/deals?per_page=60");
  const times: string[] = body.response
    .map(({ updated_at }: { updated_at: string }) => updated_at);
  assertEquals(times, times.toSorted().toReversed());
  const last = body.response.at(-1).id;
  await client.call("PUT", `/deals/${last}`, { name: "changed" });
  const after = await client.call("GET", "/deals?per_page=1");
  assertEquals(after.body.response[0].id, last);
});
