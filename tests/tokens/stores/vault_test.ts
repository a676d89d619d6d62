import {
  assert,
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { advise } from "../../../src/app/advice.ts";
import { sentenceOf, StoreError } from "../../../src/errors.ts";
import {
  createVaultStore,
  type VaultStoreOptions,
} from "../../../src/tokens/stores/vault.ts";
import { createServer } from "../../../src/server.ts";
import { vaultPolicy } from "../../../src/tokens/stores/vault/policy.ts";
import { makeCertificates, noOpenssl } from "../../support/certificates.ts";
import { projectFlags, root, runDeno } from "../../support/process.ts";
import {
  startVault,
  type TestVault,
  type TestVaultOptions,
} from "../../support/vault.ts";
import { contract } from "./contract.ts";
import {
  assertDiscreet,
  assertRefuses,
  CANARY,
  everyCall,
} from "./refusals.ts";
import { sleep, until } from "../../support/time.ts";
import { type VaultBench, withVault } from "./vault_bench.ts";

/** The default paths of the store. */
const DATA = "secret/data/qontak/tokens";
const METADATA = "secret/metadata/qontak/tokens";

type Bench = VaultBench<TestVault>;

const drop = (response: Response) => response.body?.cancel();

/** Makes a test with a separate server. */
function bench(
  run: (bench: Bench) => Promise<void>,
  options: TestVaultOptions = {},
): () => Promise<void> {
  return async () => {
    await using vault = startVault(options);
    await withVault(vault, run);
  };
}

Deno.test("createVaultStore() says which option it needs to open Vault", () => {
  const address = "http://127.0.0.1:8200";
  const table: [Partial<VaultStoreOptions>, string][] = [
    [{}, "option token"],
    [{ token: "" }, "option token"],
    [{ roleId: "canary" }, "secretId"],
    [{ secretId: "canary" }, "roleId"],
    [{ token: "canary", address: "canary" }, "address must be a URL"],
    [{ token: "canary", address: "redis://canary" }, "address must be a URL"],
    [{ token: "canary", mountPath: "/" }, "mountPath is not a path"],
    [{ token: "canary", secretPath: "a/../b" }, "secretPath is not a path"],
    [{ token: "canary", secretPath: "a//b" }, "secretPath is not a path"],
    [{ token: "canary", namespace: "." }, "namespace is not a path"],
  ];
  for (const [options, words] of table) {
    const error = assertThrows(
      () => createVaultStore({ address, ...options }),
      TypeError,
      words,
    );
    assertNotMatch(error.message, /canary/);
  }
});

Deno.test(
  "createVaultStore() gives a lease to one of twenty, and one takes it over",
  bench(async ({ make }) => {
    const stores = [make(), make()];
    const race = async () => {
      const taken = await Promise.all(
        Array.from(
          { length: 20 },
          (_, i) => stores[i % 2]!.lease!("acme", 1_000, `holder ${i}`),
        ),
      );
      const won = taken.filter((lease) => lease !== undefined);
      assertEquals(won.length, 1);
      return won[0]!;
    };
    using time = new FakeTime();
    await race();
    time.tick(1_001);
    const second = await race();
    assertEquals(await stores[0]!.lease!("acme", 1_000, "late"), undefined);
    await second.release();
    await race();
  }),
);

Deno.test(
  "createVaultStore() releases only its own lease",
  bench(async ({ vault, make, admin }) => {
    const store = make();
    const path = `${DATA}/acme/lease`;
    const writes = () => vault.count(/^POST .*\/lease$/);
    const lease = await store.lease!("acme", 60_000, "one");
    // A process whose clock is ahead has taken it over.
    const until = Date.now() + 60_000;
    await admin("POST", path, { data: { holder: "two", until } });
    assertEquals(writes(), 2);
    await lease!.release();
    assertEquals(writes(), 2);
    assertEquals(await store.lease!("acme", 60_000, "one"), undefined);

    // Taken over between the read and the release.
    const slow = await store.lease!("slow", 60_000, "one");
    const delay = vault.delay(/^POST .*\/slow\/lease$/, 60_000, { times: 1 });
    const released = slow!.release();
    await delay.held;
    await admin("POST", `${DATA}/slow/lease`, {
      data: { holder: "two", until },
    });
    delay.end();
    await released;
    assertEquals(await store.lease!("slow", 60_000, "one"), undefined);

    const sealed = await store.lease!("sealed", 60_000, "one");
    vault.seal();
    await sealed!.release();
  }),
);

Deno.test(
  "createVaultStore() does not take a lease from a holder that took it after the read",
  bench(async ({ vault, make }) => {
    const store = make();
    const first = await store.lease!("acme", 60_000, "one");
    await first!.release();
    // Two reads and is delayed, while three takes and releases it, and four
    // takes it.
    const delay = vault.delay(/^POST .*\/lease$/, 60_000, { times: 1 });
    const late = store.lease!("acme", 60_000, "two");
    await delay.held;
    const third = await store.lease!("acme", 60_000, "three");
    await third!.release();
    assert(await store.lease!("acme", 60_000, "four"));
    delay.end();
    assertEquals(await late, undefined);
    assertEquals(await store.lease!("acme", 60_000, "two"), undefined);
  }),
);

Deno.test(
  "createVaultStore() reports an outage, and works again after it",
  bench(async ({ vault, make }) => {
    const store = make();
    await store.replace("acme", { refresh_token: CANARY }, undefined);
    // The library treats errors of paths like this one as success.
    const odd = make({ secretPath: "sys/health" });
    await odd.read("acme");
    vault.seal();
    await assertRefuses(odd, /Vault is sealed/, vault.token);
    await assertRefuses(store, /Vault is sealed .*unseal/, vault.token);
    await assertRefuses(make(), /Vault is sealed .*unseal/, vault.token);
    vault.unseal();
    assertEquals((await store.read("acme"))?.version, "1");
  }),
);

Deno.test(
  "createVaultStore() refuses a mount that does not exist, or is not of version 2",
  bench(async ({ vault, make, admin }) => {
    await assertRefuses(
      make({ mountPath: "nowhere" }),
      /nothing that answers for nowhere\/.*VAULT_MOUNT_PATH/,
      vault.token,
    );
    const words = /no KV engine of version 2 at "kv1".*VAULT_MOUNT_PATH/;
    await assertRefuses(make({ mountPath: "kv1" }), words, vault.token);
    assertEquals(vault.count(/^POST kv1/), 0);

    // If Vault does not report the version, its answers show it.
    vault.answer(
      /^GET sys\/internal/,
      () => Response.json({ errors: ["permission denied"] }, { status: 403 }),
    );
    const store = make({ mountPath: "kv1" });
    for (const path of ["acme", "acme/lease"]) {
      await admin("POST", `kv1/data/qontak/tokens/${path}`, {
        data: { refresh_token: CANARY },
      });
    }
    for (const name of ["read", "replace", "make", "remove", "lease"]) {
      const error = await assertRejects(everyCall(store)[name]!, StoreError);
      assertMatch(sentenceOf(error, advise)!, words);
      assertDiscreet(error, vault.token);
    }
  }),
);

/** Answers of a proxy or another server instead of Vault. */
const strange: [string, () => Response, RegExp][] = [
  [
    "a page",
    () => new Response(`<h1>${CANARY}</h1>`),
    /no KV engine of version 2/,
  ],
  [
    "a page with status 404",
    () => new Response(CANARY, { status: 404 }),
    /nothing that answers for secret\//,
  ],
  [
    "404 without a list of errors",
    () => Response.json({ data: null, warnings: [CANARY] }, { status: 404 }),
    /nothing that answers for secret\//,
  ],
  [
    "too many requests",
    () => Response.json({ errors: [CANARY] }, { status: 429 }),
    /answers HTTP 429 for secret\//,
  ],
  [
    "a bad gateway",
    () => new Response(CANARY, { status: 502 }),
    /answers HTTP 502 for secret\//,
  ],
  [
    "503 without a seal",
    () => Response.json({ errors: [CANARY] }, { status: 503 }),
    /answers HTTP 503 for secret\//,
  ],
  [
    "another complaint about check-and-set",
    () =>
      Response.json({
        errors: ["check-and-set parameter required for this call"],
      }, { status: 400 }),
    /answers HTTP 400 for secret\//,
  ],
  [
    "the text of a lost check-and-set with another status",
    () =>
      Response.json({
        errors: ["check-and-set parameter did not match the current version"],
      }, { status: 500 }),
    /answers HTTP 500 for secret\//,
  ],
  [
    "a page without an end",
    () =>
      new Response(
        new ReadableStream({
          pull: (page) => page.enqueue(new Uint8Array(65_536).fill(32)),
        }),
      ),
    /answers with more than 10485760 bytes for secret\//,
  ],
  [
    "a redirection without an end",
    () => new Response(null, { status: 307, headers: { location: "" } }),
    /sends requests elsewhere.*VAULT_ADDR/,
  ],
];
for (const [name, respond, words] of strange) {
  Deno.test(
    `createVaultStore() does not treat ${name} as an answer of Vault`,
    bench(async ({ vault, make }) => {
      vault.answer(/ secret\//, respond);
      await assertRefuses(make(), words, vault.token);
    }),
  );
}

Deno.test("createVaultStore() says that Vault cannot be reached", async () => {
  const vault = startVault();
  await vault[Symbol.asyncDispose]();
  const { host } = new URL(vault.url);
  const token = createVaultStore({ address: vault.url, token: "canary-token" });
  await assertRefuses(
    token,
    new RegExp(`does not answer: Vault at ${host}.*VAULT_ADDR`),
    "canary-token",
  );
  const role = createVaultStore({
    address: vault.url,
    roleId: "canary-role",
    secretId: "canary-secret",
  });
  await assertRefuses(role, /does not answer/, "canary-role", "canary-secret");
  for (const store of [token, role]) await store.close?.();
});

Deno.test({
  name: "createVaultStore() says how to trust the certificate of Vault",
  ignore: noOpenssl !== "",
  async fn() {
    const dir = await Deno.makeTempDir();
    try {
      await makeCertificates(dir);
      await using vault = Deno.serve({
        hostname: "127.0.0.1",
        port: 0,
        cert: await Deno.readTextFile(`${dir}/cert.pem`),
        key: await Deno.readTextFile(`${dir}/key.pem`),
        onListen() {},
      }, () => new Response());
      const store = createVaultStore({
        address: `https://127.0.0.1:${vault.addr.port}`,
        token: "canary-token",
      });
      await assertRefuses(
        store,
        /signed by an authority that this machine does not trust\)\. .*DENO_CERT/,
        "canary-token",
      );
      await store.close?.();
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

Deno.test(
  "createVaultStore() waits for an answer only until its time limit",
  bench(async ({ vault, make }) => {
    const words = /does not answer: Vault at .* within 200 ms/;
    await make().replace("acme", { refresh_token: CANARY }, undefined);
    vault.delay(/ secret\//, 60_000);
    await assertRefuses(make({ timeout: 200 }), words, vault.token);
    const ids = vault.createRole();
    vault.delay(/ auth\//, 60_000);
    const error = await assertRejects(
      () => make({ timeout: 200, ...ids }).read("acme"),
      StoreError,
    );
    assertMatch(error.message, words);
    assertDiscreet(error, ids.roleId, ids.secretId);
  }),
);

Deno.test(
  "createVaultStore() waits for the whole answer only until its time limit",
  bench(async ({ vault, make }) => {
    let isOver = false;
    vault.answer(/ auth\//, () => {
      let timer: ReturnType<typeof setInterval>;
      const drops = new ReadableStream<Uint8Array>({
        start(controller) {
          const drop = () => controller.enqueue(new Uint8Array([0x20]));
          timer = setInterval(drop, 20);
        },
        cancel() {
          clearInterval(timer);
          isOver = true;
        },
      });
      return new Response(drops);
    });
    const store = make({ timeout: 100 });
    const error = await assertRejects(() => store.read("acme"), StoreError);
    assertStringIncludes(error.message, "within 100 ms");
    await until(() => isOver, "the connection ends");
  }),
);

Deno.test(
  "createVaultStore() follows no redirects, so its token goes nowhere else",
  bench(async ({ vault, make }) => {
    const asked: string[] = [];
    await using other = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      ({ url, headers }) => {
        asked.push(`${url} ${headers.get("x-vault-token")}`);
        return Response.json({ data: { data: { refresh_token: "theirs" } } });
      },
    );
    const elsewhere = `http://127.0.0.1:${other.addr.port}/v1/x`;
    for (const status of [301, 302, 303, 307, 308]) {
      for (const path of [/ auth\//, / secret\//]) {
        const answer = { status, headers: { location: elsewhere } };
        vault.answer(path, () => new Response(null, answer));
        const store = make({});
        for (
          const ask of [
            () => store.read("acme"),
            () => store.replace("acme", { refresh_token: "r" }, undefined),
            () => store.tenants(),
          ]
        ) {
          await assertRejects(ask, StoreError, "sends requests elsewhere");
        }
      }
    }
    assertEquals(asked, []);
  }),
);

/**
 * Answers reads over reused connections with 404, and breaks the connection
 * when data is sent.
 */
function serveBrokenly() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const posts: string[] = [];
  const answer = (status: string, body: unknown) => {
    const text = JSON.stringify(body);
    return new TextEncoder().encode(
      `HTTP/1.1 ${status}\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
    );
  };
  async function converse(connection: Deno.TcpConn): Promise<void> {
    using _ = connection;
    const decoder = new TextDecoder();
    const buffer = new Uint8Array(4_096);
    for (let text = "";;) {
      const size = await connection.read(buffer);
      if (size === null) return;
      text += decoder.decode(buffer.subarray(0, size));
      const [, method, path = ""] = /^(\w+) \/v1\/(\S+)/.exec(text) ?? [];
      if (method === "POST") {
        posts.push(path);
        return;
      }
      if (!text.endsWith("\r\n\r\n")) continue;
      text = "";
      await connection.write(
        path.startsWith("secret/")
          ? answer("404 Not Found", { errors: [] })
          : answer("200 OK", { data: { options: { version: "2" } } }),
      );
    }
  }
  const kept: Deno.TcpConn[] = [];
  const talks: Promise<void>[] = [];
  const served = (async () => {
    for await (const connection of listener) {
      kept.push(connection);
      talks.push(converse(connection));
    }
  })();
  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    posts,
    async close() {
      listener.close();
      await served;
      for (const connection of kept) connection[Symbol.dispose]();
      await Promise.allSettled(talks);
    },
  };
}

Deno.test(
  "createVaultStore() sends a write once, no matter how the connection ends",
  async () => {
    const vault = serveBrokenly();
    const options = { address: vault.url, roleId: "r", secretId: "s" };
    const role = createVaultStore(options);
    const token = createVaultStore({ ...options, secretId: "", token: "t" });
    const write = () => token.replace("acme", { refresh_token: "r" }, "1");
    for (const call of [write, write, () => role.read("acme")]) {
      assertEquals(await token.read("acme"), undefined);
      await assertRejects(call, StoreError, "does not answer");
    }
    const path = "secret/data/qontak/tokens/acme";
    assertEquals(vault.posts, [path, path, "auth/approle/login"]);
    for (const store of [role, token]) await store.close?.();
    await vault.close();
  },
);

Deno.test(
  "createVaultStore() never treats its own lost answer as a success",
  bench(async ({ vault, make }) => {
    const store = make({ timeout: 500 });
    await store.replace("acme", { refresh_token: "first" }, undefined);
    vault.delay(/^POST .*acme$/, 60_000, { answers: true, times: 1 });
    await assertRejects(
      () => store.replace("acme", { refresh_token: CANARY }, "1"),
      StoreError,
      "within 500 ms",
    );
    assertEquals(
      await store.replace("acme", { refresh_token: "again" }, "1"),
      undefined,
    );
    assertEquals(await store.read("acme"), {
      credentials: { refresh_token: CANARY },
      version: "2",
    });
  }),
);

Deno.test(
  "createVaultStore() says that its token has expired or was revoked",
  bench(async ({ vault, make, lines }) => {
    const words = /does not know the token.*VAULT_TOKEN/;
    const token = vault.createToken({ policy: vaultPolicy("tokens") });
    const store = make({ token });
    await store.replace("acme", { refresh_token: CANARY }, undefined);
    vault.expireTokens();
    await assertRefuses(store, words, token);
    await assertRefuses(make({ token }), words, token);
    await assertRefuses(make({ token: "hvs.wrong" }), words);
    assertEquals(lines, []);
  }),
);

Deno.test(
  "createVaultStore() names both reasons if an older Vault only says that it refuses",
  bench(async ({ vault, make }) => {
    const token = vault.createToken({ policy: vaultPolicy("tokens") });
    vault.expireTokens();
    await assertRefuses(
      make({ token }),
      /refuses .* on secret\/.*policy.*if it has expired/,
      token,
    );
  }, { unknownToken: "permission denied" }),
);

Deno.test(
  "createVaultStore() distinguishes an expired token from one without permission if Vault does not",
  bench(async ({ vault, make }) => {
    using time = new FakeTime();
    const policy = vaultPolicy("tokens").replace('"list"', '"read"');
    const store = make({
      token: vault.createToken({ policy, ttl: 60, renewable: false }),
    });
    const list = async () =>
      sentenceOf(await assertRejects(() => store.tenants()), advise)!;
    const refused = await list();
    assertMatch(refused, /refuses "list" on .*add that to the policy/);
    assertNotMatch(refused, /ended/);
    time.tick(61_000);
    const ended = await list();
    assertMatch(ended, /it has expired or was revoked.*VAULT_TOKEN/);
    assertNotMatch(ended, /policy/);
  }, { unknownToken: "permission denied" }),
);

Deno.test(
  "createVaultStore() needs only its policy",
  bench(async ({ vault, make, lines }) => {
    const token = vault.createToken({
      policy: vaultPolicy("tokens"),
      ttl: 3_600,
    });
    await contract(make({ token }));
    using time = new FakeTime();
    const store = make({ token });
    await store.read("acme");
    time.tick(3_000_000);
    await store.read("acme");
    assertEquals(vault.count(/^POST auth\/token\/renew-self$/), 1);
    assertEquals(lines, []);
    for (const { name, status } of vault.requests) {
      assert(status !== 403, name);
    }
  }),
);

Deno.test(
  "createVaultStore() names what its policy lacks, for every stanza",
  bench(async ({ vault, make, lines }) => {
    const seeded = make();
    await seeded.replace("acme", { refresh_token: CANARY }, undefined);
    const stanzas = vaultPolicy("tokens").match(/^path [^}]*\}/gm)!;
    assertEquals(stanzas.length, 5);
    const ends: string[] = [];
    for (const missing of stanzas) {
      using time = new FakeTime();
      const token = vault.createToken({
        policy: stanzas.filter((stanza) => stanza !== missing).join("\n"),
        ttl: 3_600,
      });
      const store = make({ token });
      const failures: string[] = [];
      const attempt = async (call: () => Promise<unknown>) => {
        try {
          await call();
        } catch (error) {
          assert(error instanceof StoreError);
          assertDiscreet(error, token);
          failures.push(error.message);
        }
      };
      lines.length = 0;
      await attempt(() => store.read("acme"));
      await attempt(() => store.replace("acme", { refresh_token: "r" }, "9"));
      await attempt(() => store.tenants());
      await attempt(async () => {
        const lease = await store.lease!("acme", 1_000, missing);
        await lease!.release();
      });
      await attempt(() => store.remove("nobody"));
      await attempt(async () => {
        await store.replace("gone", { refresh_token: "r" }, undefined);
        await store.remove("gone");
      });
      time.tick(3_000_000);
      await attempt(() => store.read("acme"));
      const path = /"([^"*]+)/.exec(missing)![1]!;
      const told = [...failures, ...lines];
      assert(told.length > 0, missing);
      for (const text of told) assertStringIncludes(text, path);
      ends.push(path);
      await seeded.remove("gone");
    }
    assertEquals(new Set(ends).size, 5);
  }),
);

Deno.test(
  "createVaultStore() renews its token after two thirds of its life",
  bench(async ({ vault, make, lines }) => {
    using time = new FakeTime();
    const token = vault.createToken({
      policy: vaultPolicy("tokens"),
      ttl: 3_600,
    });
    const store = make({ token });
    const renewals = () => vault.count(/renew-self$/);
    const read = () =>
      Promise.all(Array.from({ length: 10 }, () => store.read("acme")));
    await read();
    time.tick(2_399_000);
    await read();
    assertEquals(renewals(), 0);
    time.tick(2_000);
    await read();
    assertEquals(renewals(), 1);
    // Days later it is still valid.
    for (let hours = 0; hours < 48; hours++) {
      time.tick(3_000_000);
      await read();
    }
    assertEquals(renewals(), 49);
    assertEquals(vault.count(/lookup-self$/), 1);
    assertEquals(lines, []);
  }),
);

Deno.test(
  "a server renews its token for Vault on time, even without calls",
  bench(async ({ vault, make, lines }) => {
    const policy = vaultPolicy("tokens");
    const stores = [
      make({ token: vault.createToken({ policy, ttl: 4 }) }),
      make(vault.createRole({ policy, ttl: 4, secretIdUses: 1 })),
    ];
    const servers = stores.map((store) =>
      createServer({ store, kv: false, log: () => {} })
    );
    await sleep(6_000);
    assert(vault.count(/renew-self$/) >= 2);
    for (const store of stores) {
      assertEquals(await store.read("acme"), undefined);
    }
    assertEquals(vault.count(/approle\/login$/), 1);
    assertEquals(lines, []);
    for (const server of servers) await server.close();
    for (const store of stores) await store.close!();
    // Nothing continues after the end.
    const renewals = vault.count(/renew-self$/);
    await sleep(3_500);
    assertEquals(vault.count(/renew-self$/), renewals);
  }),
);

Deno.test(
  "a server keeps asking Vault if it did not answer at the start",
  bench(async ({ vault, make, lines }) => {
    using time = new FakeTime();
    const store = make(vault.createRole({
      policy: vaultPolicy("tokens"),
      ttl: 600,
    }));
    vault.seal();
    store.start!();
    const log = () => lines.length;
    const settled = async (holds: () => boolean) => {
      // The answers take real time, while the clock does not move.
      for (let tries = 0; !holds(); tries++) {
        assert(tries < 500, lines.join("\n"));
        await fetch(`${vault.url}/v1/sys/health`).then(drop);
      }
    };
    await settled(() => log() === 1);
    assertMatch(lines[0]!, /Vault gives no token yet.*Vault is sealed/);
    time.tick(10_000);
    await settled(() => vault.count(/approle\/login$/) === 2);
    vault.unseal();
    for (let i = 0; i < 5; i++) await fetch(`${vault.url}/v1/x`).then(drop);
    time.tick(10_000);
    await settled(() => vault.count(/approle\/login$/) === 3);
    assertEquals(log(), 1);
    await store.read("acme");
    assertEquals(vault.count(/approle\/login$/), 3);
    // More attempts would lock a refused AppRole.
    make({ roleId: "r", secretId: "s" }).start!();
    await settled(() => log() === 2);
    time.tick(60_000);
    for (let i = 0; i < 5; i++) await fetch(`${vault.url}/v1/x`).then(drop);
    assertEquals(vault.count(/approle\/login$/), 4);
  }),
);

Deno.test(
  "createVaultStore() uses a token that cannot be renewed until it expires",
  bench(async ({ vault, make, lines }) => {
    using time = new FakeTime();
    const policy = vaultPolicy("tokens");
    const fixed = make({
      token: vault.createToken({ policy, ttl: 3_600, renewable: false }),
    });
    await fixed.read("acme");
    time.tick(3_599_000);
    await fixed.read("acme");
    assertEquals(vault.count(/renew-self$/), 0);
    time.tick(1_000);
    await assertRejects(
      () => fixed.read("acme"),
      StoreError,
      "does not know the token",
    );
    assertEquals(lines, []);
  }),
);

Deno.test(
  "createVaultStore() warns when its token reaches its maximum lifetime",
  bench(async ({ vault, make, lines }) => {
    using time = new FakeTime();
    const store = make({
      token: vault.createToken({
        policy: vaultPolicy("tokens"),
        ttl: 3_600,
        maxTtl: 7_200,
      }),
    });
    for (let minutes = 0; minutes < 119; minutes++) {
      await store.read("acme");
      time.tick(60_000);
    }
    assert(lines.length >= 1);
    for (const line of lines) assertStringIncludes(line, "live no longer");
    // The attempts become rarer; there is not one for each use.
    assert(vault.count(/renew-self$/) < 12);
    time.tick(60_000);
    await assertRejects(
      () => store.read("acme"),
      StoreError,
      "does not know the token",
    );
  }),
);

Deno.test(
  "createVaultStore() continues with its token if the renewal fails, and logs that once",
  bench(async ({ vault, make, lines }) => {
    using time = new FakeTime();
    const token = vault.createToken({
      policy: vaultPolicy("tokens"),
      ttl: 3_600,
    });
    const { roleId, secretId } = vault.createRole({
      policy: vaultPolicy("tokens"),
      ttl: 3_600,
    });
    const stores = [make({ token }), make({ roleId, secretId })];
    const read = () => Promise.all(stores.map((store) => store.read("acme")));
    await read();
    const repair = vault.answer(
      / auth\//,
      () => Response.json({ errors: [CANARY] }, { status: 500 }),
    );
    time.tick(2_401_000);
    await read();
    await read();
    assertEquals(lines.length, 2);
    for (const line of lines) {
      const { level, message, ends, reason } = JSON.parse(line);
      assertEquals(level, "warn");
      assertStringIncludes(message, "could not be renewed");
      assertEquals(Date.parse(ends) - Date.now(), 1_199_000);
      assertStringIncludes(reason, "HTTP 500");
    }
    // The next attempt is later, and succeeds.
    repair();
    time.tick(390_000);
    await read();
    assertEquals(vault.count(/renew-self$/), 2);
    time.tick(20_000);
    await read();
    assertEquals(vault.count(/renew-self$/), 4);
    assertEquals(lines.length, 2);
  }),
);

Deno.test(
  "createVaultStore() says that a token may not read its own lifetime",
  bench(async ({ vault, make, lines }) => {
    const policy = vaultPolicy("tokens").replace(
      "auth/token/lookup-self",
      "elsewhere",
    );
    const store = make({ token: vault.createToken({ policy, ttl: 60 }) });
    await contract(store);
    assertEquals(lines.length, 1);
    assertMatch(lines[0]!, /will not be renewed.*auth\/token\/lookup-self/);
  }),
);

Deno.test(
  "createVaultStore() logs in with an AppRole once, when it is first used",
  bench(async ({ vault, make, lines }) => {
    const { roleId, secretId } = vault.createRole({
      policy: vaultPolicy("tokens"),
      ttl: 3_600,
      secretIdUses: 1,
    });
    const store = make({ roleId, secretId, token: "hvs.unused" });
    assertEquals(vault.requests.length, 0);
    await Promise.all(Array.from({ length: 20 }, () => store.read("acme")));
    await contract(store);
    assertEquals(vault.count(/^POST auth\/approle\/login$/), 1);
    assertEquals(vault.count(/lookup-self$/), 0);
    assertEquals(lines, []);
  }),
);

Deno.test(
  "createVaultStore() renews the token of an AppRole, and logs in again at its maximum lifetime",
  bench(async ({ vault, make, lines }) => {
    using time = new FakeTime();
    const role = vault.createRole({
      policy: vaultPolicy("tokens"),
      ttl: 600,
      maxTtl: 1_000,
    });
    const store = make(role);
    const did = () => [
      vault.count(/approle\/login$/),
      vault.count(/renew-self$/),
    ];
    const read = () =>
      Promise.all(Array.from({ length: 10 }, () => store.read("acme")));
    await read();
    assertEquals(did(), [1, 0]);
    time.tick(401_000);
    await read();
    assertEquals(did(), [1, 1]);
    time.tick(400_000);
    await read();
    assertEquals(did(), [2, 2]);
    // The machine slept so long that the token has expired.
    time.tick(100_000_000);
    await read();
    assertEquals(did(), [3, 3]);
    assertEquals(lines, []);
  }),
);

Deno.test(
  "createVaultStore() logs in again if the token of an AppRole cannot be renewed",
  bench(async ({ vault, make, lines }) => {
    using time = new FakeTime();
    const store = make(vault.createRole({
      policy: vaultPolicy("tokens"),
      ttl: 600,
      renewable: false,
    }));
    await store.read("acme");
    time.tick(401_000);
    await store.read("acme");
    assertEquals(vault.count(/approle\/login$/), 2);
    assertEquals(vault.count(/renew-self$/), 0);
    assertEquals(lines, []);
  }),
);

Deno.test(
  "createVaultStore() repeats a refused request once, and names what the policy lacks",
  bench(async ({ vault, make }) => {
    const policy = vaultPolicy("tokens").replace('"list"', '"read"');
    const role = vault.createRole({ policy });
    const store = make(role);
    await store.read("acme");
    const error = await assertRejects(() => store.tenants(), StoreError);
    assertStringIncludes(error.message, `refuses "list" on ${METADATA}`);
    assertDiscreet(error, role.roleId, role.secretId);
    assertEquals(vault.count(/^LIST /), 2);
    assertEquals(vault.count(/approle\/login$/), 2);

    // The existing token remains valid if the secret id is used up.
    const once = make(vault.createRole({ policy, secretIdUses: 1 }));
    await assertRejects(() => once.tenants(), StoreError, `refuses "list"`);
    assertEquals(await once.read("acme"), undefined);
  }),
);

Deno.test(
  "createVaultStore() says that Vault refuses an AppRole",
  bench(async ({ vault, make }) => {
    const role = vault.createRole({
      policy: vaultPolicy("tokens"),
      secretIdUses: 1,
    });
    const words =
      /no token for the role id and the secret id \(HTTP \d+\).*VAULT_ROLE_ID and VAULT_SECRET_ID/;
    const wrong = { roleId: role.roleId, secretId: "canary-secret-id" };
    await assertRefuses(make(wrong), words, ...Object.values(wrong));
    const store = make(role);
    await store.read("acme");
    vault.expireTokens();
    await assertRefuses(store, words, ...Object.values(role).map(String));
    for (
      const response of [
        () => new Response("<h1>Log in</h1>"),
        () => Response.json({ auth: { client_token: "" } }),
        () => Response.json({ errors: ["no handler"] }, { status: 404 }),
        () => Response.json({ errors: ["permission denied"] }, { status: 403 }),
      ]
    ) {
      vault.answer(/approle\/login$/, response);
      await assertRefuses(make(role), words, role.roleId, role.secretId);
    }
  }),
);

Deno.test("createVaultStore() has an identity from its address and path, not from its token", async () => {
  const place: VaultStoreOptions = {
    address: "http://127.0.0.1:8200",
    token: "canary",
  };
  const identity = (options: Partial<VaultStoreOptions>) =>
    createVaultStore({ ...place, ...options }).identity();
  const same = await Promise.all([
    identity({}),
    identity({ token: "other" }),
    identity({ roleId: "r", secretId: "s" }),
    identity({
      address: "http://127.0.0.1:8200/",
      mountPath: "secret",
      secretPath: "qontak/tokens/",
      namespace: "",
    }),
  ]);
  assertEquals(new Set(same).size, 1);
  assertMatch(same[0]!, /^[0-9a-f]{64}$/);
  const others = await Promise.all([
    identity({ address: "http://127.0.0.1:8201" }),
    identity({ namespace: "a" }),
    identity({ mountPath: "kv" }),
    identity({ secretPath: "other" }),
  ]);
  assertEquals(new Set([...same, ...others]).size, 5);
});

Deno.test(
  "createVaultStore() needs only the network, and reads nothing from the environment",
  bench(async ({ vault }) => {
    const program = `
      import { createVaultStore } from "${root}src/tokens/stores/vault.ts";
      const [address, token] = Deno.args;
      const store = createVaultStore({ address, token });
      await store.replace("acme", { refresh_token: "r" }, undefined);
      console.log(JSON.stringify([await store.read("acme"), await store.tenants()]));
      try {
        await createVaultStore({ address: "http://127.0.0.2:8200", token }).read("acme");
      } catch (error) {
        console.log(error.message);
      }
      await store.close();
    `;
    const { stdout, stderr } = await runDeno([
      "run",
      "-q",
      "--no-prompt",
      "--allow-net=127.0.0.1",
      "--allow-env=VAULT_*,DEBUG",
      "--ignore-env",
      ...await projectFlags(),
      "--ext=ts",
      "-",
      vault.url,
      vault.token,
    ], {
      env: {
        VAULT_ADDR: "http://127.0.0.1:1",
        VAULT_TOKEN: "hvs.wrong",
        VAULT_NAMESPACE: "wrong",
        VAULT_PREFIX: "/wrong",
        DEBUG: "*",
      },
      stdin: program,
    });
    assertEquals(stderr, "");
    const [line = "", denied = ""] = stdout.split("\n");
    assertEquals(JSON.parse(line), [
      { credentials: { refresh_token: "r" }, version: "1" },
      ["acme"],
    ]);
    assertMatch(
      denied,
      /does not answer.*may not connect to 127\.0\.0\.2:8200/,
    );
  }),
);

Deno.test(
  "startVault() applies policies as Vault does",
  bench(async ({ vault }) => {
    const token = vault.createToken({
      policy: `
        path "secret/*" { capabilities = ["create", "read", "list"] }
        path "secret/data/a/*" { capabilities = ["read", "delete"] }
        path "secret/data/a/b" { capabilities = ["update"] }
        path "secret/data/no*" { capabilities = ["deny"] }
        path "secret/metadata/named" { capabilities = ["list"] }
      `,
    });
    const table: [string, string, number][] = [
      ["POST", "secret/data/x", 200],
      ["POST", "secret/data/x", 403],
      ["GET", "secret/data/x", 200],
      ["DELETE", "secret/data/x", 403],
      ["POST", "secret/data/a/c", 403],
      ["DELETE", "secret/data/a/c", 204],
      ["GET", "secret/data/a/c", 404],
      ["POST", "secret/data/a/b", 403],
      ["GET", "secret/data/a/b", 403],
      ["GET", "secret/data/none", 403],
      ["LIST", "secret/metadata", 200],
      ["LIST", "secret/metadata/", 200],
      ["GET", "secret/metadata/?list=true", 200],
      ["LIST", "secret/metadata/named", 404],
      ["GET", "secret/metadata/named", 403],
      ["GET", "kv1/x", 403],
      ["GET", "auth/token/lookup-self", 403],
    ];
    for (const [method, path, status] of table) {
      const response = await fetch(`${vault.url}/v1/${path}`, {
        method,
        headers: { "x-vault-token": token },
        body: method === "POST" ? '{"data":{}}' : null,
      });
      await response.body?.cancel();
      assertEquals(response.status, status, `${method} ${path}`);
    }
  }),
);
