/**
 * What the store must do with every Vault: the test server, and a real Vault or
 * OpenBao if there is one. These tests do not inspect the server, or set its
 * clock.
 */
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertNotMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { keysIn } from "../../../src/auth/key_store.ts";
import { advise } from "../../../src/app/advice.ts";
import {
  CredentialsError,
  sentenceOf,
  StoreError,
} from "../../../src/errors.ts";
import { createServer } from "../../../src/server.ts";
import type { TokenStore } from "../../../src/tokens/store.ts";
import { openVault } from "../../../src/tokens/stores/vault.ts";
import {
  type VaultContent,
  vaultPolicy,
} from "../../../src/tokens/stores/vault/policy.ts";
import { keyContract } from "../../auth/key_contract.ts";
import { sleep } from "../../support/time.ts";
import { type AnyVault, vaultServers } from "../../support/vault_real.ts";
import { defined } from "../../../src/values/json.ts";
import { contract } from "./contract.ts";
import {
  assertDiscreet,
  assertRefuses,
  CANARY,
  everyCall,
} from "./refusals.ts";
import { type VaultBench, withVault } from "./vault_bench.ts";
import { unless } from "../../support/unless.ts";

/** What a test of any server gets. */
interface Bench extends VaultBench<AnyVault> {
  /** The policy of the documents, for the mount of the test. */
  policy(content: VaultContent, secretPath?: string): string;
}

const servers = await vaultServers();

/** Runs a test with every available server. */
function everywhere(
  name: string,
  run: (bench: Bench) => Promise<void>,
  needsSeal = false,
): void {
  for (const server of servers) {
    const missing = server.missing ||
      (needsSeal && !server.canSeal ? "it is not ours to seal" : "");
    const title = `${name}, with ${server.name}`;
    Deno.test({
      ...unless(missing, title),
      async fn() {
        await using vault = await server.start();
        const { mount: mountPath } = vault;
        const policy = (content: VaultContent, secretPath?: string) =>
          vaultPolicy(content, { mountPath, ...defined({ secretPath }) });
        const test = (bench: VaultBench<AnyVault>) => run({ ...bench, policy });
        await withVault(vault, test, mountPath);
      },
    });
  }
}

everywhere(
  "openVault() fulfils the contracts of stores and keys",
  async ({ vault }) => {
    const { url: address, token, mount: mountPath } = vault;
    const { tokens, keys } = openVault({ address, token, mountPath });
    await contract(tokens);
    await keyContract(keysIn(keys!));
    await tokens.close?.();
  },
);

everywhere(
  "createVaultStore() fulfils the contract with only its policy, by token and by AppRole",
  async ({ vault, make, policy, lines }) => {
    const rights = { policy: policy("tokens"), ttl: 3_600 };
    await contract(make({ token: await vault.createToken(rights) }));
    const role = await vault.createRole({ ...rights, secretIdUses: 1 });
    const other = make();
    for (const tenant of await other.tenants()) await other.remove(tenant);
    await contract(make(role));
    assertEquals(lines, []);
  },
);

everywhere(
  "a server keeps its token for Vault alive, even without calls",
  async ({ vault, make, policy, lines }) => {
    const rights = { policy: policy("tokens"), ttl: 4 };
    const stores = [
      make({ token: await vault.createToken(rights) }),
      make(await vault.createRole({ ...rights, secretIdUses: 1 })),
    ];
    const servers = stores.map((store) =>
      createServer({ store, kv: false, log: () => {} })
    );
    await sleep(7_000);
    for (const store of stores) {
      assertEquals(await store.read("acme"), undefined);
    }
    assertEquals(lines, []);
    for (const server of servers) await server.close();
  },
);

everywhere(
  "createVaultStore() distinguishes an expired token from one without permission, as far as Vault does",
  async ({ vault, make, policy }) => {
    const lacking = policy("tokens").replace('"list"', '"read"');
    const told = async (store: TokenStore) =>
      sentenceOf(
        await assertRejects(() => store.tenants(), StoreError),
        advise,
      )!;
    const store = make({
      token: await vault.createToken({
        policy: lacking,
        ttl: 2,
        renewable: false,
      }),
    });
    const refused = await told(store);
    assertMatch(refused, /refuses "list" on .*add that to the policy/);
    assertNotMatch(refused, /ended/);
    await sleep(2_500);
    assertMatch(await told(store), /has expired or was revoked.*VAULT_TOKEN/);
    // Revoked early, which some versions report as "permission denied".
    const revoked = make({
      token: await vault.createToken({ policy: lacking }),
    });
    await told(revoked);
    await vault.expireTokens();
    assertMatch(await told(revoked), /expired/);
    assertMatch(await told(make({ token: "hvs.wrong" })), /expired/);
  },
);

