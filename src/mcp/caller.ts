/**
 * Who makes a call, and for which company.
 *
 * @module
 */
import type { AuthInfo } from "@modelcontextprotocol/server";
import { CredentialsError } from "../errors.ts";
import type { Principal, Scope } from "../auth/principal.ts";
import {
  DEFAULT_TENANT,
  isTenantName,
  nameTenant,
  TENANT_NAMES,
} from "../tokens/store.ts";
import { show } from "../values/json.ts";
import type { Exchange } from "./answers.ts";

/** Who makes a call. */
export interface Caller {
  /** The caller's name in logs and audit records; never a secret. */
  readonly name: string;
  /** The tenants it may act for; undefined for all tenants in the store. */
  readonly tenants: readonly string[] | undefined;
  /** What it may do. */
  readonly scopes: readonly Scope[];
  /** The scopes of the tools that it sees; by default those that it has. */
  readonly mayAskFor?: readonly Scope[];
}

/** The caller of every HTTP request if no credential is required. */
export const ON_THIS_MACHINE = "loopback";

/**
 * What the SDK passes from an HTTP request to the server's factory: the caller,
 * and the exchange. The SDK also has a field for a token. Nothing needs the
 * caller's token after this point, so it is left out.
 *
 * @param principal The caller; undefined if no credential is required.
 * @param exchange Where the answers are counted.
 * @param choice The words with which the request narrows the tools.
 */
export function authInfoOf(
  principal: Principal | undefined,
  exchange: Exchange,
  choice: readonly string[],
): AuthInfo {
  return {
    token: "",
    clientId: principal?.name ?? ON_THIS_MACHINE,
    scopes: [...principal?.scopes ?? []],
    extra: { principal, exchange, choice },
  };
}

/** The caller of an HTTP request; undefined if no credential was required. */
export function callerIn(info: AuthInfo | undefined): Caller | undefined {
  return info?.extra?.principal as Principal | undefined;
}

/** The exchange of an HTTP request; undefined on stdio. */
export function exchangeIn(info: AuthInfo | undefined): Exchange | undefined {
  return info?.extra?.exchange as Exchange | undefined;
}

/** The words with which an HTTP request narrows the tools. */
export function choiceIn(info: AuthInfo | undefined): readonly string[] {
  return info?.extra?.choice as readonly string[] | undefined ?? [];
}

/**
 * The tenant of a call. The arguments can only choose among the tenants that
 * the caller's credential allows.
 */
export function tenantOf(userId: unknown, { tenants }: Caller): string {
  if (userId === undefined) {
    if (tenants === undefined || tenants.includes(DEFAULT_TENANT)) {
      return DEFAULT_TENANT;
    }
    const [only] = tenants;
    if (tenants.length === 1) return only!;
    throw new CredentialsError(
      `user_id is missing: your credential is for ${listOf(tenants)}`,
    );
  }
  if (typeof userId !== "string" || !isTenantName(userId)) {
    throw new CredentialsError(
      `user_id ${
        show(userId)
      } cannot be the name of a tenant: it takes ${TENANT_NAMES}`,
    );
  }
  if (tenants === undefined || tenants.includes(userId)) return userId;
  throw new CredentialsError(
    `Your credential is not for user_id ${show(userId)}, but for ${
      listOf(tenants)
    }`,
  );
}

function listOf(tenants: readonly string[]): string {
  return tenants.map((tenant) =>
    tenant === DEFAULT_TENANT ? nameTenant(tenant) : tenant
  ).join(", ");
}
