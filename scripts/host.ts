/**
 * Shows a view in a browser as a client does: the extension's own host, a real
 * MCP client behind it, and the view's document as the server sends it.
 *
 * @module
 */
import type { Client } from "@modelcontextprotocol/client";
import type {
  Browser,
  BrowserContextOptions,
  Frame,
  Page,
} from "npm:playwright-core@1.56";

/** The page of the extension's own host, bundled once. */
let script: Promise<string> | undefined;

async function bundleHost(): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "--quiet",
      "--no-lock",
      "--platform",
      "browser",
      "--minify",
      new URL("./host_page.ts", import.meta.url).pathname,
    ],
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (!success) throw new Error(`The host was not bundled: ${text(stderr)}`);
  return text(stdout);
}

/**
 * The policy that the specification asks of hosts for a view that declares no
 * origin.
 */
const POLICY =
  "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; media-src 'self' data:; connect-src 'none'; frame-src 'none'; object-src 'none'; base-uri 'self'";

/** How a view is opened. */
export interface OpenOptions extends BrowserContextOptions {
  /** The browser. */
  readonly browser: Browser;
  /** The MCP client that the host has. */
  readonly client: Client;
  /** The tool whose answer the view shows. */
  readonly tool: string;
  /** The arguments of that call. */
  readonly args: Record<string, unknown>;
  /** The result to show, instead of calling the tool. */
  readonly result?: unknown;
  /** What the host says of itself. */
  readonly context?: Record<string, unknown>;
  /** What the host can do. */
  readonly capabilities?: Record<string, unknown>;
  /** Answers a call of the view, instead of the client. */
  readonly answer?: (
    params: { readonly name: string; readonly arguments?: unknown },
  ) => unknown;
}

/** A view that is shown. */
export interface Opened extends AsyncDisposable {
  readonly page: Page;
  /** The view's own frame. */
  readonly view: Frame;
  /** What the host heard: calls, and what the model is told. */
  // deno-lint-ignore no-explicit-any -- tests read any message
  heard(what: string): Promise<any[]>;
  /** What the browser complained of. */
  readonly complaints: readonly string[];
  /** Changes the host's context. */
  setContext(context: Record<string, unknown>): Promise<void>;
}

/** What a host of the tests can do. */
export const CAPABILITIES = {
  serverTools: {},
  updateModelContext: { text: {} },
};

/** Calls a tool, and opens the view that the server lists for it. */
export async function openView(
  {
    browser,
    client,
    tool: name,
    args,
    result,
    context = {},
    capabilities = CAPABILITIES,
    answer,
    ...options
  }: OpenOptions,
): Promise<Opened> {
  const { tools } = await client.listTools();
  const tool = tools.find((one) => one.name === name);
  const { resourceUri: uri } = tool?._meta?.ui as { resourceUri: string };
  const { contents } = await client.readResource({ uri });
  const { text: html } = contents[0] as { text: string };
  result ??= await client.callTool({ name, arguments: args });
  const host = await (script ??= bundleHost());

  await using stack = new AsyncDisposableStack();
  const server = Deno.serve({
    port: 0,
    hostname: "127.0.0.1",
    onListen: () => {},
  }, ({ url }) => {
    const isView = new URL(url).pathname === "/view";
    return new Response(
      isView
        ? html
        : `<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><style>body{margin:0}iframe{border:0;width:100vw;height:100vh;display:block}</style><body><script type="module">${
          host.replaceAll("</script", "<\\/script")
        }</script>`,
      {
        headers: {
          "content-type": "text/html; charset=utf-8",
          ...(isView ? { "content-security-policy": POLICY } : {}),
        },
      },
    );
  });
  stack.defer(() => server.shutdown());
  const tab = await browser.newContext({
    viewport: { width: 1100, height: 720 },
    ...options,
  });
  stack.defer(() => tab.close());
  const page = await tab.newPage();
  page.setDefaultTimeout(10_000);
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) {
      complaints.push(message.text());
    }
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.exposeFunction(
    "callTool",
    async (params: { name: string; arguments?: Record<string, unknown> }) => {
      try {
        return await answer?.(params) ?? await client.callTool(params);
      } catch (error) {
        // As hosts do with an error of the protocol.
        const text = error instanceof Error ? error.message : String(error);
        return { content: [{ type: "text", text }], isError: true };
      }
    },
  );
  await page.goto(`http://127.0.0.1:${server.addr.port}/`);
  await page.waitForFunction("typeof open === 'function' && heard");
  const opened = {
    args,
    result,
    capabilities,
    context: {
      theme: "light",
      locale: "en-GB",
      toolInfo: { tool },
      ...context,
    },
  };
  await page.evaluate(`open(${JSON.stringify(opened)})`);
  const view = page.frames().find((frame) => frame.url().endsWith("/view"))!;
  const kept = stack.move();
  return {
    page,
    view,
    complaints,
    heard: (what) =>
      page.evaluate(
        `heard.filter((one) => one.what === ${
          JSON.stringify(what)
        }).map((one) => one.params)`,
      ),
    async setContext(context) {
      await page.evaluate(`bridge.setHostContext(${JSON.stringify(context)})`);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
