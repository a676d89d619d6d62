import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { createServer } from "../../mod.ts";
import { catalog, selectTools, TOOLSETS } from "../../src/tools/catalog.ts";
import { run } from "../support/process.ts";

Deno.test("selectTools() offers the tools of some groups, in their order", () => {
  assertEquals(selectTools({}), catalog);
  const some = selectTools({ toolsets: ["notes", "contacts"] });
  assertEquals(
    some.map(({ name }) => name),
    catalog.filter(({ toolset }) => ["notes", "contacts"].includes(toolset))
      .map(({ name }) => name),
  );
  for (const toolset of TOOLSETS) {
    assert(selectTools({ toolsets: [toolset] }).length >= 3, toolset);
  }
});

Deno.test("selectTools() offers only what changes nothing when asked to", () => {
  const names = selectTools({ readOnly: true }).map(({ name }) => name);
  assert(names.length > 30);
  for (const name of names) assertMatch(name, /^(get|list)_/);
});

Deno.test("createServer() refuses a group that is not known", () => {
  assertThrows(
    () =>
      createServer({
        refreshToken: "x",
        // @ts-expect-error what a caller without types may pass
        toolsets: ["deal"],
      }),
    TypeError,
    "Did you mean deals?",
  );
});

Deno.test("a tool that is switched off says so when it is called", async () => {
  const message = (id: number, method: string, params: unknown = {}) =>
    `${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`;
  const { stdout } = await run(["--sandbox", "--toolsets", "deals"], {
    env: { QONTAK_READ_ONLY: "true" },
    stdin: [
      message(1, "initialize", {
        protocolVersion: "2025-06-18",
        capabilities: {},
        clientInfo: { name: "t", version: "1" },
      }),
      message(2, "tools/list"),
      message(3, "tools/call", { name: "create_deal", arguments: {} }),
      message(4, "tools/call", { name: "list_contacts", arguments: {} }),
      message(5, "tools/call", { name: "list_deals", arguments: {} }),
    ].join(""),
  });
  const answers = new Map(
    stdout.trim().split("\n").map((line) => JSON.parse(line))
      .map((answer) => [answer.id, answer]),
  );
  const { tools } = answers.get(2).result;
  assertEquals(
    tools.map(({ name }: { name: string }) => name),
    selectTools({ toolsets: ["deals"], readOnly: true })
      .map(({ name }) => name),
  );
  for (const id of [3, 4]) {
    assertMatch(answers.get(id).error.message, /switched off here/);
  }
  assertEquals(answers.get(5).result.isError, undefined);
});
