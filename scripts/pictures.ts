/**
 * Makes the pictures of the documents: the page at `/`, the demo on a terminal,
 * and the views, shown in Chromium by the extension's own host, with the
 * invented records of the sandbox.
 *
 * @module
 */
import {
  Client,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import type { BrowserContextOptions, Page } from "npm:playwright-core@1.56";
import { createHandler, createServer } from "../mod.ts";
import { serveSandbox } from "../src/sandbox/mod.ts";
import { FAILED } from "../src/cli/exit.ts";
import { toStderr } from "../src/logging/log.ts";
import { findBrowser, launch } from "./browser.ts";
import { openView } from "./host.ts";
import { smaller } from "./small_png.ts";
import { onTerminal, terminalPage } from "./terminal_page.ts";

/** One picture. */
interface Picture {
  readonly tool: string;
  readonly args: Record<string, unknown>;
  readonly width: number;
  readonly height: number;
  readonly context?: Record<string, unknown>;
}

const BOARD = { tool: "get_pipeline", args: { pipeline_id: 48213 } };
const REVIEW = {
  tool: "update_deal",
  args: {
    deal_id: 48283761,
    crm_stage_id: "Proposal Sent",
    size: 31_500_000,
    closed_date: "2027-01-15",
    clear: ["expired_date"],
    dry_run: true,
  },
};
const ANSWER = {
  tool: "query_records",
  args: {
    resource: "deals",
    group_by: "stage",
    measures: "count,sum:size,weighted:size",
    sort: "-count",
  },
};
const MONTHS = {
  tool: "query_records",
  args: { resource: "deals", group_by: "created_at:month", measures: "count" },
};
const PHONE = { width: 390, height: 760 };
const DARK = { theme: "dark" };
const INDONESIAN = { locale: "id-ID" };

const pictures: Readonly<Record<string, Picture>> = {
  board: { ...BOARD, width: 1120, height: 600 },
  review: { ...REVIEW, width: 760, height: 330 },
  "board-dark": { ...BOARD, width: 1120, height: 640, context: DARK },
  "board-phone": { ...BOARD, ...PHONE, context: INDONESIAN },
  "review-dark": { ...REVIEW, width: 760, height: 380, context: DARK },
  "review-phone": { ...REVIEW, ...PHONE, context: INDONESIAN },
  answer: { ...ANSWER, width: 900, height: 700 },
  "answer-dark": { ...MONTHS, width: 900, height: 560, context: DARK },
  "answer-phone": { ...ANSWER, ...PHONE, context: INDONESIAN },
};

/** The page at `/`. */
const pages: Readonly<Record<string, BrowserContextOptions>> = {
  page: { viewport: { width: 1120, height: 1000 } },
  "page-dark": {
    viewport: { width: 1120, height: 1000 },
    colorScheme: "dark",
    locale: "id-ID",
  },
  "page-phone": { viewport: PHONE, locale: "id-ID" },
};

/** The demo on a terminal of this width, from one scene to before another. */
const DEMO = { command: "deno task demo", columns: 92, from: 3, to: 6 };

/** The pictures that the documents show; --all makes the others, to look at. */
const SHOWN = ["board", "review", "page"];

const chromium = await findBrowser();
if (chromium === undefined) {
  toStderr("chromium is not on PATH");
  Deno.exit(FAILED);
}
const folder = Deno.args.includes("--all")
  ? await Deno.makeTempDir({ prefix: "pictures-" })
  : new URL("../.github/pictures", import.meta.url).pathname;
await Deno.mkdir(folder, { recursive: true });
await using stack = new AsyncDisposableStack();
const sandbox = stack.use(serveSandbox());
const server = createServer({
  baseUrl: sandbox.url,
  refreshToken: sandbox.refreshToken,
  tokenCache: "memory",
  audit: false,
  log: () => {},
});
stack.defer(() => server.close());
const http = Deno.serve(
  { port: 0, hostname: "127.0.0.1", onListen: () => {} },
  createHandler(server, { inventedData: true }),
);
stack.defer(() => http.shutdown());
const client = new Client({ name: "pictures", version: "1.0.0" }, {
  versionNegotiation: { mode: "auto" },
  capabilities: {
    extensions: {
      "io.modelcontextprotocol/ui": {
        mimeTypes: ["text/html;profile=mcp-app"],
      },
    },
  },
});
await client.connect(
  new StreamableHTTPClientTransport(
    new URL(`http://127.0.0.1:${http.addr.port}/mcp`),
  ),
);
stack.defer(() => client.close());
const browser = await launch(chromium);
stack.defer(() => browser.close());

const isWanted = (name: string) =>
  !folder.endsWith(".github/pictures") || SHOWN.includes(name);

/** Keeps what a tab shows, or an element of it and the text in that. */
async function keep(
  name: string,
  page: Page,
  element?: string,
): Promise<void> {
  const path = `${folder}/${name}.png`;
  await page.waitForTimeout(300);
  const shown = element === undefined ? undefined : page.locator(element);
  const screenshot = await (shown ?? page).screenshot();
  const text = await shown?.innerText() ?? "";
  await Deno.writeFile(path, await smaller(page, screenshot, text));
  toStderr(`${path}: ${(await Deno.stat(path)).size} bytes`);
}

for (
  const [name, options] of Object.entries(pages).filter(([name]) =>
    isWanted(name)
  )
) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${http.addr.port}/`);
  await page.waitForSelector("#health[data-state=good]");
  await keep(name, page);
  await context.close();
}

for (
  const [name, picture] of Object.entries(pictures).filter(([name]) =>
    isWanted(name)
  )
) {
  const { tool, args, width, height, context } = picture;
  await using opened = await openView({
    browser,
    client,
    tool,
    args,
    viewport: { width, height },
    ...(context ? { context } : {}),
  });
  await opened.view.waitForSelector(".board .card, .before-after, .scroll");
  await keep(name, opened.page);
  for (const complaint of opened.complaints) toStderr(complaint);
}

const printed = await onTerminal(DEMO.command, DEMO.columns);
const scenes = printed.split(/\n\n(?=\S*\d+\. )/).slice(DEMO.from, DEMO.to);
const page = await browser.newPage({ viewport: { width: 1120, height: 1000 } });
await page.setContent(terminalPage(DEMO.command, scenes.join("\n\n")));
await keep("demo", page, "figure");
