import {
  assert,
  assertEquals,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertNotMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  discoverOAuthServerInfo,
  extractWWWAuthenticateParams,
} from "@modelcontextprotocol/client";
import { FakeTime } from "@std/testing/time";
import { IssuerError } from "../../src/errors.ts";
import config from "../../deno.json" with { type: "json" };
import { createJwt, type Jwt, type JwtOptions } from "../../src/auth/jwt.ts";
import type { Log } from "../../src/logging/log.ts";
import {
  type Issuer,
  type IssuerKey,
  type IssuerOptions,
  makeKey,
  seconds,
  startIssuer,
} from "../support/issuer.ts";
import { bareEnv, root } from "../support/process.ts";
import { encode, forge, signWithSecret } from "../support/forge.ts";
import { createHandler, createServer } from "../../mod.ts";
import { createMemoryStore } from "../support/memory.ts";
import { post, toolCall } from "../support/rpc.ts";
import { serve } from "../support/serve.ts";
import { createWorld } from "../support/world.ts";

const AUDIENCE = "https://crm.example.com/mcp";

/** An issuer, servers that trust it, and what they logged. */
interface Bench {
  readonly issuer: Issuer;
  /** The log lines of every server. */
  readonly lines: string[];
  /** Makes a server that trusts the issuer. */
  make(options?: Partial<JwtOptions>): Jwt;
}

/** Runs with an issuer, and fails if a token or a claim was logged. */
function bench(
  run: (bench: Bench) => Promise<void>,
  options: IssuerOptions = {},
): () => Promise<void> {
  return async () => {
    await using issuer = await startIssuer(options);
    const lines: string[] = [];
    const log: Log = (level, message, details) =>
      lines.push(JSON.stringify({ level, message, ...details }));
    await run({
      issuer,
      lines,
      make: (options = {}) =>
        createJwt({
          issuer: issuer.url,
          audience: [AUDIENCE],
          log,
          ...options,
        }),
    });
    assertNotMatch(lines.join("\n"), /canary|eyJ/);
  };
}

const ALGORITHMS = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];

for (const alg of ALGORITHMS) {
  Deno.test(
    `authenticate() accepts a token signed with ${alg}`,
    bench(async ({ issuer, make }) => {
      await issuer.addKey(alg);
      const exp = seconds() + 100;
      const principal = await make().authenticate(await issuer.sign({ exp }));
      assertMatch(principal!.name, /^jwt [0-9a-f]{12}$/);
      assertEquals({ ...principal }, {
        name: principal!.name,
        tenants: ["acme"],
        scopes: ["read"],
        expires_at: exp,
        mayAskFor: ["read", "write", "delete"],
      });
    }),
  );
}

Deno.test(
  "authenticate() names callers by a hash of their subject",
  bench(async ({ issuer, make }) => {
    const { authenticate } = make();
    const name = async (claims: Record<string, unknown>) =>
      (await authenticate(await issuer.sign(claims)))!.name;
    const one = await name({ sub: "ann@example.com" });
    assertEquals(await name({ sub: "ann@example.com", jti: "2" }), one);
    assertNotEquals(await name({ sub: "bob@example.com" }), one);
    assertEquals(
      await name({ sub: undefined, client_id: "ann@example.com" }),
      one,
    );
    assertNotMatch(one, /ann/);
  }),
);

Deno.test(
  "authenticate() accepts the other forms that issuers use",
  bench(async ({ issuer, make }) => {
    const { authenticate } = make({
      audience: ["crm", AUDIENCE],
      tenantClaim: "app_metadata.tenants",
    });
    const good = { app_metadata: { tenants: "acme" }, qontak_tenants: "no" };
    const table: [
      string,
      Record<string, unknown>,
      Record<string, unknown>,
      Record<string, unknown>,
    ][] = [
      ["a type", {}, { typ: "JWT" }, {}],
      ["a type of RFC 9068", { nonce: "n" }, { typ: "at+jwt" }, {}],
      ["a long type", { nonce: "n" }, { typ: "application/AT+jwt" }, {}],
      ["one of our names", { aud: "crm" }, {}, {}],
      ["several audiences", { aud: ["other", "crm"] }, {}, {}],
      ["no iat", { iat: undefined }, {}, {}],
      [
        "a clock that is ahead",
        {
          iat: seconds() + 50,
          nbf: seconds() + 50,
        },
        {},
        {},
      ],
      [
        "a list of tenants",
        {
          app_metadata: { tenants: ["acme", "beta", "acme", "_default"] },
        },
        {},
        { tenants: ["acme", "beta", "_default"] },
      ],
      [
        "a claim whose name has dots",
        {
          app_metadata: undefined,
          "app_metadata.tenants": ["acme"],
        },
        {},
        {},
      ],
      ["bare scopes", { scope: "openid write read" }, {}, {
        scopes: ["read", "write"],
      }],
      ["scp as a text", { scope: undefined, scp: "delete qontak:read" }, {}, {
        scopes: ["read", "delete"],
      }],
      ["scp as a list", { scope: undefined, scp: ["qontak:write", 7] }, {}, {
        scopes: ["write"],
      }],
      ["both", { scope: "read", scp: ["write"] }, {}, {
        scopes: ["read", "write"],
      }],
    ];
    for (const [name, claims, header, expected] of table) {
      const token = await issuer.sign({ ...good, ...claims }, { header });
      const principal = await authenticate(token);
      const { tenants, scopes } = principal ?? {};
      assertEquals(
        { tenants, scopes },
        { tenants: ["acme"], scopes: ["read"], ...expected } as never,
        name,
      );
    }
  }),
);

