/** People sign in where Vault keeps the tokens of Qontak. */
import { assert, assertEquals } from "@std/assert";
import { noServer, startRedis } from "../../support/redis.ts";
import {
  createBrowser,
  createRawClient,
  post,
  rpc,
  serveEndpoint,
  serveQontak,
  tokensOf,
} from "../../support/sign_in.ts";
import { unless } from "../../support/unless.ts";
import { vaultServers } from "../../support/vault_real.ts";

for (const { name, missing, start } of await vaultServers()) {
  Deno.test({
    ...unless(
      missing || noServer,
      `people sign in with their tokens in Vault and their sessions in Redis: ${name}`,
    ),
    async fn() {
      await using vault = await start();
      await using redis = await startRedis();
      await using qontak = serveQontak();
      const env = {
        TOKEN_STORE: "vault",
        VAULT_ADDR: vault.url,
        VAULT_TOKEN: await vault.createToken(),
        VAULT_MOUNT_PATH: vault.mount,
        QONTAK_LIMITS: "redis",
        REDIS_URL: redis.url,
        REDIS_KEY_PREFIX: `${redis.prefix}${crypto.randomUUID()}:`,
      };
      await using endpoint = await serveEndpoint({ qontak, env });
      const people = async () => {
        const all = await endpoint.program.store.tenants();
        return all.filter((tenant) => tenant.startsWith("qontak."));
      };
      const client = await createRawClient(endpoint);
      const first = await tokensOf(client);
      const other = await tokensOf(client);
      assertEquals(await people(), ["qontak.512301"]);
      const read = async (token: string) => {
        const { status, text } = await rpc(endpoint.url, token, "tools/call", {
          name: "list_pipelines",
          arguments: {},
        });
        assert(!text.includes('"isError":true'), text);
        return status;
      };
      assertEquals(await read(first.access_token), 200);
      const { body } = await client.refresh(first.refresh_token);
      assertEquals(await read(body.access_token), 200);

      // The token of Qontak goes with the last session.
      const revoke = (token: string) =>
        post(`${endpoint.origin}/oauth/revoke`, { token });
      await revoke(body.refresh_token);
      assertEquals(await read(body.access_token), 401);
      assertEquals(await people(), ["qontak.512301"]);
      assertEquals(await read(other.access_token), 200);
      await revoke(other.access_token);
      assertEquals(await people(), []);

      // And when Qontak refuses the person.
      const again = await tokensOf(client, createBrowser(), { user: 1 });
      qontak.revokeRefreshTokens();
      qontak.expireAccessTokens();
      assertEquals(await read(again.access_token), 401);
      assertEquals(await people(), []);
      assertEquals((await client.refresh(again.refresh_token)).status, 400);
    },
  });
}
