/**
 * The audit as an operator uses it: servers in separate processes, clients over
 * HTTP, and `qontak-mcp audit`.
 */
import {
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertNotMatch,
  assertStringIncludes,
} from "@std/assert";
import type { AuditRecord } from "../../src/audit/mod.ts";
import { makeId } from "../../src/audit/record.ts";
import { type RunningSandbox, serveSandbox } from "../../src/sandbox/mod.ts";
import { sha256 } from "../../src/storage/hash.ts";
import { argumentsFor } from "../../src/sandbox/samples.ts";
import { type Ended, run, startHttp, WITH_KV } from "../support/process.ts";
import { noRedis, startRedis } from "../support/redis.ts";
import { sleep, until } from "../support/time.ts";
import { connectHttp, ok } from "../support/client.ts";
import { HANDSHAKE, toolCall, toStdin } from "../support/rpc.ts";
import { unless } from "../support/unless.ts";

/** A store that servers and the command line share. */
interface Place extends AsyncDisposable {
  readonly env: Record<string, string>;
  readonly args: readonly string[];
  /** Everything that the audit has stored, as text. */
  dump(): Promise<string>;
}

interface Kind {
  readonly name: string;
  readonly missing: string;
  start(): Promise<Place>;
}

const kinds: readonly Kind[] = [{
  name: "redis",
  missing: noRedis,
  async start() {
    const redis = await startRedis();
    const prefix = `${redis.prefix}${crypto.randomUUID()}:`;
    return {
      env: {
        TOKEN_STORE: "redis",
        QONTAK_AUDIT: "redis",
        QONTAK_CONFIRM: "off",
        REDIS_URL: redis.url,
        REDIS_KEY_PREFIX: prefix,
      },
      args: [],
      async dump() {
        const { Redis } = await import("ioredis");
        const client = new Redis(redis.url, { lazyConnect: true });
        const records = await client.hgetall(`audit:${prefix}records`);
        client.disconnect();
        return JSON.stringify(records);
      },
      [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
    };
  },
}, {
  name: "kv",
  missing: "",
  async start() {
    const dir = await Deno.makeTempDir();
    return {
      env: {
        TOKEN_STORE: "kv",
        QONTAK_AUDIT: "kv",
        QONTAK_CONFIRM: "off",
        DENO_KV_DEFAULT_PATH: `${dir}/kv.sqlite3`,
      },
      args: [WITH_KV],
      // The files themselves, if nothing is sealed.
      async dump() {
        let text = "";
        for await (const { name } of Deno.readDir(dir)) {
          const bytes = await Deno.readFile(`${dir}/${name}`);
          text += new TextDecoder("latin1").decode(bytes);
        }
        return text;
      },
      [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
    };
  },
}];

/** Runs `audit --json`. */
async function audited(
  { env, args }: Place,
  ...flags: string[]
): Promise<AuditRecord[]> {
  const ended = await run(["audit", "--json", ...flags, ...args], { env });
  assertEquals(ended.code, 0, ended.stderr);
  return JSON.parse(ended.stdout);
}

/** Adds the tenants to a store, as a person would. */
async function addTenants(
  sandbox: RunningSandbox,
  { env, args }: Place,
  tenants: Record<string, string>,
): Promise<void> {
  for (const [tenant, token] of Object.entries(tenants)) {
    const { code, stderr } = await run(["tenants", "add", tenant, ...args], {
      env: { ...env, QONTAK_BASE_URL: sandbox.url },
      stdin: `${token}\n`,
    });
    assertEquals(code, 0, stderr);
  }
}

/** The log lines of a server about writes. */
function linesOf(
  { stderr }: Ended,
  wanted = "A write was sent",
): AuditRecord[] {
  return stderr.trim().split("\n").map((line) => JSON.parse(line))
    .filter(({ message }) => message === wanted);
}

/**
 * A value that must not appear anywhere; it replaces every value that is sent.
 */
const canaries = {
  first_name: "Canary-first",
  last_name: "Canary-last",
  email: "canary@example.co.id",
  telephone: "081299990001",
  address: "Jalan Canary 1",
  job_title: "Canary-title",
};

const CANARY = /canary|99990001/i;

for (const kind of kinds) {
  Deno.test(
    unless(
      kind.missing,
      `audit shows who changed what for which company, from ${kind.name}`,
    ),
    async () => {
      await using sandbox = serveSandbox({ refreshTokens: ["canary-of-beta"] });
      await using place = await kind.start();
      await addTenants(sandbox, place, {
        acme: sandbox.refreshToken,
        beta: "canary-of-beta",
      });
      const keys = { acme: "canary-key-acme", beta: "canary-key-beta" };
      const server = await startHttp([...place.args], {
        ...place.env,
        QONTAK_BASE_URL: sandbox.url,
        LOG_LEVEL: "debug",
        MCP_API_KEYS: [
          `${await sha256(keys.acme)}:acme`,
          `${await sha256(keys.beta)}:beta+acme`,
        ].join(),
      });
      await using _ = server;
      const acme = await connectHttp(server.url, { key: keys.acme });
      const beta = await connectHttp(server.url, { key: keys.beta });
      const { required } = await ok(acme, "get_required_fields_for_contact");
      const contact = { ...argumentsFor(required), ...canaries };
      const made = await ok(acme, "create_contact", contact);
      const note = await ok(acme, "create_note", {
        note: "Canary: wire the money",
        crm_person_id: made.id,
      });
      await ok(acme, "update_contact", {
        contact_id: made.id,
        telephone: canaries.telephone,
      });
      const user_id = "beta";
      // Both companies are the same one in the sandbox.
      const twin = await ok(beta, "create_contact", {
        ...contact,
        user_id,
        allow_duplicate: true,
      });
      await ok(beta, "delete_contact", { contact_id: twin.id, user_id });
      for (const client of [acme, beta]) await client.close();

      const records = await audited(place);
      assertEquals(
        records.map(({ principal, tenant, tool, endpoint, record, outcome }) =>
          [principal, tenant, tool, endpoint, record, outcome].join(" ")
        ),
        [
          `static key 2 beta delete_contact DELETE /contacts/:id ${twin.id} done`,
          `static key 2 beta create_contact POST /contacts ${twin.id} done`,
          `static key 1 acme update_contact PUT /contacts/:id ${made.id} done`,
          `static key 1 acme create_note POST /notes/ ${note.id} done`,
          `static key 1 acme create_contact POST /contacts ${made.id} done`,
        ],
      );
      const [, ofTwin, update, ofNote, ofMade] = records;
      // Equal values have equal hashes within one tenant, but not across two.
      assertEquals(update!.sent.telephone, ofMade!.sent.telephone);
      assertNotEquals(ofTwin!.sent.telephone, ofMade!.sent.telephone);
      assertEquals(ofNote!.sent.crm_person_id, made.id);

      const tools = async (...flags: string[]) =>
        (await audited(place, ...flags)).map(({ tool }) => tool);
      assertEquals(await tools("--limit", "1"), ["delete_contact"]);
      assertEquals(await tools("--tool", "create_note"), ["create_note"]);
      assertEquals(
        await tools("--record", String(made.id), "--tenant", "acme"),
        ["update_contact", "create_contact"],
      );
      assertEquals(await tools("--tenant", "gamma"), []);
      assertEquals((await tools("--since", "5m")).length, 5);
      assertEquals(await tools("--since", "2999-01-01"), []);
      const shown = await run(["audit", "--limit", "2", ...place.args], {
        env: place.env,
      });
      assertEquals(shown.code, 0, shown.stderr);
      const [head, ...rows] = shown.stdout.split("\n");
      assertMatch(
        head!,
        /^time \(Asia\/Jakarta\) +outcome +tool +record +tenant +by +plan +undo +sent/,
      );
      assertMatch(
        rows[0]!,
        /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +done +delete_contact +\d+ +beta +static key 2 +- +\d{8}T\d{9}Z-[0-9a-f]{12} +-$/,
      );
      assertMatch(rows[1]!, /create_contact .* first_name,|,first_name/);
      assertStringIncludes(shown.stdout, "The newest 2: --limit shows more");
      assertStringIncludes(shown.stdout, "for 90 days, with hashes");

      const ended = await server.stop("SIGTERM");
      assertEquals(linesOf(ended).length, 5);
      for (
        const [where, text] of [
          ["stderr", ended.stderr],
          ["stdout", ended.stdout],
          ["the store", await place.dump()],
          ["the table", shown.stdout],
          ["--json", JSON.stringify(records)],
        ] as const
      ) {
        // The token store is the same file, and tokens belong there.
        const found = text.replaceAll("canary-of-beta", "").match(CANARY);
        assertEquals(found?.[0], undefined, where);
      }
    },
  );

  Deno.test(
    unless(
      kind.missing,
      `audit shows labels of keys, plans and undos, in the zone of the company or in UTC, from ${kind.name}`,
    ),
    async () => {
      await using sandbox = serveSandbox();
      await using place = await kind.start();
      await addTenants(sandbox, place, { acme: sandbox.refreshToken });
      const env = {
        ...place.env,
        MCP_STORED_KEYS: "true",
        QONTAK_TIME_ZONE: "Asia/Jayapura",
      };
      const inShell = async (...args: string[]) => {
        const ended = await run([...args, ...place.args], { env });
        assertEquals(ended.code, 0, ended.stderr);
        return ended.stdout;
      };
      const forAcme = ["--tenants", "acme"];
      const key = (await inShell("keys", "create", "Rina's CRM", ...forAcme))
        .trim();
      const lost = (await inShell("keys", "create", "gone", ...forAcme)).trim();
      const id = key.split("_")[1]!;
      const lostId = lost.split("_")[1]!;
      await using server = await startHttp([...place.args], {
        ...env,
        QONTAK_BASE_URL: sandbox.url,
      });
      const client = await connectHttp(server.url, { key });
      const { plan } = await ok(client, "create_product", {
        name: "Meja",
        dry_run: true,
      });
      const { undo } = await ok(client, "create_product", {
        name: "Meja",
        plan,
      });
      await client.close();
      const other = await connectHttp(server.url, { key: lost });
      await ok(other, "create_product", { name: "Kursi" });
      await other.close();
      await inShell("keys", "revoke", lostId);

      const [late, early] = await audited({ ...place, env });
      assertEquals(early!.undo, undo);
      assertEquals(typeof early!.plan, "string");
      const labelOf = (record: object) =>
        Object.entries(record)
          .find(([name]) => name === "label")?.[1];
      assertEquals(labelOf(early!), "Rina's CRM");
      assertEquals(labelOf(late!), undefined);
      const rowsOf = async (...flags: string[]) =>
        (await inShell("audit", ...flags)).split("\n").slice(0, 3)
          .map((row) => row.split(/ {2,}/));
      const [head, second, first] = await rowsOf();
      assertEquals(head![0], "time (Asia/Jayapura)");
      assertEquals(second![5], `key ${lostId}`);
      assertEquals(first!.slice(5, 8), [
        `key ${id} (Rina's CRM)`,
        early!.plan!,
        undo,
      ]);
      const [utcHead, , utcFirst] = await rowsOf("--utc");
      assertEquals(utcHead![0], "time (UTC)");
      const utc = early!.time.slice(0, 19);
      assertEquals(utcFirst![0], utc.replace("T", " "));
      // Jayapura is nine hours ahead.
      const local = new Date(Date.parse(early!.time) + 9 * 3_600_000)
        .toISOString().slice(0, 19);
      assertEquals(first![0], local.replace("T", " "));
      // --since reads a time as the table shows it.
      const since = async (...flags: string[]) =>
        (await audited({ ...place, env }, "--since", ...flags)).length;
      assertEquals(await since(local), 2);
      assertEquals(await since(utc, "--utc"), 2);
      assertEquals(await since(`${utc}Z`), 2);
      assertEquals(await since(local, "--utc"), 0);
    },
  );

  Deno.test(
    unless(
      kind.missing,
      `a server that is killed between request and answer leaves "unknown" in ${kind.name}`,
    ),
    async () => {
      await using sandbox = serveSandbox();
      await using place = await kind.start();
      await addTenants(sandbox, place, { acme: sandbox.refreshToken });
      const server = await startHttp([...place.args], {
        ...place.env,
        QONTAK_BASE_URL: sandbox.url,
      });
      await using _ = server;
      const client = await connectHttp(server.url);
      await ok(client, "list_products", { user_id: "acme" });
      sandbox.inject({ fault: { kind: "delay", ms: 1_500 }, method: "POST" });
      const product = { name: "Meja", user_id: "acme" };
      const call = ok(client, "create_product", product).catch(() => {});
      await until(
        async () => (await place.dump()).includes("create_product"),
        "the write is recorded",
      );
      // Long enough for the request to be sent.
      await sleep(300);
      const ended = await server.stop("SIGKILL");
      assertEquals(linesOf(ended), []);
      await client.close();
      await call;
      const [record, ...more] = await audited(place);
      assertEquals(more, []);
      const { id, time: _time, sent, undo, ...rest } = record!;
      assertEquals(Object.keys(sent), ["name"]);
      assertEquals(typeof undo, "string");
      // So does stderr: that line was written before any wait.
      const [begun, ...others] = linesOf(ended, "A write has begun");
      assertEquals(others, []);
      assertEquals<unknown>({ ...begun, ...rest, id, sent, undo }, begun);
      assertEquals<unknown>(rest, {
        tenant: "acme",
        principal: "loopback",
        tool: "create_product",
        endpoint: "POST /products",
        record: null,
        outcome: "unknown",
      });
      // It had been sent, and only the record shows that.
      await until(
        () =>
          sandbox.requests.some(({ method, path }) =>
            method === "POST" && path.endsWith("/products")
          ),
        "the write is sent",
      );
    },
  );

  Deno.test(
    unless(
      kind.missing,
      `QONTAK_AUDIT_VALUES=keep puts values into ${kind.name} only, sealed if there is a key`,
    ),
    async () => {
      await using sandbox = serveSandbox();
      const key = btoa("a key of thirty-two bytes, really".slice(0, 32));
      for (const sealing of [{}, { TOKEN_ENCRYPTION_KEY: key }]) {
        await using place = await kind.start();
        const keeping = {
          ...place,
          env: { ...place.env, ...sealing, QONTAK_AUDIT_VALUES: "keep" },
        };
        await addTenants(sandbox, keeping, { acme: sandbox.refreshToken });
        const server = await startHttp([...place.args], {
          ...keeping.env,
          QONTAK_BASE_URL: sandbox.url,
        });
        await using _ = server;
        const client = await connectHttp(server.url);
        const name = "Canary-product";
        await ok(client, "create_product", { name, user_id: "acme" });
        await client.close();
        const ended = await server.stop("SIGTERM");
        assertNotMatch(ended.stderr, CANARY);
        const isSealed = "TOKEN_ENCRYPTION_KEY" in sealing;
        assertEquals(
          ended.stderr.includes("hold the values that were sent, unsealed"),
          !isSealed,
        );
        assertEquals((await place.dump()).includes(name), !isSealed);
        assertEquals((await audited(keeping))[0]!.sent, { name });
        if (!isSealed) continue;
        // Without the key, nothing of the records is shown.
        const blind = {
          ...keeping.env,
          TOKEN_ENCRYPTION_KEY: btoa("b-".repeat(16)),
        };
        const shown = await run(["audit", ...place.args], { env: blind });
        assertStringIncludes(shown.stdout, "no records match");
        assertStringIncludes(shown.stderr, "records that are not shown: 1");
      }
    },
  );
}

Deno.test("over stdio, writes are reported at every LOG_LEVEL, unless QONTAK_AUDIT is off", async () => {
  await using sandbox = serveSandbox();
  const stdin = toStdin(
    ...HANDSHAKE,
    toolCall(2, "create_product", { name: "Canary-product" }),
  );
  const serve = (more: Record<string, string>) =>
    run([], {
      stdin,
      env: {
        QONTAK_BASE_URL: sandbox.url,
        QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
        LOG_LEVEL: "error",
        ...more,
      },
    });
  const told = await serve({});
  assertStringIncludes(told.stdout, '"id":2');
  const [line, ...others] = linesOf(told);
  assertEquals(others, []);
  assertEquals(line!.principal, "stdio");
  assertEquals(line!.outcome, "done");
  assertNotMatch(told.stderr, CANARY);
  const silent = await serve({ QONTAK_AUDIT: "off" });
  assertStringIncludes(silent.stdout, '"id":2');
  assertEquals(silent.stderr, "");
});

Deno.test("audit says what it cannot show, and refuses unknown words", async () => {
  const table: [string[], Record<string, string>, number, string][] = [
    [[], {}, 2, "QONTAK_AUDIT=stderr keeps no records"],
    [[], { QONTAK_AUDIT: "off" }, 2, "QONTAK_AUDIT=off records nothing"],
    [[], { QONTAK_AUDIT: "kv" }, 2, "needs Deno KV"],
    [[], { QONTAK_AUDIT: "file" }, 2, "QONTAK_AUDIT must be one of"],
    [["--limit", "0"], {}, 2, "--limit must be a whole number from 1"],
    [["--since", "soon"], {}, 2, "--since must be like 30m, 2h or 7d"],
    [["--since", "2026-13-41"], {}, 2, "--since must be like"],
    [["--record", "x"], {}, 2, "--record must be a whole number"],
    [["acme"], {}, 2, "audit takes no further words"],
    [["--port", "1"], {}, 2, "--port is for serve"],
    [
      [],
      { QONTAK_AUDIT: "redis", REDIS_URL: "redis://u:hunter2@127.0.0.1:1" },
      1,
      "The store of audit records does not answer: Redis at 127.0.0.1:1",
    ],
  ];
  for (const [args, env, code, expected] of table) {
    const ended = await run(["audit", ...args], { env });
    assertEquals(ended.code, code, ended.stderr);
    assertStringIncludes(ended.stderr, expected);
    assertNotMatch(ended.stderr, /hunter2/);
    assertEquals(ended.stdout, "");
  }
  const keep = await run([], {
    env: { QONTAK_REFRESH_TOKEN: "x", QONTAK_AUDIT_VALUES: "keep" },
  });
  assertEquals(keep.code, 2);
  assertStringIncludes(keep.stderr, "needs QONTAK_AUDIT=kv or redis");
});

Deno.test({
  ...unless(
    noRedis,
    "audit shows the others beside damaged records, and obeys none",
  ),
  async fn() {
    await using redis = await startRedis();
    const prefix = `${redis.prefix}${crypto.randomUUID()}:`;
    const env = {
      TOKEN_STORE: "redis",
      QONTAK_AUDIT: "redis",
      REDIS_URL: redis.url,
      REDIS_KEY_PREFIX: prefix,
    };
    const good: AuditRecord = {
      id: makeId(Date.now()),
      time: new Date().toISOString(),
      tenant: "acme",
      principal: "stdio",
      tool: "update_deal",
      endpoint: "PUT /deals/:id",
      record: 1,
      sent: { name: "x" },
      outcome: "done",
    };
    const odd = {
      ...good,
      tool: "\x1b]0;canary\x07",
      principal: "\u202e\u009b31m\nrow",
    };
    const damaged: readonly unknown[] = [
      5,
      null,
      "x",
      [],
      {},
      { ...good, principal: { a: 1 } },
      { ...good, tool: 5 },
      { ...good, time: 1e300 },
      { ...good, time: "soon" },
      { ...good, sent: null },
      { ...good, plan: {} },
      { ...good, outcome: ["done"] },
    ];
    const keep = async (record: unknown, isOwn = false) => {
      const id = makeId(Date.now());
      const text = JSON.stringify(isOwn ? { ...record as object, id } : record);
      await redis.send("HSET", `audit:${prefix}records`, id, text);
      await redis.send("ZADD", `audit:${prefix}ids`, "0", id);
    };
    for (const one of [good, odd]) await keep(one, true);
    // A record under the id of another one is damaged too.
    for (const one of [...damaged, good]) {
      await keep(one, JSON.stringify(one)?.includes("acme") && one !== good);
    }
    for (const flags of [[], ["--json"]]) {
      const { code, stdout, stderr } = await run(["audit", ...flags], { env });
      assertEquals(code, 0, stderr);
      assertStringIncludes(stdout, "update_deal");
      assertStringIncludes(
        stderr,
        `not shown: ${damaged.length + 1}. They are`,
      );
      assertStringIncludes(stdout, "canary");
      // deno-lint-ignore no-control-regex -- the test looks for these
      assertNotMatch(stdout + stderr, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
      if (flags.length === 0) continue;
      const [shown] = JSON.parse(stdout);
      assertEquals([shown.tool, shown.principal], [odd.tool, odd.principal]);
    }
  },
});