Deno.test(
  "authenticate() refuses claims that do not fit, and logs which",
  bench(async ({ issuer, lines, make }) => {
    const { authenticate } = make();
    const now = seconds();
    const claims: [
      string,
      Record<string, unknown>,
      Record<string, unknown>?,
    ][] = [
      ["iss", { iss: "https://other.example.com" }],
      ["iss", { iss: issuer.url + "/" }],
      ["iss", { iss: undefined }],
      ["iss", { iss: [issuer.url] }],
      ["aud", { aud: "https://other.example.com" }],
      ["aud", { aud: AUDIENCE + "/" }],
      ["aud", { aud: [] }],
      ["aud", { aud: undefined }],
      ["exp", { exp: undefined }],
      ["exp", { exp: String(now + 600) }],
      ["exp", { exp: null }],
      ["exp", { exp: now - 1 }],
      ["exp", { exp: now - 3600 }],
      ["nbf", { nbf: now + 90 }],
      ["nbf", { nbf: "canary" }],
      ["iat", { iat: now + 90 }],
      ["iat", { iat: "canary" }],
      ["sub", { sub: undefined }],
      ["sub", { sub: "" }],
      ["sub", { sub: 7 }],
      ["qontak_tenants", { qontak_tenants: undefined }],
      ["qontak_tenants", { qontak_tenants: null }],
      ["qontak_tenants", { qontak_tenants: "" }],
      ["qontak_tenants", { qontak_tenants: [] }],
      ["qontak_tenants", { qontak_tenants: {} }],
      ["qontak_tenants", { qontak_tenants: 7 }],
      ["qontak_tenants", { qontak_tenants: "canary beta" }],
      ["qontak_tenants", { qontak_tenants: ["acme", "canary/beta"] }],
      ["qontak_tenants", { qontak_tenants: ["acme", 7] }],
      ["qontak_tenants", { qontak_tenants: [["acme"]] }],
      ["scope", { scope: undefined }],
      ["scope", { scope: "" }],
      ["scope", { scope: "canary qontak:canary reads other:read READ" }],
      ["scope", { scope: { read: true } }],
      ["nonce", { nonce: "canary" }],
      ["nonce", { nonce: "canary" }, { typ: "JWT" }],
      ["at_hash", { at_hash: "canary" }],
      ["c_hash", { c_hash: "canary" }],
    ];
    for (const [claim, values, header] of claims) {
      const token = await issuer.sign(
        values,
        header === undefined ? {} : { header },
      );
      lines.length = 0;
      assertEquals(await authenticate(token), undefined, Deno.inspect(values));
      assertEquals(lines.length, 1, Deno.inspect(values));
      const { level, message, claim: logged } = JSON.parse(lines[0]!);
      assertEquals(
        [level, message, logged],
        ["debug", "A JWT was refused", claim],
        Deno.inspect(values),
      );
    }
    assert(await authenticate(await issuer.sign()));
  }),
);

Deno.test(
  "authenticate() finds no tenants if the token claims none",
  bench(async ({ issuer, make }) => {
    const table: [string, Record<string, unknown>][] = [
      ["constructor.name", {}],
      ["__proto__.a", {}],
      ["qontak_tenants.length", {}],
      ["qontak_tenants.0", { qontak_tenants: ["acme"] }],
      ["a.b", { a: "acme" }],
      ["a.b", { a: null }],
      ["a", { a: { b: "acme" } }],
    ];
    for (const [tenantClaim, claims] of table) {
      const { authenticate } = make({ tenantClaim });
      const token = await issuer.sign(claims);
      assertEquals(await authenticate(token), undefined, tenantClaim);
    }
  }),
);

