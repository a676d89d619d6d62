/**
 * One server for two companies, each with a separate sandbox.
 *
 * @module
 */
import { createServer } from "../../mod.ts";
import { createMemoryStore } from "./memory.ts";
import { connectHttp, ok } from "./client.ts";
import { createCompanies } from "./companies.ts";
import { serve, serveMcp } from "./serve.ts";
import { noRates } from "./world.ts";

/** The two companies. */
export interface TwoCompanies extends AsyncDisposable {
  /** Calls a tool that must succeed, for one of the companies. */
  // deno-lint-ignore no-explicit-any -- tests look into answers freely
  ok(user_id: "acme" | "beta", name: string, args?: object): Promise<any>;
}

/** Makes them. They have different records: each sandbox has another seed. */
export async function createTwoCompanies(): Promise<TwoCompanies> {
  await using stack = new AsyncDisposableStack();
  const names = ["acme", "beta"];
  const { handle } = createCompanies(
    names,
    (name) => ({ refreshToken: `first of ${name}`, seed: names.indexOf(name) }),
    (_, pass) => pass(),
  );
  const qontak = stack.use(
    serve((request) => handle(request, request.signal)),
  );
  const server = createServer({
    baseUrl: qontak.url,
    store: createMemoryStore(Object.fromEntries(
      names.map((name) => [name, { refresh_token: `first of ${name}` }]),
    )),
    limits: noRates(),
    log: () => {},
  });
  const { url } = stack.use(serveMcp(server));
  const client = await connectHttp(url);
  stack.defer(() => client.close());
  const owned = stack.move();
  return {
    ok: (user_id, name, args) => ok(client, name, { ...args, user_id }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
