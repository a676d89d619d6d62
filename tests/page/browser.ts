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
import { createHandler, createServer } from "../../mod.ts";
import { createPage } from "../../src/page/page.ts";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { catalog, listed, type ListedTool } from "../../src/tools/catalog.ts";

/** Where chromium is; undefined where it is not on PATH. */
async function findBrowser(): Promise<string | undefined> {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
      const path = `${folder}/${name}`;
      try {
        if ((await Deno.stat(path)).isFile) return path;
      } catch {
        // Not here.
      }
    }
  }
  return undefined;
}

const executablePath = await findBrowser();

/** Why tests with a browser cannot run here; empty where they can. */
export const noBrowser: string = executablePath === undefined
  ? "chromium is not on PATH"
  : "";

let shared: Promise<Browser> | undefined;

/** The browser; one for all tests, each of which has a context of its own. */
async function launch(): Promise<Browser> {
  // Not before it is needed: where there is no browser, neither is this.
  const { chromium } = await import("npm:playwright-core@1.56");
  return await chromium.launch({
    executablePath: executablePath!,
    args: ["--no-sandbox"],
  });
}

/** Ends the browser, if one was started. */
export async function closeBrowser(): Promise<void> {
  await (await shared)?.close();
}

/** How a page is served and shown. */
export interface ViewOptions extends BrowserContextOptions {
  /** The key that callers need; none if left out. */
  readonly key?: string;
  /** What follows the host in the address. */
  readonly path?: string;
  /** Changes the tools that the page is made from. */
  readonly change?: (tool: ListedTool) => ListedTool;
  /** Answers some requests in the place of the server. */
  readonly answer?: (
    request: Request,
  ) => Response | undefined | Promise<Response | undefined>;
}

/** An open page. */
export interface View extends AsyncDisposable {
  readonly page: Page;
  /** Where it is served, such as http://127.0.0.1:41234. */
  readonly origin: string;
  /** What was asked of the server, such as `GET /health`. */
  readonly requests: readonly string[];
  /** What the browser complained about: errors, and what the policy stopped. */
  complaints(): Promise<readonly string[]>;
  /** The state of the page once it is there, by a JavaScript expression. */
  // deno-lint-ignore no-explicit-any -- tests look into pages freely
  ask(expression: string): Promise<any>;
}

const WATCH_VIOLATIONS = `globalThis.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  violations.push(event.violatedDirective + ": " + event.blockedURI))`;

/** Serves the page, and opens it. */
export async function view(options: ViewOptions = {}): Promise<View> {
  const { key, path = "/", change = (tool) => tool, answer } = options;
  const { javaScriptEnabled = true } = options;
  const sandbox = serveSandbox();
  const server = createServer({
    baseUrl: sandbox.url,
    refreshToken: sandbox.refreshToken,
    tokenCache: "memory",
    log: () => {},
  });
  const handler = createHandler(server);
  const showPage = createPage({
    tools: catalog.map(listed).map(change),
    needsKey: key !== undefined,
  });
  const requests: string[] = [];
  const http = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request, info) => {
      const { pathname } = new URL(request.url);
      requests.push(`${request.method} ${pathname}`);
      const given = await answer?.(request.clone());
      if (given) return given;
      if (pathname === "/") return await showPage(request);
      const isRefused = pathname === "/mcp" && key !== undefined &&
        request.headers.get("authorization") !== `Bearer ${key}`;
      return isRefused
        ? Response.json({ error: "No key" }, { status: 401 })
        : await handler(request, info);
    },
  );
  shared ??= launch();
  const context = await (await shared).newContext({
    viewport: { width: 1280, height: 800 },
    ...options,
  });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await context.addInitScript(WATCH_VIOLATIONS);
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const errors: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) {
      errors.push(message.text());
    }
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  const origin = `http://127.0.0.1:${http.addr.port}`;
  await page.goto(origin + path);
  if (javaScriptEnabled) await page.waitForSelector("#health[data-state]");

  const ask: View["ask"] = (expression) => page.evaluate(expression);
  return {
    page,
    origin,
    requests,
    ask,
    async complaints() {
      return [...errors, ...await ask("violations")];
    },
    async [Symbol.asyncDispose]() {
      await context.close();
      await http.shutdown();
      await server.close();
      await sandbox.close();
    },
  };
}