Deno.test(
  "authenticate() refuses what is not signed by the issuer",
  bench(async ({ issuer, lines, make }) => {
    await using other = await startIssuer();
    const { authenticate } = make();
    await issuer.addKey("RS256", "rsa");
    const ours = issuer.keys[0]!;
    const rsa = issuer.keys[1]!;
    const good = await issuer.sign({}, { key: ours });
    const byRsa = await issuer.sign({}, { key: rsa });
    const theirs = other.keys[0]!;
    const asOurs = { ...theirs, kid: ours.kid };
    const jwks = `${other.url}/keys`;
    const [head, body, signature] = good.split(".");
    const table: Record<string, string | Promise<string>> = {
      "no algorithm": forge(good, { header: { alg: "none" } }),
      "no algorithm, in capitals": forge(good, { header: { alg: "NONE" } }),
      "no algorithm and no signature": `${encode({ alg: "none" })}.${body}.`,
      "an algorithm that is not a text": forge(good, {
        header: { alg: ["ES256"] },
      }),
      "a secret that is the public key": signWithSecret(
        byRsa,
        JSON.stringify(rsa.publicKey),
      ),
      "a secret that is the modulus": signWithSecret(byRsa, rsa.publicKey.n!),
      "a secret that is empty but one character": signWithSecret(good, " "),
      "another algorithm for the same key": forge(byRsa, {
        header: { alg: "PS256" },
      }),
      "a tampered payload": forge(good, {
        payload: { qontak_tenants: ["canary"] },
      }),
      "a tampered header": forge(good, { header: { typ: "at+jwt" } }),
      "a tampered signature": `${head}.${body}.${
        signature!.startsWith("A") ? "B" : "A"
      }${signature!.slice(1)}`,
      "half a signature": `${head}.${body}.${signature!.slice(0, 40)}`,
      "a payload that is not an object": `${head}.${
        encode(["acme"])
      }.${signature}`,
      "a payload that is not JSON": `${head}.eyJj.${signature}`,
      "a header that is not JSON": `eyJj.${body}.${signature}`,
      "another issuer's token": other.sign(),
      "another issuer's key": other.sign({ iss: issuer.url }),
      "another issuer's key with the name of this issuer's key": other.sign({
        iss: issuer.url,
      }, { key: asOurs }),
      "another issuer's key without a name": other.sign({ iss: issuer.url }, {
        key: theirs,
        header: { kid: undefined },
      }),
      "a name that is not a text": other.sign({ iss: issuer.url }, {
        header: { kid: 7 },
      }),
      "a key that the token brings along": other.sign({ iss: issuer.url }, {
        key: asOurs,
        header: { jwk: theirs.publicKey },
      }),
      "an address of keys": other.sign({ iss: issuer.url }, {
        header: { jku: jwks, x5u: jwks },
      }),
      "an extension that must be understood": issuer.sign({}, {
        key: ours,
        header: { crit: ["x-unheard-of"], "x-unheard-of": true },
      }),
      "a payload in clear": forge(good, {
        header: { crit: ["b64"], b64: false },
      }),
      "a type for something else": issuer.sign({}, {
        key: ours,
        header: { typ: "logout+jwt" },
      }),
      "a type that is not a text": issuer.sign({}, {
        key: ours,
        header: { typ: ["at+jwt"] },
      }),
    };
    assert(await authenticate(good));
    for (const [name, token] of Object.entries(table)) {
      assertEquals(await authenticate(await token), undefined, name);
    }
    assertEquals(
      other.requests,
      [],
      "authenticate() sends no request to the issuer that a token names",
    );
    assertEquals(lines.filter((line) => !line.includes("debug")), []);
    assert(await authenticate(good));
  }),
);

Deno.test(
  "authenticate() ignores what is not a JWT of the issuer",
  bench(async ({ issuer, make }) => {
    const { authenticate } = make();
    const token = await issuer.sign();
    const stranger = forge(token, { payload: { iss: "https://x.example" } });
    for (
      const bearer of [
        "",
        "qk_0123456789",
        "..",
        "a.b.c",
        "a.b.c.d",
        token + ".x",
        " " + token,
        token + "\n",
        token.split(".", 2).join("."),
        stranger,
        await issuer.sign({ padding: "x".repeat(16_384) }),
      ]
    ) assertEquals(await authenticate(bearer), undefined, bearer.slice(0, 40));
    assertEquals(issuer.requests, []);
  }),
);

Deno.test("authenticate() loads jose when the first JWT arrives", async () => {
  const program = `
    import { createJwt } from "${root}src/auth/jwt.ts";
    const { authenticate } = createJwt({
      issuer: "https://login.example.com",
      audience: ["crm"],
    });
    await authenticate("qk_0123456789");
    console.log("before");
    await authenticate("a.b.c").catch(() => {});
  `;
  const imports = {
    ...config.imports,
    jose: "data:text/javascript,console.log('loaded')",
  };
  const map = encodeURIComponent(JSON.stringify({ imports }));
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      "-q",
      `--import-map=data:application/json,${map}`,
      program,
    ],
    env: bareEnv(),
    clearEnv: true,
    cwd: root,
    stderr: "null",
  }).output();
  assertEquals(new TextDecoder().decode(stdout), "before\nloaded\n");
});

