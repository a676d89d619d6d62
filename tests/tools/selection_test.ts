import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { createServer } from "../../mod.ts";
import { catalog, toolsOf } from "../../src/tools/catalog.ts";
import { listed, TOOLSETS, withoutTenant } from "../../src/tools/outline.ts";
import { type Selection, selectTools } from "../../src/tools/selection.ts";
import { run } from "../support/process.ts";
import {
  answersById,
  HANDSHAKE,
  request,
  toolCall,
  toStdin,
} from "../support/rpc.ts";

Deno.test("selectTools() offers the tools of some groups, in their order", () => {
  assertEquals(
    selectTools({}).map(({ name }) => name),
    catalog.map(({ name }) => name),
  );
  const some = selectTools({ toolsets: ["notes", "contacts"] });
  assertEquals(
    some.map(({ name }) => name),
    catalog.filter(({ toolset }) => ["notes", "contacts"].includes(toolset))
      .map(({ name }) => name),
  );
  for (const toolset of TOOLSETS) {
    assert(selectTools({ toolsets: [toolset] }).length >= 1, toolset);
  }
});

Deno.test("toolsOf() loads each tool of a selection as it is listed", () => {
  const selections: Selection[] = [
    {},
    { readOnly: true },
    ...TOOLSETS.map((toolset) => ({ toolsets: [toolset, "changes"] as const })),
    ...catalog.map(({ name }) => ({ tools: [`-${name}`] })),
    { tools: ["change_records", "delete_note", "get_deal"] },
    { tools: ["change_records", "get_deal"] },
  ];
  for (const selection of selections) {
    const selected = selectTools(selection);
    for (const isPinned of [false, true]) {
      const tools = toolsOf(selected.map(({ name }) => name), isPinned);
      assertEquals(
        selected.map((tool) => listed(isPinned ? withoutTenant(tool) : tool)),
        selected.map(({ name }) => listed(tools.get(name)!)),
      );
      for (const [name, { input }] of tools) {
        assertEquals(Object.hasOwn(input, "user_id"), !isPinned, name);
      }
    }
  }
});

Deno.test("selectTools() offers only tools that change nothing on request", () => {
  const names = selectTools({ readOnly: true }).map(({ name }) => name);
  assert(names.length > 30);
  for (const name of names) {
    assertMatch(name, /^(get|list|query|find)_|^(search|fetch)$/);
  }
});

Deno.test("createServer() refuses an unknown group", () => {
  assertThrows(
    () =>
      createServer({
        refreshToken: "x",
        // @ts-expect-error a program without types may pass this
        toolsets: ["deal"],
      }),
    TypeError,
    "Did you mean deals?",
  );
});

Deno.test("a call of a disabled tool says that it is disabled", async () => {
  const { stdout } = await run(["--sandbox", "--toolsets", "deals"], {
    env: { QONTAK_READ_ONLY: "true" },
    stdin: toStdin(
      ...HANDSHAKE,
      request(2, "tools/list"),
      toolCall(3, "create_deal"),
      toolCall(4, "list_contacts"),
      toolCall(5, "list_deals"),
    ),
  });
  const answers = answersById(stdout);
  const { tools } = answers.get(2).result;
  assertEquals(
    tools.map(({ name }: { name: string }) => name),
    selectTools({ toolsets: ["deals"], readOnly: true })
      .map(({ name }) => name),
  );
  for (const id of [3, 4]) {
    assertMatch(answers.get(id).error.message, /not available here/);
  }
  assertEquals(answers.get(5).result.isError, undefined);
});
