/**
 * Measures the cost of keeping tokens: store reads and time per call for a
 * tenant whose token is cached, for each store compared with the env store in
 * the same run; and the memory that ten thousand tenants use.
 *
 * @module
 */
import { noLimits } from "../../src/limits/limits.ts";
import { createAccess } from "../../src/qontak/connection.ts";
import { endpoints } from "../../src/qontak/endpoints.ts";
import {
  type Credentials,
  DEFAULT_TENANT,
  type TokenStore,
} from "../../src/tokens/store.ts";
import { createEnvStore } from "../../src/tokens/stores/env.ts";
import { createKvStore } from "../../src/tokens/stores/kv.ts";
import { createRedisStore } from "../../src/tokens/stores/redis.ts";
import { createVaultStore } from "../../src/tokens/stores/vault.ts";
import { TENANTS_HELD } from "../../src/tokens/held.ts";
import { createMemoryStore } from "../../tests/support/memory.ts";
import { noRedis, startRedis } from "../../tests/support/redis.ts";
import { startVault } from "../../tests/support/vault.ts";
import { print } from "../command.ts";
import { median, row } from "../figures.ts";

/** Calls per round, and rounds; the median round counts. */
const CALLS = 1_000, ROUNDS = 11;

/**
 * Tenants in the memory measurement. The target: memory stops growing at a
 * bound.
 */
const TENANTS = 10_000;

/** The time limit of a call in the memory measurement, in ms. */
const LIMIT = 50;

const LIFETIME = 21_600;
const soon = () => Math.floor(Date.now() / 1000) + LIFETIME;
const credentials = (tenant: string): Credentials => ({
  refresh_token: `refresh token of ${tenant}, as long as those of Qontak are`,
  access_token: `access token of ${tenant}, as long as those of Qontak are: 64`,
  expires_at: soon(),
  expires_in: LIFETIME,
});

/** A Qontak without a network, so that only this side is measured. */
const instant: typeof fetch = () =>
  Promise.resolve(
    Response.json({ meta: { status: 200, type: "OK" }, response: [] }),
  );

/** A store that counts its reads. */
function counting(store: TokenStore): { store: TokenStore; reads(): number } {
  let reads = 0;
  return {
    store: {
      ...store,
      read(tenant) {
        reads++;
        return store.read(tenant);
      },
    },
    reads: () => reads,
  };
}

interface Subject {
  readonly name: string;
  /** Store reads over all rounds. */
  reads: number;
  /** Microseconds per call, one value for each round. */
  readonly times: number[];
  round(): Promise<void>;
  close(): Promise<void>;
}

async function createSubject(
  name: string,
  inner: TokenStore,
  tokenCache: "memory" | "none",
): Promise<Subject> {
  const known = await inner.read(DEFAULT_TENANT);
  await inner.replace(
    DEFAULT_TENANT,
    credentials(DEFAULT_TENANT),
    known?.version,
  );
  const { store, reads } = counting(inner);
  const access = createAccess({
    store,
    tokenCache,
    limits: noLimits,
    fetch: instant,
    log: () => {},
  });
  const call = () => access.crm(DEFAULT_TENANT).call(endpoints.pipelines.list);
  // Warm up: the first call reads the store.
  await call();
  const before = reads();
  const times: number[] = [];
  return {
    name: `${name}, TOKEN_CACHE=${tokenCache}`,
    times,
    get reads() {
      return reads() - before;
    },
    async round() {
      const start = performance.now();
      for (let i = 0; i < CALLS; i++) await call();
      times.push((performance.now() - start) * 1000 / CALLS);
    },
    async close() {
      await access.close();
      await inner.close?.();
    },
  };
}

const line = (...cells: string[]) => row([46, 24], ...cells);

async function measureCalls(): Promise<string[]> {
  await using stack = new AsyncDisposableStack();
  const path = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(path, { recursive: true }));
  const makers: [string, () => Promise<TokenStore>][] = [
    ["env", () =>
      Promise.resolve(
        createEnvStore({ credentials: credentials("env"), log: () => {} }),
      )],
    ["kv", async () => {
      const kv = await Deno.openKv(`${path}/kv.sqlite3`);
      stack.defer(() => kv.close());
      return createKvStore({ kv: { open: () => Promise.resolve(kv) } });
    }],
    ["vault (the test server)", () => {
      const { url: address, token } = stack.use(startVault());
      return Promise.resolve(createVaultStore({ address, token }));
    }],
  ];
  if (noRedis === "") {
    makers.push(["redis", async () => {
      const redis = stack.use(await startRedis());
      return createRedisStore({
        url: redis.url,
        keyPrefix: `${redis.prefix}bench:${crypto.randomUUID()}:`,
      });
    }]);
  }
  const subjects: Subject[] = [];
  for (const [name, make] of makers) {
    for (const cache of ["memory", "none"] as const) {
      const subject = await createSubject(name, await make(), cache);
      stack.defer(() => subject.close());
      subjects.push(subject);
    }
  }
  // Alternating, so that other load on the machine affects all of them.
  for (let i = 0; i < ROUNDS; i++) {
    for (const subject of subjects) await subject.round();
  }
  const [base] = subjects;
  return [
    `${CALLS} calls on a warm tenant, median of ${ROUNDS} rounds, alternating; Qontak answers at once`,
    line("store", "reads per 1,000 calls", "time per call", "ratio to env"),
    ...subjects.map(({ name, reads, times }) =>
      line(
        name,
        (reads / ROUNDS).toFixed(1),
        `${median(times).toFixed(1)} µs`,
        (median(times) / median(base!.times)).toFixed(2),
      )
    ),
    "With TOKEN_CACHE=none the store is read once a minute, which a round does not last.",
    ...(noRedis ? [`redis was not measured: ${noRedis}`] : []),
  ];
}

async function measureMemory(): Promise<string[]> {
  const collect = (globalThis as { gc?: () => void }).gc;
  if (!collect) throw new Error("Start with --v8-flags=--expose-gc");
  const records: Record<string, Credentials> = {};
  const access = createAccess({
    // The records are created on request, so that only retained memory counts.
    store: {
      ...createMemoryStore(records),
      read: (tenant) =>
        Promise.resolve({ credentials: credentials(tenant), version: "1" }),
    },
    tokenCache: "memory",
    // The timer of a call's limit is not part of the cost of a tenant.
    timeout: LIMIT,
    limits: noLimits,
    fetch: instant,
    log: () => {},
  });
  const heap = async () => {
    await new Promise((resolve) => setTimeout(resolve, 5 * LIMIT));
    collect();
    return Deno.memoryUsage().heapUsed;
  };
  const visit = async (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      await access.crm(`tenant-${i}`).call(endpoints.pipelines.list);
    }
    return await heap();
  };
  await visit(0, 200);
  const start = await heap();
  const half = await visit(200, TENANTS_HELD + 200);
  const full = await visit(TENANTS_HELD + 200, TENANTS + 200);
  await access.close();
  const kib = (bytes: number) => `${(bytes / 1024).toFixed(1)} KiB`;
  return [
    `${TENANTS} tenants, one call each; ${TENANTS_HELD} are held in memory`,
    line("for each tenant that is held", kib((half - start) / TENANTS_HELD)),
    line(`for ${TENANTS_HELD} of them`, kib(half - start)),
    line(
      `for ${TENANTS - TENANTS_HELD} more`,
      `${kib(full - half)} (bounded: about 0)`,
    ),
  ];
}

const report = [...await measureCalls(), "", ...await measureMemory()];
print(report.join("\n"));