Deno.test(
  "authenticate() finds the issuer's metadata where RFC 8414 and OpenID put it",
  async () => {
    const table: [IssuerOptions, string[]][] = [
      [{ metadata: "oauth" }, ["/.well-known/oauth-authorization-server"]],
      [{ metadata: "openid", path: "/" }, [
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
      ]],
      [{ metadata: "oauth", path: "/realms/a" }, [
        "/.well-known/oauth-authorization-server/realms/a",
      ]],
      [{ metadata: "oauth", path: "/realms/a/" }, [
        "/.well-known/oauth-authorization-server/realms/a",
      ]],
      [{ metadata: "openid", path: "/realms/a" }, [
        "/.well-known/oauth-authorization-server/realms/a",
        "/realms/a/.well-known/openid-configuration",
      ]],
    ];
    for (const [options, paths] of table) {
      await bench(async ({ issuer, make }) => {
        assert(await make().authenticate(await issuer.sign()));
        assertEquals(issuer.requests.slice(0, -1), paths);
      }, options)();
    }
  },
);

/** Answers of an issuer that cannot be used, and the error for each. */
const outages: Record<string, [(issuer: Issuer) => unknown, string]> = {
  "does not listen": [(issuer) => issuer.stop(), "could not be reached"],
  "is broken": [
    (issuer) => issuer.fault = () => new Response("canary", { status: 500 }),
    "answered 500",
  ],
  "redirects": [
    (issuer) =>
      issuer.fault = (path) =>
        path === "/elsewhere"
          ? undefined
          : Response.redirect(new URL("/elsewhere", issuer.url)),
    "answered 302",
  ],
  "answers with a page": [
    (issuer) => issuer.fault = () => new Response("<html>canary"),
    "answered with no JSON object",
  ],
  "answers with a list": [
    (issuer) => issuer.fault = () => Response.json(["canary"]),
    "answered with no JSON object",
  ],
  "answers without end": [
    (issuer) =>
      issuer.fault = () =>
        new Response(
          new ReadableStream({
            pull: (controller) =>
              controller.enqueue(new Uint8Array(65_536).fill(32)),
          }),
        ),
    "more than 262144 bytes",
  ],
  "calls itself something else": [
    (issuer) => issuer.overrides = { issuer: "https://other.example.com" },
    'about another issuer, "https://other.example.com"',
  ],
  "calls itself almost the same": [
    (issuer) => issuer.overrides = { issuer: issuer.url + "/" },
    "about another issuer",
  ],
  "has no keys": [
    (issuer) => issuer.overrides = { jwks_uri: undefined },
    "no jwks_uri",
  ],
  "has its keys where others can change them": [
    (issuer) =>
      issuer.overrides = { jwks_uri: "http://keys.example.com/canary" },
    "no jwks_uri",
  ],
  "has its keys in a file": [
    (issuer) => issuer.overrides = { jwks_uri: "file:///etc/canary" },
    "no jwks_uri",
  ],
  "has no key set": [
    (issuer) =>
      issuer.fault = (path) =>
        path === "/keys" ? Response.json({ canary: [] }) : undefined,
    "answered with no key set",
  ],
  "has a key set of texts": [
    (issuer) =>
      issuer.fault = (path) =>
        path === "/keys" ? Response.json({ keys: ["canary"] }) : undefined,
    "cannot be used",
  ],
  "has an invalid key": [
    (issuer) =>
      issuer.fault = (path) =>
        path === "/keys"
          ? Response.json({
            keys: issuer.keys.map(({ publicKey }) => ({
              ...publicKey,
              x: 7,
            })),
          })
          : undefined,
    "cannot be used",
  ],
  "publishes its private key": [
    (issuer) =>
      issuer.fault = (path) =>
        path === "/keys"
          ? Response.json({
            keys: issuer.keys.map(({ kid, privateKey }) => ({
              ...privateKey,
              kid,
            })),
          })
          : undefined,
    "cannot be used",
  ],
};

for (const [name, [upset, said]] of Object.entries(outages)) {
  Deno.test(
    `authenticate() reports an outage if the issuer ${name}`,
    bench(async ({ issuer, make }) => {
      await upset(issuer);
      const jwt = make();
      const token = await issuer.sign({ sub: "canary" });
      const error = await assertRejects(
        () => jwt.authenticate(token),
        IssuerError,
        `Tokens of ${issuer.url} cannot be checked now: `,
      );
      assertStringIncludes(error.message, said);
      // The address of the keys comes from the issuer, not from a setting.
      const isInKeys = /no key set|cannot be used/.test(said);
      assertEquals(
        error.remedy,
        isInKeys ? undefined : { what: "checkIssuer" },
      );
      const seen = Deno.inspect(error, { depth: 20, showHidden: true }) +
        Deno.inspect(jwt, { depth: 20, showHidden: true, getters: true });
      assertNotMatch(seen, /canary|eyJ/);
      assertEquals(error.cause, undefined);
    }),
  );
}

