/**
 * What holds for signing in with every store, and with two servers that share
 * one.
 */
import { assert, assertEquals } from "@std/assert";
import {
  createSignIn,
  type SignIn,
  type SignInOptions,
} from "../../../src/auth/sign_in/sign_in.ts";
import {
  createFlows,
  type Flow,
  type Flows,
} from "../../../src/auth/sign_in/flows.ts";
import { createPending, type Site } from "../../../src/auth/sign_in/pending.ts";
import { siteOf } from "../../../src/net/address.ts";
import type { Parameters } from "../../../src/auth/sign_in/protocol.ts";
import { beginning, challenge, VERIFIER } from "../../support/sign_in.ts";
import type { Issued } from "../../../src/auth/sign_in/issued.ts";
import {
  recordsOf,
  type SignInStore,
} from "../../../src/auth/sign_in/store.ts";
import { createMemoryStore } from "../../../src/tokens/stores/memory.ts";

/** Opens the store, once for each server. */
export type OpenStore = () => SignInStore;

const ACCOUNT = "512301";

/** The id of a session, and of nothing else. */
const idOf = (letter: string) => letter.repeat(16);

/** Makes a server; nobody signs in at Qontak. */
export function server(
  store: SignInStore,
  options: Partial<SignInOptions> = {},
): SignIn {
  return createSignIn({
    publicUrl: "https://one.example.co.id/mcp",
    store,
    tokens: createMemoryStore(),
    dropCached: () => Promise.resolve(),
    log: () => {},
    place: { url: () => "", exchange: () => Promise.reject() },
    readDocument: () => Promise.reject(),
    ...options,
  });
}

/** Begins a session of a person. */
export function begin(
  signIn: SignIn,
  letter: string,
  account: string = ACCOUNT,
): Promise<Issued> {
  return signIn.sessions.begin(
    beginning({
      id: idOf(letter),
      account,
      scopes: ["read", "write"],
      resource: signIn.resource,
    }),
  );
}

/** Goes the whole way of a person, up to the code. */
export async function allow(signIn: SignIn): Promise<Parameters> {
  const { client_id } = await signIn.clients.register({
    client_name: "Tests",
    redirect_uris: ["https://client.example.co.id/cb"],
  });
  const asked = {
    client_id: String(client_id),
    redirect_uri: "https://client.example.co.id/cb",
    code_challenge: await challenge(),
    code_challenge_method: "S256",
    response_type: "code",
  };
  const { flow, cookie } = await signIn.authorize(asked, "192.0.2.1");
  const cookies = () => cookie;
  const given = { state: flow.id, code: "a code" };
  const next = await signIn.callback(given, cookies, undefined) as Flow;
  const { location } = (await signIn.decide(
    next.id,
    {
      form: next.form,
      isAllowed: true,
      scopes: ["read", "write", "delete"],
      isContinued: false,
    },
    cookies,
    undefined,
  ))!;
  return {
    grant_type: "authorization_code",
    client_id: asked.client_id,
    code_verifier: VERIFIER,
    code: new URL(location).searchParams.get("code")!,
  };
}

const DAY = 86_400_000;

/** Tokens of Qontak that no session needs, and those that somebody needs. */
export async function unusedTokens(open: OpenStore): Promise<void> {
  let time = Date.now();
  let user = 0;
  const tokens = createMemoryStore();
  const stores = [open(), open()];
  const dropped: string[] = [];
  const make = (store: SignInStore) =>
    server(store, {
      now: () => time,
      tokens,
      dropCached: (tenant) => {
        dropped.push(tenant);
        return Promise.resolve();
      },
      place: {
        url: () => "",
        exchange: () =>
          Promise.resolve({
            user,
            credentials: { refresh_token: `of ${user}` },
          }),
      },
    });
  const [one, two] = stores.map(make) as [SignIn, SignIn];
  const kept = async () => (await tokens.tenants()).toSorted();
  const person = (at: SignIn, id: number) => {
    user = id;
    return allow(at);
  };

  await one.token(await person(one, 1));
  await person(one, 2);
  const third = await one.token(await person(one, 3));
  await one.revoke({ token: String(third.access_token) });
  await two.token(await person(two, 4));
  const own = { refresh_token: "of the operator" };
  await tokens.replace("qontak.3", own, undefined);
  await tokens.replace("acme", own, undefined);
  assertEquals(await kept(), [
    "acme",
    ...[1, 2, 3, 4].map((id) => `qontak.${id}`),
  ]);

  // A sign-in that no program fetched; not at once, but within hours.
  time += 60_000;
  await make(stores[0]!).sweep.run();
  assert((await kept()).includes("qontak.2"));
  time += 2 * 3_600_000;
  await Promise.all([one.sweep.run(), two.sweep.run()]);
  assertEquals(await kept(), ["acme", "qontak.1", "qontak.3", "qontak.4"]);
  assertEquals(new Set(dropped), new Set(["qontak.3", "qontak.2"]));

  // Sessions that ended by themselves; one person has signed in once more.
  time += 60 * DAY;
  await two.token(await person(two, 4));
  time += 31 * DAY;
  await Promise.all([one.sweep.run(), two.sweep.run()]);
  assertEquals(await kept(), ["acme", "qontak.3", "qontak.4"]);
  time += 70 * DAY;
  await one.sweep.run();
  assertEquals(await kept(), ["acme", "qontak.3"]);
  await Promise.all(stores.map((store) => store.close?.()));
}

