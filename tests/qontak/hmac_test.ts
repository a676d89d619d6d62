/**
 * Calls that are signed for Mekari's gateway, against the gateway of the
 * sandbox.
 */
import {
  assert,
  assertEquals,
  assertNotMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { CredentialsError, StoreError } from "../../src/errors.ts";
import {
  createServer,
  type ServerOptions,
  type TokenStore,
} from "../../mod.ts";
import type { Credentials } from "../../src/tokens/stores/mod.ts";
import {
  type RunningSandbox,
  SANDBOX_MEKARI,
  type SandboxOptions,
  serveSandbox,
  ssoIdOf,
} from "../../src/sandbox/mod.ts";
import { USERS } from "../../src/sandbox/data/tenant.ts";
import { createHmac } from "../../src/qontak/hmac.ts";
import { makeCertificates, noOpenssl } from "../support/certificates.ts";
import { run } from "../support/process.ts";
import { callTool } from "../support/call.ts";
import { createMemoryStore } from "../support/memory.ts";
import { serveMcp } from "../support/serve.ts";
import { unless } from "../support/unless.ts";

const { clientId, clientSecret, ssoId } = SANDBOX_MEKARI;

interface Signed extends AsyncDisposable {
  readonly sandbox: RunningSandbox;
  readonly logs: string[];
  call(
    name: string,
    args?: Record<string, unknown>,
  ): ReturnType<typeof callTool>;
}

function createSigned(
  store: TokenStore,
  options: Partial<ServerOptions> = {},
  sandboxOptions: SandboxOptions = {},
): Signed {
  const sandbox = serveSandbox(sandboxOptions);
  const logs: string[] = [];
  const server = createServer({
    auth: "hmac",
    baseUrl: sandbox.url,
    clientId,
    clientSecret,
    store,
    confirm: "off",
    log: (level, message, details) =>
      logs.push(`${level} ${message} ${JSON.stringify(details)}`),
    ...options,
  });
  const http = serveMcp(server);
  return {
    sandbox,
    logs,
    call: (name, args) => callTool(http.url, name, args),
    async [Symbol.asyncDispose]() {
      await http[Symbol.asyncDispose]();
      await sandbox.close();
    },
  };
}

const own = (): TokenStore =>
  createMemoryStore({ _default: { sso_id: ssoId } });

Deno.test("a signed server reads, writes and deletes as with OAuth", async () => {
  await using world = createSigned(own());
  const { sandbox, call } = world;
  const listed = await call("list_contacts", { per_page: 2 });
  assert(!listed.isError, listed.text);
  // A query with characters that must be encoded.
  const found = await call("list_products", { query: "kopi & teh/é" });
  assert(!found.isError, found.text);
  const created = await call("create_task_category", { name: "Kunjungan" });
  assert(!created.isError, created.text);
  const [, id] = /"id":\s*(\d+)/.exec(created.text) ?? [];
  const removed = await call("delete_task_category", {
    category_id: Number(id),
  });
  assert(!removed.isError, removed.text);
  assertEquals(sandbox.grantAttempts, 0);
  assert(sandbox.requests.length >= 4);
  for (const { path, authorized } of sandbox.requests) {
    assertStringIncludes(path, "/qontak/crm/");
    assert(authorized);
  }
});

Deno.test("a signed server acts as the user of the tenant's SSO id", async () => {
  const [first, second] = USERS;
  const store = createMemoryStore({
    _default: { sso_id: ssoIdOf(first!.id) },
    other: { sso_id: ssoIdOf(second!.id) },
  });
  await using world = createSigned(store);
  const listed = await world.call("list_contacts", { per_page: 1 });
  const [, id] = /"id":\s*(\d+)/.exec(listed.text) ?? [];
  const note = { note: "Halo", crm_person_id: Number(id) };
  const made = await world.call("create_note", note);
  assertStringIncludes(made.text, `"creator_id":${first!.id}`);
  const others = await world.call("create_note", { ...note, user_id: "other" });
  assertStringIncludes(others.text, `"creator_id":${second!.id}`);
});

Deno.test("a signed server corrects its clock to Mekari's, once", async () => {
  await using world = createSigned(own(), {}, { clockOffset: 3_600_000 });
  for (let i = 0; i < 3; i++) {
    const { isError, text } = await world.call("list_products");
    assert(!isError, text);
  }
  const statuses = world.sandbox.requests.map(({ status }) => status);
  assertEquals(statuses, [401, 200, 200, 200]);
  assertEquals(world.logs.filter((line) => /clock/.test(line)).length, 1);
});

Deno.test("a signed server says what to check when the gateway refuses", async () => {
  await using world = createSigned(own(), { clientSecret: "hunter2" });
  const { isError, text } = await world.call("list_products");
  assert(isError);
  assertStringIncludes(text, "Mekari's gateway refused the signature");
  assertNotMatch(text + world.logs.join(), /hunter2/);
  // The request is not repeated, because a signature cannot be renewed.
  assertEquals(world.sandbox.requests.length, 1);
});

Deno.test("each tenant signs with its own application, never with another one", async () => {
  const applications = ["a", "b"].map((name) => ({
    clientId: `client-${name}`,
    clientSecret: `secret-${name}`,
    ssoId: crypto.randomUUID(),
  }));
  const credentials = Object.fromEntries(
    applications.map((one): [string, Credentials] => [one.clientId, {
      sso_id: one.ssoId,
      client_id: one.clientId,
      client_secret: one.clientSecret,
    }]),
  );
  const store = createMemoryStore({
    ...credentials,
    // A tenant with its own id but without the secret, and a server without an
    // application.
    half: { sso_id: ssoId, client_id: "client-a" },
    none: { sso_id: ssoId },
  });
  await using world = createSigned(
    store,
    { clientId: "client-a", clientSecret: "" },
    { mekari: applications },
  );
  const ask = (user_id: string) => world.call("list_products", { user_id });
  const all = await Promise.all(
    Array.from({ length: 20 }, (_, i) => ask(`client-${"ab"[i % 2]}`)),
  );
  assertEquals(all.filter(({ isError }) => isError), []);
  world.sandbox.revokeApplication("client-a");
  assert((await ask("client-a")).isError);
  assert(!(await ask("client-b")).isError);
  for (const tenant of ["half", "none"]) {
    const { text } = await ask(tenant);
    assertStringIncludes(text, "There is no Mekari application");
  }
});

Deno.test("a signed server uses new credentials at once", async () => {
  const records: Record<string, Credentials> = {
    _default: { sso_id: ssoId, client_id: "old", client_secret: "old" },
  };
  await using world = createSigned(createMemoryStore(records));
  assert((await world.call("list_products")).isError);
  records._default = { sso_id: ssoId };
  assert(!(await world.call("list_products")).isError);
});

Deno.test("createHmac() asks the store every five seconds, and works during its outages", async () => {
  let reads = 0;
  let failure: Error | undefined;
  let time = 0;
  const records: Record<string, Credentials> = {
    acme: { sso_id: "first" },
  };
  const inner = createMemoryStore(records);
  const { authorize } = createHmac({
    clientId,
    clientSecret,
    log: () => {},
    now: () => time,
    store: {
      ...inner,
      read(tenant) {
        reads++;
        return failure ? Promise.reject(failure) : inner.read(tenant);
      },
    },
  });
  const ssoIdNow = async () => {
    const headers = await authorize("acme")({ method: "GET", target: "/" });
    return headers!["x-crm-user-sso-id"];
  };
  for (let i = 0; i < 1_000; i++) assertEquals(await ssoIdNow(), "first");
  assertEquals(reads, 1);
  records.acme = { sso_id: "second" };
  time += 5_001;
  assertEquals(await ssoIdNow(), "second");
  assertEquals(reads, 2);
  failure = new StoreError("The store does not answer");
  time += 61_000;
  assertEquals(await ssoIdNow(), "second");
  // Removed credentials are not an outage.
  failure = undefined;
  delete records.acme;
  time += 61_000;
  await assertRejects(ssoIdNow, CredentialsError, "acme");
});

Deno.test("a signed server distinguishes OAuth credentials from its own", async () => {
  const store = createMemoryStore({ acme: { refresh_token: "hunter2" } });
  await using world = createSigned(store);
  const refused = await world.call("list_products", { user_id: "acme" });
  assertStringIncludes(refused.text, "are for OAuth");
  assertNotMatch(refused.text, /hunter2/);
  const missing = await world.call("list_products");
  assertStringIncludes(missing.text, "put them into the store");
  assertEquals(world.sandbox.requests, []);
});

Deno.test({
  ...unless(noOpenssl, "signed calls speak HTTP/1.1, which they sign"),
  async fn() {
    const dir = await Deno.makeTempDir();
    await makeCertificates(dir);
    const listener = Deno.listenTls({
      hostname: "127.0.0.1",
      port: 0,
      cert: await Deno.readTextFile(`${dir}/cert.pem`),
      key: await Deno.readTextFile(`${dir}/key.pem`),
      alpnProtocols: ["h2", "http/1.1"],
    });
    const spoken: (string | null)[] = [];
    const accepting = (async () => {
      for await (const connection of listener) {
        try {
          spoken.push((await connection.handshake()).alpnProtocol);
        } finally {
          connection.close();
        }
      }
    })();
    await run(["doctor"], {
      env: {
        QONTAK_BASE_URL: `https://127.0.0.1:${listener.addr.port}`,
        DENO_CERT: `${dir}/ca.pem`,
        QONTAK_AUTH: "hmac",
        // Each attempt would be one more connection.
        QONTAK_RETRY_BUDGET_MS: "0",
        MEKARI_CLIENT_ID: clientId,
        MEKARI_CLIENT_SECRET: clientSecret,
        MEKARI_SSO_ID: ssoId,
      },
    });
    listener.close();
    await accepting;
    await Deno.remove(dir, { recursive: true });
    // The first request asks for the time: it has the same path, and is not
    // signed.
    assertEquals(spoken, ["http/1.1", "http/1.1"]);
  },
});
