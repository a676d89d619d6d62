/** People sign in at two servers behind one address, which share a store. */
import { assert, assertEquals } from "@std/assert";
import { startHttp } from "../support/process.ts";
import { serve } from "../support/serve.ts";
import { sharedStores } from "../support/shared_store.ts";
import {
  APPLICATION,
  createBrowser,
  createRawClient,
  hidden,
  rpc,
  serveQontak,
  tokensOf,
} from "../support/sign_in.ts";
import { sleep } from "../support/time.ts";
import { unless } from "../support/unless.ts";

for (const [name, { missing, start }] of Object.entries(sharedStores)) {
  Deno.test({
    ...unless(
      missing,
      `two processes sign people in, renew and revoke as one: ${name}`,
    ),
    async fn() {
      await using qontak = serveQontak();
      await using place = await start();
      const servers: string[] = [];
      let turn = 0;
      // Each request goes to the other server.
      await using proxy = serve(async (request, { remoteAddr }) => {
        const { pathname, search } = new URL(request.url);
        const headers = new Headers(request.headers);
        headers.append("x-forwarded-for", remoteAddr.hostname);
        return await fetch(
          new URL(pathname + search, servers[turn++ % servers.length]),
          {
            method: request.method,
            headers,
            body: request.method === "GET" ? null : await request.text(),
            redirect: "manual",
          },
        );
      });
      const env = {
        ...place.env,
        TOKEN_STORE: name,
        MCP_SIGN_IN: "qontak",
        MCP_PUBLIC_URL: `${proxy.url}/mcp`,
        MCP_TRUSTED_PROXIES: "127.0.0.1",
        QONTAK_BASE_URL: qontak.url,
        QONTAK_CLIENT_ID: APPLICATION.clientId,
        QONTAK_CLIENT_SECRET: APPLICATION.clientSecret,
      };
      await using one = await startHttp([...place.args], env);
      await using two = await startHttp([...place.args], env);
      servers.push(one.url, two.url);
      const endpoint = { origin: proxy.url, url: `${proxy.url}/mcp` };

      // Every step of the way is at the other server.
      const client = await createRawClient(endpoint);
      const browser = createBrowser();
      const first = await tokensOf(client, browser);
      const other = await tokensOf(client, browser);
      assert(turn >= 10, String(turn));
      const read = (url: string, token: string) =>
        rpc(url, token, "tools/call", {
          name: "list_pipelines",
          arguments: {},
        });
      for (const url of servers) {
        const { status, text } = await read(url, first.access_token);
        assertEquals(status, 200);
        assert(!text.includes('"isError":true'), text);
      }

      // One renewal, even if both are asked at once.
      const renewed = await Promise.all(
        Array.from({ length: 6 }, () => client.refresh(first.refresh_token)),
      );
      assertEquals(
        new Set(renewed.map(({ body }) => body.access_token)).size,
        1,
        JSON.stringify(renewed.map(({ body }) => body)),
      );
      const { access_token } = renewed[0]!.body;

      // A person ends all sessions at one server: both refuse within 60 s.
      for (const url of servers) {
        assertEquals((await read(url, access_token)).status, 200);
        assertEquals((await read(url, other.access_token)).status, 200);
      }
      const shown = await browser.login(`${proxy.url}/account`);
      const at = new URL("/account", proxy.url).href;
      const ended = await browser.open(at, [
        ...hidden(shown.text).slice(0, 2),
        ["session", "all"],
      ]);
      assertEquals(ended.status, 200);
      const until = Date.now() + 60_000;
      for (const url of servers) {
        for (const token of [access_token, other.access_token]) {
          while ((await read(url, token)).status === 200) {
            assert(Date.now() < until, "a session works after 60 s");
            await sleep(500);
          }
          assertEquals((await read(url, token)).status, 401);
        }
      }
    },
  });
}
