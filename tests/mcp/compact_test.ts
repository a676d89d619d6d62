/** Fewer tools: the short list, and connections that narrow themselves. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import type { Client } from "@modelcontextprotocol/client";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { catalog } from "../../src/tools/catalog.ts";
import { selectTools } from "../../src/tools/selection.ts";
import { createCallers } from "../support/callers.ts";
import {
  call,
  connectHttp,
  connectStdio,
  type Mode,
  ok,
} from "../support/client.ts";
import { run, startHttp } from "../support/process.ts";
import { HANDSHAKE, post, request, toStdin } from "../support/rpc.ts";
import { createWorld, writes } from "../support/world.ts";
import { defined } from "../../src/values/json.ts";

// deno-lint-ignore no-explicit-any -- tests read any field of an answer
type Data = any;

const namesOf = async (client: Client) =>
  (await client.listTools()).tools.map(({ name }) => name);

const THREE = ["find_tool", "call_read_tool", "call_write_tool"];

/** Does work through the short list. */
async function work(client: Client): Promise<void> {
  const { tools } = await client.listTools();
  assertEquals(tools.length, 15);
  const hints = Object.fromEntries(
    tools.map(({ name, annotations }) => [name, annotations]),
  );
  assertEquals(hints.call_read_tool?.readOnlyHint, true);
  assertEquals(hints.call_write_tool?.readOnlyHint, false);
  assertEquals(hints.call_write_tool?.destructiveHint, true);
  const found: Data = await ok(client, "find_tool", { query: "hapus catatan" });
  assertEquals(found.tools[0].name, "delete_note");
  assertEquals(found.tools[0].call_with, "call_write_tool");
  assertEquals(found.tools[0].arguments.required, ["note_id"]);
  // The best has its schema; the others are named in one line.
  assertEquals(found.tools.length, 1);
  assert(found.more.length > 2);
  for (const { name, does, ...rest } of found.more) {
    assert(name && /^[^\n]+\.$/.test(does) && does.length < 200, does);
    assertEquals(rest, {});
  }
  // They are this server's own words.
  assertEquals(found.untrusted, undefined);
  for (
    const [name, ...queries] of [
      ["change_records", "change many deals", "ubah banyak tiket"],
      ["change_records", "bulk delete", "reassign all deals of an owner"],
      ["change_records", "pindahkan semua deal ke sales lain"],
      ["list_companies", "list all companies", "daftar semua perusahaan"],
      ["update_ticket", "tutup tiket", "close a ticket", "selesaikan tiket"],
      ["find_duplicates", "cari kontak ganda", "kontak duplikat"],
    ]
  ) {
    for (const query of queries) {
      const { tools: [best] }: Data = await ok(client, "find_tool", { query });
      assertEquals(best.name, name, query);
    }
  }
  const { note, ...nothing }: Data = await ok(client, "find_tool", {
    query: "kirim whatsapp",
  });
  assertEquals(nothing, { tools: [] });
  assertStringIncludes(note, "Name a kind of record and what to do with it");
  const { records } = await ok(client, "call_read_tool", {
    tool: "list_deals",
    arguments: '{"per_page": 2}',
  });
  assertEquals(records.length, 2);
  const { id: note_id } = await ok(client, "call_write_tool", {
    tool: "create_note",
    arguments: { note: "Satu", crm_deal_id: records[0].id },
  });
  // A rule that lets reads pass must not let a delete pass.
  const wrong = await call(client, "call_read_tool", {
    tool: "delete_note",
    arguments: { note_id },
  });
  assert(wrong.isError);
  assertStringIncludes(wrong.text, "call it with call_write_tool");
  await ok(client, "get_deal", { deal_id: records[0].id });
  await assertRejects(
    () => call(client, "delete_note", { note_id }),
    Error,
    "find_tool says how to call it",
  );
}

