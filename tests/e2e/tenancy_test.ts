/**
 * Companies are isolated: a caller for one sees nothing of another, no matter
 * what the call contains.
 */
import {
  assert,
  assertEquals,
  assertNotMatch,
  assertStringIncludes,
} from "@std/assert";
import {
  createHandler,
  createServer,
  type Handler,
  type Principal,
} from "../../mod.ts";
import { createMemoryStore } from "../support/memory.ts";
import {
  assertNoTokens,
  assertOnly,
  CALLS,
  canary,
  createQontak,
  firstToken,
  FORGED,
  type ManyQontaks,
  TENANTS,
} from "../support/tenants.ts";
import { post, request } from "../support/rpc.ts";

/** The caller of each credential. */
const principals: Record<string, Omit<Principal, "name">> = {
  ...Object.fromEntries(TENANTS.map((tenant) => [tenant, {
    tenants: [tenant],
    scopes: ["read", "write", "delete"],
  }])),
  "alpha-reader": { tenants: ["alpha"], scopes: ["read"] },
  "alpha-writer": { tenants: ["alpha"], scopes: ["read", "write"] },
  both: { tenants: ["alpha", "beta"], scopes: ["read"] },
};

interface Place extends AsyncDisposable {
  readonly handler: Handler;
  readonly logs: string[];
  readonly qontak: ManyQontaks;
}

