import {
  assert,
  assertEquals,
  assertNotEquals,
  assertNotMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { advisedLog } from "../../../src/advice/advice.ts";
import { advise } from "../../../src/app/advice.ts";
import {
  CredentialsError,
  sentenceOf,
  StoreError,
} from "../../../src/errors.ts";
import type { LogLevel } from "../../../src/logging/log.ts";
import {
  DEFAULT_TENANT,
  type OAuthCredentials,
} from "../../../src/tokens/store.ts";
import { type EnvStore, openEnv } from "../../../src/tokens/stores/env.ts";
import { openEnvFile } from "../../../src/tokens/stores/env_file.ts";
import { createTokens } from "../../../src/tokens/tokens.ts";
import { contractOfOne } from "./contract.ts";
import { rotatingQontak } from "../rotating.ts";

const configured = { refresh_token: "canary0" };
const next = {
  refresh_token: "canary1",
  access_token: "canary access",
  expires_at: 2e9,
  expires_in: 21_600,
};

/** Runs with a store whose token is in a `.env` file. */
async function withFile(
  run: (make: () => EnvStore, path: string, dir: string) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  const path = `${dir}/.env`;
  const make = () =>
    openEnv({ credentials: configured, file: openEnvFile(path, "T") });
  try {
    await Deno.writeTextFile(path, "# Mine\nT=canary0 # of May\n");
    await run(make, path, dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function read(store: EnvStore) {
  const found = await store.read(DEFAULT_TENANT);
  assert(found && "refresh_token" in found.credentials);
  return found as { credentials: OAuthCredentials; version: string };
}

async function rotate(store: EnvStore, to: OAuthCredentials = next) {
  const { version } = await read(store);
  return await store.replace(DEFAULT_TENANT, to, version);
}

Deno.test("createEnvStore() uses memory if there is nothing else, and warns once", async () => {
  const logged: [LogLevel, string][] = [];
  const store = openEnv({
    credentials: configured,
    log: advisedLog(
      (...line) => logged.push([line[0], JSON.stringify(line)]),
      advise,
    ),
  });
  assertEquals(await store.keeps(), "memory");
  assertEquals(store.lease, undefined);
  const first = await read(store);
  assertEquals(first.credentials, configured);
  await rotate(store, { ...next, ...configured });
  assertEquals(logged, []);
  await rotate(store);
  await rotate(store, { refresh_token: "canary2" });
  assertEquals((await read(store)).credentials.refresh_token, "canary2");
  assertEquals(logged.map(([level]) => level), ["warn"]);
  for (const word of ["memory only", "--unstable-kv", ".env", "TOKEN_STORE"]) {
    assertStringIncludes(logged[0]![1], word);
  }
  assertNotMatch(logged[0]![1] + Deno.inspect(store, { depth: 9 }), /canary/);
});

Deno.test("createEnvStore() fulfils the contract of stores in memory and in a file", async () => {
  const store = openEnv({ credentials: configured });
  await contractOfOne(store, DEFAULT_TENANT);
  await withFile((make) => contractOfOne(make(), DEFAULT_TENANT));
});

Deno.test("createEnvStore() continues without a database that does not open", async () => {
  const store = openEnv({
    credentials: configured,
    kv: { open: () => Promise.resolve(undefined) },
  });
  assertEquals(await store.keeps(), "memory");
  const lease = await store.lease!(DEFAULT_TENANT, 60_000, "h");
  assert(await rotate(store));
  await lease!.release();
  assertEquals((await read(store)).credentials, next);
});

Deno.test("createEnvStore() never lets an older record replace a newer one", async () => {
  await withFile(async (make) => {
    for (const store of [openEnv({ credentials: configured }), make()]) {
      const { version } = await read(store);
      const results = await Promise.all(
        Array.from(
          { length: 20 },
          (_, i) =>
            store.replace(DEFAULT_TENANT, { refresh_token: `w${i}` }, version),
        ),
      );
      assertEquals(results.filter((won) => won !== undefined).length, 1);
      for (const old of [version, undefined, "canary"]) {
        const again = store.replace(DEFAULT_TENANT, next, old);
        assertEquals(await again, undefined);
      }
      assertEquals((await read(store)).credentials, {
        refresh_token: `w${results.findIndex((won) => won !== undefined)}`,
      });
    }
  });
});

Deno.test("createEnvStore() has one company, and removes none", async () => {
  const mekari = openEnv({ credentials: { sso_id: "u1" } });
  const oauth = openEnv({ credentials: configured });
  for (
    const [store, name] of [
      [oauth, "QONTAK_REFRESH_TOKEN"],
      [mekari, "MEKARI_SSO_ID"],
    ] as const
  ) {
    assertEquals(await store.tenants(), [DEFAULT_TENANT]);
    const work = [
      () => store.read("acme"),
      () => store.replace("acme", next, "0"),
      () => store.remove("acme"),
    ];
    for (const ask of work) {
      const error = await assertRejects(ask, CredentialsError, '"acme"');
      assertStringIncludes(sentenceOf(error, advise)!, name);
    }
    await assertRejects(
      () => store.remove(DEFAULT_TENANT),
      CredentialsError,
      "remove them from the configuration",
    );
  }
  assertNotEquals(await oauth.identity(), await mekari.identity());
  assertNotMatch(await oauth.identity(), /canary/);
});

Deno.test("createEnvStore() returns credentials of Mekari as they are", async () => {
  await withFile(async (_, path) => {
    const credentials = { sso_id: "u1", client_id: "c", client_secret: "s" };
    const store = openEnv({
      credentials,
      // They never change, so nothing needs to be stored.
      file: openEnvFile(path, "T"),
      kv: {
        open: () => Promise.reject(new Error("Not needed")),
      },
      log: () => {
        throw new Error("Nothing to say");
      },
    });
    assertEquals(store.lease, undefined);
    assertEquals(await store.keeps(), "memory");
    assertEquals(await store.read(DEFAULT_TENANT), {
      credentials,
      version: "0",
    });
    assertEquals(
      await store.replace(DEFAULT_TENANT, { sso_id: "u2" }, "x"),
      undefined,
    );
    await store.replace(DEFAULT_TENANT, { sso_id: "u2" }, "0");
    assertEquals((await store.read(DEFAULT_TENANT))?.credentials, {
      sso_id: "u2",
    });
  });
});

Deno.test("createEnvStore() stores only the newest token in the file", async () => {
  await withFile(async (make, path) => {
    const store = make();
    assertEquals(await store.keeps(), "file");
    assertEquals((await read(store)).credentials, configured);
    const version = await rotate(store);
    assertEquals(
      await Deno.readTextFile(path),
      "# Mine\nT=canary1 # of May\n",
    );
    assertEquals(await read(store), { credentials: next, version: version! });
    // The next process starts from there.
    assertEquals((await read(make())).credentials, {
      refresh_token: "canary1",
    });
    // An access token alone does not change the file.
    const { mtime } = await Deno.stat(path);
    await rotate(store, { ...next, access_token: "canary other" });
    assertEquals((await read(store)).credentials.access_token, "canary other");
    assertEquals((await Deno.stat(path)).mtime, mtime);
    assertNotMatch(Deno.inspect(store, { depth: 9 }), /canary/);
  });
});

Deno.test("createEnvStore() prefers a person's token", async () => {
  await withFile(async (make, path) => {
    const store = make();
    const ours = await store.identity();
    await rotate(store);
    assertEquals(await store.identity(), ours);
    const { version } = await read(store);
    await Deno.writeTextFile(path, "T='theirs'\n");
    assertEquals(
      await store.replace(DEFAULT_TENANT, { refresh_token: "late" }, version),
      undefined,
    );
    // A token that Qontak has not replaced is not preferred to theirs either.
    assertEquals(await store.replace(DEFAULT_TENANT, next, version), undefined);
    assertEquals((await read(store)).credentials, { refresh_token: "theirs" });
    // It may belong to another account.
    assertNotEquals(await store.identity(), ours);
    assert(await rotate(store));
    assertEquals(await Deno.readTextFile(path), "T='canary1'\n");
  });
});

Deno.test("createEnvStore() continues with its token if the file has none", async () => {
  await withFile(async (make, path) => {
    const store = make();
    await rotate(store);
    for (
      const take of [
        () => Deno.writeTextFile(path, "A=1\n"),
        () => Deno.remove(path),
      ]
    ) {
      await take();
      assertEquals((await read(store)).credentials, next);
      const error = await assertRejects(
        () => rotate(store, { refresh_token: "canary2" }),
        StoreError,
        path,
      );
      assertNotMatch(Deno.inspect(error), /canary/);
      assertEquals((await read(store)).credentials, next);
    }
  });
});

Deno.test("createEnvStore() says why a file cannot be written, and returns its token", async () => {
  await withFile(async (make, path) => {
    // A lock file cannot be created there.
    await Deno.mkdir(`${path}.lock`);
    const store = make();
    assertEquals(await store.keeps(), "memory");
    const lease = await store.lease!(DEFAULT_TENANT, 60_000, "h");
    assert(lease);
    await lease.release();
    await assertRejects(() => rotate(store), StoreError, path);
    assertEquals((await read(store)).credentials, configured);
    await Deno.remove(`${path}.lock`);
    assertEquals(await store.keeps(), "file");
    assert(await rotate(store));
    await assertRejects(
      async () =>
        await store.replace(
          DEFAULT_TENANT,
          { sso_id: "u" },
          (await read(store)).version,
        ),
      StoreError,
      "refresh token",
    );
  });
});

Deno.test("createEnvStore() lets two processes with one file refresh one after the other", async () => {
  await withFile(async (make, path) => {
    const { used, refresh } = rotatingQontak(20, "canary");
    const processes = [make(), make()].map((store) =>
      createTokens({ store, refresh, log: () => {} })
    );
    const seen: string[] = [];
    for (let round = 0; round < 5; round++) {
      seen.push(
        ...await Promise.all(
          processes.map((tokens, i) =>
            tokens.access(DEFAULT_TENANT, seen.at(i - 2))
          ),
        ),
      );
    }
    assertEquals(new Set(seen).size, 10);
    assertEquals(used, Array.from({ length: 10 }, (_, i) => `canary${i}`));
    assertEquals(
      await Deno.readTextFile(path),
      "# Mine\nT=canary10 # of May\n",
    );
    for (const tokens of processes) await tokens.close();
  });
});
