/**
 * Seals records that were stored before there was a sealing key. With a key,
 * servers refuse records that are not sealed, so a person reviews these records
 * once and seals them.
 *
 * @module
 */
import type { Program } from "../app/open.ts";
import { parseKey } from "../auth/key_store.ts";
import { ConfigError, StoreError } from "../errors.ts";
import { sha256 } from "../storage/hash.ts";
import { isSealed } from "../storage/sealing.ts";
import { parseRecord } from "../tokens/stores/record.ts";
import type { Records, SealedRecords } from "../tokens/stores/records.ts";
import { createAsker } from "./ask.ts";
import { command, noWord, type Run } from "./command.ts";
import { FAILED, OK } from "./exit.ts";
import { say, table } from "./output.ts";
import { createProgress } from "./progress.ts";

/** A record that is not sealed. */
interface Unsealed {
  readonly kind: keyof SealedRecords;
  readonly name: string;
  /** The description of its content for a person. */
  readonly holds: string;
  /** Seals it; resolves to whether it was still as shown. */
  seal(): Promise<boolean>;
}

/**
 * The text shown for each kind of record; throws StoreError for any other kind.
 */
const describe: Readonly<
  Record<keyof SealedRecords, (text: string, name: string) => Promise<string>>
> = {
  async credentials(text, name) {
    const found = parseRecord(text, name);
    const [what, secret] = "refresh_token" in found
      ? ["refresh token", found.refresh_token]
      : ["Mekari SSO id", found.sso_id];
    // Lets a person recognize a secret they know, and reveals nothing to
    // others.
    return `${what}, whose SHA-256 begins with ${
      (await sha256(secret)).slice(0, 8)
    }`;
  },
  key(text, name) {
    const { label, tenants, scopes } = parseKey(text, name);
    return Promise.resolve(
      `${label || "no label"}: ${scopes.join(",")} for ${tenants.join(",")}`,
    );
  },
};

/** Shows the records that are not sealed, and seals them with --apply. */
export const seal: Run = command(noWord, async (program, _, { apply }) => {
  const { sealed, audits } = places(program);
  const found: Unsealed[] = [];
  const damaged: string[][] = [];
  for (const kind of Object.keys(sealed ?? {}) as (keyof SealedRecords)[]) {
    for await (const [one, name] of unsealedIn(kind, sealed![kind])) {
      if (one) found.push(one);
      else damaged.push([kind, name, "no such record: it is left as it is"]);
    }
  }
  const records = await audits?.seal?.(false) ?? 0;
  if (found.length + damaged.length + records === 0) {
    say("Everything is sealed");
    return OK;
  }
  say(table([
    ["kind", "name", "holds"],
    ...found.map(({ kind, name, holds }) => [kind, name, holds]),
    ...damaged,
    ...records > 0 ? [["audit records", String(records), "-"]] : [],
  ]));
  const asker = createAsker();
  asker.tell(
    "Check this list. If you do not know an entry, do not seal: an attacker may have written it",
  );
  if (!apply && await asker.ask("Type yes to seal them") !== "yes") {
    say("Nothing was sealed. qontak-mcp seal --apply seals without asking");
    return FAILED;
  }
  let count = 0;
  {
    using progress = createProgress(found.length, "records");
    for (const one of found) {
      if (await one.seal()) count++;
      progress.step();
    }
  }
  const kept = await audits?.seal?.(true) ?? 0;
  say(`Sealed: ${count} of ${found.length} records, ${kept} audit records`);
  return count === found.length && damaged.length === 0 ? OK : FAILED;
});

/**
 * The places that may contain records to seal. Deno KV on this machine has a
 * sealing key of its own.
 */
function places(program: Program): Pick<Program, "sealed" | "audits"> {
  const { sealed, audits, settings } = program;
  const { TOKEN_ENCRYPTION_KEY, TOKEN_STORE, place } = settings;
  const isOwnKv = place !== undefined && /^(?:kv|env)$/.test(TOKEN_STORE);
  if (TOKEN_ENCRYPTION_KEY || isOwnKv) {
    if (sealed || audits?.seal) return { sealed, audits };
    throw new ConfigError([
      `TOKEN_STORE=${TOKEN_STORE} keeps nothing here that TOKEN_ENCRYPTION_KEY seals`,
    ]);
  }
  throw new ConfigError([
    `TOKEN_ENCRYPTION_KEY is not set, so there is nothing to seal with${
      place
        ? ` in TOKEN_STORE=${TOKEN_STORE}. Only Deno KV on this machine is sealed without it, with ${place.key}, from its first record on`
        : ""
    }. Make a key with: openssl rand -base64 32`,
  ]);
}

/**
 * The records of one kind that are not sealed; only the names of damaged ones.
 */
async function* unsealedIn(
  kind: keyof SealedRecords,
  records: Records,
): AsyncGenerator<readonly [Unsealed | undefined, string]> {
  for (const name of await records.names()) {
    const raw = await records.raw(name);
    if (!raw || isSealed(raw.text)) continue;
    try {
      const holds = await describe[kind](raw.text, name);
      const seal = async () =>
        await records.replace(name, raw.text, raw.version) !== undefined;
      yield [{ kind, name, holds, seal }, name];
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      yield [undefined, name];
    }
  }
}
