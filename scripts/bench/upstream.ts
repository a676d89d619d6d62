/**
 * A Qontak that costs nearly nothing: the sandbox answers each address once,
 * and the bytes of that answer are sent from then on. Some deals have 80 custom
 * fields, and take changes. It grants an access token for each refresh token.
 *
 * It prints its address, the deals' ids and a refresh token as JSON, and serves
 * until it is killed.
 *
 * @module
 */
import { createSandbox } from "../../src/sandbox/mod.ts";
import { TOKEN_PATH, type Upstream } from "./shared.ts";

/** How many custom fields each deal has. */
const FIELDS = 80;

/** How many such deals there are. */
const COUNT = 16;

/** How long access tokens live, in seconds. */
const LIFETIME = 21_600;

const sandbox = createSandbox({ rotateRefreshTokens: false });
const own = (path: string, init?: RequestInit) =>
  sandbox.fetch(new Request(`http://sandbox${path}`, init));

const grant = await own(TOKEN_PATH, {
  method: "POST",
  body: new URLSearchParams({
    grant_type: "refresh_token",
    refresh_token: sandbox.refreshToken,
  }),
});
const { access_token } = await grant.json();
const authorization = `Bearer ${access_token}`;
const read = async (path: string) =>
  await (await own(path, { headers: { authorization } })).json();

const DEALS = "/api/v3.1/deals";
const template = await read(`${DEALS}/info`);
const list = await read(`${DEALS}?per_page=1`);
const { id: first } = list.response[0];
const deal = await read(`${DEALS}/${first}`);
for (let i = 0; deal.response.additional_fields.length < FIELDS; i++) {
  const field = { id: 900_000 + i, name: `bench_${i}` };
  deal.response.additional_fields.push({
    ...field,
    value: `Nilai nomor ${i}`,
    value_name: null,
  });
  template.response.push({
    ...template.response.find((one: Record<string, unknown>) =>
      one.additional_field === true && one.type === "Single-line text"
    ),
    ...field,
    name_alias: `Bench ${i}`,
  });
}

/** The bytes of the answers. */
const kept = new Map<string, Uint8Array<ArrayBuffer>>();
const keep = (path: string, value: unknown) => {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  kept.set(path, bytes);
  return bytes;
};
keep(`${DEALS}/info`, template);
/** The deals that take changes, by their paths. */
const deals = new Map<string, typeof deal>(
  Array.from({ length: COUNT }, (_, i) => {
    const id: number = first + i;
    const answer = structuredClone(deal);
    answer.response.id = id;
    keep(`${DEALS}/${id}`, answer);
    return [`${DEALS}/${id}`, answer];
  }),
);

/** Grants tokens without looking at the refresh token, which stays. */
async function grantTokens(request: Request): Promise<Response> {
  const sent = new URLSearchParams(await request.text());
  return Response.json({
    access_token: crypto.randomUUID().repeat(2),
    token_type: "bearer",
    expires_in: LIFETIME,
    refresh_token: sent.get("refresh_token"),
    created_at: Math.floor(Date.now() / 1_000),
  });
}

const json = { headers: { "content-type": "application/json" } };
Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen({ port }) {
    const said: Upstream = {
      url: `http://127.0.0.1:${port}`,
      deals: Array.from({ length: COUNT }, (_, i) => first + i),
      token: sandbox.refreshToken,
    };
    // deno-lint-ignore no-console -- the process that started it reads this
    console.log(JSON.stringify(said));
  },
}, async (request) => {
  const path = request.url.slice(request.url.indexOf("/", 8));
  const changed = request.method === "PUT" ? deals.get(path) : undefined;
  if (changed) {
    Object.assign(changed.response, await request.json());
    return new Response(keep(path, changed), json);
  }
  const known = request.method === "GET" ? kept.get(path) : undefined;
  if (known) return new Response(known, json);
  if (path === TOKEN_PATH) return await grantTokens(request);
  const answer = await own(path, {
    method: request.method,
    headers: { authorization },
    body: request.method === "GET" ? null : await request.text(),
  });
  if (request.method !== "GET" || !answer.ok) return answer;
  return new Response(keep(path, await answer.json()), json);
});
