/**
 * A Qontak that costs nearly nothing: the sandbox answers each address once,
 * and the bytes of that answer are sent from then on. One deal has 80 custom
 * fields, and takes changes.
 *
 * It prints its address, the deal's id and a refresh token as JSON, and serves
 * until it is killed.
 *
 * @module
 */
import { createSandbox } from "../../src/sandbox/mod.ts";
import { TOKEN_PATH } from "./shared.ts";

/** How many custom fields the deal has. */
const FIELDS = 80;

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
const headers = { authorization: `Bearer ${access_token}` };
const read = async (path: string) =>
  await (await own(path, { headers })).json();

const DEALS = "/api/v3.1/deals";
const template = await read(`${DEALS}/info`);
const list = await read(`${DEALS}?per_page=1`);
const { id } = list.response[0];
const deal = await read(`${DEALS}/${id}`);
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
keep(`${DEALS}/${id}`, deal);

const json = { headers: { "content-type": "application/json" } };
let requests = 0;
Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) =>
    // deno-lint-ignore no-console -- the process that started it reads this
    console.log(JSON.stringify({
      url: `http://127.0.0.1:${port}`,
      deal: id,
      token: sandbox.refreshToken,
    })),
}, async (request) => {
  requests++;
  const path = request.url.slice(request.url.indexOf("/", 8));
  if (path === "/_requests") return Response.json(requests);
  if (request.method === "PUT" && path === `${DEALS}/${id}`) {
    Object.assign(deal.response, await request.json());
    return new Response(keep(path, deal), json);
  }
  const known = request.method === "GET" ? kept.get(path) : undefined;
  if (known) return new Response(known, json);
  const answer = await own(path, {
    method: request.method,
    headers: request.headers,
    body: request.method === "GET" ? null : await request.text(),
  });
  if (request.method !== "GET" || !answer.ok) return answer;
  return new Response(keep(path, await answer.json()), json);
});
