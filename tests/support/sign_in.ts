/**
 * An endpoint at which people sign in, Qontak behind it, and browsers without
 * scripts in front of it.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { open, type Program } from "../../src/app/open.ts";
import { readSettings } from "../../src/app/settings.ts";
import type { Beginning } from "../../src/auth/sign_in/sessions.ts";
import type { Handler } from "../../src/http/handler.ts";
import {
  type RunningSandbox,
  SANDBOX_PASSWORD,
  serveSandbox,
} from "../../src/sandbox/mod.ts";
import { USERS } from "../../src/sandbox/data/tenant.ts";
import { toBase64 } from "../../src/values/base64.ts";
import { serve } from "./serve.ts";

/** The application of the endpoint at Qontak. */
export const APPLICATION = { clientId: "sandbox", clientSecret: "sandbox" };

/** An endpoint. */
export interface Endpoint extends AsyncDisposable {
  readonly origin: string;
  /** The address of MCP. */
  readonly url: string;
  readonly program: Program;
  /** The log lines. */
  readonly requests: readonly string[];
}

/** Settings of {@linkcode serveEndpoint}. */
export interface EndpointOptions {
  /** Qontak; with `env`, only its address is used. */
  readonly qontak: RunningSandbox;
  /** Variables; without them everything is kept in memory. */
  readonly env?: Readonly<Record<string, string>>;
  /** Further variables; everything is kept where it is without them. */
  readonly more?: Readonly<Record<string, string>>;
  /** The path of MCP in the public address. */
  readonly path?: string;
}

