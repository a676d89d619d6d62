/**
 * Several companies, each with a CRM in which everything bears its mark, and
 * what a caller of one might try in order to see another.
 *
 * @module
 */
import { assert } from "@std/assert";

/** The companies. */
export const TENANTS: readonly string[] = ["alpha", "beta", "gamma"];

/** What only this tenant may ever see. */
export const canary = (tenant: string): string => `canary-of-${tenant}`;

/** The refresh token that a tenant starts with. */
export const firstToken = (tenant: string): string => `first of ${tenant}`;

/** Any token of {@linkcode createQontak}, whosever it is. */
export const TOKENS = /(first|refresh-\d+|access-\d+) of /;

/** Calls of tools that read and that write. */
export const CALLS: readonly (readonly [string, Record<string, unknown>])[] = [
  ["list_pipelines", {}],
  ["list_contacts", { per_page: 1 }],
  ["get_contact", { contact_id: 7 }],
  ["get_contact_template", {}],
  ["get_required_fields_for_contact", {}],
  ["create_contact", { first_name: "x" }],
  ["list_products", {}],
  ["get_product", { product_id: 7 }],
];

/** Arguments that a model, or whoever writes to it, might add. */
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
  /** How often each tenant's credentials were presented. */
  readonly seen: ReadonlyMap<string, number>;
  /** Answers a request; everything it says, errors too, bears a canary. */
  answer(request: Request): Promise<Response>;
}

/** Makes the Qontak of these companies. */
export function createQontak(): ManyQontaks {
  const seen = new Map<string, number>();
  let calls = 0;

  async function answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const isGrant = pathname === "/oauth/token";
    const sent = isGrant
      ? new URLSearchParams(await request.text()).get("refresh_token")
      : request.headers.get("authorization");
    const [, tenant] = / of ([\w-]+)$/.exec(sent ?? "") ?? [];
    // Whoever asks whether Qontak is there presents nothing.
    if (tenant === undefined) return new Response(null, { status: 401 });
    seen.set(tenant, (seen.get(tenant) ?? 0) + 1);
    const turn = ++calls;
    // Answers overtake each other.
    await new Promise((resolve) => setTimeout(resolve, turn % 7));
    if (isGrant) {
      return Response.json({
        access_token: `access-${turn} of ${tenant}`,
        refresh_token: `refresh-${turn} of ${tenant}`,
        expires_in: 3600,
      });
    }
    const said = canary(tenant);
    const meta = { status: 200, type: "OK" };
    if (turn % 5 === 0) {
      return Response.json({
        meta: { status: 422, developer_message: `${said} is wrong` },
      }, { status: 422 });
    }
    if (pathname.endsWith("/info")) {
      return Response.json({
        meta,
        response: [{
          id: null,
          name: "name",
          name_alias: said,
          additional_field: false,
          required: true,
          type: "Single-line text",
        }],
      });
    }
    const record = { id: 7, name: said, note: said };
    const isOne = /\/\d+$/.test(pathname);
    return Response.json({
      meta,
      response: isOne ? record : [record],
      page: 1,
      total_page: 1,
      current_data: 1,
      total_data: 1,
    });
  }

  return { seen, answer };
}

/** That a text holds nothing of the tenants that it may hold nothing of. */
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