Deno.test(
  "authenticate() reports an outage if the issuer never answers",
  bench(async ({ issuer, make }) => {
    const held = Promise.withResolvers<Response>();
    issuer.fault = () => held.promise;
    const { authenticate } = make();
    const token = await issuer.sign();
    const begun = performance.now();
    const error = await assertRejects(
      () => authenticate(token),
      IssuerError,
      "did not answer within 5000 ms",
    );
    assertLessOrEqual(performance.now() - begun, 7_000);
    held.resolve(new Response());
    assertNotMatch(error.message, /canary|eyJ/);
  }),
);

Deno.test("authenticate() follows a remote issuer only to https", async () => {
  const issuer = "https://login.example.com/";
  const key = await makeKey("ES256", "one");
  const table: [string, boolean][] = [
    ["https://keys.example.com/", true],
    ["http://keys.example.com/", false],
    ["http://127.0.0.1/", false],
    ["http://localhost:8200/", false],
  ];
  await using local = await startIssuer();
  const token = await local.sign({ iss: issuer }, { key });
  for (const [jwks_uri, isFine] of table) {
    const asked: string[] = [];
    const { authenticate } = createJwt({
      issuer,
      audience: [AUDIENCE],
      fetch(input, init) {
        asked.push(`${input} ${init?.redirect}`);
        return Promise.resolve(
          String(input) === jwks_uri
            ? Response.json({ keys: [key.publicKey] })
            : Response.json({ issuer, jwks_uri }),
        );
      },
    });
    if (isFine) assert(await authenticate(token));
    else {await assertRejects(
        () => authenticate(token),
        IssuerError,
        "jwks_uri",
      );}
    assertEquals(asked, [
      "https://login.example.com/.well-known/oauth-authorization-server manual",
      isFine
        ? `${jwks_uri} manual`
        : "https://login.example.com/.well-known/openid-configuration manual",
    ]);
  }
});

Deno.test(
  "authenticate() refuses another issuer's token while the issuer is down",
  bench(async ({ issuer, make }) => {
    const token = forge(await issuer.sign(), {
      payload: { iss: "https://other.example.com" },
    });
    await issuer.stop();
    assertEquals(await make().authenticate(token), undefined);
  }),
);

Deno.test(
  "authenticate() works again once the issuer is back, and pauses requests until then",
  bench(async ({ issuer, lines, make }) => {
    using time = new FakeTime();
    const { authenticate } = make();
    const token = await issuer.sign();
    issuer.fault = () => new Response(null, { status: 503 });
    for (let i = 0; i < 20; i++) {
      await assertRejects(() => authenticate(token), IssuerError, "503");
    }
    assertEquals(issuer.requests.length, 2);
    assertEquals(lines.length, 1);
    assertMatch(lines[0]!, /"level":"warn"/);
    time.tick(59_000);
    await assertRejects(() => authenticate(token), IssuerError);
    assertEquals(issuer.requests.length, 2);
    time.tick(1_001);
    await assertRejects(() => authenticate(token), IssuerError);
    assertEquals(issuer.requests.length, 4);
    issuer.fault = undefined;
    time.tick(60_001);
    assert(await authenticate(token));
  }),
);

Deno.test(
  "authenticate() uses the keys it has while the issuer is down",
  bench(async ({ issuer, make }) => {
    using time = new FakeTime();
    const { authenticate } = make();
    const sign = () =>
      issuer.sign({ exp: seconds() + 600, jti: `${time.now}` });
    assert(await authenticate(await sign()));
    await issuer.stop();
    for (const minutes of [1, 10, 60, 22 * 60]) {
      time.tick(minutes * 60_000);
      assert(await authenticate(await sign()), `${minutes} minutes later`);
    }
    const stranger = await makeKey("ES256", "new");
    const unknown = await issuer.sign({}, { key: stranger });
    await assertRejects(() => authenticate(unknown), IssuerError, "reached");
    const forged = await issuer.sign({}, {
      key: { ...stranger, kid: issuer.keys[0]!.kid },
    });
    assertEquals(await authenticate(forged), undefined);
    time.tick(2 * 3_600_000);
    const late = await sign();
    await assertRejects(() => authenticate(late), IssuerError, "reached");
    issuer.start();
    time.tick(60_001);
    assert(await authenticate(late));
  }),
);

Deno.test(
  "authenticate() follows a key rotation",
  bench(async ({ issuer, make }) => {
    using time = new FakeTime();
    const { authenticate } = make();
    const old = issuer.keys[0]!;
    const lasting = () => issuer.sign({ jti: `${time.now}` }, { key: old });
    assert(await authenticate(await lasting()));
    assertEquals(issuer.reads(), 1);
    issuer.keys.length = 0;
    await issuer.addKey("ES384");
    time.tick(30_001);
    assert(await authenticate(await issuer.sign()));
    assertEquals(issuer.reads(), 2);
    assertEquals(await authenticate(await lasting()), undefined);
  }),
);