for (const mode of ["legacy", "auto"] as const satisfies Mode[]) {
  Deno.test({
    name: `compact lists a dozen tools and reaches the others (${mode})`,
    // Closing the SDK's stdio client leaves its kill timer behind.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      await using server = await startHttp(["--sandbox", "--tools=compact"]);
      const http = await connectHttp(server.url, { mode });
      await work(http);
      await http.close();
      await using sandbox = serveSandbox();
      const stdio = await connectStdio({
        QONTAK_BASE_URL: sandbox.url,
        QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
        QONTAK_TOOLS: "compact",
      }, mode);
      await work(stdio);
      await stdio.close();
    },
  });
}

Deno.test("tools/list of compact takes at most 12 KB, also for several companies", async () => {
  await using callers = await createCallers({ tools: ["compact"] });
  for (const client of [callers.clients.alpha, callers.clients.both]) {
    const size = JSON.stringify(await client.listTools()).length;
    assert(size <= 12 * 1024, `${size} bytes`);
  }
});

Deno.test("a delete through compact asks for the person's yes and is audited as itself", async () => {
  const asked: string[] = [];
  const lines: string[] = [];
  await using world = await createWorld({
    server: {
      tools: ["compact"],
      confirm: "deletes",
      log: (_, message, data) => {
        lines.push(`${message} ${JSON.stringify(data)}`);
      },
    },
    audit: {},
  });
  const { records } = await world.ok("call_read_tool", { tool: "list_deals" });
  const deal_id = records[0].id;
  const before = writes(world).length;
  const said = await world.refused("call_write_tool", {
    tool: "delete_deal",
    arguments: { deal_id },
  });
  assertStringIncludes(said, "the person must agree first");
  assertEquals(writes(world).length, before);
  const client = await connectHttp(`${world.url}/mcp`, {
    person(question) {
      asked.push(question);
      return "accept";
    },
  });
  await ok(client, "call_write_tool", {
    tool: "delete_deal",
    arguments: { deal_id },
  });
  await client.close();
  assertMatch(asked.join(), new RegExp(`Delete deal ${deal_id}`));
  assertEquals(writes(world).length, before + 1);
  assert(lines.some((line) => line.includes('"tool":"delete_deal"')));
});

Deno.test("scopes decide what compact reaches", async () => {
  await using callers = await createCallers({ tools: ["compact"] });
  const { reader, keeper } = callers.clients;
  assert(!(await namesOf(reader)).includes("call_write_tool"));
  for (const client of [reader, keeper]) {
    const { tools } = await ok(client, "find_tool", { query: "delete_deal" });
    assert(!tools.some(({ name }: Data) => name === "delete_deal"));
  }
  const refused = await call(keeper, "call_write_tool", {
    tool: "delete_deal",
    arguments: { deal_id: 1 },
  });
  assertStringIncludes(refused.text, 'there is no tool "delete_deal"');
  await assertRejects(() =>
    call(reader, "call_write_tool", { tool: "create_note" })
  );
});

Deno.test("--tools takes and drops tools and groups, and refuses unknown names", async () => {
  const list = async (...args: string[]) => {
    const { stdout, stderr } = await run(["--sandbox", ...args], {
      stdin: toStdin(...HANDSHAKE, request(2, "tools/list")),
    });
    const answer = stdout.split("\n").find((line) => line.includes('"id":2'));
    return answer
      ? JSON.parse(answer).result.tools.map(({ name }: Data) => name)
      : stderr;
  };
  const deals = catalog.filter(({ toolset }) => toolset === "deals")
    .map(({ name }) => name);
  assertEquals(
    await list("--tools=deals,Search,-delete_deal"),
    [...deals.filter((name) => name !== "delete_deal"), "search"],
  );
  assertEquals(
    await list("--tools=-deals"),
    selectTools({ tools: ["-deals"] }).map(({ name }) => name),
  );
  assertEquals(
    await list("--tools", "deals", "--toolsets", "notes,deals"),
    deals,
  );
  assertStringIncludes(
    await list("--tools=update_dael"),
    '--tools names "update_dael", which is neither a tool nor a group of tools. Did you mean update_deal?',
  );
  assertStringIncludes(
    await list("--tools=deals,-deals"),
    "leaves out every tool",
  );
});

