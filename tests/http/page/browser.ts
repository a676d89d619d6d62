/**
 * The page in a real browser: Debian's chromium on loopback, with the server
 * and the built-in CRM behind the page.
 *
 * @module
 */
import type {
  Browser,
  BrowserContextOptions,
  Page,
} from "npm:playwright-core@1.56";
import { findBrowser, launch } from "../../../scripts/browser.ts";
import { createHandler, createServer, type Principal } from "../../../mod.ts";
import { SCOPES } from "../../../src/auth/principal.ts";
import { serveSandbox } from "../../../src/sandbox/mod.ts";
import { DEFAULT_TENANT } from "../../../src/tokens/store.ts";
import type { ListedTool } from "../../../src/tools/outline.ts";
import { serve } from "../../support/serve.ts";
import { unless } from "../../support/unless.ts";

const executablePath = await findBrowser();

/** Why tests with a browser cannot run here; empty if they can. */
export const noBrowser: string = executablePath === undefined
  ? "chromium is not on PATH"
  : "";

let shared: Promise<Browser> | undefined;

/** The browser; one for all tests, each of which has its own context. */
export function browser(): Promise<Browser> {
  return shared ??= launch(executablePath!);
}

Deno.test.afterAll(async () => {
  await (await shared)?.close();
});

/**
 * A test that needs the browser; skipped, with the reason, if there is none.
 */
export function browserTest(
  name: string,
  fn: (t: Deno.TestContext) => Promise<void>,
): void {
  Deno.test({
    ...unless(noBrowser, name),
    // The browser and its pipes outlive the first test.
    sanitizeOps: false,
    sanitizeResources: false,
    fn,
  });
}

/** A tab of the browser, with cookies of its own. */
export interface Tab extends AsyncDisposable {
  readonly page: Page;
}

/** Opens an empty tab. */
export async function openTab(options: BrowserContextOptions): Promise<Tab> {
  const tab = await (await browser()).newContext({
    locale: "en-GB",
    ...options,
  });
  const page = await tab.newPage();
  page.setDefaultTimeout(10_000);
  return { page, [Symbol.asyncDispose]: () => tab.close() };
}

/** How a page is served and shown. */
export interface ViewOptions extends BrowserContextOptions {
  /** The key that callers need; by default none. */
  readonly key?: string;
  /** What follows the host in the address. */
  readonly path?: string;
  /** Changes the tools of the page. */
  readonly change?: (tool: ListedTool) => ListedTool;
  /** Answers some requests instead of the server. */
  readonly answer?: (
    request: Request,
  ) => Response | undefined | Promise<Response | undefined>;
  /** Whether Qontak cannot be reached; false by default. */
  readonly isCrmDown?: boolean;
  /** Whether the page is told that its data is invented; false by default. */
  readonly inventedData?: boolean;
  /** JavaScript that runs in the browser before the page's own. */
  readonly before?: string;
}

/** An open page. */
export interface View extends AsyncDisposable {
  readonly page: Page;
  /** Its origin, such as http://127.0.0.1:41234. */
  readonly origin: string;
  /** The tools of the page. */
  readonly tools: readonly ListedTool[];
  /** The requests to the server, such as `GET /health`. */
  readonly requests: readonly string[];
  /** What the browser reported: errors, and what the policy blocked. */
  complaints(): Promise<readonly string[]>;
  /** The value of a JavaScript expression in the page. */
  // deno-lint-ignore no-explicit-any -- tests read any value of a page
  ask(expression: string): Promise<any>;
}

const WATCH_VIOLATIONS = `globalThis.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  violations.push(event.violatedDirective + ": " + event.blockedURI))`;

const PRINCIPAL: Principal = {
  name: "a key of the tests",
  tenants: [DEFAULT_TENANT],
  scopes: SCOPES,
};

/** Serves the page, and opens it. */
export async function view(options: ViewOptions = {}): Promise<View> {
  const { key, path = "/", change = (tool) => tool, answer } = options;
  const {
    isCrmDown = false,
    inventedData = false,
    before,
    javaScriptEnabled = true,
  } = options;
  await using stack = new AsyncDisposableStack();
  const sandbox = serveSandbox();
  stack.defer(() => sandbox.close());
  const server = createServer({
    // Nothing listens on port 1.
    baseUrl: isCrmDown ? "http://127.0.0.1:1" : sandbox.url,
    refreshToken: sandbox.refreshToken,
    tokenCache: "memory",
    log: () => {},
  });
  stack.defer(() => server.close());
  const tools = server.listed.map(change);
  const handler = createHandler(
    { ...server, listed: tools },
    key === undefined ? { inventedData } : {
      inventedData,
      authenticate: (bearer) =>
        Promise.resolve(bearer === key ? PRINCIPAL : undefined),
    },
  );
  const requests: string[] = [];
  const { url: origin } = stack.use(serve(async (request, info) => {
    const { method, url, headers } = request;
    requests.push(`${method} ${new URL(url).pathname}`);
    if (!answer) return await handler(request, info);
    // Both read the body; a clone would also follow the signal.
    const body = method === "POST" ? await request.text() : null;
    const copy = () => new Request(url, { method, headers, body });
    return await answer(copy()) ?? await handler(copy(), info);
  }));

  const tab = await (await browser()).newContext({
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    ...options,
  });
  stack.defer(() => tab.close());
  await tab.grantPermissions(["clipboard-read", "clipboard-write"]);
  await tab.addInitScript(WATCH_VIOLATIONS);
  if (before !== undefined) await tab.addInitScript(before);
  const page = await tab.newPage();
  page.setDefaultTimeout(10_000);
  const errors: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) {
      errors.push(message.text());
    }
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(origin + path);
  if (javaScriptEnabled) {
    await page.waitForSelector("#health[data-state]");
  }

  const ask: View["ask"] = (expression) => page.evaluate(expression);
  const kept = stack.move();
  return {
    page,
    origin,
    tools,
    requests,
    ask,
    async complaints() {
      return [...errors, ...await ask("violations")];
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
