/**
 * No output or object that a person or a program can inspect contains a token.
 */
import { assert, assertEquals, assertNotMatch } from "@std/assert";
import { createServer, type ServerOptions } from "../../mod.ts";
import { createAccess } from "../../src/qontak/connection.ts";
import { createEnvStore } from "../../src/tokens/stores/env.ts";
import { callTool } from "../support/call.ts";
import { createMemoryStore } from "../support/memory.ts";
import { serveMcp } from "../support/serve.ts";

const CANARY = /canary/;

/** Everything that an object shows. */
function inspect(value: unknown): string {
  return Deno.inspect(value, {
    depth: 50,
    showHidden: true,
    getters: true,
    iterableLimit: 10_000,
    strAbbreviateSize: 100_000,
  }) + JSON.stringify(value);
}

const grant = {
  access_token: "canary-access",
  refresh_token: "canary-rotated",
  expires_in: 3600,
};

/** Answers of Qontak to the grant and to the call, which contain tokens. */
const answers: [
  string,
  (path: string, headers: Headers, sent: string) => Response,
][] = [
  ["nothing fails", (path) =>
    Response.json(
      path === "/oauth/token" ? grant : {
        meta: { status: 200, type: "OK" },
        response: [],
      },
    )],
  [
    "the grant is refused with a message that repeats it",
    (_path, _headers, sent) =>
      Response.json({
        error: "invalid_grant",
        error_description: `No such token: ${
          new URLSearchParams(sent).get("refresh_token")
        }, of ${new URLSearchParams(sent).get("client_secret")}`,
      }, { status: 400 }),
  ],
  [
    "the grant is answered with a page that repeats it",
    (_path, _headers, sent) =>
      new Response(`<html>${sent}</html>`, { status: 500 }),
  ],
  ["the grant is broken", () => new Response(`{"access_token": "canary`)],
  ["the connection breaks", () => {
    throw new TypeError("error sending request: canary-access");
  }],
  [
    "every token is refused",
    (path) =>
      path === "/oauth/token"
        ? Response.json({ ...grant, access_token: `canary-${Math.random()}` })
        : Response.json({ error: "The access token is invalid" }, {
          status: 401,
        }),
  ],
  [
    "the CRM redirects",
    (path) =>
      path === "/oauth/token" ? Response.json(grant) : new Response(null, {
        status: 302,
        headers: { location: "https://elsewhere.example.com/canary" },
      }),
  ],
];

for (const [name, answer] of answers) {
  Deno.test(`no token is shown if ${name}`, async () => {
    const logs: string[] = [];
    const store = createEnvStore({
      credentials: { refresh_token: "canary-refresh" },
      log: (...line) => logs.push(JSON.stringify(line)),
    });
    const options: ServerOptions = {
      store,
      clientId: "an-application",
      clientSecret: "canary-secret",
      log: (...line) => logs.push(JSON.stringify(line)),
      // deno-lint-ignore require-await -- fetch rejects, and does not throw
      fetch: async (input, init) => {
        const { pathname } = new URL(String(input));
        const headers = new Headers(init?.headers);
        const body = init?.body;
        const sent = body instanceof URLSearchParams ? String(body) : "";
        // The tokens reach Qontak, and nothing else.
        assert(CANARY.test(sent) || CANARY.test(headers.get("authorization")!));
        return answer(pathname, headers, sent);
      },
    };
    const server = createServer(options);
    const { url, [Symbol.asyncDispose]: close } = serveMcp(server);
    const shown = [inspect(server), inspect(store)];
    for (const tool of ["list_pipelines", "list_products"]) {
      const called = await callTool(url, tool);
      assertEquals(called.isError, name !== "nothing fails", called.text);
      shown.push(called.text, inspect(server), inspect(store));
    }
    await close();
    for (const text of [...shown, ...logs]) assertNotMatch(text, CANARY);
  });
}

Deno.test("a used access and its errors show no token", async () => {
  const access = createAccess({
    store: createMemoryStore({
      acme: { refresh_token: "canary", access_token: "canary", expires_at: 1 },
      other: {
        sso_id: "canary",
        client_id: "canary",
        client_secret: "canary",
      },
    }),
    log: () => {},
    fetch: () => Promise.reject(new TypeError("canary")),
  });
  for (const tenant of ["acme", "other"]) {
    const error = await access.renew(tenant).catch((error) => error);
    assert(error instanceof Error);
    assertNotMatch(inspect(error) + inspect(error.cause), CANARY);
  }
  assertNotMatch(inspect(access), CANARY);
  await access.close();
});