function createPlace(): Place {
  const logs: string[] = [];
  const qontak = createQontak();
  const log = (...line: unknown[]) => {
    logs.push(JSON.stringify(line));
  };
  const server = createServer({
    store: createMemoryStore(Object.fromEntries(
      TENANTS.map((tenant) => [tenant, {
        refresh_token: firstToken(tenant),
      }]),
    )),
    tokenCache: "memory",
    fetch: (input, init) => qontak.answer(new Request(input, init)),
    log,
  });
  const handler = createHandler(server, {
    log,
    // deno-lint-ignore require-await -- the interface is asynchronous
    async authenticate(bearer) {
      const known = Object.hasOwn(principals, bearer)
        ? principals[bearer]
        : undefined;
      return known && { name: `key ${bearer}`, ...known };
    },
  });
  return {
    handler,
    logs,
    qontak,
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** One JSON-RPC request with a credential; status and text of the answer. */
async function send(
  { handler }: Place,
  bearer: string | undefined,
  method: string,
  params: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  const response = await handler(
    new Request(
      "https://mcp.example.com/mcp",
      post(request(1, method, params), {
        host: "mcp.example.com",
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...headers,
      }),
    ),
  );
  const { status } = response;
  return { status, text: await response.text() };
}

const call = (
  place: Place,
  bearer: string | undefined,
  name: string,
  args: Record<string, unknown> = {},
  headers: Record<string, string> = {},
) => send(place, bearer, "tools/call", { name, arguments: args }, headers);

Deno.test("companies are isolated in 200 mixed calls at once", async () => {
  await using place = createPlace();
  const bearers = Object.keys(principals);
  const calls = Array.from({ length: 200 }, (_, i) => {
    const bearer = bearers[i % bearers.length]!;
    const [name, args] = CALLS[i % CALLS.length]!;
    // Half of them name their own company.
    const more = i % 2 === 0 ? {} : FORGED[(i >> 1) % FORGED.length]!;
    const headers = { "x-user-id": "beta", "x-tenant": "beta" };
    return { bearer, name, args: { ...args, ...more }, headers };
  });
  let good = 0;
  await Promise.all(calls.map(async ({ bearer, name, args, headers }) => {
    const { status, text } = await call(place, bearer, name, args, headers);
    assertEquals(status, 200, text);
    const { tenants } = principals[bearer]!;
    const allowed = tenants.length === 1
      ? tenants
      : tenants.filter((tenant) => tenant === args.user_id);
    assertOnly(text, allowed, `${name} ${JSON.stringify(args)} for ${bearer}`);
    if (allowed.some((tenant) => text.includes(canary(tenant)))) good++;
  }));
  // The canaries do appear where they belong.
  assert(good > 50, `${good} answers with the caller's own data`);
  assert(place.qontak.seen.size >= 2);
  for (const line of place.logs) {
    for (const tenant of TENANTS) {
      assert(!line.includes(canary(tenant)), line);
    }
    assertNoTokens(line, place.qontak, "a log line");
  }
});

Deno.test("a credential for one company has no user_id at all", async () => {
  await using place = createPlace();
  const one = await send(place, "alpha", "tools/list");
  assertNotMatch(one.text, /"user_id"/);
  const several = await send(place, "both", "tools/list");
  assertStringIncludes(several.text, '"user_id"');
  const forgedOne = await call(place, "alpha", "list_pipelines", {
    user_id: "beta",
  });
  assertStringIncludes(forgedOne.text, "decided by your credential");
  assertEquals(place.qontak.seen.size, 0);
});

Deno.test("a credential for several companies chooses among them only", async () => {
  await using place = createPlace();
  for (const tenant of ["alpha", "beta"]) {
    for (let tries = 0; tries < 5; tries++) {
      const { text } = await call(place, "both", "list_contacts", {
        user_id: tenant,
      });
      assertOnly(text, [tenant], tenant);
    }
  }
  const before = place.qontak.seen.get("gamma");
  const foreign = await call(place, "both", "list_contacts", {
    user_id: "gamma",
  });
  assertStringIncludes(foreign.text, "Your credential is not for user_id");
  assertEquals(place.qontak.seen.get("gamma"), before);
  const none = await call(place, "both", "list_contacts");
  assertStringIncludes(none.text, "user_id is missing");
});

Deno.test("scopes decide which tools are listed and callable", async () => {
  await using place = createPlace();
  const names = async (bearer: string) => {
    const { text } = await send(place, bearer, "tools/list");
    const [, data = text] = /^data: (.*)$/m.exec(text) ?? [];
    return JSON.parse(data).result.tools.map(({ name }: { name: string }) =>
      name
    );
  };
  const all = await names("alpha");
  const reader = await names("alpha-reader");
  const writer = await names("alpha-writer");
  assert(
    reader.every((name: string) =>
      /^(get|list|query|find)_|^(search|fetch)$/.test(name)
    ),
    reader,
  );
  assert(writer.includes("create_contact"));
  assert(!writer.includes("delete_contact"));
  assert(all.includes("delete_contact"));
  for (
    const [bearer, tool, args] of [
      ["alpha-reader", "create_contact", { first_name: "x" }],
      ["alpha-reader", "delete_contact", { contact_id: 7 }],
      ["alpha-writer", "delete_contact", { contact_id: 7 }],
    ] as const
  ) {
    const { text } = await call(place, bearer, tool, args);
    assertStringIncludes(text, "is not available here");
  }
  assertEquals(place.qontak.seen.size, 0);
});

Deno.test("a caller without a credential is refused, and slowed down", async () => {
  await using place = createPlace();
  assertEquals((await call(place, "alpha", "list_contacts")).status, 200);
  const statuses = [];
  for (const bearer of [undefined, "unknown", "constructor", "alpha2"]) {
    const { status, text } = await call(place, bearer, "list_contacts");
    statuses.push(status);
    assertOnly(text, [], String(bearer));
  }
  assertEquals(statuses, [401, 401, 401, 401]);
  for (let i = 0; i < 30; i++) {
    statuses.push((await call(place, `guess-${i}`, "list_contacts")).status);
  }
  assert(statuses.includes(429));
  // A valid credential is not delayed by callers that guess.
  assertEquals((await call(place, "alpha", "list_contacts")).status, 200);
  assertEquals(place.qontak.seen.get("beta"), undefined);
  for (const line of place.logs) assertNotMatch(line, /guess-|unknown|alpha2/);
});
