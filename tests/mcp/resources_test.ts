import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { fieldTypes } from "../../src/fields/types.ts";
import { createWorld } from "../support/world.ts";

Deno.test("a client reads how values of fields are written", async () => {
  await using world = await createWorld();
  const { resources } = await world.client.listResources();
  assertEquals(resources.map(({ uri }) => uri), ["qontak://field-types"]);
  const { contents } = await world.client.readResource({
    uri: "qontak://field-types",
  });
  const { text } = contents[0] as { text: string };
  for (const { name } of fieldTypes) assertStringIncludes(text, `- ${name} (`);
  await assertRejects(
    () => world.client.readResource({ uri: "qontak://../secret" }),
    Error,
  );

  // No request was sent to a CRM.
  assertEquals(world.seen(), []);
});
