/**
 * What every store of plans and changes promises.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertNotMatch,
  assertRejects,
} from "@std/assert";
import { StoreError } from "../../../src/errors.ts";
import { type ChangeStore, MAX_TEXT } from "../../../src/changes/store.ts";
import { createSealer, type Sealer } from "../../../src/storage/sealing.ts";
import { sleep } from "../../support/time.ts";

/** How a test opens a store, and what it may see of it. */
export interface Ground {
  /**
   * A store; all of them share their records if these are outside the process.
   */
  open(
    options?: { sealer?: Sealer; most?: number; mostBytes?: number },
  ): ChangeStore;
  /** All that is kept, as one text; undefined if it cannot be read. */
  dump?(): Promise<string>;
  /** Puts what is kept in one place into another one. */
  move?(kind: string, tenant: string, from: string, to: string): Promise<void>;
}

const HOUR = 3_600_000;

const key = (letter: string) => btoa(`${letter}-`.repeat(16));

const shelf = { kind: "plan", tenant: "acme" };

const at = (id: string, tenant = "acme") => ({ kind: "plan", tenant, id });

/** Tries a store, which must be empty. */
export async function contract(ground: Ground): Promise<void> {
  const store = ground.open();

  // A text is there until it is taken, once.
  assertEquals(await store.get(at("a")), undefined);
  assertEquals(await store.take(at("a")), undefined);
  await store.put(at("a"), "one", HOUR);
  await store.put(at("a", "beta"), "other tenant", HOUR);
  await store.put({ ...at("a"), kind: "change" }, "other kind", HOUR);
  assertEquals(await store.get(at("a")), "one");
  const taken = await Promise.all(
    Array.from({ length: 8 }, () => store.take(at("a"))),
  );
  assertEquals(taken.filter((text) => text !== undefined), ["one"]);
  assertEquals(await store.get(at("a")), undefined);
  assertEquals(await store.get(at("a", "beta")), "other tenant");
  assertEquals(await store.get({ ...at("a"), kind: "change" }), "other kind");

  // It is replaced only if it is the same; of several callers, one succeeds.
  assertEquals(await store.replace(at("b"), "one", "two"), false);
  await store.put(at("b"), "one", HOUR);
  assertEquals(await store.replace(at("b"), "two", "three"), false);
  const swapped = await Promise.all(
    Array.from({ length: 8 }, (_, i) => store.replace(at("b"), "one", `${i}`)),
  );
  assertEquals(swapped.filter((is) => is).length, 1);
  assertEquals(await store.get(at("b")), String(swapped.indexOf(true)));
  await store.put(at("b"), "put over it", HOUR);
  assertEquals(await store.get(at("b")), "put over it");

  // The newest come first.
  for (const id of ["2", "1", "3"]) await store.put(at(id), `n ${id}`, HOUR);
  await store.remove(at("b"));
  await store.remove(at("none"));
  const listed = await store.list(shelf, 10);
  assertEquals([...listed].map(({ id }) => id).sort(), ["1", "2", "3"]);
  assertEquals((await store.list(shelf, 2)).length, 2);
  assertEquals(await store.list({ ...shelf, tenant: "nobody" }, 10), []);

  // It expires, and a replaced one when it would have.
  await store.put(at("short"), "one", 2_000);
  assertEquals(await store.replace(at("short"), "one", "two"), true);
  assertEquals(await store.get(at("short")), "two");
  await sleep(2_100);
  assertEquals(await store.get(at("short")), undefined);
  assertEquals(await store.take(at("short")), undefined);
  assertEquals(await store.replace(at("short"), "two", "three"), false);
  assertEquals((await store.list(shelf, 10)).length, 3);

  // A large text is returned whole, even after a shorter one replaces it.
  const large = "ö".repeat(100_000);
  await store.put(at("large"), large, HOUR);
  assertEquals(await store.take(at("large")), large);
  await store.put(at("large"), large, HOUR);
  assertEquals(await store.replace(at("large"), large, "small"), true);
  assertEquals(await store.get(at("large")), "small");
  const tooLarge = "x".repeat(MAX_TEXT + 1);
  await assertRejects(() => store.put(at("a"), tooLarge, 1), StoreError);
  await assertRejects(
    () => store.replace(at("large"), "small", tooLarge),
    StoreError,
  );
  await store.close?.();
}

/** Tries that a store keeps only so much on each shelf. */
export async function bounds(ground: Ground): Promise<void> {
  const few = ground.open({ most: 5 });
  await few.put(at("0", "beta"), "beta", HOUR);
  for (let i = 0; i < 8; i++) {
    await few.put(at(`${i}`), `n ${i}`, HOUR);
    await sleep(2);
  }
  // Put again: a store that checks now and then checks when it is opened.
  const again = ground.open({ most: 5 });
  await (ground.dump ? again : few).put(at("8"), "n 8", HOUR);
  const ids = (await few.list(shelf, 20)).map(({ id }) => id);
  assertEquals(ids, ["8", "7", "6", "5", "4"]);
  assertEquals(await few.get(at("0", "beta")), "beta");
  const small = ground.open({ mostBytes: 250_000 });
  const kept = ground.dump ? [] : ["8"];
  for (const id of kept) await small.put(at(id), "n", HOUR);
  for (const id of ["a", "b", "c"]) {
    await small.put(at(id), "y".repeat(100_000), HOUR);
    await sleep(2);
  }
  const last = ground.open({ mostBytes: 250_000 });
  if (ground.dump) await last.put(at("d"), "small", HOUR);
  assertEquals(
    (await small.list(shelf, 20)).map(({ id }) => id),
    ground.dump ? ["d", "c", "b"] : ["c", "b"],
  );
  for (const one of [few, again, small, last]) await one.close?.();
}

/** Tries that texts are sealed, each for its own place. */
export async function sealing(ground: Required<Ground>): Promise<void> {
  const open = ground.open();
  await open.put(at("open"), "canary in the open", HOUR);
  const sealed = ground.open({ sealer: createSealer([key("a")]) });
  await sealed.put(at("a"), "canary under seal", HOUR);
  await sealed.put(at("b"), "another", HOUR);
  const dumped = await ground.dump();
  assert(dumped.includes("canary in the open"));
  assertNotMatch(dumped, /under seal/);
  assertEquals(await sealed.get(at("a")), "canary under seal");
  // Another key opens it if it is among those that are set.
  const rotated = ground.open({ sealer: createSealer([key("b"), key("a")]) });
  assertEquals(await rotated.get(at("a")), "canary under seal");
  assertEquals(await rotated.replace(at("a"), "canary under seal", "x"), true);
  assertEquals(await sealed.get(at("a")), undefined);
  // Anyone could have stored an unsealed text.
  assertEquals(await rotated.get(at("open")), undefined);
  assertEquals(await rotated.take(at("open")), undefined);
  assertEquals((await rotated.list(shelf, 9)).length, 2);
  await ground.move("plan", "acme", "a", "b");
  assertEquals(await rotated.get(at("b")), undefined);
  for (const one of [open, sealed, rotated]) await one.close?.();
}
