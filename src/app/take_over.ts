/**
 * Takes over what an earlier version kept in the database that Deno chose for
 * it.
 *
 * @module
 */
import { createCodec } from "../audit/store.ts";
import { isSealed, type Sealer } from "../storage/sealing.ts";
import { boundTo } from "../tokens/stores/records.ts";
import { isObject, parseJson } from "../values/json.ts";

/** Settings of {@linkcode takeOver}. */
export interface TakeOverOptions {
  /** The database that is left. */
  readonly from: Deno.Kv;
  /** The database that is used from now on. */
  readonly to: Deno.Kv;
  /** Seals and opens what is in the new database. */
  readonly sealer: Sealer;
  /**
   * Whether to seal what was not sealed. With a configured key such records
   * were refused before, and stay refused.
   */
  readonly seals: boolean;
}

/** The prefix of everything that this program keeps. */
const ROOT = ["qontak-mcp"];

/** How many audit records are moved at once. */
const STEP = 50;

/** An audit record as it is stored. */
interface Kept {
  readonly text: string;
  /** When it expires, in ms since 1970. */
  readonly until: number;
}

/** The kinds of records whose newer one is kept. */
const CREDENTIALS: readonly string[] = ["tokens", "env"];

/** The kinds of records that cannot be made again. */
const RECORDS = /^(tokens|env|(keys|revoked)( .*)?)$/s;

/**
 * Moves credentials, API keys, revocations and audit records. What is made
 * again by itself, such as access tokens and templates, stays behind.
 *
 * @param options The two databases.
 * @returns How many entries were moved.
 */
export async function takeOver(
  { from, to, sealer, seals }: TakeOverOptions,
): Promise<number> {
  let count = 0;
  for await (const entry of from.list<string>({ prefix: ROOT })) {
    const { key: [, space, name, ...more], value } = entry;
    if (
      typeof space !== "string" || typeof name !== "string" ||
      more.length > 0 || typeof value !== "string" || !RECORDS.test(space)
    ) continue;
    const text = seals && !isSealed(value)
      ? await sealer.seal(value, boundTo(space, name))
      : value;
    await put(entry.key, text, space, name);
    // Others must not find what is no longer kept up to date.
    await from.atomic().check(entry).delete(entry.key).commit();
    count++;
  }
  return count + await moveAudit();

  /** Moves the audit records, many at once. */
  async function moveAudit(): Promise<number> {
    const codec = createCodec(sealer);
    const all = from.list<Kept>({ prefix: [...ROOT, "audit"] }, {
      batchSize: STEP,
    });
    let moved = 0;
    let step: Deno.KvEntry<Kept>[] = [];
    const flush = async () => {
      const [put, drop] = [to.atomic(), from.atomic()];
      for (const { key, value: { text, until } } of step) {
        drop.delete(key);
        const expireIn = until - Date.now();
        if (expireIn <= 0) continue;
        const sealed = seals && await codec.seal(text, String(key.at(-1)));
        put.set(key, { text: sealed || text, until }, { expireIn });
      }
      await put.commit();
      await drop.commit();
      moved += step.length;
      step = [];
    };
    for await (const entry of all) {
      step.push(entry);
      if (step.length === STEP) await flush();
    }
    if (step.length > 0) await flush();
    return moved;
  }

  /** Puts a record, unless there is one already that is as new. */
  async function put(
    key: Deno.KvKey,
    text: string,
    space: string,
    name: string,
  ): Promise<void> {
    for (;;) {
      const there = await to.get<string>(key);
      if (there.versionstamp !== null) {
        if (!CREDENTIALS.includes(space)) return;
        const bound = boundTo(space, name);
        const [old, known] = await Promise.all([
          endOf(text, bound),
          endOf(there.value, bound),
        ]);
        if (old <= known) return;
      }
      const { ok } = await to.atomic().check(there).set(key, text).commit();
      if (ok) return;
    }
  }

  /**
   * When the access token of credentials ends: later in newer ones. 0 if it is
   * not known.
   */
  async function endOf(text: string, bound: string): Promise<number> {
    const opened = isSealed(text)
      ? await sealer.open(text, bound).catch(() => "")
      : text;
    const record = parseJson(opened);
    return isObject(record) ? Number(record.expires_at) || 0 : 0;
  }
}
