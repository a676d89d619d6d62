/** `tenants` and `doctor`, run as a person runs them. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertStringIncludes,
} from "@std/assert";
import {
  type RunningSandbox,
  SANDBOX_CODE,
  SANDBOX_MEKARI,
  SANDBOX_PASSWORD,
  serveSandbox,
} from "../../src/sandbox/mod.ts";
import { callTool } from "../support/call.ts";
import { createCompanies } from "../support/companies.ts";
import {
  bareEnv,
  isOnPath,
  program,
  run,
  startHttp,
  WITH_KV,
} from "../support/process.ts";
import { vaultPolicy } from "../../src/tokens/stores/vault/policy.ts";
import { startVault } from "../support/vault.ts";
import { unless } from "../support/unless.ts";

/** A separate store, and the sandbox, for one test. */
interface Place extends AsyncDisposable {
  readonly sandbox: RunningSandbox;
  readonly env: Record<string, string>;
  /** Runs the program there. */
  run(
    args: string[],
    stdin?: string,
    more?: Record<string, string>,
  ): ReturnType<typeof run>;
}

function createPlace(
  sandbox: RunningSandbox = serveSandbox(),
): Place {
  const vault = startVault();
  const env = {
    TOKEN_STORE: "vault",
    VAULT_ADDR: vault.url,
    VAULT_TOKEN: vault.token,
    QONTAK_BASE_URL: sandbox.url,
  };
  return {
    sandbox,
    env,
    run: (args, stdin = "", more = {}) =>
      run(args, { env: { ...env, ...more }, stdin }),
    async [Symbol.asyncDispose]() {
      await vault[Symbol.asyncDispose]();
      await sandbox.close();
    },
  };
}

Deno.test("tenants add, list, check and remove do what they say", async () => {
  await using place = createPlace();
  const { sandbox } = place;
  const first = sandbox.refreshToken;
  const added = await place.run(["tenants", "add", "acme"], `${first}\n`);
  assertEquals(added.code, 0, added.stderr);
  assertStringIncludes(added.stdout, "are kept in vault");
  assertStringIncludes(added.stdout, "Qontak answers: 2 pipelines");
  // Without an id, it is the tenant of calls that name none.
  const second = await place.run(["tenants", "add"], "not-a-token\n");
  assertEquals(second.code, 1);
  assertStringIncludes(second.stderr, "invalid_grant");
  const pasted = await place.run(["tenants", "add"], `"${first}"\n`);
  assertEquals(pasted.code, 2);
  assertStringIncludes(
    pasted.stderr,
    "Refresh token: it is in quotation marks: give it without them. Nothing was sent",
  );
  assertNotMatch(pasted.stderr, new RegExp(first));
  const listed = await place.run(["tenants", "list", "--json"]);
  const [{ since, renewed_at, ...shown }] = JSON.parse(listed.stdout);
  assertEquals(shown, { tenant: "acme", state: "works" });
  assert(Math.abs(since - Date.now() / 1000) < 60, since);
  assert(Math.abs(renewed_at - since) <= 1);

  const checked = await place.run(["tenants", "check", "acme"]);
  assertEquals(checked.code, 0, checked.stdout);
  assertStringIncludes(checked.stdout, "Qontak gave new tokens");
  const absent = await place.run(["tenants", "check", "other"]);
  assertEquals(absent.code, 1);
  assertStringIncludes(absent.stdout, "qontak-mcp tenants add other");

  const removed = await place.run(["tenants", "remove", "acme"]);
  assertEquals(removed.code, 0, removed.stderr);
  const again = await place.run(["tenants", "remove", "acme"]);
  assertEquals(again.code, 1);
  assertStringIncludes(again.stderr, "There are no credentials");
  assertStringIncludes(again.stderr, "qontak-mcp tenants list");
  assertEquals(
    (await place.run(["tenants", "list"])).stdout,
    "no tenants yet\n",
  );
  for (const { stdout, stderr } of [added, second, checked, removed]) {
    assertNotMatch(stdout + stderr, /[0-9a-f]{64}|sandbox-refresh|not-a-token/);
  }
});

