import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { sleep } from "../support/time.ts";
import { createWorld } from "../support/world.ts";

Deno.test("one call reads the stages of at most 50 pipelines, and says what to name", async () => {
  await using world = await createWorld({
    change(request, answer) {
      if (request !== "GET /api/v3.1/pipelines") return;
      const [first] = answer.response;
      answer.response = Array.from({ length: 2_600 }, (_, i) => ({
        ...first,
        id: 100_000 + i,
        name: `Pipeline ${i}`,
      }));
      return answer;
    },
  });
  for (
    const args of [
      { resource: "deals", measures: "count" },
      {
        resource: "deals",
        group_by: "stage",
        where: [{ field: "stage", value: "no such stage" }],
      },
    ]
  ) {
    const said = await world.refused("query_records", args);
    assertStringIncludes(said, "more pipelines than the 50");
  }
  // What both calls have begun ends.
  let count = 0;
  for (let seen = world.seen(); seen.length > 0; seen = world.seen()) {
    count += seen.filter(({ path }) => path.endsWith("/stages")).length;
    await sleep(300);
  }
  assert(count > 0 && count <= 100, `${count} requests`);
});

/** A world whose lists of pipelines and stages have so many entries. */
const withPlaces = (count: number, isRepeated: boolean) =>
  createWorld({
    change(request, answer) {
      if (!/\/pipelines$|\/stages$/.test(request)) return;
      const [first] = answer.response;
      answer.response = Array.from({ length: count }, (_, i) => ({
        ...first,
        id: isRepeated ? first.id : 100_000 + i,
      }));
      return answer;
    },
  });

Deno.test("a pipeline or stage that an answer repeats is there once", async () => {
  await using world = await withPlaces(40, true);
  const { contents: [content] } = await world.client.readResource({
    uri: "qontak://pipelines",
  });
  const { text } = content as { text: string };
  const { deals } = JSON.parse(text.replace(/^<.*>\n|\n<.*>$/g, ""));
  assertEquals(deals.length, 1);
  assertEquals(deals[0].stages.length, 1);
});

Deno.test("more pipelines or stages than a company can have are refused", async () => {
  await using world = await withPlaces(5_001, false);
  const said = await world.refused("query_records", {
    resource: "deals",
    measures: "count",
  });
  assertStringIncludes(said, "has 5001 pipelines or stages in one list");
});
