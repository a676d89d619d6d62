/**
 * What every store of audit records must do.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import type { AuditStore, Sealer } from "../../../mod.ts";
import type { AuditRecord } from "../../../src/audit/mod.ts";
import { makeId } from "../../../src/audit/record.ts";
import { createSealer } from "../../../src/storage/sealing.ts";

/** A record of a write a number of days ago. */
export function recordOf(
  tool: string,
  { daysAgo = 0 }: { readonly daysAgo?: number } = {},
): AuditRecord {
  const time = Date.now() - daysAgo * 24 * 60 * 60 * 1000;
  return {
    id: makeId(time),
    time: new Date(time).toISOString(),
    tenant: "acme",
    principal: "key 1",
    tool,
    endpoint: "POST /notes/",
    record: null,
    sent: { note: "canary" },
    outcome: "unknown",
  };
}

/** All records of a store. */
export const allOf = (store: AuditStore) => Array.fromAsync(store.list());

/** A place for records, as a test needs it. */
export interface Place {
  /** Makes a store on it that keeps records for a number of days. */
  open(days: number, sealer?: Sealer): AuditStore;
  /** Everything that is stored there, as texts. */
  dump(): Promise<readonly string[]>;
  /** Copies the record of one id to another id. */
  swap(from: string, to: string): Promise<void>;
}

const key = (letter: string) => btoa(`${letter}-`.repeat(16));

/** Tests a place. It must be empty. */
export async function contract(place: Place): Promise<void> {
  const store = place.open(2);
  assertEquals(await allOf(store), []);
  const records = ["a", "b", "c"].map((tool) => recordOf(tool));
  const [a, b, c] = records as [AuditRecord, AuditRecord, AuditRecord];
  // The order does not matter: the time decides which record is the newest.
  for (const record of [b, c, a]) await store.begin(record);
  assertEquals(await allOf(store), [c, b, a]);
  const done = { ...b, outcome: "done", record: 7, ms: 12 } as const;
  await store.end(done);
  assertEquals(await allOf(store), [c, done, a]);
  // A first step that arrives late changes nothing.
  await store.begin(b);
  assertEquals(await allOf(store), [c, done, a]);
  // The second step is enough if the first one was lost.
  const alone = { ...recordOf("d"), outcome: "refused", status: 422 } as const;
  await store.end(alone);
  assertEquals(await allOf(store), [alone, c, done, a]);

  // A record that is too old is not there, no matter when it was stored.
  const old = recordOf("old", { daysAgo: 3 });
  const young = recordOf("young", { daysAgo: 1 });
  const patient = place.open(9);
  await patient.begin(old);
  await patient.begin(young);
  assertEquals((await allOf(patient)).at(-1), old);
  await store.close?.();
  await patient.close?.();

  // Sealed records need the key, and open only under their own id.
  const before = await place.dump();
  assertMatch(before.join(), /canary/);
  const sealed = place.open(2, createSealer([key("a")]));
  const secret = { ...recordOf("sealed"), sent: { note: "under seal" } };
  const other = { ...recordOf("sealed"), sent: { note: "under seal" } };
  await sealed.begin(secret);
  await sealed.end({ ...secret, outcome: "done" });
  await sealed.begin(other);
  const added = (await place.dump()).filter((text) => !before.includes(text));
  assertEquals(added.length, 2);
  assertNotMatch(added.join(), /under seal|key 1|acme/);
  const both = createSealer([key("b"), key("a")]);
  const rotated = place.open(2, both);
  assertEquals((await allOf(rotated)).slice(0, 2), [other, {
    ...secret,
    outcome: "done",
  }]);
  const blind = place.open(2, createSealer([key("b")]));
  // An unsealed record does not open either, until a person seals it.
  assertEquals((await allOf(blind)).slice(0, 3), [
    undefined,
    undefined,
    undefined,
  ]);
  const open = await rotated.seal!(false);
  assert(open >= 4);
  assertEquals(await rotated.seal!(true), open);
  assertEquals(await rotated.seal!(true), 0);
  assertEquals((await allOf(blind)).slice(0, 3), [
    undefined,
    undefined,
    alone,
  ]);
  await place.swap(secret.id, other.id);
  assertEquals((await allOf(rotated))[0], undefined);
  for (const one of [sealed, rotated, blind]) await one.close?.();
}