Deno.test("tenants remove without an id deletes nothing before a yes, or --apply", async () => {
  await using place = createPlace(
    serveSandbox({
      refreshTokens: ["first-token", "second-token", "third-token"],
    }),
  );
  const nothing = await place.run(["tenants", "remove"]);
  assertEquals(nothing.code, 1);
  assertStringIncludes(nothing.stderr, "There are no credentials");
  await place.run(["tenants", "add"], "first-token\n");
  const names = async () =>
    JSON.parse((await place.run(["tenants", "list", "--json"])).stdout)
      .map(({ tenant }: Record<string, unknown>) => tenant);
  for (const answer of ["", "\n", "no\n"]) {
    const { code, stdout, stderr } = await place.run(
      ["tenants", "remove"],
      answer,
    );
    assertEquals(code, 1, stderr);
    assertStringIncludes(stderr, "the credentials of the only company");
    assertStringIncludes(
      stdout,
      "Nothing was removed. With --apply, the command does not ask",
    );
  }
  assertEquals(await names(), ["_default"]);
  // Another company in the store is not the one that is asked about.
  await place.run(["tenants", "add", "acme"], "second-token\n");
  const asked = await place.run(["tenants", "remove"], "yes\n");
  assertEquals(asked.code, 0, asked.stderr);
  assertStringIncludes(asked.stderr, "name its id");
  assertEquals(await names(), ["acme"]);
  await place.run(["tenants", "add"], "third-token\n");
  const applied = await place.run(["tenants", "remove", "--apply"]);
  assertEquals(applied.code, 0, applied.stderr);
  assertEquals(await names(), ["acme"]);
});

Deno.test("tenants check --all and doctor --all try every company, and refresh no good token", async () => {
  const tokens = ["first-token", "second-token"];
  await using place = createPlace(
    serveSandbox({ refreshTokens: tokens, rotateRefreshTokens: true }),
  );
  const { sandbox } = place;
  for (const [at, id] of ["beta", "acme"].entries()) {
    const added = await place.run(["tenants", "add", id], `${tokens[at]}\n`);
    assertEquals(added.code, 0, added.stderr);
  }
  const before = sandbox.requests.length;
  const good = await place.run(["tenants", "check", "--all", "--json"]);
  assertEquals(good.code, 0, good.stdout);
  assertEquals(JSON.parse(good.stdout), [
    { check: "acme", status: "ok", detail: "Qontak answers: 2 pipelines" },
    { check: "beta", status: "ok", detail: "Qontak answers: 2 pipelines" },
  ]);
  assertEquals(
    sandbox.requests.slice(before).filter(({ path }) =>
      path.includes("/oauth/")
    ),
    [],
  );

  const asked = await place.run(["doctor", "--all"]);
  assertEquals(asked.code, 0, asked.stdout);
  assertMatch(asked.stdout, /^ok +acme +Qontak answers: 2 pipelines$/m);
  assertMatch(asked.stdout, /^ok +beta +Qontak answers: 2 pipelines$/m);
  const both = await place.run(["tenants", "check", "acme", "--all"]);
  assertEquals(both.code, 2);
  assertStringIncludes(both.stderr, "or --all, not both");

  // One that fails does not keep the others from being tried.
  sandbox.expireAccessTokens();
  sandbox.revokeRefreshTokens();
  const dead = await place.run(["tenants", "check", "--all"]);
  assertEquals(dead.code, 1);
  assertMatch(dead.stdout, /^fail +acme +.*invalid_grant/m);
  assertMatch(dead.stdout, /^fail +beta +.*invalid_grant/m);
  // The list says since when, without a question to Qontak.
  const list = async () => {
    const { stdout } = await place.run(["tenants", "list", "--json"]);
    return JSON.parse(stdout).map((
      { tenant, state, since }: Record<string, unknown>,
    ) => [tenant, state, Math.abs(Number(since) - Date.now() / 1000) < 120]);
  };
  assertEquals(await list(), [
    ["acme", "refused", true],
    ["beta", "refused", true],
  ]);
  const shown = await place.run(["tenants", "list"]);
  assertMatch(shown.stdout, /^acme +refused +\d{4}-\d\d-\d\d \d\d:\d\dZ/m);
});

