import { assert, assertStringIncludes } from "@std/assert";
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
