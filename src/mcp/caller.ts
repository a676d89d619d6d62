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
import type { Hold } from "./hold.ts";

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

/** What an HTTP request says of its caller. */
export interface Calling {
  /** The caller; undefined if no credential is required. */
  readonly principal: Principal | undefined;
  /** Where the answers are counted. */
  readonly exchange: Exchange;
  /** The words with which the request narrows the tools. */
  readonly choice: readonly string[];
  /** Holds the answer back; undefined if nothing does. */
  readonly hold?: Hold | undefined;
}

/**
 * The form in which the SDK passes it to the server's factory. The SDK also has
 * a field for a token. Nothing needs the caller's token after this point, so it
 * is left out.
 *
 * @param calling What the request says.
 */
export function authInfoOf(calling: Calling): AuthInfo {
  const { principal } = calling;
  return {
    token: "",
    clientId: principal?.name ?? ON_THIS_MACHINE,
    scopes: [...principal?.scopes ?? []],
    extra: { calling },
  };
}

/** What the SDK passed; undefined for a request without a message. */
export function callingIn(info: AuthInfo | undefined): Calling | undefined {
  return info?.extra?.calling as Calling | undefined;
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
      `user_id is missing: your credential is for ${
        listOf(tenants)
      }. Ask the user which one is meant, and give its name as user_id`,
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