Deno.test(
  "authenticate() forgets a key that the issuer has withdrawn",
  bench(async ({ issuer, make }) => {
    using time = new FakeTime();
    const { authenticate } = make();
    const old = issuer.keys[0]!;
    const sign = (key: IssuerKey) =>
      issuer.sign({ jti: `${time.now}`, exp: seconds() + 9_999 }, { key });
    assert(await authenticate(await sign(old)));
    await issuer.addKey();
    issuer.keys.shift();
    time.tick(600_001);
    assertEquals(await authenticate(await sign(old)), undefined);
  }),
);

Deno.test(
  "authenticate() follows the issuer when the address of its keys changes",
  bench(async ({ issuer, make }) => {
    using time = new FakeTime();
    await using other = await startIssuer();
    const { authenticate } = make();
    assert(await authenticate(await issuer.sign()));
    issuer.overrides = { jwks_uri: `${other.url}/keys` };
    time.tick(30_001);
    const token = await issuer.sign({}, { key: other.keys[0]! });
    assert(await authenticate(token));
  }),
);

Deno.test(
  "authenticate() rarely asks the issuer, no matter which keys tokens name",
  bench(async ({ issuer, make }) => {
    using time = new FakeTime();
    const { authenticate } = make();
    const stranger = await makeKey("ES256", "x");
    const flood = async () => {
      await Promise.all(Array.from({ length: 50 }, async (_, i) => {
        const key = { ...stranger, kid: `unknown-${i}` };
        assertEquals(
          await authenticate(await issuer.sign({}, { key })),
          undefined,
        );
      }));
    };
    await flood();
    await flood();
    assertEquals(issuer.reads(), 1);
    time.tick(30_001);
    await flood();
    await flood();
    assertEquals(issuer.reads(), 2);
    assert(await authenticate(await issuer.sign()));
  }),
);

Deno.test(
  "authenticate() tries every key if a token names none",
  bench(async ({ issuer, make }) => {
    const { authenticate } = make();
    await issuer.addKey();
    await issuer.addKey();
    for (const key of issuer.keys) {
      const header = { kid: undefined };
      assert(await authenticate(await issuer.sign({}, { key, header })));
      assertEquals(
        await authenticate(
          await issuer.sign({ aud: "other" }, { key, header }),
        ),
        undefined,
      );
    }
    assertEquals(issuer.reads(), 1);
  }),
);

/** Runs a test and counts the verified signatures. */
async function countVerified(run: () => Promise<unknown>): Promise<number> {
  const { subtle } = crypto;
  const verify = subtle.verify;
  let count = 0;
  subtle.verify = (...args: Parameters<typeof verify>) => {
    count++;
    return verify.apply(subtle, args);
  };
  try {
    await run();
  } finally {
    subtle.verify = verify;
  }
  return count;
}

Deno.test(
  "authenticate() verifies a token once a minute",
  bench(async ({ issuer, make }) => {
    using time = new FakeTime();
    const { authenticate } = make();
    const token = await issuer.sign();
    const ask = async () => {
      for (let i = 0; i < 10; i++) assert(await authenticate(token));
    };
    assertEquals(await countVerified(ask), 1);
    time.tick(59_000);
    assertEquals(await countVerified(ask), 0);
    time.tick(1_001);
    assertEquals(await countVerified(ask), 1);
  }),
);

Deno.test(
  "authenticate() does not remember a token after it expires",
  bench(async ({ issuer, make }) => {
    using time = new FakeTime();
    const { authenticate } = make();
    const token = await issuer.sign({ exp: seconds() + 10 });
    assert(await authenticate(token));
    time.tick(8_000);
    assert(await authenticate(token));
    time.tick(2_000);
    assertEquals(await authenticate(token), undefined);
  }),
);

Deno.test(
  "authenticate() remembers a limited number of tokens, and no refusals",
  bench(async ({ issuer, make }) => {
    await issuer.addKey("EdDSA");
    const { authenticate } = make();
    const tokens = await Promise.all(
      Array.from({ length: 1_001 }, (_, i) => issuer.sign({ jti: `${i}` })),
    );
    for (const token of tokens) assert(await authenticate(token));
    const again = (token: string) => countVerified(() => authenticate(token));
    assertEquals(await again(tokens[1]!), 0);
    assertEquals(await again(tokens[0]!), 1);
    const refused = await issuer.sign({ scope: "none" });
    assertEquals(await again(refused), 1);
    assertEquals(await again(refused), 1);
  }),
);

Deno.test(
  "authenticate() shows no token and no claim",
  bench(async ({ issuer, lines, make }) => {
    const jwt = make({ tenantClaim: "tenants" });
    const secrets = {
      sub: "canary@example.com",
      jti: "canary",
      email: "canary",
      scope: "read canary",
    };
    const good = await issuer.sign({ ...secrets, tenants: ["acme"] });
    const principal = await jwt.authenticate(good);
    await jwt.authenticate(await issuer.sign({ ...secrets }));
    await jwt.authenticate(
      await issuer.sign({ ...secrets, aud: "canary" }, {
        header: { crit: ["x-unheard-of"], "x-unheard-of": "canary" },
      }),
    );
    await jwt.authenticate(
      await issuer.sign({ ...secrets, iss: "https://canary.example" }),
    );
    const seen = Deno.inspect([jwt, principal], {
      depth: 50,
      showHidden: true,
      getters: true,
    }) + JSON.stringify(principal);
    assertNotMatch(seen, /canary|eyJ/);
    assertEquals(lines.length, 3);
  }),
);

