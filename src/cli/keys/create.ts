/**
 * Creates a key for callers over HTTP.
 *
 * @module
 */
import { addCommand } from "../../app/advice.ts";
import { demandKeys } from "../../app/stores.ts";
import {
  DEFAULT_SCOPES,
  isScope,
  type Scope,
  SCOPES,
} from "../../auth/principal.ts";
import { mintKey } from "../../auth/stored_keys.ts";
import { ConfigError, InputError } from "../../errors.ts";
import {
  DEFAULT_TENANT,
  isTenant,
  nameTenant,
  TENANT_NAMES,
  type TokenStore,
} from "../../tokens/store.ts";
import { defined } from "../../values/json.ts";
import { didYouMean } from "../../values/words.ts";
import { command, type Run } from "../command.ts";
import { OK } from "../exit.ts";
import type { Flags } from "../flags.ts";
import { say, tell } from "../output.ts";
import { show } from "./time.ts";

/** The longest label, in characters. A key would not fit. */
const LONGEST_LABEL = 60;

/** The scope of keys that read the metrics of the server. */
const METRICS: Scope = "metrics";

function readLabel(word = ""): string {
  const label = word.trim();
  if (label.length <= LONGEST_LABEL && !/\p{C}/u.test(label)) return label;
  throw new ConfigError([
    `The label after keys create must be one line of at most ${LONGEST_LABEL} characters`,
  ]);
}

/** Creates a key. Only the key goes to stdout, so that a pipe gets it alone. */
export const createKey: Run = command(
  readLabel,
  async (program, label, flags) => {
    const { store, settings } = program;
    const kept = demandKeys(program.keys);
    const now = Date.now();
    const tenants = readTenants(flags.tenants, store);
    const scopes = readScopes(flags.scopes);
    const expires_at = readEnd(flags.expires, now);
    const isForMetrics = scopes.join() === METRICS;
    const { id, key, hash } = await mintKey();
    const record = {
      hash,
      label,
      tenants,
      scopes,
      created_at: Math.floor(now / 1000),
      ...defined({ expires_at }),
    };
    if (await kept.replace(id, record, undefined) === undefined) {
      throw new InputError("A key with that id already exists: try again");
    }
    say(key);
    tell(
      `This is the only time that the key ${id} is shown. It is for ${
        isForMetrics ? "GET /metrics" : tenants.map(nameTenant).join(", ")
      } (${scopes.join(", ")}) and ${
        expires_at === undefined ? "never ends" : `ends at ${show(expires_at)}`
      }.
Callers send it as Authorization: Bearer <key>. To end it: qontak-mcp keys revoke ${id}`,
    );
    if (!settings.MCP_STORED_KEYS) {
      tell(
        "MCP_STORED_KEYS is not set here: set it to true for servers that should accept the key",
      );
    }
    if (scopes.includes(METRICS) && !settings.MCP_METRICS) {
      tell(
        "MCP_METRICS is not set here: set it to true for servers that should answer GET /metrics",
      );
    }
    if (store.isSingle) {
      tell(
        "It is for the account that the environment configures now: if you configure other credentials, make a new key",
      );
    }
    // A key for metrics alone acts for no company.
    if (isForMetrics) return OK;
    const known = await store.tenants();
    for (const tenant of tenants.filter((tenant) => !known.includes(tenant))) {
      tell(
        `There are no credentials for ${nameTenant(tenant)} yet: ${
          addCommand(tenant)
        }`,
      );
    }
    return OK;
  },
);

function readTenants(
  flag: Flags[keyof Flags],
  store: TokenStore,
): readonly string[] {
  const tenants = words(flag) ?? [DEFAULT_TENANT];
  if (!tenants.every(isTenant)) {
    throw new ConfigError([
      `--tenants must be names joined by commas, each of ${TENANT_NAMES}; ${DEFAULT_TENANT} among them is for calls without user_id`,
    ]);
  }
  if (store.isSingle && tenants.some((tenant) => tenant !== DEFAULT_TENANT)) {
    throw new ConfigError([
      "--tenants is for stores of several companies: TOKEN_STORE=env holds one company, and calls do not name it",
    ]);
  }
  return tenants;
}

function readScopes(flag: Flags[keyof Flags]): readonly Scope[] {
  const scopes = words(flag) ?? DEFAULT_SCOPES;
  if (scopes.every(isScope)) return scopes;
  const wrong = scopes.find((scope) => !isScope(scope)) ?? "";
  throw new ConfigError([
    `--scopes must be some of ${SCOPES.join(", ")}, joined by commas, and not ${
      JSON.stringify(wrong)
    }${didYouMean(wrong, SCOPES)}`,
  ]);
}

/** The words of a flag, each once; undefined if the flag is absent. */
function words(
  flag: Flags[keyof Flags],
): readonly string[] | undefined {
  if (flag === undefined) return undefined;
  return [...new Set(String(flag).split(",").map((word) => word.trim()))];
}

/** When a key expires, in seconds since 1970; undefined means never. */
function readEnd(
  flag: Flags[keyof Flags],
  now: number,
): number | undefined {
  if (flag === undefined) return undefined;
  const text = String(flag);
  const [, count, unit] = /^(\d{1,5})([dh])$/.exec(text) ?? [];
  const hours = Number(count) * (unit === "d" ? 24 : 1);
  const end = count === undefined ? dayOf(text) : now + hours * 3_600_000;
  if (end > now) return Math.floor(end / 1000);
  throw new ConfigError([
    `--expires must be days such as 90d, hours such as 12h, or a future date such as 2027-12-31 (the key stops working when that day begins in UTC), not ${
      JSON.stringify(text)
    }`,
  ]);
}

/** When a day begins in UTC, in ms since 1970; NaN if there is no such day. */
function dayOf(text: string): number {
  const time = Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? text : "");
  // The runtime would read 31 February as a day in March.
  const isDay = time && new Date(time).toISOString().startsWith(text);
  return isDay ? time : NaN;
}