everywhere(
  "createVaultStore() reports a sealed Vault, and works again after it",
  async ({ vault, make }) => {
    const store = make();
    await store.replace("acme", { refresh_token: CANARY }, undefined);
    await vault.seal!();
    await assertRefuses(store, /Vault is sealed .*unseal/, vault.token);
    await vault.unseal!();
    assertEquals((await store.read("acme"))?.version, "1");
  },
  true,
);

everywhere(
  "createVaultStore() says that Vault refuses an AppRole, or its ids",
  async ({ vault, make, policy }) => {
    const rights = { policy: policy("tokens") };
    const words = /no token for the role id and the secret id \(HTTP \d+\)/;
    const role = await vault.createRole({ ...rights, secretIdUses: 1 });
    const store = make(role);
    await store.read("acme");
    // Its secret id is used up now.
    await assertRefuses(make(role), words, role.roleId, role.secretId);
    assertEquals(await store.read("acme"), undefined);
    const { roleId } = await vault.createRole(rights);
    const wrong = { roleId, secretId: "canary-secret-id" };
    await assertRefuses(make(wrong), words, ...Object.values(wrong));
  },
);

everywhere(
  "createVaultStore() stores credentials of both kinds with Vault's own versions",
  async ({ vault, make, data }) => {
    const store = make();
    const oauth = {
      refresh_token: CANARY,
      access_token: "a",
      expires_at: 2e9,
      expires_in: 21_600,
    };
    const mekari = { sso_id: "s", client_id: "c", client_secret: CANARY };
    assertEquals(await store.replace("acme", oauth, undefined), "1");
    assertEquals(await store.read("acme"), {
      credentials: oauth,
      version: "1",
    });
    assertEquals(await store.replace("acme", mekari, "1"), "2");
    assertEquals((await store.read("acme"))?.credentials, mekari);
    const { ours } = vault;
    assertEquals(
      ours?.count(/^POST secret\/data\/qontak\/tokens\/acme$/) ?? 2,
      2,
    );
    // The secret is the record: people read and write it as it is.
    const response = await fetch(`${vault.url}/v1/${data}/acme`, {
      headers: { "x-vault-token": vault.token },
    });
    assertEquals((await response.json()).data.data, mekari);
  },
);

everywhere(
  "createVaultStore() reads what a person has stored, and says what it cannot read",
  async ({ vault, make, admin }) => {
    const store = make({
      secretPath: "/by/hand/",
      mountPath: `/${vault.mount}/`,
    });
    await admin("POST", `${vault.mount}/data/by/hand/acme`, {
      data: { refresh_token: "r", expires_at: "1700000000", note: "x" },
    });
    assertEquals(await store.read("acme"), {
      credentials: { refresh_token: "r", expires_at: 1_700_000_000 },
      version: "1",
    });
    await admin("POST", `${vault.mount}/data/by/hand/acme`, {
      data: { note: CANARY },
    });
    const error = await assertRejects(() => store.read("acme"), StoreError);
    assertStringIncludes(error.message, '"acme"');
    assertDiscreet(error);
  },
);

const leftovers: [string, (bench: Bench) => Promise<number>, string][] = [
  [
    "deleted",
    ({ admin, data }) => admin("DELETE", `${data}/acme`),
    "2",
  ],
  [
    "destroyed",
    ({ admin, vault }) =>
      admin("PUT", `${vault.mount}/destroy/qontak/tokens/acme`, {
        versions: [1],
      }),
    "2",
  ],
  [
    "never filled",
    async ({ admin, metadata }) => {
      await admin("DELETE", `${metadata}/acme`);
      return await admin("POST", `${metadata}/acme`, { max_versions: 3 });
    },
    "1",
  ],
];
for (const [name, spoil, next] of leftovers) {
  everywhere(
    `createVaultStore() has no credentials if a person's secret was ${name}, and makes new ones once`,
    async (bench) => {
      const store = bench.make();
      await store.replace("acme", { refresh_token: CANARY }, undefined);
      assertEquals(await spoil(bench), 204);
      assertEquals(await store.read("acme"), undefined);
      assertEquals(
        await store.replace("acme", { refresh_token: "old" }, "7"),
        undefined,
      );
      const made = await Promise.all(
        Array.from(
          { length: 20 },
          (_, i) => store.replace("acme", { refresh_token: `${i}` }, undefined),
        ),
      );
      assertEquals(made.filter((version) => version !== undefined), [next]);
      assertEquals((await store.read("acme"))?.version, next);
    },
  );
}