Deno.test("createJwt() refuses insecure settings", () => {
  const make = (options: Partial<JwtOptions>) => () =>
    createJwt({
      issuer: "https://login.example.com",
      audience: [AUDIENCE],
      ...options,
    });
  for (
    const address of [
      "http://login.example.com",
      "http://127.0.0.1.example.com",
      "http://localhost.example.com",
      "login.example.com",
      "file:///etc/passwd",
      "https://a:b@login.example.com",
      "https://login.example.com?a",
      "https://login.example.com#a",
      " https://login.example.com",
      "",
    ]
  ) {
    assertThrows(make({ issuer: address }), TypeError, "issuer must ");
    assertThrows(make({ publicUrl: address }), TypeError, "publicUrl must ");
  }
  assertThrows(make({ audience: [] }), TypeError, "audience");
  assertThrows(make({ audience: ["crm", ""] }), TypeError, "audience");
  for (const host of ["127.0.0.1:1", "localhost", "[::1]:80/a"]) {
    make({ issuer: `http://${host}`, publicUrl: `http://${host}/mcp` })();
  }
});

const resource = (options: Partial<JwtOptions> = {}) =>
  createJwt({
    issuer: "https://login.example.com/",
    audience: [AUDIENCE],
    ...options,
  }).protectedResource;

Deno.test(
  "a call with a JWT that lacks a scope gets a 403 that names the scopes as the metadata does",
  bench(async ({ issuer, make }) => {
    await using world = await createWorld();
    const server = createServer({
      baseUrl: world.sandbox.url,
      store: createMemoryStore({
        acme: { refresh_token: world.sandbox.refreshToken },
      }),
      kv: false,
    });
    const { protectedResource, authenticate } = make();
    await using http = serve(
      createHandler(server, { authenticate, protectedResource }),
    );
    const call = async (bearer: string, name: string) =>
      await fetch(
        `${http.url}/mcp`,
        post(toolCall(1, name, { deal_id: 1 }), {
          authorization: `Bearer ${bearer}`,
        }),
      );
    const token = await issuer.sign({ scope: "qontak:read" });
    const allowed = await call(token, "list_pipelines");
    assertEquals(allowed.status, 200);
    await allowed.body?.cancel();
    const refused = await call(token, "delete_deal");
    await refused.body?.cancel();
    assertEquals(refused.status, 403);
    const challenge = refused.headers.get("www-authenticate")!;
    assertMatch(challenge, /^Bearer error="insufficient_scope"/);
    const { scope, resourceMetadataUrl } = extractWWWAuthenticateParams(
      refused,
    );
    assertEquals(scope, "qontak:read qontak:delete");
    const metadata = await (await fetch(resourceMetadataUrl!)).json();
    for (const word of scope!.split(" ")) {
      assert(metadata.scopes_supported.includes(word), word);
    }
    const more = await call(await issuer.sign({ scope }), "delete_deal");
    await more.body?.cancel();
    assertEquals(more.status, 200);
    await server.close();
  }),
);

Deno.test(
  "authenticate() lets nobody ask for scopes where callers are not told where",
  bench(async ({ issuer, make }) => {
    const { authenticate } = make({ audience: ["qontak-mcp"] });
    const token = await issuer.sign({ aud: "qontak-mcp" });
    assertEquals((await authenticate(token))!.mayAskFor, undefined);
  }),
);

Deno.test("respond() says where callers log in", async () => {
  const WELL_KNOWN = "/.well-known/oauth-protected-resource";
  const table: [string | undefined, string, string][] = [
    [undefined, WELL_KNOWN, "http://127.0.0.1:8000/mcp"],
    [undefined, `${WELL_KNOWN}/mcp`, "http://127.0.0.1:8000/mcp"],
    [undefined, `${WELL_KNOWN}/mcp/`, "http://127.0.0.1:8000/mcp"],
    [AUDIENCE, WELL_KNOWN, AUDIENCE],
    [AUDIENCE, `${WELL_KNOWN}/mcp`, AUDIENCE],
    ["https://x.example/crm/mcp", WELL_KNOWN, "https://x.example/crm/mcp"],
    [
      "https://x.example/crm/mcp",
      `${WELL_KNOWN}/crm/mcp`,
      "https://x.example/crm/mcp",
    ],
  ];
  for (const [publicUrl, path, expected] of table) {
    const { respond } = resource(publicUrl === undefined ? {} : { publicUrl });
    const response = await respond(
      new Request(`http://127.0.0.1:8000${path}`),
    );
    assertEquals(response?.status, 200, path);
    assertEquals(
      response!.headers.get("access-control-allow-origin"),
      "*",
    );
    assertEquals(await response!.json(), {
      resource: expected,
      authorization_servers: ["https://login.example.com/"],
      scopes_supported: ["qontak:read", "qontak:write", "qontak:delete"],
      bearer_methods_supported: ["header"],
      resource_name: "Qontak CRM",
    });
  }
});

