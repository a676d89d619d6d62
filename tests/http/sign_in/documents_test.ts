/**
 * Clients that are known by their metadata document, and what is done at an
 * https address.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { request as send } from "node:https";
import { createSignIn } from "../../../src/auth/sign_in/sign_in.ts";
import type { SignInStore } from "../../../src/auth/sign_in/store.ts";
import { createMemoryChangeStore } from "../../../src/changes/mod.ts";
import { createSignInRoutes } from "../../../src/http/sign_in/routes.ts";
import {
  createDocumentReader,
  DocumentError,
} from "../../../src/net/public_document.ts";
import { sha256 } from "../../../src/storage/hash.ts";
import { createMemoryStore } from "../../../src/tokens/stores/memory.ts";
import { makeCertificates, noOpenssl } from "../../support/certificates.ts";
import { challenge, hidden, VERIFIER } from "../../support/sign_in.ts";
import { unless } from "../../support/unless.ts";

const CLIENT = "https://client.example.co.id/client.json";
const DOCUMENT = {
  client_id: CLIENT,
  client_name: "Asisten",
  redirect_uris: ["https://client.example.co.id/cb"],
};

const CHALLENGE = await challenge();

/** The routes of an endpoint at an https address, without a network. */
function createRoutes(
  documents: Record<string, unknown>,
  store: SignInStore = createMemoryChangeStore(),
) {
  const signIn = createSignIn({
    publicUrl: "https://crm.example.co.id/mcp",
    store,
    tokens: createMemoryStore(),
    dropCached: () => Promise.resolve(),
    log: () => {},
    place: {
      url: (state) => `https://app.qontak.com/oauth/authorize?state=${state}`,
      exchange: () =>
        Promise.resolve({ credentials: { refresh_token: "r" }, user: 7 }),
    },
    readDocument: (address) =>
      address in documents
        ? Promise.resolve(JSON.stringify(documents[address]))
        : Promise.reject(new DocumentError("its host answered 404")),
  });
  const routes = createSignInRoutes(signIn, () => {});
  return (path: string, init: RequestInit = {}) => {
    const { pathname } = new URL(path, "https://crm.example.co.id");
    // Behind a proxy that ends TLS the request has another address.
    const request = new Request(`http://127.0.0.1${path}`, {
      headers: { accept: "text/html" },
      ...init,
    });
    return routes[pathname]!(request, "192.0.2.1");
  };
}

function authorizePath(change: Record<string, string> = {}): string {
  return `/oauth/authorize?${new URLSearchParams({
    response_type: "code",
    client_id: CLIENT,
    redirect_uri: DOCUMENT.redirect_uris[0]!,
    scope: "read",
    code_challenge: CHALLENGE,
    code_challenge_method: "S256",
    ...change,
  })}`;
}

/** Goes to the consent page, agrees, and gives each step's answer. */
async function agree(
  ask: ReturnType<typeof createRoutes>,
  change: Record<string, string> = {},
) {
  const begun = await ask(authorizePath(change));
  assertEquals(begun.status, 303);
  const cookie = begun.headers.get("set-cookie")!;
  const state = new URL(begun.headers.get("location")!).searchParams.get(
    "state",
  )!;
  const [own = ""] = cookie.split(";");
  const headers = { accept: "text/html", cookie: own };
  const back = await ask(`/oauth/callback?code=c&state=${state}`, { headers });
  const path = back.headers.get("location")!;
  const consent = await ask(path, { headers });
  const text = await consent.text();
  const decided = await ask("/oauth/consent", {
    method: "POST",
    headers: { ...headers, origin: "https://crm.example.co.id" },
    body: new URLSearchParams([
      ...hidden(text),
      ["scope", "read"],
      ["decision", "allow"],
    ]),
  });
  const told = new URL(decided.headers.get("location")!);
  return { cookie, consent, text, told };
}

Deno.test("a client is known by its metadata document, and its cookies are bound to the host", async () => {
  const { cookie, consent, text, told } = await agree(
    createRoutes({ [CLIENT]: DOCUMENT }),
  );
  assert(
    /^__Host-qontak-[a-z2-7]{8}=[a-z2-7]{52}; Path=\/; Max-Age=1200; HttpOnly; SameSite=Lax; Secure$/
      .test(cookie),
    cookie,
  );
  assertStringIncludes(text, "client.example.co.id confirms this name");
  assertStringIncludes(
    consent.headers.get("content-security-policy")!,
    "form-action 'self' https://client.example.co.id",
  );
  assertEquals(told.origin, "https://client.example.co.id");
  assertEquals(told.searchParams.get("iss"), "https://crm.example.co.id");
});