Deno.test("tenants check --all tries the company without an id too", async () => {
  await using place = createPlace();
  const { sandbox } = place;
  await place.run(["tenants", "add"], `${sandbox.refreshToken}\n`);
  const good = await place.run(["tenants", "check", "--all"]);
  assertEquals(good.code, 0, good.stdout);
  assertMatch(good.stdout, /^ok +_default +Qontak answers/m);
  sandbox.expireAccessTokens();
  sandbox.revokeRefreshTokens();
  const dead = await place.run(["tenants", "check", "--all"]);
  assertEquals(dead.code, 1);
  assertMatch(dead.stdout, /^fail +_default +.*invalid_grant/m);
});

Deno.test("config passes on which store the environment names, and none of its secrets", async () => {
  const { code, stdout, stderr } = await run(["config", "cursor"], {
    env: { TOKEN_STORE: "redis", REDIS_URL: "redis://:hunter2@127.0.0.1" },
  });
  assertEquals(code, 0, stderr);
  assertEquals(JSON.parse(stdout).mcpServers.qontak.env, {
    TOKEN_STORE: "redis",
    REDIS_URL: "YOUR_REDIS_URL",
  });
  assertStringIncludes(stderr, "YOUR_REDIS_URL: the value that is set here");
});

Deno.test("tenants add --user says who me is, also after a new token", async () => {
  await using place = createPlace(
    serveSandbox({ tokenInfo: false, refreshTokens: ["other-refresh-token"] }),
  );
  const { sandbox } = place;
  const wrong = await place.run(
    ["tenants", "add", "acme", "--user", "Dewi"],
    `${sandbox.refreshToken}\n`,
  );
  assertEquals(wrong.code, 2);
  assertStringIncludes(wrong.stderr, "--user must be the id of a user");
  const added = await place.run(
    ["tenants", "add", "acme", "--user", "512305"],
    `${sandbox.refreshToken}\n`,
  );
  assertEquals(added.code, 0, added.stderr);
  await place.run(["tenants", "add"], "other-refresh-token\n");
  sandbox.expireAccessTokens();
  await using server = await startHttp([], place.env);
  const mine = (args: Record<string, unknown>) =>
    callTool(server.url, "list_deals", { creator_id: "me", ...args });
  const { text, isError } = await mine({ user_id: "acme" });
  assertEquals(isError, false, text);
  assertStringIncludes(text, "Dewi Anggraini");
  const unknown = await mine({});
  assertEquals(unknown.isError, true);
  assertStringIncludes(
    unknown.text,
    "qontak-mcp tenants add --replace --user ID",
  );
});

Deno.test("tenants add does not replace working credentials by mistake", async () => {
  await using place = createPlace();
  const token = `${place.sandbox.refreshToken}\n`;
  assertEquals((await place.run(["tenants", "add", "acme"], token)).code, 0);
  const again = await place.run(["tenants", "add", "acme"], "hunter2\n");
  assertEquals(again.code, 1);
  assertStringIncludes(again.stderr, "already. Put new ones in their place");
  assertEquals(place.sandbox.grants, place.sandbox.grantAttempts);
  const wrong = await place.run(
    ["tenants", "add", "acme", "--replace"],
    "hunter2\n",
  );
  assertEquals(wrong.code, 1);
  assertNotMatch(wrong.stderr + again.stderr, /hunter2/);
  // The old credentials still work.
  assertEquals((await place.run(["tenants", "check", "acme"])).code, 0);
  const { refreshToken } = place.sandbox;
  const replaced = await place.run(
    ["tenants", "add", "acme", "--replace"],
    `${refreshToken}\n`,
  );
  assertEquals(replaced.code, 0, replaced.stderr);
});