/** Strangers who begin many sign-ins, and do not end those of others. */
export async function manySignIns(open: OpenStore): Promise<void> {
  const stores = [open(), open()];
  const make = (store: SignInStore) => {
    const records = recordsOf<Flow>(store, "flow");
    return createFlows(
      records,
      createPending({
        records: recordsOf<Site>(store, "pending"),
        end: (id) => records.remove(id),
        mostOfSite: 8,
        mostInAll: 30,
        check: 1,
      }),
    );
  };
  const [one, two] = stores.map(make) as [Flows, Flows];
  const begin = async (at: Flows, address: string) => {
    const { flow, cookie } = await at.begin(undefined, siteOf(address));
    return { id: flow.id, cookie };
  };
  type Begun = Awaited<ReturnType<typeof begin>>;
  const alive = async (all: readonly Begun[]) => {
    const found = await Promise.all(
      all.map(({ id, cookie }) => two.read(id, () => cookie)),
    );
    return found.filter((flow) => flow !== undefined).length;
  };
  // Two people, one of them before the consent page.
  const people = [
    await begin(one, "203.0.113.5"),
    await begin(two, "2001:db8:7::5"),
  ];
  const { id, cookie } = people[0]!;
  const taken = (await two.take(id, () => cookie))!;
  const next = await one.next(taken, { account: "1" });
  people[0] = { id: next.id, cookie };
  assertEquals(await alive(people), 2);

  // One network, whichever of its addresses is used.
  const few: Begun[] = [];
  for (let i = 0; i < 20; i++) {
    few.push(await begin([one, two][i % 2]!, `192.0.2.${i}`));
    few.push(await begin([one, two][i % 2]!, `2001:db8:1:${i}::1`));
  }
  assertEquals(await alive(few), 16);
  assertEquals(await alive(few.slice(-16)), 16);
  assertEquals(await alive(people), 2);

  // Several networks: those with most of them end first.
  const many: Begun[] = [];
  for (let i = 0; i < 60; i++) {
    many.push(await begin([one, two][i % 2]!, `10.0.${i % 6}.1`));
  }
  const all = [...few, ...many, ...people];
  assert(await alive(all) <= 30, String(await alive(all)));
  assert(await alive(all) >= 22, String(await alive(all)));
  assertEquals(await alive(people), 2);
  const last = many.at(-1)!;
  assertEquals(await alive([last]), 1);
  await Promise.all(stores.map((store) => store.close?.()));
}

/** A renewal that is repeated, because its answer was lost. */
export async function repeatedRenewals(open: OpenStore): Promise<void> {
  let time = Date.now();
  const [store, other] = [open(), open()];
  const now = () => time;
  const [one, two] = [server(store, { now }), server(other, { now })];
  const renew = (at: SignIn, token: string, client = "c", scopes = 2) =>
    at.sessions.renew(token, client, (allowed) => allowed.slice(0, scopes));
  const isAlive = async (issued: Issued) =>
    await two.authenticate(issued.access_token) !== undefined;

  // The same answer, at each server, for ten seconds.
  const first = await begin(one, "a");
  const second = (await renew(one, first.refresh_token))!;
  assert(second.refresh_token !== first.refresh_token);
  assertEquals(await renew(two, first.refresh_token), second);
  time += 9_000;
  assertEquals(await renew(two, first.refresh_token), second);
  assert(await isAlive(second));
  // The store cannot tell the tokens to those who read it.
  const kept = await store.list({
    kind: "sign-in-session",
    tenant: ACCOUNT,
  }, 10);
  assertEquals(kept.length, 1);
  for (const token of [...Object.values(first), ...Object.values(second)]) {
    if (typeof token === "string") assert(!kept[0]!.text.includes(token));
  }
  // Not once the new one was used.
  const third = (await renew(two, second.refresh_token))!;
  assertEquals(await renew(one, second.refresh_token), third);
  assertEquals(await renew(one, first.refresh_token), undefined);
  // The server that held it lets it go within 60 s.
  time += 59_000;
  assertEquals(await isAlive(third), false);
  assertEquals(await renew(one, third.refresh_token), undefined);

  // Not later, not for another client, and not for another request.
  const refused: readonly ((token: string) => Promise<unknown>)[] = [
    (token) => {
      time += 11_000;
      return renew(one, token);
    },
    (token) => renew(two, token, "another"),
    (token) => renew(two, token, "c", 1),
  ];
  for (const [i, repeat] of refused.entries()) {
    const before = await begin(one, "bcd"[i]!);
    const after = (await renew(one, before.refresh_token))!;
    assertEquals(await repeat(before.refresh_token), undefined, String(i));
    assertEquals(await renew(two, after.refresh_token), undefined, String(i));
    time += 59_000;
    assertEquals(await isAlive(after), false, String(i));
  }

  // All at once, at both.
  const { refresh_token } = await begin(one, "e");
  const all = await Promise.all(
    [one, two, one, two, one, two].map((at) => renew(at, refresh_token)),
  );
  assertEquals(new Set(all.map((x) => x?.refresh_token)).size, 1);
  assert(await isAlive(all[0]!));
  await Promise.all([store, other].map((each) => each.close?.()));
}
