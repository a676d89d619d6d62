import {
  assert,
  assertEquals,
  assertExists,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { existsSync } from "node:fs";
import { shapeOf } from "../../scripts/live/answers.ts";
import { facts } from "../../scripts/live/facts.ts";
import { MARK } from "../../scripts/live/kinds.ts";
import { redact } from "../../scripts/live/redact.ts";
import { Stopped } from "../../scripts/live/verdict.ts";
import { createWire } from "../../scripts/live/wire.ts";
import type { FaultRule } from "../../src/sandbox/mod.ts";
import {
  assertClean,
  assertNoneOf,
  countNotes,
  everything,
  live,
  open,
  secrets,
} from "../support/account.ts";
import type { Ended } from "../support/process.ts";

const root = new URL("../../", import.meta.url);

// deno-lint-ignore no-explicit-any -- tests read any field of an answer
type Data = any;

/** The report of a run with --json. */
function factsOf({ stdout }: Ended): Map<string, Data> {
  const rows: Data[] = JSON.parse(stdout).facts;
  return new Map(rows.map((row) => [row.id, row]));
}

for (const profile of ["documented", "observed"] as const) {
  Deno.test(`test:live only reads, and prints no personal data (${profile})`, async () => {
    await using account = await open({ profile });
    const hidden = [
      ...await secrets(account),
      account.sandbox.refreshToken,
    ];
    const asked = account.sandbox.requests.length;
    const ended = await account.run();
    assertEquals(ended.code, 0, ended.stdout + ended.stderr);
    assertNoneOf([...hidden, account.sandbox.refreshToken], ended);
    const sent = account.sandbox.requests.slice(asked);
    assert(
      sent.every(({ method, path }) =>
        method === "GET" || path === "/oauth/token"
      ),
    );
    for (const { id } of facts) {
      assertMatch(
        ended.stdout,
        new RegExp(
          `^\\| ${id} \\|.*\\| (as assumed|\\*\\*otherwise: |not tried: ).*\\|$`,
          "m",
        ),
      );
    }
    assert(!/undefined|\[object/.test(ended.stdout + ended.stderr));
    assertMatch(ended.stdout, /\| `GET \/deals\/:id\/full-field` \| worked \|/);
    assert(!ended.stdout.includes("| failed"));
  });

  Deno.test(`test:live --write leaves nothing behind (${profile})`, async () => {
    await using account = await open({ profile });
    const notes = await countNotes(account);
    const path = Deno.makeTempFileSync();
    const hidden = [...await secrets(account), account.sandbox.refreshToken];
    const ended = await account.run("--write", "--json", "--save-token", path);
    assertEquals(ended.code, 0, ended.stdout + ended.stderr);
    assertNoneOf([...hidden, account.sandbox.refreshToken], ended);
    await assertClean(account, notes);
    assertEquals(
      Deno.readTextFileSync(path),
      `QONTAK_REFRESH_TOKEN='${account.sandbox.refreshToken}'\n`,
    );
    if (Deno.build.os !== "windows") {
      assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
    }
    Deno.removeSync(path);
    const report = JSON.parse(ended.stdout);
    assert(!/undefined|\[object/.test(ended.stdout + ended.stderr));
    assert(report.steps.length > 30);
    for (const { name, result } of report.steps) {
      assertEquals(`${name}: ${result}`, `${name}: worked`);
    }
    const rows = factsOf(ended);
    assertEquals([...rows.keys()], facts.map(({ id }) => id));
    // Custom fields that are not required are set too.
    assertMatch(rows.get("custom-after-create").detail, /contacts: [2-9] of/);
    // The sandbox has too few records for one, and a geolocation would stay.
    const notTried = [...rows.values()].filter(({ verdict }) =>
      verdict === "not tried"
    );
    assertEquals(notTried.map(({ id }) => id), ["per-page", "put-geolocation"]);
    const otherwise = [...rows.values()].filter(({ verdict }) =>
      verdict === "otherwise"
    );
    assertEquals(
      otherwise.map(({ id }) => id),
      profile === "documented" ? [] : [
        "contact-single",
        "deal-company",
        "deal-size",
        "task-id",
        "chat-history",
        "product-created",
        "association-created",
        "put-deal",
      ],
    );
  });
}

Deno.test("test:live finds out which assumptions are wrong", async () => {
  await using account = await open({
    rotateRefreshTokens: false,
    resetOwner: false,
    softErrors: true,
    tokenInfo: false,
    accessTokenLifetime: 3_600,
  });
  const ended = await account.run("--write", "--json");
  assertEquals(ended.code, 0, ended.stdout + ended.stderr);
  const rows = factsOf(ended);
  const said = (id: string) =>
    `${rows.get(id).verdict}: ${rows.get(id).detail}`;
  assertEquals(said("refresh-rotates"), "otherwise: the same one came back");
  assertEquals(
    said("old-refresh-token"),
    "not tried: the token was not replaced",
  );
  assertEquals(said("token-lifetime"), "otherwise: expires_in is 3600");
  assertEquals(said("token-user"), "otherwise: it does not say it");
  assertEquals(said("owner-reset-deal"), "otherwise: the owner stayed");
  assertEquals(said("owner-reset-contact"), "otherwise: the owner stayed");
  assertMatch(said("error-404"), /^otherwise: HTTP 200; .*meta\.status 404/);
  assertMatch(said("error-404-products"), /^as assumed: HTTP 200/);
});

/** Faults during a run, and what the run says about them. */
const FAULTS: Readonly<Record<string, readonly [FaultRule, RegExp]>> = {
  "a create is refused": [
    {
      method: "POST",
      path: "/api/v3.1/tickets",
      fault: { kind: "status", status: 500 },
    },
    /\| create_ticket \| failed: /,
  ],
  "the answer to a create is lost": [
    {
      method: "POST",
      path: "/api/v3.1/deals",
      fault: { kind: "cut", when: "after" },
    },
    /\| create_deal \| failed: /,
  ],
  "Qontak fails for a while": [
    { skip: 120, times: 3, fault: { kind: "status", status: 503 } },
    /Ended early.*3 requests in a row were answered with 503/,
  ],
};

for (const [name, [rule, said]] of Object.entries(FAULTS)) {
  Deno.test(`test:live --write cleans up after itself when ${name}`, async () => {
    await using account = await open();
    const notes = await countNotes(account);
    account.sandbox.inject(rule);
    const ended = await account.run("--write");
    assertEquals(ended.code, 1, ended.stdout + ended.stderr);
    assertMatch(ended.stdout, said);
    assert(!/refused with 50[234]/.test(ended.stdout));
    assertMatch(ended.stdout, /^Cleaned up/m);
    await assertClean(account, notes);
  });
}

Deno.test("test:live says what it could not remove, and --clean removes it", async () => {
  await using account = await open();
  const notes = await countNotes(account);
  const { id } = (await account.api("/deals?per_page=1"))[0];
  await account.api("/notes/", {
    note: `About ${MARK} abcdefgh12`,
    crm_deal_id: id,
  });
  account.sandbox.inject({
    method: "DELETE",
    path: "/api/v3.1/companies/*",
    times: 2,
    fault: { kind: "status", status: 403 },
  });
  const ended = await account.run("--write");
  assertEquals(ended.code, 1);
  assertMatch(
    ended.stdout,
    /^- company \d+ could not be removed, since Qontak answered 403: look for "qontak-mcp live \w+" in Qontak, or run deno task test:live --clean$/m,
  );
  assertStringIncludes(JSON.stringify(await everything(account)), MARK);

  const cleaned = await account.run("--clean");
  assertEquals(cleaned.code, 0, cleaned.stderr);
  assertStringIncludes(cleaned.stdout, "Cleaned up: 1 company.");
  // A record that only mentions the mark belongs to somebody else.
  await assertClean(account, notes + 1);
});

Deno.test("test:live continues with the token that an earlier run stored", async () => {
  await using account = await open();
  const path = Deno.makeTempFileSync();
  const env = {
    QONTAK_BASE_URL: account.sandbox.url,
    QONTAK_REFRESH_TOKEN: account.sandbox.refreshToken,
  };
  const first = await live(["--save-token", path], env);
  assertEquals(first.code, 0, first.stderr);
  // The token in the environment is no longer valid.
  const second = await live(["--save-token", path], env);
  assertEquals(second.code, 0, second.stderr);
  assertStringIncludes(second.stderr, "which an earlier run has kept");
  assertEquals(
    Deno.readTextFileSync(path),
    `QONTAK_REFRESH_TOKEN='${account.sandbox.refreshToken}'\n`,
  );
  Deno.removeSync(path);
});

Deno.test("test:live ends immediately when the refresh token is refused", async () => {
  await using account = await open();
  const { code, stdout, stderr } = await live(["--write"], {
    QONTAK_BASE_URL: account.sandbox.url,
    QONTAK_REFRESH_TOKEN: "not-a-token",
  });
  assertEquals(code, 1);
  assertMatch(
    stdout,
    /Ended early.*refused the refresh token with 4\d\d: make a new one/,
  );
  assertEquals(stderr.match(/POST \/oauth\/token/g)?.length, 1);
});

Deno.test("test:live is skipped without a token", async () => {
  const { code, stdout } = await live(["--write"]);
  assertEquals(code, 0);
  assertMatch(stdout, /^skipped: QONTAK_REFRESH_TOKEN is not set\./);
});

Deno.test("test:live refuses wrong flags", async () => {
  const away = {
    QONTAK_REFRESH_TOKEN: "a-token",
    QONTAK_BASE_URL: "https://app.qontak.com",
  };
  const path = Deno.makeTempFileSync();
  Deno.writeTextFileSync(path, "# of somebody\nNAME=value\n");
  const cases: [string[], Record<string, string>, RegExp][] = [
    [["--wirte"], {}, /There is no flag --wirte\. Did you mean --write\?/],
    [["--geolocation"], {}, /--geolocation is for --write/],
    [["--clean", "--write"], {}, /--clean only removes/],
    [["--save-token"], {}, /--save-token needs a value/],
    [[], away, /--save-token PATH is needed: Qontak may replace/],
    [
      ["--save-token", path],
      away,
      /holds something else and no QONTAK_REFRESH_TOKEN/,
    ],
  ];
  for (const [args, env, said] of cases) {
    const { code, stdout, stderr } = await live(args, env);
    assertEquals(code, 2, args.join(" "));
    assertMatch(stderr, said);
    assertEquals(stdout, "");
  }
  assertEquals(
    Deno.readTextFileSync(path),
    "# of somebody\nNAME=value\n",
  );
  Deno.removeSync(path);
});

Deno.test("createWire() limits the requests to another machine", async () => {
  await using account = await open();
  const wireTo = (loopback: boolean) =>
    createWire(`${account.sandbox.url}/api/v3.1`, loopback);
  const url = `${account.sandbox.url}/api/v3.1/pipelines`;
  {
    const wire = wireTo(false);
    const start = performance.now();
    const all = Array.from({ length: 5 }, () => wire.fetch(url));
    for (const response of await Promise.all(all)) await response.text();
    assert(performance.now() - start > 790);
    await wire.close();
  }
  const wire = wireTo(true);
  const ask = async () => await (await wire.fetch(url)).text();
  const sent = async () => {
    while (wire.stopped === undefined) await ask().catch(() => {});
    return wire.requests;
  };
  assertEquals(await sent(), 320);
  await assertRejects(ask, Stopped, "320 requests were sent");
  // The rest is reserved for cleaning up.
  await wire.reopen();
  assertEquals(await sent(), 400);
  await wire.close();
});

Deno.test("redact() keeps only words that are not personal", () => {
  assertEquals(
    redact(
      'Validation failed: first_name can\'t be blank, "Budi" (Budi Santoso <budi@example.co.id>, 0812 345 678) is not found: 422',
    ),
    "Validation failed: first_name can't be blank, …) is not found: 422",
  );
});

Deno.test("shapeOf() shows keys and types, without values", () => {
  assertEquals(
    shapeOf({
      response: [{ id: 1, name: "Budi" }, { id: 2, name: null }],
      "budi@example.co.id": true,
      page: 1,
    }),
    "{response[2]{id number, name null|string}, (key) boolean, page number}",
  );
});

/** Whether a file of src/ defines a symbol: at its top, or as a key. */
function defines(file: string, symbol: string): boolean {
  const text = Deno.readTextFileSync(new URL(file, root));
  return new RegExp(
    `^ *(export )?(async )?(function|class|const|let|type|interface) ${symbol}\\b|^  ${symbol}: \\{`,
    "m",
  ).test(text);
}

Deno.test("every fact of test:live names a symbol that its file defines", () => {
  assertEquals(new Set(facts.map(({ id }) => id)).size, facts.length);
  const stale = facts.filter(({ code }) => {
    const [, file, symbol] = /^(src\/\S+\.ts): (\w+)$/.exec(code) ?? [];
    assertExists(file, code);
    return !existsSync(new URL(file, root)) || !defines(file, symbol!);
  });
  assertEquals(stale.map(({ id, code }) => `${id}: ${code}`), []);
});
