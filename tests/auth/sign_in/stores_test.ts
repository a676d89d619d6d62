/** Signing in with what it keeps in memory and in a real Redis. */
import { createMemoryChangeStore } from "../../../src/changes/stores/memory.ts";
import { createRedisChangeStore } from "../../../src/changes/stores/redis.ts";
import { noServer, startRedis } from "../../support/redis.ts";
import { unless } from "../../support/unless.ts";
import {
  manySignIns,
  type OpenStore,
  repeatedRenewals,
  unusedTokens,
} from "./contract.ts";

/** Runs a test with each store. */
function test(name: string, run: (open: OpenStore) => Promise<void>): void {
  Deno.test(`${name}, in memory`, async () => {
    const store = createMemoryChangeStore();
    await run(() => store);
  });
  Deno.test({
    ...unless(noServer, `${name}, in Redis`),
    async fn() {
      await using redis = await startRedis();
      const keyPrefix = `${redis.prefix}${crypto.randomUUID()}:`;
      await run(() => createRedisChangeStore({ url: redis.url, keyPrefix }));
    },
  });
}

test(
  "a renewal whose answer was lost is answered again for ten seconds",
  repeatedRenewals,
);

test(
  "tokens of Qontak that no session needs are removed, and no others",
  unusedTokens,
);

test(
  "strangers with few addresses do not end the sign-ins of others",
  manySignIns,
);
