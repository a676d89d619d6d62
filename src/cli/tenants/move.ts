/**
 * Moves companies and API keys from one store to another.
 *
 * @module
 */
import { advise } from "../../app/advice.ts";
import { open, type Program } from "../../app/open.ts";
import type { Settings } from "../../app/settings.ts";
import { MANY_STORES, type StoreName } from "../../app/variables.ts";
import { parseKey } from "../../auth/key_store.ts";
import { ConfigError, sentenceOf } from "../../errors.ts";
import { takeLease } from "../../tokens/lease.ts";
import {
  type Credentials,
  DEFAULT_TENANT,
  nameTenant,
  type TokenStore,
} from "../../tokens/store.ts";
import type { KeyRecords, Records } from "../../tokens/stores/records.ts";
import { createAsker } from "../ask.ts";
import { type Given, type Run, settingsHere } from "../command.ts";
import { FAILED, OK } from "../exit.ts";
import { say, table } from "../output.ts";
import { createProgress } from "../progress.ts";
import { readTenant } from "./tenant.ts";

/** What became of one record. */
type Outcome =
  | "moved"
  | "copied: remove it from the environment"
  | "was there already";

/** Where records come from and go to. */
interface Move {
  readonly from: Program;
  readonly to: Program;
}

/**
 * Moves credentials and API keys. Each record is written, read again, and only
 * then removed from the old store, so that nothing is lost when the command is
 * broken off: run again, it continues.
 */
export const moveTenants: Run = async ({ word, flags }: Given) => {
  const only = word === undefined || word === DEFAULT_TENANT
    ? word
    : readTenant(word);
  const settings = await settingsHere(flags);
  const target = readTarget(flags.to, settings);
  // The token of the environment is for the old store.
  const { QONTAK_REFRESH_TOKEN: _, ...others } = settings;
  await using from = await open(settings, { isStoreCommand: true });
  await using to = await open(
    { ...others, TOKEN_STORE: target },
    { isStoreCommand: true },
  );
  const move: Move = { from, to };
  const names = await tenantsOf(from.store, only);
  const keys = only === undefined ? await from.keyRecords?.names() ?? [] : [];
  if (names.length + keys.length === 0) {
    say(`There is nothing in ${from.store.name} to move`);
    return OK;
  }
  const isUnsealed = settings.place !== undefined && target === "redis" &&
    !settings.TOKEN_ENCRYPTION_KEY && settings.TOKEN_STORE === "kv";
  if (isUnsealed && !flags.unsealed) {
    throw new ConfigError([
      "The credentials are sealed in Deno KV, and would be plain text in Redis, since TOKEN_ENCRYPTION_KEY is not set. Nothing was moved. Give --unsealed if that is what you want",
    ]);
  }
  const asker = createAsker();
  asker.tell(
    `From ${from.store.name} to ${to.store.name}: companies ${names.length}, API keys ${keys.length}. Stop the servers that use ${from.store.name} first: ${
      from.store.name === "env"
        ? "two servers that refresh the same token lock each other out"
        : "a company that is moved has no credentials there any more"
    }`,
  );
  if (!flags.apply && await asker.ask("Type yes to move them") !== "yes") {
    say("Nothing was moved. With --apply, the command does not ask");
    return FAILED;
  }
  return await moveAll(move, names, keys);
};

/**
 * Reads the name of the store to move to.
 *
 * @throws {ConfigError} If it is not the name of another store.
 */
function readTarget(
  flag: string | boolean | undefined,
  { TOKEN_STORE: now }: Settings,
): StoreName {
  const target = MANY_STORES.find((name) => name === flag);
  if (target !== undefined && target !== now) return target;
  const others = MANY_STORES.filter((name) => name !== now);
  throw new ConfigError([
    target === undefined
      ? `--to must be one of ${
        others.join(", ")
      }. TOKEN_STORE, now ${now}, says where the companies are`
      : `--to ${target} is the store that TOKEN_STORE names: set TOKEN_STORE to the old one, and --to to the new one, one of ${
        others.join(", ")
      }`,
  ]);
}

async function tenantsOf(
  store: TokenStore,
  only: string | undefined,
): Promise<readonly string[]> {
  const names = await store.tenants();
  if (only === undefined) return names;
  if (names.includes(only)) return [only];
  throw new ConfigError([
    `There are no credentials for ${
      nameTenant(only)
    } in ${store.name}: qontak-mcp tenants list shows all companies`,
  ]);
}

