/**
 * Several companies, each with a CRM whose texts have its mark, and the calls
 * with which a caller of one may try to see another.
 *
 * @module
 */
import { assert } from "@std/assert";
import { createCompanies } from "./companies.ts";
import { sleep } from "./time.ts";

/** The companies. */
export const TENANTS: readonly string[] = ["alpha", "beta", "gamma"];

/** The canary that only this tenant may see. */
export const canary = (tenant: string): string => `canary-of-${tenant}`;

/** The refresh token that a tenant starts with. */
export const firstToken = (tenant: string): string => `first of ${tenant}`;

/** A contact and a product in every company. */
const contact_id = 31842795, product_id = 2770542;

/** Calls of tools that read and that write. */
export const CALLS: readonly (readonly [string, Record<string, unknown>])[] = [
  ["list_pipelines", {}],
  ["list_contacts", { per_page: 1 }],
  ["get_contact", { contact_id }],
  ["get_contact_template", {}],
  ["get_required_fields_for_contact", {}],
  ["create_contact", { first_name: "x" }],
  ["list_products", {}],
  ["search", { query: "canary" }],
  ["find_duplicates", { resource: "contacts" }],
  ["get_account_overview", { contact: contact_id }],
  ["fetch", { id: `contacts/${contact_id}` }],
  ["get_product", { product_id }],
];

/** Arguments that a model, or a person who writes to it, may add. */
export const FORGED: readonly Record<string, unknown>[] = [
  {},
  { user_id: "beta" },
  { user_id: "alpha" },
  { user_id: "gamma" },
  { user_id: "../beta" },
  { user_id: "_default" },
  { user_id: ["beta"] },
  { user_id: null },
  { tenant: "beta" },
];

/** A Qontak with a CRM for each tenant. */
export interface ManyQontaks {
  /** The number of requests with each tenant's credentials. */
  readonly seen: ReadonlyMap<string, number>;
  /** The tenant of every token that was ever valid. */
  readonly owners: ReadonlyMap<string, string>;
  /** Answers a request; every answer, even an error, contains a canary. */
  answer(request: Request): Promise<Response>;
}

/** The keys with text for people. */
const TEXTS = ["name", "first_name", "note", "name_alias", "developer_message"];

/** The same answer, with the canary instead of all text for people. */
async function mark(answer: Response, tenant: string): Promise<Response> {
  const text = JSON.stringify(await answer.json(), function (key, value) {
    // The name of a field is its key in the API.
    const isText = TEXTS.includes(key) &&
      !(key === "name" && "name_alias" in this);
    return isText && typeof value === "string" ? canary(tenant) : value;
  });
  const { status, headers } = answer;
  return new Response(text, { status, headers });
}

/** Makes the Qontak of these companies. */
export function createQontak(): ManyQontaks {
  const seen = new Map<string, number>();
  let calls = 0;
  const { owners, handle } = createCompanies(
    TENANTS,
    (tenant) => ({ refreshToken: firstToken(tenant) }),
    async ({ company, isGrant }, pass) => {
      // A check whether Qontak answers has no token.
      if (company === undefined) return await pass();
      seen.set(company, (seen.get(company) ?? 0) + 1);
      const turn = ++calls;
      // Answers arrive in another order.
      await sleep(turn % 7);
      if (isGrant) return await pass();
      if (turn % 5 > 0) return await mark(await pass(), company);
      const developer_message = `${canary(company)} is wrong`;
      const meta = { status: 422, developer_message };
      return Response.json({ meta }, { status: 422 });
    },
  );
  return {
    seen,
    owners,
    answer: (request) => handle(request, request.signal),
  };
}

/** Asserts that a text contains no token that was ever valid. */
export function assertNoTokens(
  text: string,
  { owners }: ManyQontaks,
  what: string,
): void {
  for (const [token, tenant] of owners) {
    assert(!text.includes(token), `${what} shows a token of ${tenant}`);
  }
}

/** Asserts that a text contains nothing of the given tenants. */
export function assertOnly(
  text: string,
  allowed: readonly string[],
  what: string,
): void {
  for (const tenant of TENANTS) {
    if (allowed.includes(tenant)) continue;
    assert(!text.includes(canary(tenant)), `${what} shows ${tenant}`);
  }
}
