/**
 * Companies are isolated in a separate process, as a person would run it:
 * several companies in Redis, API keys and JWTs, templates in Deno KV. No
 * answer to one company contains anything of another, whatever is sent.
 */
import {
  assert,
  assertEquals,
  assertNotMatch,
  assertStringIncludes,
} from "@std/assert";
import { createRedisStore } from "../../src/tokens/stores/mod.ts";
import { bearer, keyEntry, startDeployed } from "../support/deployed.ts";
import { encode, forge, signWithSecret } from "../support/forge.ts";
import { type Issuer, seconds, startIssuer } from "../support/issuer.ts";
import { type HttpProcess, startHttp, WITH_KV } from "../support/process.ts";
import { createRandom } from "../../src/sandbox/random.ts";
import { openRaw, rawRequest } from "../support/raw.ts";
import { noRedis, startRedis } from "../support/redis.ts";
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
import { serve } from "../support/serve.ts";
import { sleep } from "../support/time.ts";
import {
  HEADERS,
  parseLines,
  post,
  request,
  toolCall,
} from "../support/rpc.ts";
import { unless } from "../support/unless.ts";

const AUDIENCE = "https://crm.example.com/mcp";

/** A caller. */
interface Somebody {
  readonly credential: string;
  readonly tenants: readonly string[];
}

/** A live endpoint with its companies. */
interface Place extends AsyncDisposable {
  readonly server: HttpProcess;
  readonly issuer: Issuer;
  readonly qontak: ManyQontaks;
  /** The callers, with a key or a JWT. */
  readonly callers: readonly Somebody[];
  /** The current refresh token of a tenant. */
  tokenOf(tenant: string): Promise<string>;
}

type Start = (
  args: string[],
  env: Record<string, string>,
) => Promise<HttpProcess>;

const entries: Readonly<Record<string, Start>> = {
  "--http": startHttp,
  "the deploy entry": (args, env) => startDeployed(env, { args }),
};