async function moveAll(
  move: Move,
  names: readonly string[],
  keys: readonly string[],
): Promise<number> {
  const { from, to } = move;
  const rows: string[][] = [];
  let failed = 0;
  // With keys go the revoked ones, together.
  const all = names.length + keys.length + (keys.length > 0 ? 1 : 0);
  const progress = createProgress(all, "records");
  const attempt = async (
    kind: string,
    name: string,
    run: () => Promise<Outcome>,
  ) => {
    let result: string;
    try {
      result = await run();
    } catch (error) {
      failed++;
      result = `stays in ${from.store.name}: ${
        sentenceOf(error, advise) ??
          (error instanceof Error ? error.message : String(error))
      }`;
    }
    rows.push([kind, name, result]);
    progress.step();
  };
  for (const name of names) {
    await attempt("company", name, () => moveTenant(move, name));
  }
  const { keyRecords: old } = from;
  const { keyRecords: next } = to;
  if (keys.length > 0) {
    for (const id of keys) {
      await attempt("key", id, () => moveKey(old!, demand(next), id));
    }
    // Last, so that a key revoked in the meantime stays revoked.
    await attempt("key", "all revoked ones", () => copyRevoked(old!, next!));
  }
  progress[Symbol.dispose]();
  say(table([["kind", "name", "result"], ...rows]));
  say(closing(from.store.name, to.store.name, failed));
  return failed === 0 ? OK : FAILED;
}

function closing(from: string, to: string, failed: number): string {
  if (failed > 0) {
    return `${failed} stay in ${from}. Fix what is named above and run the command again: it continues`;
  }
  const rest = from === "env"
    ? " Remove QONTAK_REFRESH_TOKEN from the environment and .env: two servers that refresh the same token lock each other out"
    : "";
  return `Everything is in ${to}: now start the servers with TOKEN_STORE=${to}.${rest}`;
}

/** Moves one company, and is the only one to refresh its tokens meanwhile. */
async function moveTenant(
  { from: { store: from }, to: { store: to } }: Move,
  tenant: string,
): Promise<Outcome> {
  const holder = crypto.randomUUID();
  const lease = await takeLease(from, tenant, holder);
  if (!lease) {
    throw new Error(
      "a server is renewing its tokens right now: stop it and try again in a minute",
    );
  }
  try {
    const found = await from.read(tenant);
    if (!found) throw new Error("it was removed in the meantime");
    const { credentials } = found;
    const isNew = await to.replace(tenant, credentials, undefined);
    const kept = (await to.read(tenant))?.credentials;
    if (kept === undefined || !isSame(kept, credentials)) {
      throw new Error(
        `${to.name} has other credentials for it. qontak-mcp tenants check ${
          tenant === DEFAULT_TENANT ? "" : `${tenant} `
        }says which work: remove the others with qontak-mcp tenants remove`,
      );
    }
    if (from.name === "env") return "copied: remove it from the environment";
    await from.remove(tenant);
    return isNew === undefined ? "was there already" : "moved";
  } finally {
    await lease.release();
  }
}

/** Whether two records have the same secrets of one company. */
function isSame(a: Credentials, b: Credentials): boolean {
  return secretOf(a) === secretOf(b);
}

function secretOf(credentials: Credentials): string {
  return "refresh_token" in credentials
    ? `refresh_token ${credentials.refresh_token}`
    : `sso_id ${credentials.sso_id} ${credentials.client_id} ${credentials.client_secret}`;
}

function demand(keys: KeyRecords | undefined): KeyRecords {
  if (keys) return keys;
  throw new Error("that store has no place for API keys");
}

async function moveKey(
  from: Records,
  to: Records,
  id: string,
): Promise<Outcome> {
  const found = await from.read(id);
  if (!found) throw new Error("it was revoked in the meantime");
  const isNew = await to.replace(id, found.text, undefined);
  if (isNew === undefined) {
    const there = await to.read(id);
    const { hash } = parseKey(found.text, id);
    if (!there || parseKey(there.text, id).hash !== hash) {
      throw new Error("there is another key with its id");
    }
  }
  await from.remove(id);
  return isNew === undefined ? "was there already" : "moved";
}

async function copyRevoked(
  from: KeyRecords,
  to: KeyRecords,
): Promise<Outcome> {
  for (const id of await from.revoked.names()) {
    const found = await from.revoked.read(id);
    if (found) await to.revoked.replace(id, found.text, undefined);
  }
  return "moved";
}
