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

/** Who makes a call. */
export interface Caller {
  /** Names it in logs and audit records; never a secret. */
  readonly name: string;
  /** The tenants it may act for; undefined: all that the store knows. */
  readonly tenants: readonly string[] | undefined;
  /** What it may do. */
  readonly scopes: readonly Scope[];
}

/**
 * A principal in the form in which the SDK hands it to the server's factory.
 * The SDK asks for a token too: nothing needs the caller's any more, and it is
 * left out.
 */
export function authInfoOf(principal: Principal): AuthInfo {
  return {
    token: "",
    clientId: principal.name,
    scopes: [...principal.scopes],
    extra: { principal },
  };
}

/** The caller of an HTTP request; undefined where no credential was asked for. */
export function callerIn(info: AuthInfo | undefined): Caller | undefined {
  return info?.extra?.principal as Principal | undefined;
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
