/** Connections to Redis: the address, and a sentence for each refusal. */
import {
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { advise } from "../../src/app/advice.ts";
import { OptionError, sentenceOf, StoreError } from "../../src/errors.ts";
import { createRedisLink } from "../../src/storage/redis.ts";
import { readRedisUrl } from "../../src/storage/redis_url.ts";
import { makeCertificates, noOpenssl } from "../support/certificates.ts";
import { freePort } from "../support/free_port.ts";
import { run } from "../support/process.ts";
import {
  noServer,
  startRedis,
  startSentinel,
  type TestRedis,
} from "../support/redis.ts";
import { until } from "../support/time.ts";
import { unless } from "../support/unless.ts";

function redisTest(name: string, without: string, fn: () => Promise<void>) {
  Deno.test({
    ...unless(noServer || without, name),
    // The library does not clear the timer of its next attempt to connect.
    sanitizeOps: false,
    sanitizeResources: false,
    fn,
  });
}

Deno.test("readRedisUrl() reads every form of an address", () => {
  const table: [string, Record<string, unknown>][] = [
    ["redis://h", { where: "h", host: "h", port: 6379, db: 0 }],
    ["redis://h/", { where: "h", host: "h", port: 6379, db: 0 }],
    ["redis://[::1]:7/15", { where: "[::1]:7", host: "::1", port: 7, db: 15 }],
    ["rediss://u:p:w@h:1/0", {
      where: "h:1",
      host: "h",
      port: 1,
      db: 0,
      username: "u",
      password: "p:w",
      tls: {},
    }],
    ["redis://:p%40%2Fw+%25@h", {
      where: "h",
      host: "h",
      port: 6379,
      db: 0,
      password: "p@/w+%",
    }],
    ["redis+sentinel://a,b:2/my/3?sentinel_password=p+%26", {
      where: "a,b:2",
      name: "my",
      db: 3,
      sentinels: [{ host: "a", port: 26379 }, { host: "b", port: 2 }],
      sentinelPassword: "p+&",
    }],
  ];
  for (const [url, expected] of table) {
    const { where, connection } = readRedisUrl(url);
    assertEquals<unknown>({ where, ...connection }, expected, url);
  }
});

/** Addresses that the library would misread or not read at all. */
const malformed: [string, RegExp][] = [
  ["redis://h/abc", /must end in the number of a database.*not in "\/abc"/],
  ["redis://h/-1", /must end in the number of a database.*not in "\/-1"/],
  ["redis://h/1.5", /must end in the number of a database/],
  ["redis://h/0/1", /must end in the number of a database/],
  ["redis+sentinel://h/my/abc", /must end in the number of a database/],
  ["redis://h?db=3", /has a query/],
  ["redis+sentinel://h/my?sentinel_pasword=hunter2", /and nothing else/],
  ["redis://a:1,b:2", /several hosts/],
  ["redis://h:0", /an invalid host/],
  ["redis://h:65536", /an invalid host/],
  ["redis://:hun@ter2@h", /percent-encoded/],
  ["redis://:hun/hunter2@h", /percent-encoded/],
  ["redis://:hun#hunter2@h", /percent-encoded/],
  ["redis://:hun?hunter2@h", /percent-encoded/],
  ["redis://:hunter2%@h", /percent-encoded/],
  ["redis+sentinel://:hunter2@h", /lacks the name of the master/],
];
for (const [url, words] of malformed) {
  Deno.test(`readRedisUrl() refuses ${url}`, async () => {
    const error = assertThrows(() => readRedisUrl(url), OptionError);
    assertMatch(error.message, words);
    assertNotMatch(error.message, /hunter2/);
    if (!/\/abc$|%@/.test(url)) return;
    // The error names the setting, and comes before any connection.
    const { code, stderr } = await run(["tenants", "list"], {
      env: { TOKEN_STORE: "redis", REDIS_URL: url },
    });
    assertEquals(code, 2, stderr);
    assertMatch(stderr, /^REDIS_URL |: REDIS_URL /m);
    assertMatch(stderr, words);
  });
}

/** Runs a command with a Redis, and returns what a person sees. */
async function told(
  url: string,
  question: (redis: import("ioredis").Redis) => Promise<unknown>,
): Promise<string> {
  const link = createRedisLink({ url, role: "token store", timeout: 2_000 });
  try {
    const error = await assertRejects(() => link.ask(question), StoreError);
    assertNotMatch(Deno.inspect(error), /hunter2|canary/);
    return sentenceOf(error, advise)!;
  } finally {
    await link.close();
  }
}

/** Writes as the stores do. */
const write = (redis: import("ioredis").Redis) =>
  redis.eval(
    'return redis.call("SET", KEYS[1], ARGV[1])',
    1,
    "qontak:tokens:acme",
    "canary".repeat(1_000),
  );

redisTest(
  "a database that Redis does not have is a failure, and database 0 is not used",
  "",
  async () => {
    await using redis = await startRedis("--databases", "4");
    const text = await told(`${redis.url}/99`, write);
    assertMatch(
      text,
      /^The token store does not work: Redis at \S+ has no database with the number that is set.*REDIS_URL/,
    );
    const zero = createRedisLink({ url: redis.url, role: "r" });
    assertEquals(await zero.ask((redis) => redis.keys("*")), []);
    await zero.close();
    const three = createRedisLink({ url: `${redis.url}/3`, role: "r" });
    await three.ask(write);
    // Also after a reconnection.
    await redis.send("CLIENT", "KILL", "TYPE", "normal");
    await until(
      () =>
        three.ask((redis) => redis.exists("qontak:tokens:acme")).catch(() => 0)
          .then((count) => count === 1),
      "the record is found again",
    );
    await three.close();
  },
);

redisTest(
  "each refusal because of an ACL, full memory or a password has its own sentence",
  "",
  async () => {
    await using redis = await startRedis("--maxmemory-policy", "noeviction");
    const as = (user: string) =>
      redis.url.replace("redis://", `redis://${user}@`);
    const user = (name: string, ...rules: string[]) =>
      redis.send("ACL", "SETUSER", name, "on", ">p", "-@all", ...rules);
    await user("reader", "+get", "+info", "~*");
    await user("evaluator", "+eval", "+info", "~*");
    await user("elsewhere", "+eval", "+set", "+get", "+info", "~other:*");
    await user("zero", "+@all", "-select", "~*");
    assertMatch(
      await told(as("reader:p"), write),
      /does not work: .* does not let this user run eval \(NOPERM\).*TOKENS\.md/,
    );
    assertMatch(
      await told(as("evaluator:p"), write),
      /does not let this user run the commands of its scripts \(NOPERM\).*TOKENS\.md/,
    );
    for (
      const question of [
        write,
        (redis: import("ioredis").Redis) => redis.get("qontak:tokens:acme"),
      ]
    ) {
      assertMatch(
        await told(as("elsewhere:p"), question),
        /does not let this user use the keys that it needs \(NOPERM\)/,
      );
    }
    assertMatch(
      await told(`${as("zero:p")}/1`, write),
      /does not let this user run select \(NOPERM\)/,
    );
    assertMatch(
      await told(as("reader:hunter2"), write),
      /refuses the user or password\. .*REDIS_URL.*percent-encoded/,
    );
    await redis.send("CONFIG", "SET", "maxmemory", "1");
    assertMatch(
      await told(redis.url, write),
      /has no memory left for what is written \(OOM\).*maxmemory/,
    );
  },
);

redisTest(
  "errors name a replica, and a replica whose master is gone",
  "",
  async () => {
    await using master = await startRedis();
    const { port } = new URL(master.url);
    await using replica = await startRedis(
      "--replicaof",
      "127.0.0.1",
      port,
      "--replica-serve-stale-data",
      "no",
    );
    const link = createRedisLink({ url: replica.url, role: "r" });
    await until(
      () =>
        link.ask((redis) => redis.info("replication"))
          .then((info) => /master_link_status:up/.test(info)),
      "the replica follows",
    );
    await link.close();
    assertMatch(
      await told(replica.url, write),
      /is a replica, and takes no writes \(READONLY\).*REDIS_URL to the master/,
    );
    await master.kill();
    let text = "";
    await until(async () => {
      text = await told(replica.url, (redis) =>
        redis.get("x").then((value) => {
          if (value === null) throw new StoreError("still up");
        }));
      return /MASTERDOWN/.test(text);
    }, "the replica knows");
    assertMatch(
      text,
      /is a replica that has lost its master.*\(MASTERDOWN\).*REDIS_URL/,
    );
  },
);

/** Starts a Redis with TLS at `url`. */
async function startTls(dir: string, clients: string): Promise<{
  readonly redis: TestRedis;
  readonly url: string;
}> {
  const port = String(freePort());
  const files = ["cert-file", "cert.pem", "key-file", "key.pem"];
  const redis = await startRedis(
    "--tls-port",
    port,
    `--tls-${files[0]}`,
    `${dir}/${files[1]}`,
    `--tls-${files[2]}`,
    `${dir}/${files[3]}`,
    "--tls-ca-cert-file",
    `${dir}/ca.pem`,
    "--tls-auth-clients",
    clients,
  );
  return { redis, url: `rediss://127.0.0.1:${port}` };
}

redisTest(
  "problems with TLS are reported, and do not end the program",
  noOpenssl,
  async () => {
    const dir = await Deno.makeTempDir();
    try {
      await makeCertificates(dir);
      const { redis, url } = await startTls(dir, "yes");
      await using _ = redis;
      const list = (env: Record<string, string>) =>
        run(["tenants", "list"], {
          env: { TOKEN_STORE: "redis", REDIS_URL: url, ...env },
        });
      const untrusted = await list({});
      assertEquals(untrusted.code, 1);
      assertMatch(
        untrusted.stderr,
        /signed by an authority that this machine does not trust.*DENO_CERT/,
      );
      const uninvited = await list({ DENO_CERT: `${dir}/ca.pem` });
      assertEquals(uninvited.code, 1);
      assertMatch(
        uninvited.stderr,
        /wants a certificate of its clients.*tls-auth-clients/,
      );
      assertNotMatch(uninvited.stderr, /EPIPE|\bat .*:\d+:\d+/);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
);

redisTest(
  "no command is sent that the documented permissions forbid",
  "",
  async () => {
    await using redis = await startRedis();
    await redis.send(
      ...["ACL", "SETUSER", "qontak", "on", ">p", "resetkeys", "-@all"],
      ...["+get", "+info", "~qontak:tokens:*"],
    );
    await redis.send("CONFIG", "RESETSTAT");
    const url = redis.url.replace("redis://", "redis://qontak:p@");
    const link = createRedisLink({ url, role: "r" });
    assertEquals(await link.ask((redis) => redis.get("qontak:tokens:x")), null);
    await link.close();
    const admin = createRedisLink({ url: redis.url, role: "r" });
    assertEquals(await admin.ask((redis) => redis.call("ACL", "LOG")), []);
    // An older Redis that does not know the command counts an error.
    assertMatch(
      await admin.ask((redis) => redis.info("stats")),
      /^total_error_replies:0\r$/m,
    );
    await admin.close();
  },
);

redisTest(
  "errors name Sentinels that do not know the master, or refuse the password",
  "",
  async () => {
    await using sentinel = await startSentinel("requirepass s3ntinel");
    const { port } = sentinel;
    const at = `redis+sentinel://127.0.0.1:${port}/nobody`;
    await until(
      () =>
        Deno.connect({ port, hostname: "127.0.0.1" }).then(
          (connection) => {
            connection.close();
            return true;
          },
          () => false,
        ),
      "the Sentinel listens",
    );
    assertMatch(
      await told(`${at}?sentinel_password=s3ntinel`, write),
      /Sentinels that know no master of the name in the address/,
    );
    assertMatch(await told(at, write), /refuses the user or password/);
  },
);
