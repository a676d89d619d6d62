/**
 * The keys that callers over HTTP present: create, list, revoke.
 *
 * @module
 */
import { ConfigError, InputError, StoreError } from "../errors.ts";
import type { StoredKey } from "../auth/key_store.ts";
import { isScope, type Scope, SCOPES } from "../auth/principal.ts";
import { isKeyId, mintKey } from "../auth/stored_keys.ts";
import type { Settings } from "../app/settings.ts";
import { toStderr } from "../logging/log.ts";
import { redact } from "../logging/redact.ts";
import { demandKeys } from "../app/stores.ts";
import {
  addCommand,
  DEFAULT_TENANT,
  isTenant,
  nameTenant,
  TENANT_NAMES,
  type TokenStore,
} from "../tokens/store.ts";
import { defined } from "../values/json.ts";
import { command, type Run, say } from "./command.ts";
import { FAILED, OK } from "./exit.ts";
import type { CommandsOf, Flags } from "./flags.ts";
import type { Parts } from "../app/open.ts";

/** The commands by name. */
export const keys: Readonly<Record<CommandsOf<"keys">, Run>> = {
  "keys create": command(readLabel, create),
  "keys list": command(() => undefined, list),
  "keys revoke": command(readId, revoke),
};

/** The longest label, in characters: no key fits into it. */
const LONGEST_LABEL = 60;

function readLabel(word = ""): string {
  const label = word.trim();
  if (label.length <= LONGEST_LABEL && !/\p{C}/u.test(label)) return label;
  throw new ConfigError([
    `The label after keys create must be one line of at most ${LONGEST_LABEL} characters`,
  ]);
}

/** The word is not repeated: it may be a whole key. */
function readId(word: string | undefined): string {
  if (word !== undefined && isKeyId(word)) return word;
  throw new ConfigError([
    "keys revoke needs the id of a key: the 12 letters and digits between the two _ of a key, which keys list shows. The whole key is not given",
  ]);
}

/** Makes a key. It alone goes to stdout, so that a pipe can take it. */
async function create(
  parts: Parts,
  label: string,
  flags: Flags,
  { MCP_STORED_KEYS }: Settings,
): Promise<number> {
  const { store } = parts;
  const kept = demandKeys(parts.keys);
  const now = Date.now();
  const tenants = readTenants(flags.tenants, store);
  const scopes = readScopes(flags.scopes);
  const expires_at = readEnd(flags.expires, now);
  const known = await store.tenants();
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
    throw new InputError("There is a key of that id already: try again");
  }
  say(key);
  toStderr(
    `This is the only time that the key ${id} is shown. It is for ${
      tenants.map(nameTenant).join(", ")
    } (${scopes.join(", ")}) and ${
      expires_at === undefined ? "never ends" : `ends at ${show(expires_at)}`
    }.
Callers send it as Authorization: Bearer <key>. To end it: qontak-mcp keys revoke ${id}`,
  );
  if (!MCP_STORED_KEYS) {
    toStderr(
      "MCP_STORED_KEYS is not set here: a server lets the key in where it is true",
    );
  }
  if (store.isSingle) {
    toStderr(
      "It is for the account that stands in the environment now: credentials that are configured anew need new keys",
    );
  }
  for (const tenant of tenants.filter((tenant) => !known.includes(tenant))) {
    toStderr(
      `There are no credentials for ${nameTenant(tenant)} yet: ${
        addCommand(tenant)
      }`,
    );
  }
  return OK;
}

/** Tells what is kept, but for the hashes. What cannot be read is named. */
async function list(
  parts: Parts,
  _: undefined,
  { json }: Flags,
): Promise<number> {
  const kept = demandKeys(parts.keys);
  const shown: Shown[] = [];
  let code = OK;
  for (const id of await kept.ids()) {
    try {
      const found = await kept.read(id);
      if (!found) continue;
      const { hash: _, ...key } = found.key;
      shown.push({ id, ...key });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      toStderr(
        `qontak-mcp: the key ${id} cannot be read. ${redact(error.message)}`,
      );
      code = FAILED;
    }
  }
  shown.sort((one, other) => one.created_at - other.created_at);
  say(json ? JSON.stringify(shown) : table(shown));
  return code;
}

/** What is told of a key. */
type Shown = Omit<StoredKey, "hash"> & { readonly id: string };

function table(
  shown: readonly Shown[],
): string {
  if (shown.length === 0) return "no keys yet";
  const rows = [
    ["id", "label", "tenants", "scopes", "created", "ends", "last use"],
    ...shown.map((key) => [
      key.id,
      key.label || "-",
      key.tenants.join(","),
      key.scopes.join(","),
      show(key.created_at),
      key.expires_at === undefined ? "never" : show(key.expires_at),
      key.last_used_at === undefined ? "never" : show(key.last_used_at),
    ]),
  ];
  const widths = rows[0]!.map((_, at) =>
    Math.max(...rows.map((row) => row[at]!.length))
  );
  return rows.map((row) =>
    row.map((cell, at) => cell.padEnd(widths[at]!)).join("  ").trimEnd()
  ).join("\n");
}

async function revoke(parts: Parts, id: string): Promise<number> {
  if (!await demandKeys(parts.keys).remove(id)) {
    throw new InputError(
      `There is no key ${id}: qontak-mcp keys list names those there are`,
    );
  }
  say(
    `The key ${id} is revoked. Servers that are running stop letting it in within 60 seconds`,
  );
  return OK;
}

function readTenants(
  flag: Flags[keyof Flags],
  store: TokenStore,
): readonly string[] {
  const tenants = words(flag) ?? [DEFAULT_TENANT];
  if (!tenants.every(isTenant)) {
    throw new ConfigError([
      `--tenants must be names joined by commas, each of ${TENANT_NAMES}; ${DEFAULT_TENANT} among them stands for calls without user_id`,
    ]);
  }
  if (store.isSingle && tenants.some((tenant) => tenant !== DEFAULT_TENANT)) {
    throw new ConfigError([
      "--tenants is for stores of several companies: TOKEN_STORE=env holds one, which calls do not name",
    ]);
  }
  return tenants;
}

function readScopes(flag: Flags[keyof Flags]): readonly Scope[] {
  const scopes = words(flag) ?? SCOPES;
  if (scopes.every(isScope)) return scopes;
  throw new ConfigError([
    `--scopes must be some of ${SCOPES.join(", ")}, joined by commas`,
  ]);
}

/** The words of a flag, each once; undefined where it was not given. */
function words(
  flag: Flags[keyof Flags],
): readonly string[] | undefined {
  if (flag === undefined) return undefined;
  return [...new Set(String(flag).split(",").map((word) => word.trim()))];
}

/** When a key ends, in seconds since 1970; undefined: never. */
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
    `--expires must be days such as 90d, hours such as 12h, or a date to come such as 2027-12-31 (from whose first minute, in UTC, the key no longer works), not ${
      JSON.stringify(text)
    }`,
  ]);
}

/** When a day begins in UTC, in ms since 1970; NaN where it is none. */
function dayOf(text: string): number {
  const time = Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? text : "");
  // 31 February would be a day in March.
  const isDay = time && new Date(time).toISOString().startsWith(text);
  return isDay ? time : NaN;
}

/** A time for people: to the minute, in UTC. */
function show(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ") +
    "Z";
}