Deno.test("tenants refuses wrong arguments, and repeats no secret", async () => {
  await using place = createPlace();
  const table: [string[], Record<string, string>, string, string?][] = [
    [["tenants"], {}, "tenants needs one of: add, list, remove, check"],
    [["tenants", "ad"], {}, "tenants needs one of"],
    [["tenants", "add", "_default"], {}, "cannot be the name of a tenant"],
    [["tenants", "add", "hunter2/+=="], {}, "cannot be the name of a tenant"],
    [
      ["tenants", "add", "acme", "hunter2"],
      {},
      "Never give a token as an argument",
    ],
    [["tenants", "add", "acme"], {}, "nothing was given"],
    [["tenants", "add", "acme", "--grant", "magic"], {}, "--grant must be one"],
    [["tenants", "list", "--replace"], {}, "--replace is for tenants add"],
    [
      ["tenants", "add", "acme", "--grant", "authorization_code"],
      {},
      "needs the OAuth application",
    ],
    [
      ["tenants", "add", "acme"],
      { TOKEN_STORE: "env", QONTAK_REFRESH_TOKEN: "hunter2" },
      "TOKEN_STORE=env holds one company",
    ],
    [["tenants", "list"], { TOKEN_STORE: "kv" }, "--unstable-kv"],
    [["tenants", "list"], { TOKEN_STORE: "disk" }, "must be one of env, redis"],
    [["tenants", "list"], { VAULT_TOKEN: "" }, "needs VAULT_TOKEN"],
    [
      ["tenants", "list"],
      { VAULT_MOUNT_PATH: "/" },
      'VAULT_MOUNT_PATH is not a path in Vault: "/" has a part that is empty',
    ],
    [
      ["tenants", "list"],
      { TOKEN_ENCRYPTION_KEY: "hunter2" },
      "TOKEN_ENCRYPTION_KEY must hold keys of 32 bytes",
    ],
    [
      ["tenants", "list"],
      { TOKEN_STORE: "redis", REDIS_URL: "http://user:hunter2@x" },
      "REDIS_URL must start with redis://",
    ],
    [
      [],
      { TOKEN_STORE: "env", QONTAK_AUTH: "hmac", MEKARI_CLIENT_ID: "id" },
      "needs MEKARI_CLIENT_SECRET and MEKARI_SSO_ID",
    ],
  ];
  for (let i = 0; i < table.length; i += 2) {
    await Promise.all(
      table.slice(i, i + 2).map(async ([args, more, expected]) => {
        const { code, stdout, stderr } = await place.run(args, "", more);
        assertEquals([code, stdout], [2, ""], stderr);
        assertStringIncludes(stderr, expected);
        assertNotMatch(stderr, /hunter2/);
      }),
    );
  }
});

Deno.test("tenants add logs in with a password, or with a code", async () => {
  const application = {
    QONTAK_CLIENT_ID: "an-application",
    QONTAK_CLIENT_SECRET: "its-secret",
    QONTAK_REDIRECT_URI: "https://example.co.id/callback",
  };
  await using place = createPlace(
    serveSandbox({ clientId: "an-application", clientSecret: "its-secret" }),
  );
  const add = (args: string[], stdin: string) =>
    place.run(["tenants", "add", ...args], stdin, application);
  const code = ["--grant", "authorization_code"];
  const first = await add(["one", ...code], `${SANDBOX_CODE}-1\n`);
  assertEquals(first.code, 0, first.stderr);
  const [address = ""] = /http\S+oauth\/authorize\S+/.exec(first.stderr) ?? [];
  // What a browser does with the printed address.
  const agreed = await fetch(address, { redirect: "manual" });
  await agreed.body?.cancel();
  const location = new URL(agreed.headers.get("location")!);
  const foreign = await add(["two", ...code], `${location}\n`);
  assertEquals(foreign.code, 2);
  assertStringIncludes(foreign.stderr, "belongs to another attempt");
  location.searchParams.delete("state");
  const second = await add(["two", ...code], `${location}\n`);
  assertEquals(second.code, 0, second.stderr);
  const used = await add(["three", ...code], `${location}\n`);
  assertEquals(used.code, 1);
  assertStringIncludes(used.stderr, "was used before");
  assertNotMatch(used.stderr, new RegExp(location.searchParams.get("code")!));
});