everywhere(
  "createVaultStore() removes every version, even deleted ones",
  async ({ make, admin, data }) => {
    const store = make();
    assertEquals(await store.remove("acme"), false);
    await store.replace("acme", { refresh_token: CANARY }, undefined);
    await store.replace("acme", { refresh_token: "second" }, "1");
    await admin("DELETE", `${data}/acme`);
    assertEquals(await admin("GET", `${data}/acme?version=1`), 200);
    assertEquals(await store.remove("acme"), true);
    assertEquals(await admin("GET", `${data}/acme?version=1`), 404);
    assertEquals(await store.tenants(), []);
    assertEquals(await store.remove("acme"), false);
  },
);

everywhere(
  "createVaultStore() stores tenants with any name, each below its path",
  async ({ vault, make, admin, data }) => {
    const store = make();
    const odd = [
      ".",
      "..",
      "...",
      "a..b",
      ".hidden",
      "a/b",
      "/",
      "a b",
      "%2e%2e",
      "%2F",
      "é√",
      "&#x2F;",
      "{{x}}",
      "~!*'()",
      "a\n\tb",
      "x?list=true",
      "lease",
      "A@b.c-d_e",
      "n".repeat(128),
    ];
    for (const tenant of odd) {
      assertEquals(
        await store.replace(tenant, { refresh_token: tenant }, undefined),
        "1",
      );
    }
    // Secrets of another program at the same path.
    for (const name of ["50%25", "a%20b", "deeper/x"]) {
      await admin("POST", `${data}/${name}`, { data: { x: 1 } });
    }
    assertEquals(await store.tenants(), odd.toSorted());
    for (const tenant of odd) {
      const lease = await store.lease!(tenant, 60_000, "one");
      assert(lease, tenant);
      await lease.release();
      assertEquals((await store.read(tenant))?.credentials, {
        refresh_token: tenant,
      });
      assertEquals(await store.remove(tenant), true);
    }
    assertEquals(await store.tenants(), []);
    for (const { name, status } of vault.ours?.requests ?? []) {
      assertMatch(
        name,
        /^\w+ (?:auth\/token\/lookup-self|sys\/internal\/ui\/mounts\/secret|secret\/(?:meta)?data\/qontak\/tokens\/(?:[\w.@%-]+(?:\/lease)?)?|secret\/data\/qontak\/tokens\/(?:50%|a b|deeper\/x))$/,
      );
      assert([200, 204, 404].includes(status), name);
    }
    for (const tenant of ["", "\ud800"]) {
      for (
        const call of [
          () => store.read(tenant),
          () => store.replace(tenant, { refresh_token: "r" }, undefined),
          () => store.remove(tenant),
          () => store.lease!(tenant, 1_000, "one"),
        ]
      ) await assertRejects(call, CredentialsError);
    }
  },
);

everywhere(
  "createVaultStore() removes the lease of a removed company",
  async ({ make, admin, data, metadata }) => {
    const store = make();
    await store.replace("acme", { refresh_token: CANARY }, undefined);
    const lease = await store.lease!("acme", 60_000, "one");
    await lease!.release();
    assertEquals(await admin("GET", `${data}/acme/lease`), 200);
    await store.remove("acme");
    assertEquals(await admin("GET", `${data}/acme/lease`), 404);
    // A company that has only a lease leaves nothing behind either.
    await (await store.lease!("probe", 60_000, "one"))!.release();
    assertEquals(await store.remove("probe"), false);
    assertEquals(await admin("LIST", metadata), 404);
  },
);