Deno.test("respond() and unauthorized() do not repeat the host of another server", async () => {
  const path = "/.well-known/oauth-protected-resource";
  const at = (host: string) => new Request(`http://${host}${path}`);
  for (
    const host of [
      "evil.example",
      "crm.example.com.evil.example",
      "crm.example.com:8443",
      "127.0.0.1.evil.example",
    ]
  ) {
    const { respond, unauthorized } = resource();
    assertEquals(await respond(at(host)), undefined, host);
    assertEquals(unauthorized(at(host), false), "Bearer", host);
    assertNotMatch(unauthorized(at(host), true), /resource_metadata|evil/);
    const set = resource({ publicUrl: "https://x.example/mcp" });
    assertEquals(
      (await (await set.respond(at(host)))?.json())?.resource,
      "https://x.example/mcp",
    );
    assertNotMatch(set.unauthorized(at(host), true), /evil|8443/);
  }
  // An address of its audience is the server's own; TLS may end before it.
  const response = await resource().respond(at(new URL(AUDIENCE).host));
  assertEquals(response?.headers.get("cache-control"), "no-store");
  assertEquals((await response!.json()).resource, AUDIENCE);
});

Deno.test("respond() answers for an issuer on this machine", async () => {
  for (const host of ["127.0.0.1", "localhost", "[::1]"]) {
    const { respond } = resource({ issuer: `http://${host}:9000` });
    const response = await respond(
      new Request("http://127.0.0.1/.well-known/oauth-protected-resource"),
    );
    assertEquals(
      (await response!.json()).authorization_servers,
      [`http://${host}:9000`],
    );
  }
});

Deno.test("respond() answers only reads, and only its own paths", async () => {
  const { respond } = resource();
  const ask = (path: string, method = "GET") =>
    respond(new Request(`http://127.0.0.1${path}`, { method }));
  for (
    const path of [
      "/mcp",
      "/.well-known/oauth-authorization-server",
      "/.well-known/oauth-protected-resource/other",
      "/.well-known/oauth-protected-resources",
      "/x/.well-known/oauth-protected-resource",
    ]
  ) assertEquals(await ask(path), undefined, path);
  for (
    const [method, status] of [["HEAD", 200], ["OPTIONS", 204], [
      "POST",
      405,
    ], ["DELETE", 405]] as const
  ) {
    const response = await ask(
      "/.well-known/oauth-protected-resource/mcp",
      method,
    );
    assertEquals(response?.status, status, method);
    await response!.body?.cancel();
  }
});

Deno.test("unauthorized() says what a client can do", () => {
  const request = new Request("http://127.0.0.1:8000/mcp", { method: "POST" });
  const metadata = (host: string) =>
    `resource_metadata="${host}/.well-known/oauth-protected-resource/mcp"`;
  const here = resource();
  assertEquals(
    here.unauthorized(request, false),
    `Bearer ${metadata("http://127.0.0.1:8000")}`,
  );
  const presented = here.unauthorized(request, true);
  assertMatch(presented, /^Bearer error="invalid_token", /);
  assertStringIncludes(presented, metadata("http://127.0.0.1:8000"));
  assertNotMatch(presented, /scope=/);
  const there = resource({ publicUrl: AUDIENCE });
  assertStringIncludes(
    there.unauthorized(request, true),
    metadata("https://crm.example.com"),
  );
});

Deno.test(
  "a client that follows a 401 finds the issuer",
  bench(async ({ issuer, make }) => {
    const { authenticate, protectedResource } = make();
    await using server = serve(async (request) =>
      await protectedResource.respond(request) ?? new Response(null, {
        status: 401,
        headers: {
          "www-authenticate": protectedResource.unauthorized(request, false),
        },
      })
    );
    const url = `${server.url}/mcp`;
    const refused = await fetch(url, { method: "POST" });
    await refused.body?.cancel();
    const { resourceMetadataUrl, error } = extractWWWAuthenticateParams(
      refused,
    );
    assertEquals(error, undefined);
    for (const known of [{ resourceMetadataUrl: resourceMetadataUrl! }, {}]) {
      const found = await discoverOAuthServerInfo(url, known);
      assertEquals(found.resourceMetadata?.resource, url);
      assertEquals(found.authorizationServerUrl, issuer.url);
      assertEquals(
        found.authorizationServerMetadata?.token_endpoint,
        `${issuer.url}/token`,
      );
    }
    assert(await authenticate(await issuer.sign()));
  }, { metadata: "oauth" }),
);
