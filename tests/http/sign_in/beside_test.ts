/** People who sign in, API keys and an operator's issuer at one endpoint. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { mintKey } from "../../../src/auth/stored_keys.ts";
import { sha256 } from "../../../src/storage/hash.ts";
import { startIssuer } from "../../support/issuer.ts";
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

const AUDIENCE = "https://crm.example.com/mcp";

Deno.test({
  ...unless(
    noServer,
    "people who sign in, keys of both kinds and JWTs call one endpoint, each with its own scopes and challenges",
  ),
  async fn() {
    await using redis = await startRedis();
    await using issuer = await startIssuer();
    await issuer.addKey();
    await using qontak = serveQontak();
    await using endpoint = await serveEndpoint({
      qontak,
      env: {
        TOKEN_STORE: "redis",
        REDIS_URL: redis.url,
        REDIS_KEY_PREFIX: `${redis.prefix}${crypto.randomUUID()}:`,
        MCP_STORED_KEYS: "true",
        MCP_API_KEYS: `${await sha256("a-static-key")}:acme:read`,
        MCP_OAUTH_ISSUER: issuer.url,
        MCP_OAUTH_AUDIENCE: AUDIENCE,
      },
    });
    const { store, keys } = endpoint.program;
    await store.replace(
      "acme",
      { refresh_token: qontak.refreshToken },
      undefined,
    );
    const minted = await mintKey();
    await keys!.replace(minted.id, {
      hash: minted.hash,
      label: "a stored key",
      tenants: ["acme"],
      scopes: ["read", "write"],
      created_at: 0,
    }, undefined);
    const client = await createRawClient(endpoint);
    const { access_token } = await tokensOf(client, createBrowser(), {
      scopes: ["read"],
    });
    const { url } = endpoint;
    const call = (token: string, name: string) =>
      rpc(url, token, "tools/call", { name, arguments: {} });

    // Each sees what it may call; with OAuth, what it may ask for.
    const bearers = {
      person: access_token,
      static: "a-static-key",
      stored: minted.key,
      jwt: await issuer.sign({ scope: "qontak:read qontak:delete" }),
    };
    const seen: Record<string, string[]> = {};
    for (const [kind, token] of Object.entries(bearers)) {
      const { status, text } = await rpc(url, token, "tools/list");
      assertEquals(status, 200, `${kind}: ${text}`);
      seen[kind] = ["list_deals", "create_deal", "delete_deal"].filter((name) =>
        text.includes(`"${name}"`)
      );
      const read = await call(token, "list_pipelines");
      assertEquals(read.status, 200, kind);
      assert(!read.text.includes('"isError":true'), `${kind}: ${read.text}`);
    }
    assertEquals(seen, {
      person: ["list_deals", "create_deal", "delete_deal"],
      static: ["list_deals"],
      stored: ["list_deals", "create_deal"],
      jwt: ["list_deals", "create_deal", "delete_deal"],
    });

    // Who has a token of OAuth can ask for more.
    for (
      const [token, name, scope] of [
        [bearers.person, "delete_deal", "read delete"],
        [bearers.jwt, "create_deal", "read write delete"],
      ] as const
    ) {
      const { status, headers } = await call(token, name);
      assertEquals(status, 403);
      assertStringIncludes(
        headers.get("www-authenticate")!,
        `scope="${scope}"`,
      );
    }
    for (
      const [token, name] of [
        [bearers.static, "create_deal"],
        [bearers.stored, "delete_deal"],
      ] as const
    ) {
      const { status, headers, text } = await call(token, name);
      assertEquals([status, headers.get("www-authenticate")], [200, null]);
      assertStringIncludes(text, name);
      assertStringIncludes(text, '"error"');
    }
    assertEquals(
      qontak.requests.filter((one) =>
        one.method !== "GET" && one.path.startsWith("/api")
      ),
      [],
    );

    // Callers are told of both servers; clients take the first.
    const wrong = await rpc(url, "wrong", "tools/list");
    assertEquals(wrong.status, 401);
    const challenge = wrong.headers.get("www-authenticate")!;
    assertStringIncludes(challenge, 'error="invalid_token"');
    const [, address = ""] = /resource_metadata="([^"]+)"/.exec(challenge)!;
    const metadata = await (await fetch(address)).json();
    assertEquals(metadata.authorization_servers, [endpoint.origin, issuer.url]);
    assertEquals(metadata.resource, url);

    // No credential is accepted as one of another kind.
    for (const token of [bearers.jwt, bearers.stored, bearers.static]) {
      const { body } = await client.refresh(token);
      assertEquals(body.error, "invalid_grant");
      await post(`${endpoint.origin}/oauth/revoke`, { token });
    }
    const forAnother = await issuer.sign({ aud: url });
    assertEquals((await rpc(url, forAnother, "tools/list")).status, 401);

    // Where the issuer fails, the others work.
    await issuer.stop();
    for (const token of [bearers.person, bearers.static, bearers.stored]) {
      assertEquals((await rpc(url, token, "tools/list")).status, 200);
    }
    issuer.start();
  },
});