Deno.test("no store gets a code, a token or a cookie of a sign-in, only their hashes", async () => {
  const inner = createMemoryChangeStore();
  const kept: string[] = [];
  const keep = (...texts: unknown[]) => void kept.push(JSON.stringify(texts));
  const ask = createRoutes({ [CLIENT]: DOCUMENT }, {
    ...inner,
    put(place, text, lifetime) {
      keep(place, text);
      return inner.put(place, text, lifetime);
    },
    replace(place, from, to) {
      keep(place, to);
      return inner.replace(place, from, to);
    },
  });
  const tokensFor = async (grant: Record<string, string>) => {
    const response = await ask("/oauth/token", {
      method: "POST",
      body: new URLSearchParams({ client_id: CLIENT, ...grant }),
    });
    assertEquals(response.status, 200);
    return await response.json();
  };
  const { cookie, told } = await agree(ask);
  const code = told.searchParams.get("code")!;
  const first = await tokensFor({
    grant_type: "authorization_code",
    code,
    code_verifier: VERIFIER,
  });
  const second = await tokensFor({
    grant_type: "refresh_token",
    refresh_token: first.refresh_token,
  });
  const secrets = [code, cookie.split(/[=;]/)[1]!].concat(
    [first, second].flatMap((one) => [one.access_token, one.refresh_token]),
  );
  const all = kept.join("\n");
  for (const secret of secrets) {
    const random = secret.split("_").at(-1)!;
    assertEquals(random.length, 52);
    assert(!all.includes(random), all);
    assertStringIncludes(all, await sha256(secret));
  }
});

Deno.test("a registration ends a day after nobody allowed it, and 120 days after a person did", async () => {
  using time = new FakeTime();
  const ask = createRoutes({});
  const register = async () => {
    const response = await ask("/oauth/register", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ redirect_uris: DOCUMENT.redirect_uris }),
    });
    assertEquals(response.status, 201);
    const { client_id } = await response.json();
    return { client_id };
  };
  const statusOf = async (client: { client_id: string }) =>
    (await ask(authorizePath(client))).status;
  const [unused, used] = [await register(), await register()];
  assertEquals((await agree(ask, used)).told.searchParams.has("code"), true);
  const hour = 3_600_000;
  const seen: number[][] = [];
  for (const hours of [23, 2, 118 * 24, 24]) {
    time.tick(hours * hour);
    seen.push([await statusOf(unused), await statusOf(used)]);
  }
  assertEquals(seen, [[303, 303], [400, 303], [400, 303], [400, 400]]);
});

Deno.test("a metadata document of another client, or with other addresses, is refused", async () => {
  const evil = "https://evil.example/client.json";
  const ask = createRoutes({
    // It pretends to be the other.
    [evil]: DOCUMENT,
    [`${CLIENT}?secret`]: {
      ...DOCUMENT,
      client_id: `${CLIENT}?secret`,
      token_endpoint_auth_method: "client_secret_basic",
    },
    [`${CLIENT}?script`]: {
      ...DOCUMENT,
      client_id: `${CLIENT}?script`,
      redirect_uris: ["javascript:alert(1)"],
    },
    [`${CLIENT}?list`]: [],
  });
  for (
    const client_id of [
      evil,
      `${CLIENT}?secret`,
      `${CLIENT}?script`,
      `${CLIENT}?list`,
      `${CLIENT}?absent`,
    ]
  ) {
    const response = await ask(authorizePath({ client_id }));
    assertEquals(response.status, 400);
    assertStringIncludes(await response.text(), "invalid_client");
  }
});

Deno.test({
  ...unless(
    noOpenssl,
    "a metadata document is read over TLS from the address that was checked, without redirects, in limited size and time",
  ),
  async fn() {
    const dir = await Deno.makeTempDir();
    await makeCertificates(dir);
    const [ca, cert, key] = await Promise.all(
      ["ca", "cert", "key"].map((name) =>
        Deno.readTextFile(`${dir}/${name}.pem`)
      ),
    );
    const hung = Promise.withResolvers<void>();
    const hosts: (string | null)[] = [];
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, cert: cert!, key: key!, onListen() {} },
      async (request) => {
        hosts.push(request.headers.get("host"));
        switch (new URL(request.url).pathname) {
          case "/large":
            return new Response("x".repeat(20_000));
          case "/redirect":
            return Response.redirect("https://localhost/client.json");
          case "/slow":
            await hung.promise;
        }
        return Response.json({ fine: true });
      },
    );
    let asked = "";
    // The test's server is at loopback and at another port; the name, and the
    // address that was found for it, are those of the reader.
    const request = ((options: Record<string, unknown>, ...rest: unknown[]) => {
      const { lookup } = options as {
        lookup: (
          host: string,
          options: { all: boolean },
          tell: (error: null, found: { address: string }[]) => void,
        ) => void;
      };
      lookup("", { all: true }, (_, [found]) => asked = found!.address);
      const { hostname: _, lookup: __, ...others } = options;
      return send({
        ...others,
        hostname: "127.0.0.1",
        servername: "localhost",
        port: server.addr.port,
        ca,
      } as never, ...rest as []);
    }) as never;
    const read = createDocumentReader({
      resolve: () => Promise.resolve(["8.8.8.8"]),
      timeout: 500,
      request,
    });
    try {
      const host = "https://client.example.co.id";
      assertEquals(await read(`${host}/client.json`), '{"fine":true}');
      assertEquals(asked, "8.8.8.8");
      for (const path of ["/large", "/redirect", "/slow"]) {
        let problem: unknown;
        await read(host + path).catch((error) => {
          problem = error;
        });
        assert(problem instanceof DocumentError, path);
      }
      assertEquals(hosts.length, 4);
    } finally {
      hung.resolve();
      await server.shutdown();
      await Deno.remove(dir, { recursive: true });
    }
  },
});
