/** What clients are told of the views of tools, in both revisions. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Client } from "@modelcontextprotocol/client";
import { getToolUiResourceUri } from "npm:@modelcontextprotocol/ext-apps@2.0.4/app-bridge";
import { EXTENSION_ID } from "npm:@modelcontextprotocol/ext-apps@2.0.4/server";
import { APP_TYPE, appOf, apps, EXTENSION } from "../../src/apps/apps.ts";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { catalog } from "../../src/tools/catalog.ts";
import { connectHttp, connectStdio, type Mode } from "../support/client.ts";
import { createWorld } from "../support/world.ts";

const MODES: readonly Mode[] = ["auto", "legacy"];
const URIS = ["ui://qontak/board", "ui://qontak/review", "ui://qontak/answer"];

/** The view of each tool, by name. */
async function viewsOf(client: Client): Promise<Record<string, string>> {
  const { tools } = await client.listTools();
  return Object.fromEntries(
    tools.flatMap(({ name, _meta }) => {
      const ui = _meta?.ui as { resourceUri: string } | undefined;
      assertEquals(_meta && Object.keys(_meta), ui && ["ui"], name);
      // The extension's own hosts find it there.
      assertEquals(getToolUiResourceUri({ _meta }), ui?.resourceUri, name);
      return ui ? [[name, ui.resourceUri]] : [];
    }),
  );
}

async function listedUris(client: Client): Promise<string[]> {
  const { resources } = await client.listResources();
  return resources.map(({ uri }) => uri).filter((uri) => uri.startsWith("ui:"));
}

async function assertShown(client: Client): Promise<void> {
  const views = await viewsOf(client);
  assertEquals(views.get_pipeline, "ui://qontak/board");
  assertEquals(views.query_records, "ui://qontak/answer");
  for (const name of ["update_deal", "delete_deal", "undo_change"]) {
    assertEquals(views[name], "ui://qontak/review", name);
  }
  assertEquals(views.change_records, "ui://qontak/review");
  // What only adds something is not reviewed.
  assertEquals([views.create_deal, views.list_deals], [undefined, undefined]);
  assertEquals(await listedUris(client), URIS);
  for (const uri of URIS) {
    const { contents } = await client.readResource({ uri });
    const content = contents[0] as {
      readonly text: string;
      readonly mimeType?: string;
      readonly _meta?: unknown;
    };
    assertEquals(content.mimeType, APP_TYPE);
    assert(content.text.startsWith("<!doctype html>"), uri);
    assertEquals(content._meta, {
      ui: {
        csp: { connectDomains: [], resourceDomains: [] },
        prefersBorder: true,
      },
    });
  }
  await assertRejects(
    () => client.readResource({ uri: "ui://qontak/other" }),
    Error,
  );
}

for (const mode of MODES) {
  Deno.test(`a client of the ${mode} revision gets the views over HTTP`, async () => {
    await using world = await createWorld();
    const client = await connectHttp(`${world.url}/mcp`, {
      mode,
      hasApps: true,
    });
    try {
      await assertShown(client);
      const { _meta } = await client.callTool({
        name: "query_records",
        arguments: { resource: "deals", measures: "count" },
      });
      assertEquals(_meta?.tool, "query_records");
    } finally {
      await client.close();
    }
  });

  Deno.test({
    name:
      `a client of the ${mode} revision gets the views over stdio if it shows them, and hears nothing of them if not`,
    // The SDK's client leaves its timers.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      await using sandbox = serveSandbox();
      for (const hasApps of [true, false]) {
        const client = await connectStdio(
          {
            QONTAK_BASE_URL: sandbox.url,
            QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
            TOKEN_CACHE: "memory",
          },
          mode,
          undefined,
          hasApps,
        );
        try {
          if (hasApps) await assertShown(client);
          else {
            assertEquals(await viewsOf(client), {});
            assertEquals(await listedUris(client), []);
            const { _meta } = await client.callTool({
              name: "query_records",
              arguments: { resource: "deals", measures: "count" },
            });
            assertEquals(_meta?.tool, undefined);
          }
        } finally {
          await client.close();
        }
      }
    },
  });
}

Deno.test("a client of the newest revision that shows no views hears nothing of them", async () => {
  await using world = await createWorld();
  assertEquals(await viewsOf(world.client), {});
  assertEquals(await listedUris(world.client), []);
});

Deno.test("a caller has only the views of its tools", async () => {
  await using world = await createWorld({ server: { readOnly: true } });
  const client = await connectHttp(`${world.url}/mcp`, { hasApps: true });
  try {
    assertEquals(await listedUris(client), [URIS[0]!, URIS[2]!]);
    await assertRejects(() => client.readResource({ uri: URIS[1]! }), Error);
  } finally {
    await client.close();
  }
});

Deno.test("what tools/list says of views is short", async () => {
  await using world = await createWorld();
  const client = await connectHttp(`${world.url}/mcp`, { hasApps: true });
  try {
    const { tools } = await client.listTools();
    const size = tools.reduce(
      (sum, { _meta }) => sum + (_meta ? JSON.stringify(_meta).length + 9 : 0),
      0,
    );
    assert(size > 500 && size <= 1_500, `${size} bytes`);
  } finally {
    await client.close();
  }
});

Deno.test("the extension and the views have the names of the specification", () => {
  assertEquals(EXTENSION, EXTENSION_ID);
  for (const app of apps) {
    assert(catalog.some((tool) => appOf(tool) === app), app.name);
  }
});
