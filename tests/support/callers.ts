/**
 * One server for two companies, `alpha` and `beta`, with the same records, and
 * callers with different rights.
 *
 * @module
 */
import type { Client } from "@modelcontextprotocol/client";
import { createServer, type ServerOptions } from "../../mod.ts";
import type { Principal } from "../../src/auth/principal.ts";
import { connectHttp } from "./client.ts";
import { createCompanies } from "./companies.ts";
import { createMemoryStore } from "./memory.ts";
import { serve, serveMcp } from "./serve.ts";
import { noRates } from "./world.ts";

/** The scopes of tools. */
const ALL = ["read", "write", "delete"] as const;

/** The caller of each key. */
const principals = {
  alpha: { tenants: ["alpha"], scopes: ALL },
  colleague: { tenants: ["alpha"], scopes: ALL },
  keeper: { tenants: ["alpha"], scopes: ["read", "write"] },
  writer: { tenants: ["alpha"], scopes: ["write", "delete"] },
  reader: { tenants: ["alpha"], scopes: ["read"] },
  beta: { tenants: ["beta"], scopes: ALL },
  both: { tenants: ["alpha", "beta"], scopes: ALL },
} as const satisfies Record<string, Omit<Principal, "name">>;

/** The name of a caller. */
export type CallerName = keyof typeof principals;

/** The server with a client for each caller. */
export interface Callers extends AsyncDisposable {
  /** The address of the server; a key is the name of its caller. */
  readonly url: string;
  /** The clients by the names of their callers. */
  readonly clients: Readonly<Record<CallerName, Client>>;
  /** How many requests that may change something reached Qontak. */
  writes(): number;
}

/**
 * Starts the server, and connects every caller.
 *
 * @param options Further options of the server.
 */
export async function createCallers(
  options: Partial<ServerOptions> = {},
): Promise<Callers> {
  await using stack = new AsyncDisposableStack();
  const companies = createCompanies(
    ["alpha", "beta"],
    (name) => ({ refreshToken: `first of ${name}` }),
    (_, pass) => pass(),
  );
  const changed: string[] = [];
  const qontak = stack.use(serve((request) => {
    if (request.method !== "GET") changed.push(new URL(request.url).pathname);
    return companies.handle(request, request.signal);
  }));
  const server = createServer({
    baseUrl: qontak.url,
    store: createMemoryStore({
      alpha: { refresh_token: "first of alpha" },
      beta: { refresh_token: "first of beta" },
    }),
    log: () => {},
    limits: noRates(),
    kv: false,
    ...options,
  });
  const { url } = stack.use(serveMcp(server, {
    // deno-lint-ignore require-await -- the interface is asynchronous
    authenticate: async (key) =>
      Object.hasOwn(principals, key)
        ? { name: key, ...principals[key as CallerName] }
        : undefined,
  }));
  const clients = Object.fromEntries(
    await Promise.all(
      Object.keys(principals).map(async (key) => {
        const client = await connectHttp(url, { key });
        stack.defer(() => client.close());
        return [key, client] as const;
      }),
    ),
  ) as Record<CallerName, Client>;
  const owned = stack.move();
  return {
    url,
    clients,
    writes: () => changed.filter((path) => path !== "/oauth/token").length,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
