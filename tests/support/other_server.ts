/**
 * Another server for the company of a test setup, with a client.
 *
 * @module
 */
import type { Client } from "@modelcontextprotocol/client";
import { createServer, type ServerOptions } from "../../mod.ts";
import { connectHttp } from "./client.ts";
import { serveMcp } from "./serve.ts";
import { NO_RATE, noRates, type World } from "./world.ts";

/**
 * Starts a server in front of the same sandbox, whose refresh token must not
 * rotate.
 */
export async function startOther(
  { sandbox }: World,
  options: ServerOptions,
): Promise<AsyncDisposable & { readonly client: Client }> {
  await using stack = new AsyncDisposableStack();
  const server = createServer({
    baseUrl: sandbox.url,
    refreshToken: sandbox.refreshToken,
    confirm: "off",
    limits: noRates(),
    callRate: NO_RATE,
    log: () => {},
    ...options,
  });
  const { url } = stack.use(serveMcp(server, {}));
  const client = await connectHttp(url);
  stack.defer(() => client.close());
  const owned = stack.move();
  return { client, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
