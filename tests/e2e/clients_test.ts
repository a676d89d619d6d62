import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  Client,
  type ClientOptions,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as OldStdio } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as OldHttp } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { bareEnv, isOnPath, program, startHttp } from "../support/process.ts";
import { unless } from "../support/unless.ts";

type Mode = NonNullable<ClientOptions["versionNegotiation"]>["mode"];

/** The part of a client that all of them share. */
interface AnyClient {
  // deno-lint-ignore no-explicit-any -- two generations of transports
  connect(transport: any): Promise<void>;
  listTools(): Promise<{ tools: { name: string }[] }>;
  callTool(call: {
    name: string;
    arguments: Record<string, unknown>;
  }): Promise<unknown>;
  listPrompts(): Promise<{
    prompts: {
      name: string;
      arguments?: { name: string; required?: boolean }[];
    }[];
  }>;
  getPrompt(params: {
    name: string;
    arguments: Record<string, string>;
  }): Promise<{ messages: unknown[] }>;
  listResources(): Promise<{ resources: { uri: string }[] }>;
  listResourceTemplates(): Promise<{
    resourceTemplates: { uriTemplate: string }[];
  }>;
  readResource(params: { uri: string }): Promise<{ contents: unknown[] }>;
  complete(params: {
    ref: { type: "ref/prompt"; name: string } | {
      type: "ref/resource";
      uri: string;
    };
    argument: { name: string; value: string };
  }): Promise<{ completion: { values: string[] } }>;
  close(): Promise<void>;
}

const identity = { name: "tests", version: "1.0.0" };

function newClient(mode: NonNullable<Mode>): AnyClient {
  return new Client(identity, { versionNegotiation: { mode } }) as AnyClient;
}

const clients: [string, () => AnyClient, boolean][] = [
  ["the v1 client", () => new OldClient(identity) as AnyClient, true],
  ["the v2 client as of 2025", () => newClient("legacy"), false],
  ["the v2 client negotiating", () => newClient("auto"), false],
  [
    "the v2 client pinned to 2026-07-28",
    () => newClient({ pin: "2026-07-28" }),
    false,
  ],
];

async function work(client: AnyClient, transport: unknown): Promise<void> {
  await client.connect(transport);
  const { tools } = await client.listTools();
  assert(tools.some(({ name }) => name === "create_deal"));
  const listed = await client.callTool({
    name: "list_pipelines",
    arguments: {},
  }) as { structuredContent: { records: unknown[] } };
  assertEquals(listed.structuredContent.records.length, 2);
  const refused = await client.callTool({
    name: "get_deal",
    arguments: { deal_id: 1 },
  }) as { isError?: boolean };
  assertEquals(refused.isError, true);
  const { prompts } = await client.listPrompts();
  assertEquals(prompts.length, 8);
  for (const { name, arguments: args = [] } of prompts) {
    const needed = args.filter(({ required }) => required);
    const { messages } = await client.getPrompt({
      name,
      arguments: Object.fromEntries(needed.map(({ name }) => [name, "x"])),
    });
    assertEquals(messages.length, 1);
    for (const { name: argument } of args) {
      const { completion } = await client.complete({
        ref: { type: "ref/prompt", name },
        argument: { name: argument, value: "" },
      });
      assert(Array.isArray(completion.values), `${name} ${argument}`);
    }
  }
  const { resources } = await client.listResources();
  assert(resources.length >= 7);
  for (const { uri } of resources) {
    assertEquals((await client.readResource({ uri })).contents.length, 1);
  }
  const { resourceTemplates } = await client.listResourceTemplates();
  assertEquals(resourceTemplates.length, 11);
  for (const { uriTemplate: uri } of resourceTemplates) {
    const [, name] = /\{(\w+)\}/.exec(uri)!;
    const { completion } = await client.complete({
      ref: { type: "ref/resource", uri },
      argument: { name: name!, value: "pt" },
    });
    assert(Array.isArray(completion.values), uri);
  }
  await client.close();
}

for (const [name, make, isOld] of clients) {
  Deno.test({
    name: `${name} uses everything that the server has over stdio`,
    // Closing the SDK's stdio client leaves its kill timer behind.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      const options = {
        command: Deno.execPath(),
        args: await program("--sandbox"),
        env: bareEnv(),
        stderr: "ignore" as const,
      };
      await work(
        make(),
        isOld ? new OldStdio(options) : new StdioClientTransport(options),
      );
    },
  });

  Deno.test(`${name} uses everything that the server has over HTTP`, async () => {
    await using server = await startHttp(["--sandbox"]);
    const url = new URL(server.url);
    await work(
      make(),
      isOld ? new OldHttp(url) : new StreamableHTTPClientTransport(url),
    );
  });
}

/** Runs the Inspector's command line. */
async function inspect(args: string[]): Promise<string> {
  const dir = await Deno.makeTempDir();
  try {
    const { code, stdout, stderr } = await new Deno.Command("npx", {
      args: ["-y", "@modelcontextprotocol/inspector@2.12.0", "--cli", ...args],
      cwd: dir,
      env: bareEnv({ MCP_CATALOG_PATH: `${dir}/mcp.json` }),
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr).slice(-2000));
    return new TextDecoder().decode(stdout);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const noNpx = await isOnPath("npx") ? "" : "npx is not on PATH";

Deno.test({
  ...unless(noNpx, "the Inspector lists and calls tools over HTTP"),
  async fn() {
    await using server = await startHttp(["--sandbox"]);
    for (const era of ["modern", "legacy"]) {
      const common = [server.url, "--transport", "http", "--protocol-era", era];
      const listed = await inspect([
        ...common,
        "--method",
        "tools/list",
        "--strict",
      ]);
      assertStringIncludes(listed, '"create_deal"');
      const called = await inspect([
        ...common,
        "--method",
        "tools/call",
        "--tool-name",
        "list_pipelines",
      ]);
      assertStringIncludes(called, "total_data");
    }
  },
});

Deno.test({
  ...unless(noNpx, "the Inspector lists and calls tools over stdio"),
  async fn() {
    // It passes few variables to the servers that it starts. Without this one,
    // deno would look for its cache elsewhere.
    const cache = Deno.env.get("DENO_DIR");
    const target = [
      ...(cache ? ["-e", `DENO_DIR=${cache}`] : []),
      "--",
      Deno.execPath(),
      ...await program("--sandbox"),
    ];
    const listed = await inspect(["--method", "tools/list", ...target]);
    assertStringIncludes(listed, '"create_deal"');
    const called = await inspect([
      "--method",
      "tools/call",
      "--tool-name",
      "list_deals",
      "--tool-arg",
      "page=1",
      ...target,
    ]);
    assertStringIncludes(called, "crm_stage_name");
  },
});