Deno.test("a connection over HTTP narrows itself, within its credential", async () => {
  await using callers = await createCallers({ tools: ["-delete_deal"] });
  const at = async (query: string, key: string, tools?: string) => {
    const client = await connectHttp(
      `${callers.url}${query}`,
      { key, ...defined({ tools }) },
    );
    const names = await namesOf(client);
    // The list stays the same within the connection.
    assertEquals(await namesOf(client), names);
    return { client, names };
  };
  const some = "?tools=get_deal,update_deal,delete_deal";
  const cases: [Parameters<typeof at>, string[]][] = [
    [[some, "reader"], ["get_deal"]],
    [[some, "alpha"], ["get_deal", "update_deal"]],
    [["?toolsets=pipelines", "alpha"], [
      "list_pipelines",
      "get_pipeline",
      "list_pipeline_stages",
    ]],
    [["?toolsets=pipelines&tools=-get_pipeline", "alpha"], [
      "list_pipelines",
      "list_pipeline_stages",
    ]],
    [["", "alpha", "search, fetch"], ["search", "fetch"]],
  ];
  for (const [asked, expected] of cases) {
    const { client, names } = await at(...asked);
    assertEquals(names, expected, asked.join());
    await assertRejects(
      () => call(client, "get_contact", { contact_id: 1 }),
      Error,
      "not available here",
    );
    await client.close();
  }
  const { client, names } = await at("?tools=compact", "reader");
  assertEquals(names.filter((name) => THREE.includes(name)), THREE.slice(0, 2));
  await client.close();
  for (
    const query of ["?tools=get_dael", "?toolsets=deal", "?tools=-compact"]
  ) {
    const response = await fetch(
      `${callers.url}${query}`,
      post(request(1, "tools/list"), { authorization: "Bearer alpha" }),
    );
    const { id, error } = await response.json();
    assertEquals([response.status, id], [400, 1]);
    assertMatch(error.message, /This connection names .* neither a tool nor/);
  }
});

Deno.test("find_tool looks for the first words of a long query, so that others do not wait", async () => {
  await using server = await startHttp(["--sandbox", "--tools=compact"]);
  const client = await connectHttp(server.url);
  const find = (query: string) => ok(client, "find_tool", { query });
  const { tools: [best] } = await find("move deal stage");
  const long = "abc ".repeat(29_000);
  let least = Infinity;
  // One quiet moment of a busy machine is enough.
  for (let i = 0; i < 30 && least >= 250; i++) {
    const start = performance.now();
    const { tools } = await find(`move deal stage ${long}`);
    least = Math.min(least, performance.now() - start);
    assertEquals(tools[0].name, best.name);
  }
  await client.close();
  assert(least < 250, `${least} ms`);
});

Deno.test("arguments that are too deep or too many for compact's tools are refused to the model", async () => {
  await using server = await startHttp(["--sandbox", "--tools=compact"]);
  const client = await connectHttp(server.url);
  const deep = `{"deal_id":${"[".repeat(40)}${"]".repeat(40)}}`;
  const many = JSON.stringify(
    Object.fromEntries(Array.from({ length: 1_500 }, (_, i) => [`k${i}`, i])),
  );
  for (const name of ["call_read_tool", "call_write_tool"]) {
    for (
      const [args, reason] of [
        [deep, "more than 32 levels deep"],
        [many, "an object of 1500 keys"],
      ] as const
    ) {
      const { isError, text } = await call(client, name, {
        tool: name === "call_read_tool" ? "get_deal" : "update_deal",
        arguments: args,
      });
      assert(isError);
      assertStringIncludes(text, `${name} was not run: `);
      assertStringIncludes(text, reason);
    }
  }
  await client.close();
});