for (
  const [secretPath, keyPath] of [
    ["qontak/tokens", "qontak/keys"],
    ["tokens", "keys"],
    ["apps/qontak", "apps/qontak-keys"],
    ["my-tokens", "my-tokens-keys"],
  ] as const
) {
  everywhere(
    `openVault() keeps the keys beside ${secretPath} in ${keyPath}, and needs only their policy`,
    async ({ vault, policy }) => {
      const token = await vault.createToken({
        policy: policy("keys", secretPath),
      });
      const { url: address, mount: mountPath, ours } = vault;
      const { tokens, keys } = openVault({
        address,
        token,
        mountPath,
        secretPath,
      });
      const left = await keyContract(keysIn(keys!));
      const path = new RegExp(`^GET secret/data/${keyPath}/${left}$`);
      assert(!ours || ours.count(path) > 0);
      // It allows no access to credentials, and their policy allows none to
      // keys.
      await assertRejects(() => tokens.read("acme"), StoreError, "refuses");
      await tokens.close?.();
      const other = openVault({
        address,
        mountPath,
        secretPath,
        token: await vault.createToken({
          policy: policy("tokens", secretPath),
        }),
      });
      assertEquals(await other.tokens.tenants(), []);
      await assertRejects(() => other.keys!.read(left), StoreError, "refuses");
      await other.tokens.close?.();
    },
  );
}

for (const capability of ["create", "read", "update"]) {
  everywhere(
    `createVaultStore() names the path for which "${capability}" is missing`,
    async ({ vault, make, policy, data }) => {
      await make().replace("acme", { refresh_token: CANARY }, undefined);
      const lacking = policy("tokens").replace(
        /(data\/qontak\/tokens\/\*" \{[^\]]*?)"(\w+)"([^\]]*\])/,
        (stanza) => stanza.replace(`"${capability}"`, `"sudo"`),
      );
      assertNotEquals(lacking, policy("tokens"));
      const store = make({
        token: await vault.createToken({ policy: lacking }),
      });
      const calls = everyCall(store);
      const call = { create: "make", read: "read", update: "replace" };
      const error = await assertRejects(
        calls[call[capability as "read"]]!,
        StoreError,
      );
      assertMatch(
        error.message,
        new RegExp(`refuses .*"${capability}".* on ${data}/(?:acme|new)`),
      );
    },
  );
}

everywhere(
  "createVaultStore() logs in again, once for all, when its token is revoked",
  async ({ vault, make, policy }) => {
    const store = make(await vault.createRole({ policy: policy("tokens") }));
    await store.replace("acme", { refresh_token: CANARY }, undefined);
    await vault.expireTokens();
    const found = await Promise.all(
      Array.from({ length: 20 }, () => store.read("acme")),
    );
    assertEquals(found.map((kept) => kept?.version), Array(20).fill("1"));
    assertEquals(vault.ours?.count(/approle\/login$/) ?? 2, 2);
    // A write is repeated as well, and arrives once.
    await vault.expireTokens();
    assertEquals(
      await store.replace("acme", { refresh_token: "second" }, "1"),
      "2",
    );
  },
);

everywhere(
  "createVaultStore() separates namespaces",
  async ({ vault, make, policy }) => {
    const team = `team-${crypto.randomUUID().slice(0, 8)}`;
    // The community edition of Vault has none.
    if (!await vault.createNamespace(team)) return;
    await vault.createNamespace(`${team}/sub`);
    const rights = policy("tokens");
    const stores = [
      make(),
      make({ namespace: `${team}/` }),
      make({ namespace: `${team}/sub` }),
      make({
        ...await vault.createRole({ policy: rights, namespace: team }),
        namespace: team,
        secretPath: "other",
      }),
    ];
    for (const [i, store] of stores.slice(0, 3).entries()) {
      assertEquals(await store.read("acme"), undefined);
      await store.replace("acme", { refresh_token: `${i}` }, undefined);
    }
    for (const [i, store] of stores.slice(0, 3).entries()) {
      assertEquals((await store.read("acme"))?.credentials, {
        refresh_token: `${i}`,
      });
    }
    const role = await vault.createRole({ policy: rights, namespace: team });
    const theirs = make({ ...role, namespace: team });
    assertEquals((await theirs.read("acme"))?.credentials, {
      refresh_token: "1",
    });
    // A token is not valid outside its namespace.
    const token = await vault.createToken({ policy: rights, namespace: team });
    await assertRefuses(make({ token }), /refuses/, token);
    await assertRefuses(
      make({ namespace: "nowhere" }),
      /\(namespace "nowhere"\).*VAULT_NAMESPACE/,
      vault.token,
    );
  },
);

everywhere(
  "createVaultStore() can be used after it was closed",
  async ({ make }) => {
    const store = make();
    await store.close?.();
    await store.replace("acme", { refresh_token: CANARY }, undefined);
    await store.close?.();
    await store.close?.();
    assertEquals((await store.read("acme"))?.version, "1");
  },
);