async function createPlace(start: Start): Promise<Place> {
  await using stack = new AsyncDisposableStack();
  const qontak = createQontak();
  const { url: baseUrl } = stack.use(serve(qontak.answer));
  const issuer = stack.use(await startIssuer());
  const redis = stack.use(await startRedis());
  const dir = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const prefix = `${redis.prefix}${crypto.randomUUID()}:`;
  const store = createRedisStore({ url: redis.url, keyPrefix: prefix });
  stack.defer(() => store.close!());
  for (const tenant of TENANTS) {
    const credentials = { refresh_token: firstToken(tenant) };
    await store.replace(tenant, credentials, undefined);
  }
  const groups = [...TENANTS.map((tenant) => [tenant]), ["alpha", "beta"]];
  const keyOf = (tenants: readonly string[]) => `key-${tenants.join("-")}`;
  const server = stack.use(
    await start([WITH_KV], {
      QONTAK_BASE_URL: baseUrl,
      TOKEN_STORE: "redis",
      REDIS_URL: redis.url,
      REDIS_KEY_PREFIX: prefix,
      DENO_KV_DEFAULT_PATH: `${dir}/kv.sqlite3`,
      LOG_LEVEL: "debug",
      MCP_API_KEYS: (await Promise.all(
        groups.map((tenants) =>
          keyEntry(keyOf(tenants), `:${tenants.join("+")}`)
        ),
      )).join(),
      MCP_OAUTH_ISSUER: issuer.url,
      MCP_OAUTH_AUDIENCE: AUDIENCE,
    }),
  );
  const callers: Somebody[] = [];
  for (const tenants of groups) {
    const scope = "qontak:read qontak:write qontak:delete";
    const jwt = await issuer.sign({ qontak_tenants: tenants, scope });
    callers.push({ credential: keyOf(tenants), tenants });
    callers.push({ credential: jwt, tenants });
  }
  const owned = stack.move();
  return {
    server,
    issuer,
    qontak,
    callers,
    async tokenOf(tenant) {
      const { credentials } = (await store.read(tenant))!;
      return "refresh_token" in credentials ? credentials.refresh_token : "";
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** An answer, with everything that the caller can see. */
interface Seen {
  readonly status: number;
  /** Headers and body. */
  readonly text: string;
}

async function look(response: Response): Promise<Seen> {
  const headers = Array.from(response.headers, (header) => header.join(": "));
  return {
    status: response.status,
    text: [...headers, await response.text()].join("\n"),
  };
}

/** One JSON-RPC request, with headers that make false claims. */
async function send(
  { url }: HttpProcess,
  credential: string | undefined,
  method: string,
  params: Record<string, unknown> = {},
): Promise<Seen> {
  return await look(
    await fetch(
      `${url}?user_id=beta&tenant=beta`,
      post(request(1, method, params), {
        "x-user-id": "beta",
        "x-tenant-id": "beta",
        "x-forwarded-user": "beta",
        "mcp-session-id": "beta",
        cookie: "user_id=beta; tenant=beta",
        ...(credential === undefined ? {} : bearer(credential)),
      }),
    ),
  );
}

const call = (
  server: HttpProcess,
  credential: string | undefined,
  name: string,
  args: Record<string, unknown>,
) =>
  send(server, credential, "tools/call", {
    name,
    arguments: args,
    _meta: { user_id: "beta", tenant: "beta" },
  });

/** The tenants that an answer may show: at most one. */
function allowedFor(
  { tenants }: Somebody,
  args: Record<string, unknown>,
): readonly string[] {
  return tenants.length === 1
    ? tenants
    : tenants.filter((tenant) => tenant === args.user_id);
}

/** Invalid credentials, by what is wrong with them. */
async function badCredentials(
  issuer: Issuer,
  stranger: Issuer,
): Promise<Record<string, string>> {
  const beta = { qontak_tenants: ["beta"], scope: "qontak:read" };
  const good = await issuer.sign({ ...beta, qontak_tenants: ["alpha"] });
  const [, body = ""] = good.split(".");
  const publicKey = JSON.stringify(issuer.keys[0]!.publicKey);
  return {
    "an expired token": await issuer.sign({ ...beta, exp: seconds() - 90 }),
    "alg none": `${encode({ alg: "none", typ: "JWT" })}.${body}.`,
    "alg none, with a signature": forge(good, { header: { alg: "none" } }),
    "another audience": await issuer.sign({ ...beta, aud: "https://other" }),
    "another issuer": await stranger.sign(beta),
    "another's key": await stranger.sign({ ...beta, iss: issuer.url }),
    "another's key under a known name": await stranger.sign(
      { ...beta, iss: issuer.url },
      { header: { kid: issuer.keys[0]!.kid } },
    ),
    "a tenant put in afterwards": forge(good, { payload: beta }),
    "the public key as a secret": await signWithSecret(good, publicKey),
    "no tenants": await issuer.sign({ ...beta, qontak_tenants: undefined }),
    "a path for a tenant": await issuer.sign({
      ...beta,
      qontak_tenants: ["../beta"],
    }),
    "a path beside a tenant": await issuer.sign({
      ...beta,
      qontak_tenants: ["alpha", "alpha/../beta"],
    }),
    "no scope of this server": await issuer.sign({ ...beta, scope: "openid" }),
    "the hash of a key": await keyEntry("key-beta"),
    "a key and more": "key-beta2",
    "a name": "beta",
  };
}

/** Asserts that a text contains nothing that belongs to other tenants only. */
function assertNoCredentials(
  text: string,
  { callers, qontak }: Place,
  what: string,
) {
  assertNoTokens(text, qontak, what);
  for (const { credential } of callers) {
    assert(!text.includes(credential), `${what} shows a credential`);
  }
}

for (const [name, start] of Object.entries(entries)) {
  Deno.test({
    ...unless(
      noRedis,
      `${name} shows nobody anything of another company, under 200 mixed calls at once`,
    ),
    async fn() {
      await using place = await createPlace(start);
      await using stranger = await startIssuer();
      const { server, callers, issuer } = place;
      const bad = Object.entries(await badCredentials(issuer, stranger));
      const own = new Map<string, number>();
      const random = createRandom(1);
      await Promise.all(Array.from({ length: 200 }, async (_, i) => {
        const [tool, basic] = random.pick(CALLS);
        // Many name their own company.
        const args = { ...basic, ...random.pick([{}, ...FORGED]) };
        const caller = random.pick(callers);
        const what = `${tool} ${JSON.stringify(args)}`;
        if (i % 5 === 4) {
          const [wrong, credential] = random.pick(bad);
          const { status, text } = await call(server, credential, tool, args);
          // Callers that guess are slowed down.
          assert([401, 429].includes(status), `${wrong}: ${status} ${text}`);
          assertOnly(text, [], `${what} with ${wrong}`);
          assertNoCredentials(text, place, what);
          return;
        }
        const { credential, tenants } = caller;
        const { status, text } = await call(server, credential, tool, args);
        assertEquals(status, 200, text);
        const allowed = allowedFor(caller, args);
        assertOnly(text, allowed, `${what} for ${tenants}`);
        assertNoCredentials(text, place, what);
        for (const tenant of TENANTS) {
          const isNamed = tenants.includes(tenant) ||
            JSON.stringify(args).includes(tenant);
          // The answer does not even show that the company exists.
          if (!isNamed) assert(!text.includes(tenant), `${what}: ${text}`);
          if (text.includes(canary(tenant))) {
            own.set(tenant, (own.get(tenant) ?? 0) + 1);
          }
        }
      }));
      // Each caller gets the data of its own company.
      for (const tenant of TENANTS) {
        assert((own.get(tenant) ?? 0) > 3, JSON.stringify([...own]));
        const token = await place.tokenOf(tenant);
        assertEquals(place.qontak.owners.get(token), tenant);
      }
      for (const path of ["/", "/?lang=id", "/health", "/ready", "/nothing"]) {
        for (const { credential } of [{ credential: "" }, callers[0]!]) {
          const page = await look(
            await fetch(new URL(path, server.url), {
              headers: bearer(credential),
            }),
          );
          assertOnly(page.text, [], path);
          assertNoCredentials(page.text, place, path);
        }
      }
      const known = await look(
        await fetch(
          new URL("/.well-known/oauth-protected-resource/mcp", server.url),
        ),
      );
      assertEquals(known.status, 200);
      assertStringIncludes(known.text, issuer.url);
      assertOnly(known.text, [], "the metadata");
      for (const { credential, tenants } of callers) {
        for (const method of ["tools/list", "resources/list"]) {
          const { text } = await send(server, credential, method);
          assertOnly(text, [], method);
          const others = TENANTS.filter((one) => !tenants.includes(one));
          for (const tenant of others) assert(!text.includes(tenant), text);
        }
      }
      const { code, stdout, stderr } = await server.stop("SIGTERM");
      assertEquals([code, stdout], [0, ""]);
      assertStringIncludes(stderr, "A tool was called");
      assertStringIncludes(stderr, "without a valid credential was refused");
      assertOnly(stderr, [], "the log");
      assertNoCredentials(stderr, place, "the log");
      assertNotMatch(stderr, /eyJ|fault in this server/);
      parseLines(stderr);
    },
  });

  Deno.test({
    ...unless(noRedis, `${name} never uses the credentials of another company`),
    async fn() {
      await using place = await createPlace(start);
      const { server, callers, qontak: { seen } } = place;
      for (const caller of callers) {
        if (caller.tenants.join() !== "alpha") continue;
        for (const [tool, basic] of CALLS) {
          for (const forged of FORGED) {
            const args = { ...basic, ...forged };
            const { text } = await call(server, caller.credential, tool, args);
            assertOnly(text, ["alpha"], `${tool} ${JSON.stringify(args)}`);
          }
        }
      }
      assertEquals([...seen.keys()], ["alpha"]);

      // The answer does not show whether the company exists.
      const [both] = callers.filter(({ tenants }) => tenants.length === 2);
      const told = async (user_id: string) => {
        const { credential } = both!;
        const { text } = await call(server, credential, "list_contacts", {
          user_id,
        });
        return text.replace(/^(date|x-request-id): .*$/gm, "")
          .replaceAll(user_id, "X");
      };
      assertEquals(await told("gamma"), await told("nobody"));
      assertStringIncludes(await told("gamma"), "credential is not for");
      assertEquals([...seen.keys()], ["alpha"]);
      assertEquals(await place.tokenOf("beta"), firstToken("beta"));
    },
  });

  Deno.test({
    ...unless(noRedis, `${name} lets nobody in by what opens nothing`),
    async fn() {
      await using place = await createPlace(start);
      await using stranger = await startIssuer();
      const { server, issuer, callers, qontak: { seen } } = place;
      // It is valid, and then it expires.
      const exp = seconds() + 3;
      const brief = await issuer.sign({ qontak_tenants: ["alpha"], exp });
      const list = () => call(server, brief, "list_pipelines", {});
      assertEquals((await list()).status, 200);
      while (Date.now() <= exp * 1000) {
        await sleep(100);
      }
      const before = seen.get("alpha");
      assertEquals((await list()).status, 401);
      const bad = await badCredentials(issuer, stranger);
      for (const [wrong, credential] of Object.entries(bad)) {
        const { status, text } = await call(
          server,
          credential,
          "list_pipelines",
          { user_id: "beta" },
        );
        assertEquals(status, 401, wrong);
        assertStringIncludes(text, "www-authenticate: Bearer", wrong);
        assertOnly(text, [], wrong);
      }
      assertEquals((await send(server, undefined, "tools/list")).status, 401);
      // Two credentials count as no credential, because it is unclear which one
      // applies.
      const [alpha, , beta] = callers;
      await using raw = await openRaw(server.url);
      const body = JSON.stringify(toolCall(1, "list_pipelines"));
      const headers = {
        host: new URL(server.url).host,
        ...HEADERS,
        "content-length": String(body.length),
      };
      await raw.send(
        rawRequest("POST /mcp", {
          ...headers,
          authorization: `Bearer ${alpha!.credential}`,
          Authorization: `Bearer ${beta!.credential}`,
        }, body),
      );
      assertEquals((await raw.answer()).status, 401);
      assertEquals([...seen], [["alpha", before]]);
    },
  });
}
