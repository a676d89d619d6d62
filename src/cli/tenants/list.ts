/**
 * Lists the companies that have credentials.
 *
 * @module
 */
import { advise } from "../../app/advice.ts";
import { inParallel } from "../../changes/parallel.ts";
import { sentenceOf, StoreError } from "../../errors.ts";
import {
  type Credentials,
  DEFAULT_TENANT,
  isTenantName,
} from "../../tokens/store.ts";
import { NoCredentialsError } from "../../tokens/stores/record.ts";
import type { Program } from "../../app/open.ts";
import { defined } from "../../values/json.ts";
import { isTime } from "../../values/time.ts";
import { show } from "../keys/time.ts";
import { command, noWord, type Run } from "../command.ts";
import { FAILED, OK } from "../exit.ts";
import { complain, lineOf, say, sayJson, table } from "../output.ts";

/** How many records to read at once. */
const AT_ONCE = 10;

/** A company, as the list shows it. */
interface Shown {
  readonly tenant: string;
  /** Whether Qontak accepts its tokens, as far as the store knows. */
  readonly state:
    | "works"
    | "refused"
    | "not used yet"
    | "signs calls"
    | "unreadable";
  /** Since when, in s since 1970. */
  readonly since?: number;
  /** When its access token was last renewed, in s since 1970. */
  readonly renewed_at?: number;
}

/**
 * Lists the companies that have credentials, and since when each works or is
 * refused by Qontak. It names records that cannot be read, and leaves out those
 * that are not a company's credentials. It sends nothing to Qontak.
 */
export const listTenants: Run = command(
  noWord,
  async (program, _, { json }) => {
    const names = await program.store.tenants();
    const found = new Map<string, Shown | StoreError | undefined>();
    await inParallel(names, AT_ONCE, async (name) => {
      found.set(name, await read(program, name));
    });
    const shown: Shown[] = [];
    let code = OK;
    for (const name of names) {
      const one = found.get(name);
      if (!(one instanceof StoreError)) {
        if (one) shown.push(one);
        continue;
      }
      code = FAILED;
      const isOther = one instanceof NoCredentialsError;
      const what = isOther
        ? "is not a company's credentials, and is left out"
        : "cannot be read";
      complain(
        `the record of ${lineOf(name)} ${what}. ${
          lineOf(sentenceOf(one, advise) ?? "")
        }`,
      );
      if (!isOther) shown.push({ tenant: name, state: "unreadable" });
    }
    if (json) sayJson(shown);
    else say(tableOf(shown));
    return code;
  },
);

/** Reads one company; the error that reading its record threw. */
async function read(
  { store }: Program,
  tenant: string,
): Promise<Shown | StoreError | undefined> {
  try {
    const found = await store.read(tenant);
    return found && describe(tenant, found.credentials);
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
}

function describe(tenant: string, credentials: Credentials): Shown {
  if (!("refresh_token" in credentials)) {
    return { tenant, state: "signs calls" };
  }
  const { since, refused_at, expires_at, expires_in } = credentials;
  const renewed_at = expires_at !== undefined && expires_in !== undefined
    ? Math.floor(expires_at - expires_in)
    : undefined;
  const state = refused_at !== undefined
    ? "refused"
    : expires_at === undefined
    ? "not used yet"
    : "works";
  return {
    tenant,
    state,
    ...defined({
      since: time(refused_at ?? since),
      renewed_at: time(renewed_at),
    }),
  };
}

/** A time that can be shown; what others wrote into the store may not be. */
const time = (at: number | undefined): number | undefined =>
  isTime(at) ? at : undefined;

function tableOf(shown: readonly Shown[]): string {
  if (shown.length === 0) return "no tenants yet";
  const text = (at: number | undefined) => at === undefined ? "-" : show(at);
  return table([
    ["tenant", "state", "since", "last renewal", ""],
    ...shown.map(({ tenant, state, since, renewed_at }) => [
      tenant,
      state,
      text(since),
      text(renewed_at),
      tenant === DEFAULT_TENANT
        ? shown.length === 1 ? "(the only company)" : "(calls without user_id)"
        : isTenantName(tenant)
        ? ""
        : "(no tenant can be called so)",
    ]),
  ]);
}
