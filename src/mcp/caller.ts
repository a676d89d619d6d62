/**
 * On whose behalf a call is made, and for which company.
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

/** On whose behalf a call is made. */
export interface Caller {
  /** Names it in logs and audit records; never a secret. */
  readonly name: string;
  /** The tenants it may act for; undefined: whomever the store knows. */
  readonly tenants: readonly string[] | undefined;
  /** What it may do. */
  readonly scopes: readonly Scope[];
}

/**
 * A principal on its way through the SDK, which wants a token: it is left
 * behind here, where nothing needs it any more.
 */
export function infoOf(principal: Principal): AuthInfo {
  return {
    token: "",
    clientId: principal.name,
    scopes: [...principal.scopes],
    extra: { principal },
  };
}

/** Who makes a call, as the credential of an HTTP request says; undefined without. */
export function callerIn(info: AuthInfo | undefined): Caller | undefined {
  return info && info.extra?.principal as Principal;
}

/**
 * The tenant of a call. What the arguments say can only pick among those that
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