/** Serves an endpoint, assembled as the program assembles it. */
export async function serveEndpoint(
  { qontak, env, more, path = "/mcp" }: EndpointOptions,
): Promise<Endpoint> {
  await using stack = new AsyncDisposableStack();
  const made = Promise.withResolvers<Handler>();
  const requests: string[] = [];
  const { url: origin } = stack.use(serve(async (request, info) => {
    requests.push(`${request.method} ${new URL(request.url).pathname}`);
    return await (await made.promise)(request, info);
  }));
  const settings = readSettings({
    MCP_SIGN_IN: "qontak",
    MCP_PUBLIC_URL: origin + path,
    LOG_LEVEL: "error",
    QONTAK_AUDIT: "off",
    QONTAK_CONFIRM: "off",
    ...env && {
      QONTAK_CLIENT_ID: APPLICATION.clientId,
      QONTAK_CLIENT_SECRET: APPLICATION.clientSecret,
      QONTAK_BASE_URL: qontak.url,
      TOKEN_ENCRYPTION_KEY: btoa("a key of thirty-two bytes, truly"),
      ...env,
    },
    ...more,
  });
  const program = stack.use(
    await open(settings, env ? {} : { sandbox: qontak }),
  );
  made.resolve(await program.handler(false));
  const owned = stack.move();
  return {
    origin,
    url: `${origin}/mcp`,
    program,
    requests,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** What begins a session that reads, of the person 512301. */
export const beginning = (
  more: Pick<Beginning, "id"> & Partial<Beginning>,
): Beginning => ({
  account: "512301",
  client_id: "c",
  client_name: "C",
  client_host: "h",
  scopes: ["read"],
  resource: "https://one.example.co.id/mcp",
  code: "0".repeat(64),
  ...more,
});

/** Serves Qontak. */
export function serveQontak(
  options: Parameters<typeof serveSandbox>[0] = {},
): RunningSandbox {
  return serveSandbox({ ...APPLICATION, ...options });
}

/** What a browser shows after it followed all redirects. */
export interface Shown {
  readonly url: string;
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** A browser without scripts. */
export interface Browser {
  /** The cookies, by origin and name. */
  readonly cookies: Map<string, Map<string, string>>;
  /**
   * Opens an address, and follows redirects up to an address of a client.
   *
   * @param form The fields of a form, which is then sent.
   */
  open(url: string, form?: Iterable<[string, string]>): Promise<Shown>;
  /** Signs in at Qontak and agrees there. */
  login(url: string, user?: number): Promise<Shown>;
  /** Goes the whole way and decides; returns where the client is told of it. */
  allow(url: string, options?: Choice): Promise<URL>;
}

/** What a person chooses. */
export interface Choice {
  /** The place of the person in the sandbox's list of users. */
  readonly user?: number;
  readonly decision?: "allow" | "deny";
  /** The scopes that are left chosen; all by default. */
  readonly scopes?: readonly string[];
  readonly account?: string;
}

/** Where redirects end: nothing listens at addresses of clients. */
const CLIENTS = [
  "http://127.0.0.1:9/",
  "https://client.example.co.id/",
  "cursor:",
];

/** Makes a browser. */
export function createBrowser(headers: Record<string, string> = {}): Browser {
  const cookies: Browser["cookies"] = new Map();

  async function open(
    start: string,
    form?: Iterable<[string, string]>,
  ): Promise<Shown> {
    let url = start;
    let body = form && new URLSearchParams([...form]);
    for (let steps = 0; steps < 10; steps++) {
      if (CLIENTS.some((client) => url.startsWith(client))) {
        return { url, status: 0, text: "", headers: new Headers() };
      }
      const { origin } = new URL(url);
      const jar = cookies.get(origin) ?? new Map<string, string>();
      cookies.set(origin, jar);
      const response = await fetch(url, {
        redirect: "manual",
        headers: {
          accept: "text/html",
          cookie: [...jar].map(([name, value]) => `${name}=${value}`)
            .join("; "),
          ...(body ? { origin, "sec-fetch-site": "same-origin" } : {}),
          ...headers,
        },
        ...body && { method: "POST", body },
      });
      for (const cookie of response.headers.getSetCookie()) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
        if (value === "") jar.delete(name);
        else jar.set(name, value);
      }
      const location = response.headers.get("location");
      const text = await response.text();
      if (location === null) {
        return {
          url,
          status: response.status,
          text,
          headers: response.headers,
        };
      }
      url = new URL(location, url).href;
      body = undefined;
    }
    throw new Error(`too many redirects from ${start}`);
  }

  async function login(url: string, user = 0): Promise<Shown> {
    let shown = await open(url);
    if (shown.text.includes('name="password"')) {
      const { email } = USERS[user]!;
      const at = new URL("/users/sign_in", shown.url).href;
      shown = await open(at, [
        ...hidden(shown.text),
        ["email", email],
        ["password", SANDBOX_PASSWORD],
      ]);
    }
    if (!shown.text.includes('value="switch"')) return shown;
    const at = new URL("/oauth/authorize", shown.url).href;
    return await open(at, [...hidden(shown.text), ["decision", "allow"]]);
  }

  return {
    cookies,
    open,
    login,
    async allow(url, { user, decision = "allow", scopes, account } = {}) {
      const shown = await login(url, user);
      assertEquals(shown.status, 200, shown.text);
      const offered = [...shown.text.matchAll(/name="scope" value="(\w+)"/g)];
      const at = new URL("/oauth/consent", shown.url).href;
      const told = await open(at, [
        ...hidden(shown.text),
        ...(scopes ?? offered.map(([, scope]) => scope!)).map((
          scope,
        ): [string, string] => ["scope", scope]),
        ["decision", decision],
        ...account ? [["account", account] as [string, string]] : [],
      ]);
      return new URL(told.url);
    },
  };
}

/** The hidden fields of a page's form. */
export function hidden(page: string): [string, string][] {
  const found = page.matchAll(
    /<input type="hidden" name="([^"]+)" value="([^"]*)">/g,
  );
  return Array.from(found, ([, name, value]) => [
    name!,
    value!.replaceAll("&lt;", "<").replaceAll("&gt;", ">")
      .replaceAll("&quot;", '"').replaceAll("&#39;", "'")
      .replaceAll("&amp;", "&"),
  ]);
}

/** A client that a test drives step by step. */
export interface RawClient {
  readonly id: string;
  /** The address at which a sign-in begins; `change` replaces parameters. */
  authorizeUrl(change?: Record<string, string | undefined>): Promise<string>;
  /** Asks for tokens; `change` replaces parameters. */
  exchange(
    code: string,
    change?: Record<string, string | undefined>,
  ): Promise<Answered>;
  refresh(
    token: string,
    change?: Record<string, string | undefined>,
  ): Promise<Answered>;
}

/** An answer of an endpoint for programs. */
export interface Answered {
  readonly status: number;
  // deno-lint-ignore no-explicit-any -- tests read any field of an answer
  readonly body: any;
  readonly headers: Headers;
}

/** Sends a form. */
export async function post(
  url: string,
  form: Record<string, string | undefined>,
): Promise<Answered> {
  const fields = Object.entries(form).filter(([, value]) =>
    value !== undefined
  ) as [string, string][];
  const response = await fetch(url, {
    method: "POST",
    body: new URLSearchParams(fields),
  });
  return {
    status: response.status,
    body: await response.json(),
    headers: response.headers,
  };
}

/** The code verifier of every raw client. */
export const VERIFIER = "v".repeat(43);

/** The code challenge of that verifier. */
export async function challenge(): Promise<string> {
  const bytes = new TextEncoder().encode(VERIFIER);
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return toBase64(new Uint8Array(hash)).replaceAll("+", "-")
    .replaceAll("/", "_").replace(/=+$/, "");
}

/** Registers a client. */
export async function register(
  origin: string,
  metadata: unknown,
): Promise<Answered> {
  const response = await fetch(`${origin}/oauth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(metadata),
  });
  const { status, headers } = response;
  return { status, headers, body: await response.json() };
}

/** The redirect URI of raw clients. */
export const REDIRECT = "http://127.0.0.1:9/callback";

/** Registers a client that a test drives step by step. */
export async function createRawClient(
  { origin, url }: Pick<Endpoint, "origin" | "url">,
  name = "Tests",
  redirect_uri = REDIRECT,
): Promise<RawClient> {
  const { status, body } = await register(origin, {
    client_name: name,
    redirect_uris: [redirect_uri],
  });
  assertEquals(status, 201);
  assert(typeof body.client_id === "string");
  return rawClient({ origin, url }, body.client_id, redirect_uri);
}

/** A client with an id. */
export function rawClient(
  { origin, url }: Pick<Endpoint, "origin" | "url">,
  id: string,
  redirect_uri = REDIRECT,
): RawClient {
  const of = (all: Record<string, string | undefined>) =>
    Object.entries(all).filter(([, value]) => value !== undefined) as [
      string,
      string,
    ][];
  return {
    id,
    async authorizeUrl(change = {}) {
      const query = new URLSearchParams(of({
        response_type: "code",
        client_id: id,
        redirect_uri,
        scope: "read write delete",
        state: "a state",
        code_challenge: await challenge(),
        code_challenge_method: "S256",
        resource: url,
        ...change,
      }));
      return `${origin}/oauth/authorize?${query}`;
    },
    exchange: (code, change = {}) =>
      post(`${origin}/oauth/token`, {
        grant_type: "authorization_code",
        client_id: id,
        redirect_uri,
        code,
        code_verifier: VERIFIER,
        resource: url,
        ...change,
      }),
    refresh: (refresh_token, change = {}) =>
      post(`${origin}/oauth/token`, {
        grant_type: "refresh_token",
        client_id: id,
        refresh_token,
        resource: url,
        ...change,
      }),
  };
}

/** Goes the whole way with a raw client, and returns its tokens. */
export async function tokensOf(
  client: RawClient,
  browser: Browser = createBrowser(),
  choice: Choice = {},
): Promise<{ access_token: string; refresh_token: string; scope: string }> {
  const told = await browser.allow(await client.authorizeUrl(), choice);
  const { status, body } = await client.exchange(
    told.searchParams.get("code")!,
  );
  assertEquals(status, 200, JSON.stringify(body));
  return body;
}

/** Calls MCP without a client. */
export async function rpc(
  url: string,
  token: string | undefined,
  method: string,
  params: Record<string, unknown> = {},
): Promise<{ status: number; text: string; headers: Headers }> {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...token && { authorization: `Bearer ${token}` },
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const { status, headers } = response;
  return { status, headers, text: await response.text() };
}

/** An endpoint with Qontak behind it. */
export async function world(
  options: Omit<EndpointOptions, "qontak"> = {},
): Promise<Endpoint & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const qontak = stack.use(serveQontak());
  const endpoint = stack.use(await serveEndpoint({ qontak, ...options }));
  const owned = stack.move();
  return { ...endpoint, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