Deno.test("tenants add logs in as a user of the CRM", async () => {
  await using place = createPlace();
  const add = (password: string) =>
    place.run(
      ["tenants", "add", "acme", "--grant", "password"],
      `ratna.kusumawardani@example.co.id\n${password}\n`,
    );
  const wrong = await add("hunter2");
  assertEquals(wrong.code, 1);
  assertStringIncludes(wrong.stderr, "e-mail address or the password is wrong");
  assertNotMatch(wrong.stderr, /hunter2/);
  const right = await add(SANDBOX_PASSWORD);
  assertEquals(right.code, 0, right.stderr);
});

Deno.test("tenants add stores the credentials that sign requests to Mekari's gateway", async () => {
  await using place = createPlace();
  const { clientId, clientSecret, ssoId } = SANDBOX_MEKARI;
  const gateway = { QONTAK_AUTH: "hmac" };
  const own = await place.run(
    ["tenants", "add", "acme"],
    `${ssoId}\n${clientId}\n${clientSecret}\n`,
    gateway,
  );
  assertEquals(own.code, 0, own.stdout + own.stderr);
  assertStringIncludes(own.stdout, "Qontak answers: 2 pipelines");
  const shared = await place.run(["tenants", "add"], `${ssoId}\n\n`, {
    ...gateway,
    MEKARI_CLIENT_ID: clientId,
    MEKARI_CLIENT_SECRET: clientSecret,
  });
  assertEquals(shared.code, 0, shared.stdout + shared.stderr);
  const doctor = await place.run(["doctor", "acme"], "", gateway);
  assertEquals(doctor.code, 0, doctor.stdout);
  assertEquals(place.sandbox.grantAttempts, 0);
});

const noScript = await isOnPath("script") ? "" : "script is not on PATH";

