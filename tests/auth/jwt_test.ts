/** JWTs of an authorization server on loopback. */
import {
  assert,
  assertEquals,
  assertNotMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import * as jose from "jose";
import { createJwt } from "../../src/auth/jwt.ts";
import { createHandler, createServer, StoreError } from "../../mod.ts";

const AUDIENCE = "https://crm.example.com/mcp";

/** A key pair with its id. */
interface Pair {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

async function createPair(kid: string, alg = "ES256"): Promise<Pair> {
  const pair = await jose.generateKeyPair(alg, { extractable: true });
  return { kid, alg, ...pair };
}

/** An authorization server: its metadata and its keys. */
interface Issuer extends AsyncDisposable {
  readonly url: string;
  /** The keys that it publishes; a test may change them. */
  keys: Pair[];
  /** Requests for keys. */
  readonly asked: () => number;
  isDown: boolean;
  /** Signs claims over good ones; undefined leaves one out. */
  sign(claims?: jose.JWTPayload, pair?: Pair): Promise<string>;
}

async function startIssuer(...algs: string[]): Promise<Issuer> {
  let asked = 0;
  const keys = await Promise.all(
    (algs.length > 0 ? algs : ["ES256"]).map((alg, i) =>
      createPair(`key-${i}`, alg)
    ),
  );
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      if (issuer.isDown) return new Response(null, { status: 503 });
      const { pathname } = new URL(request.url);
      if (pathname === "/.well-known/openid-configuration") {
        return Response.json({
          issuer: issuer.url,
          jwks_uri: `${issuer.url}/keys`,
        });
      }
      if (pathname !== "/keys") return new Response(null, { status: 404 });
      asked++;
      const published = await Promise.all(
        issuer.keys.map(async ({ kid, alg, publicKey }) => ({
          ...await jose.exportJWK(publicKey),
          kid,
          alg,
          use: "sig",
        })),
      );
      return Response.json({ keys: published });
    },
  );
  const issuer: Issuer = {
    url: `http://127.0.0.1:${server.addr.port}`,
    keys,
    asked: () => asked,
    isDown: false,
    sign(claims = {}, { kid, alg, privateKey } = issuer.keys[0]!) {
      const now = Math.floor(Date.now() / 1000);
      const all = {
        iss: issuer.url,
        aud: AUDIENCE,
        sub: "person@canary.example.com",
        iat: now,
        exp: now + 600,
        scope: "read write openid",
        qontak_tenants: ["acme"],
        ...claims,
      };
      return new jose.SignJWT(JSON.parse(JSON.stringify(all)))
        .setProtectedHeader({ alg, kid, typ: "at+jwt" }).sign(privateKey);
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return issuer;
}

Deno.test("createJwt() knows a caller by a token of every usual algorithm", async () => {
  const algs = ["RS256", "PS256", "ES256", "ES384", "EdDSA"];
  await using issuer = await startIssuer(...algs);
  const { authenticate } = createJwt({
    issuer: issuer.url,
    audience: [AUDIENCE],
  });
  for (const pair of issuer.keys) {
    const principal = await authenticate(await issuer.sign({}, pair));
    assert(principal, pair.alg);
    assertEquals(principal.tenants, ["acme"]);
    assertEquals(principal.scopes, ["read", "write"]);
    assertNotMatch(principal.name, /canary/);
    assert(principal.expires_at! > Date.now() / 1000);
  }
  const nested = createJwt({
    issuer: issuer.url,
    audience: ["other", AUDIENCE],
    tenantClaim: "app.tenants",
  });
  const principal = await nested.authenticate(
    await issuer.sign({ app: { tenants: "acme" }, aud: ["x", AUDIENCE] }),
  );
  assertEquals(principal?.tenants, ["acme"]);
});

Deno.test("createJwt() refuses every token that is not meant for it", async () => {
  await using issuer = await startIssuer();
  await using other = await startIssuer();
  const logs: string[] = [];
  const { authenticate } = createJwt({
    issuer: issuer.url,
    audience: [AUDIENCE],
    log: (...line) => logs.push(JSON.stringify(line)),
  });
  const [pair] = issuer.keys;
  const now = Math.floor(Date.now() / 1000);
  const good = await issuer.sign();
  assert(await authenticate(good));
  const [header, payload, signature] = good.split(".") as [
    string,
    string,
    string,
  ];
  const encode = (value: unknown) =>
    jose.base64url.encode(JSON.stringify(value));
  const claims = JSON.parse(
    new TextDecoder().decode(jose.base64url.decode(payload)),
  );
  const secret = new TextEncoder().encode(
    await jose.exportSPKI(pair!.publicKey),
  );
  const symmetric = await new jose.SignJWT(claims)
    .setProtectedHeader({ alg: "HS256", kid: pair!.kid }).sign(secret);
  const stranger = await createPair(pair!.kid);
  const bad: Record<string, string> = {
    "alg none": `${encode({ alg: "none", typ: "at+jwt" })}.${payload}.`,
    "alg none, signed": `${encode({ alg: "none" })}.${payload}.${signature}`,
    "HS256 with the public key": symmetric,
    "another issuer": await issuer.sign({ iss: other.url }),
    "signed by another issuer": await other.sign({ iss: issuer.url }),
    "another key of the same id": await issuer.sign({}, stranger),
    "an unknown key": await issuer.sign({}, await createPair("unknown")),
    "another audience": await issuer.sign({ aud: "https://elsewhere.id" }),
    "no audience": await issuer.sign({ aud: undefined } as never),
    "expired": await issuer.sign({ exp: now - 120 }),
    "no end": await issuer.sign({ exp: undefined } as never),
    "not yet": await issuer.sign({ nbf: now + 600 }),
    "no tenants": await issuer.sign({ qontak_tenants: undefined }),
    "empty tenants": await issuer.sign({ qontak_tenants: [] }),
    "a tenant that is none": await issuer.sign({ qontak_tenants: ["../b"] }),
    "tenants of the wrong kind": await issuer.sign({
      qontak_tenants: { a: 1 },
    }),
    "no scope of ours": await issuer.sign({ scope: "openid profile" }),
    "changed claims": `${header}.${
      encode({ ...claims, qontak_tenants: ["beta"] })
    }.${signature}`,
    "no JWT": "hunter2",
    "three parts of nothing": "a.b.c",
  };
  for (const [what, token] of Object.entries(bad)) {
    assertEquals(await authenticate(token), undefined, what);
  }
  for (const line of logs) {
    assertNotMatch(line, /canary|hunter2|beta/);
    assert(!line.includes(signature));
  }
});

Deno.test("createJwt() follows keys that are replaced, and asks for none in a flood", async () => {
  await using issuer = await startIssuer();
  const { authenticate } = createJwt({
    issuer: issuer.url,
    audience: [AUDIENCE],
  });
  assert(await authenticate(await issuer.sign()));
  for (let i = 0; i < 50; i++) assert(await authenticate(await issuer.sign()));
  const asked = issuer.asked();
  assertEquals(asked, 1);
  const flood = await Promise.all(
    Array.from(
      { length: 50 },
      async (_, i) => await issuer.sign({}, await createPair(`unknown-${i}`)),
    ),
  );
  await Promise.all(flood.map(async (token) => {
    assertEquals(await authenticate(token), undefined);
  }));
  assert(issuer.asked() - asked <= 2, `${issuer.asked()} requests for keys`);
});

Deno.test("createJwt() calls an issuer that cannot be reached an outage", async () => {
  await using issuer = await startIssuer();
  const token = await issuer.sign();
  const { authenticate } = createJwt({
    issuer: issuer.url,
    audience: [AUDIENCE],
  });
  issuer.isDown = true;
  const error = await assertRejects(() => authenticate(token), StoreError);
  assert(!error.message.includes(token));
  issuer.isDown = false;
  // It is left alone for some seconds.
  for (let tries = 0;; tries++) {
    const principal = await authenticate(token).catch(() => undefined);
    if (principal) break;
    assert(tries < 100, "the issuer is not asked again");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  // With the keys at hand, it is not missed.
  issuer.isDown = true;
  assert(await authenticate(await issuer.sign({ jti: "another" })));
});

Deno.test("a client that has no token is told where to log in", async () => {
  await using issuer = await startIssuer();
  const jwt = createJwt({ issuer: issuer.url, audience: [AUDIENCE] });
  const server = createServer({ refreshToken: "unused", log: () => {} });
  const handler = createHandler(server, jwt);
  const at = (path: string, init: RequestInit = {}) =>
    handler(new Request(`https://crm.example.com${path}`, init));
  const refused = await at("/mcp", { method: "POST", body: "{}" });
  assertEquals(refused.status, 401);
  await refused.body?.cancel();
  const challenge = refused.headers.get("www-authenticate")!;
  const [, where = ""] = /resource_metadata="([^"]+)"/.exec(challenge) ?? [];
  assertStringIncludes(where, "/.well-known/oauth-protected-resource");
  const metadata = await (await at(new URL(where).pathname)).json();
  assertEquals(metadata.resource, AUDIENCE);
  // A URL with or without its final slash is the same issuer.
  assertEquals(
    metadata.authorization_servers.map((url: string) => new URL(url).href),
    [new URL(issuer.url).href],
  );
  const wrong = await at("/mcp", {
    method: "POST",
    body: "{}",
    headers: { authorization: "Bearer a.b.c" },
  });
  assertStringIncludes(wrong.headers.get("www-authenticate")!, "invalid_token");
  await wrong.body?.cancel();
  await server.close();
});