Deno.test({
  ...unless(noScript, "tenants add shows no secret at a terminal"),
  async fn() {
    await using place = createPlace();
    const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
    const command = [
      Deno.execPath(),
      ...await program("tenants", "add", "acme"),
    ]
      .map(quote).join(" ");
    const child = new Deno.Command("script", {
      args: ["-qec", command, "/dev/null"],
      env: bareEnv(place.env),
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    let shown = "";
    const writer = child.stdin.getWriter();
    for await (
      const chunk of child.stdout.pipeThrough(new TextDecoderStream())
    ) {
      shown += chunk;
      if (shown.endsWith("Refresh token: ")) {
        // With a typing error and its correction.
        const typed = `${place.sandbox.refreshToken}x\x7f\r`;
        await writer.write(new TextEncoder().encode(typed));
      }
    }
    await writer.close();
    assertEquals((await child.status).code, 0, shown);
    assertStringIncludes(shown, "are kept in vault");
    assertNotMatch(shown, /sandbox-refresh/);
  },
});

/** The findings of doctor, by check. */
async function examine(
  place: Place,
  more: Record<string, string> = {},
  args: string[] = [],
): Promise<Record<string, string>> {
  const { code, stdout, stderr } = await place.run(
    ["doctor", "--json", ...args],
    "",
    more,
  );
  const findings: { check: string; status: string; detail: string }[] = JSON
    .parse(stdout || "[]");
  assert(findings.length > 0, stderr);
  const failed = findings.some(({ status }) => status === "fail");
  assertEquals(code, failed ? 1 : 0);
  assertNotMatch(stdout + stderr, /[0-9a-f]{64}|hunter2|sandbox-refresh/);
  return Object.fromEntries(
    findings.map(({ check, status, detail }) => [check, `${status} ${detail}`]),
  );
}

Deno.test("doctor reports ok for every check that passes", async () => {
  await using place = createPlace();
  const token = `${place.sandbox.refreshToken}\n`;
  await place.run(["tenants", "add"], token);
  const before = place.sandbox.grants;
  const { kv, ...found } = await examine(place);
  assertEquals(place.sandbox.grants, before + 1);
  assertStringIncludes(kv!, "warn this process has no Deno KV");
  for (const [check, line] of Object.entries(found)) {
    assertStringIncludes(line, "ok ", check);
  }
  assertEquals(Object.keys(found), [
    "configuration",
    "limits",
    "store",
    "company",
    "token",
    "crm",
    "clock",
  ]);
  // For people, each check is one line.
  const { stdout } = await place.run(["doctor"]);
  assertEquals(stdout.trim().split("\n").length, 8);
});

Deno.test("doctor says which company it tried, and that calls without user_id fail", async () => {
  await using place = createPlace();
  const token = () => `${place.sandbox.refreshToken}\n`;
  await place.run(["tenants", "add", "acme"], token());
  const { company, crm } = await examine(place);
  assertStringIncludes(
    company!,
    'fail tried with the credentials for user_id "acme"',
  );
  assertEquals((await place.run(["doctor"])).code, 1);
  assertEquals((await place.run(["doctor", "acme"])).code, 0);
  assertStringIncludes(company!, "Calls without user_id fail");
  assertStringIncludes(company!, "qontak-mcp tenants add,");
  assertStringIncludes(crm!, "ok ");
  // If the settings have a key for such calls, they are expected to work.
  const hash = "ab".repeat(32);
  const other = await examine(place, { MCP_API_KEYS: `${hash}:acme` });
  assertStringIncludes(other.company!, "warn ");
  const promised = await place.run(["doctor"], "", { MCP_API_KEYS: hash });
  assertEquals(promised.code, 1);
  assertStringIncludes(
    promised.stdout,
    "MCP_API_KEYS has a key for such calls",
  );
  const stored = { MCP_STORED_KEYS: "true" };
  await place.run(["keys", "create", "--tenants", "acme"], "", stored);
  assertStringIncludes((await examine(place, stored)).company!, "warn ");
  await place.run(["keys", "create"], "", stored);
  const kept = await examine(place, stored);
  assertStringIncludes(kept.company!, "fail ");
  assertStringIncludes(kept.company!, "for such calls");
  // A run for one company reports only that one.
  assertEquals((await examine(place, {}, ["acme"])).company, undefined);
  await place.run(["tenants", "add"], token());
  const both = await examine(place, stored);
  assertStringIncludes(both.company!, "ok tried with");
});

Deno.test("doctor says what fails, and what to do", async () => {
  await using place = createPlace();
  const empty = await examine(place);
  assertStringIncludes(empty.token!, "fail there are no credentials yet");
  const token = `${place.sandbox.refreshToken}\n`;
  await place.run(["tenants", "add", "acme"], token);

  const down = await examine(place, { VAULT_ADDR: "http://127.0.0.1:9" });
  assertStringIncludes(down.store!, "fail ");
  assertStringIncludes(down.token!, "skip not tried");
  const wrong = await examine(place, { QONTAK_TIMEOUT_MS: "soon" });
  assertStringIncludes(wrong.configuration!, "fail QONTAK_TIMEOUT_MS must be");
  const away = await examine(place, { QONTAK_BASE_URL: "http://127.0.0.1:9" });
  assertStringIncludes(away.token!, "fail Qontak's token endpoint could not");
  assertStringIncludes(away.clock!, "fail http://127.0.0.1:9 could not");
  const alone = await examine(place, {
    QONTAK_LIMITS: "redis",
    REDIS_URL: "redis://:hunter2@127.0.0.1:9",
  });
  assertStringIncludes(
    alone.limits!,
    "fail The store of limits does not answer: Redis at 127.0.0.1:9",
  );

  place.sandbox.inject({
    fault: { kind: "status", status: 500 },
    path: "/api/*",
  });
  assertStringIncludes((await examine(place)).crm!, "fail Qontak answered");
  place.sandbox.revokeRefreshTokens();
  const dead = await examine(place, {}, ["acme"]);
  assertStringIncludes(dead.token!, "tenants add acme --replace");
  assertStringIncludes(dead.crm!, "skip");
});

Deno.test("doctor leaves nothing behind in Vault", async () => {
  await using sandbox = serveSandbox({ rotateRefreshTokens: false });
  await using vault = startVault();
  const env = {
    QONTAK_BASE_URL: sandbox.url,
    TOKEN_STORE: "vault",
    VAULT_ADDR: vault.url,
    VAULT_TOKEN: vault.createToken({ policy: vaultPolicy("tokens") }),
  };
  const { stdout } = await run(["doctor"], { env });
  assertStringIncludes(stdout, "vault can be read and written");
  const response = await fetch(
    `${vault.url}/v1/secret/metadata/qontak/tokens?list=true`,
    { headers: { "x-vault-token": vault.token } },
  );
  await response.body?.cancel();
  assertEquals(response.status, 404);
});

Deno.test("doctor notices a wrong clock", async () => {
  await using place = createPlace(serveSandbox({ clockOffset: -600_000 }));
  const { clock } = await examine(place);
  assertStringIncludes(clock!, "fail this machine's clock is 600 s ahead of");
});

Deno.test("doctor requests no token that it would lose", async () => {
  await using place = createPlace();
  const configured = {
    TOKEN_STORE: "env",
    QONTAK_REFRESH_TOKEN: place.sandbox.refreshToken,
  };
  const found = await examine(place, configured);
  assertStringIncludes(found.store!, "warn QONTAK_REFRESH_TOKEN is only in");
  assertStringIncludes(found.token!, "skip not tried");
  assertEquals(place.sandbox.grantAttempts, 0);

  const dir = await Deno.makeTempDir();
  try {
    const kept = await examine(place, {
      ...configured,
      DENO_KV_DEFAULT_PATH: `${dir}/kv.sqlite3`,
    }, [WITH_KV]);
    for (const check of ["kv", "store", "token", "crm"]) {
      assertStringIncludes(kept[check]!, "ok ", check);
    }
    assertEquals(place.sandbox.grants, 2);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("doctor --sandbox works without an account", async () => {
  const { code, stdout } = await run(["doctor", "--sandbox"]);
  assertEquals(code, 0, stdout);
  assertNotMatch(stdout, /--unstable-kv/, "the flag would change nothing");
  assertStringIncludes(stdout, "Qontak answers: 2 pipelines");
});

Deno.test("an id that is reused for another company shows nothing of the old one's setup", async () => {
  const { sandboxes, handle } = createCompanies(
    ["one", "two"],
    (name) => ({ refreshToken: `refresh-of-${name}` }),
    (_, pass) => pass(),
  );
  await using qontak = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => handle(request, new AbortController().signal),
  );
  const dir = await Deno.makeTempDir();
  const env = {
    TOKEN_STORE: "kv",
    DENO_KV_DEFAULT_PATH: `${dir}/kv.sqlite3`,
    QONTAK_BASE_URL: `http://127.0.0.1:${qontak.addr.port}`,
  };
  const add = async (name: string, ...flags: string[]) => {
    const args = ["tenants", "add", "acme", ...flags, WITH_KV];
    const stdin = `refresh-of-${name}\n`;
    assertEquals((await run(args, { env, stdin })).code, 0);
  };
  const asked = (name: string) =>
    sandboxes.get(name)!.requests.filter(({ path }) =>
      path.endsWith("/contacts/info")
    ).length;
  const look = async () => {
    await using server = await startHttp([WITH_KV], env);
    const tool = "get_required_fields_for_contact";
    const { text } = await callTool(server.url, tool, { user_id: "acme" }, {});
    assertStringIncludes(text, "required");
  };
  try {
    await add("one");
    await look();
    const before = asked("one");
    assert(before > 0);
    // After a restart, nothing is requested again.
    await look();
    assertEquals(asked("one"), before);
    await add("two", "--replace");
    await look();
    assert(asked("two") > 0, "the old company's template is shown");
    // The same holds for credentials that are removed and added again.
    await run(["tenants", "remove", "acme", WITH_KV], { env });
    const again = asked("two");
    await run(["tenants", "add", "acme", WITH_KV], {
      env,
      stdin: `${sandboxes.get("two")!.refreshToken}\n`,
    });
    await look();
    assert(asked("two") > again);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
