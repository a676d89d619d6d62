/**
 * Plans: checked changes that are carried out later, once, by the caller that
 * made them. The store holds a plan sealed with a key that only its handle
 * gives, so neither the store nor another caller can read or forge one.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { fromBase64, toBase64 } from "../values/base64.ts";
import type { JsonObject } from "../values/json.ts";
import { type ChangeStore, sizeOf } from "./store.ts";

/** How long a plan is valid, in ms. */
export const PLAN_LIFETIME: number = 15 * 60 * 1000;

/** The maximum size of a plan, in bytes. */
const MAX_PLAN = 256 * 1024;

/** A change as it was planned. */
export interface Planned {
  /** The tool that carries it out. */
  readonly tool: string;
  /** The arguments, as the tool takes them. */
  readonly args: JsonObject;
  /** The body that it sends. */
  readonly body: JsonObject;
  /** The record before; undefined if there was none. */
  readonly before?: JsonObject | undefined;
}

/** A plan that was made. */
export interface Made {
  /** The handle. */
  readonly plan: string;
  /** When it expires, in ISO 8601. */
  readonly plan_expires: string;
}

/** A plan that was found. */
export interface FoundPlan extends Planned {
  /** What audit records call it. It does not open the plan. */
  readonly id: string;
  /** Where the store has it. */
  readonly storeId: string;
}

/** The plans of one caller for one company. */
export interface Plans {
  /**
   * Keeps a plan.
   *
   * @throws {InputError} When it is too large.
   * @throws {StoreError} When the store fails.
   */
  make(planned: Planned): Promise<Made>;
  /**
   * Finds a plan.
   *
   * @param handle The handle.
   * @param tool The tool that is to carry it out.
   * @throws {InputError} When the caller has no such plan for this tool.
   * @throws {StoreError} When the store fails.
   */
  find(handle: string, tool: string): Promise<FoundPlan>;
  /**
   * Uses a plan up. Of several calls, one succeeds.
   *
   * @throws {InputError} When it was used.
   * @throws {StoreError} When the store fails.
   */
  use(found: FoundPlan): Promise<void>;
  /**
   * Removes a plan, if it is there: the person has declined it.
   *
   * @param handle The handle.
   * @throws {StoreError} When the store fails.
   */
  remove(handle: string): Promise<void>;
}

/** Whose plans they are. */
export interface Owner {
  /** Separates the company's account from all others. */
  readonly scope: string;
  /** The caller. */
  readonly principal: string;
}

const PREFIX = "plan-";

const HANDLE = /^plan-[A-Za-z0-9_-]{24}$/;

/** The number of random bytes of a handle. */
const RANDOM = 18;

/** The length of a plan's id in audit records; longer ones look like secrets. */
const SHORT = 12;

/** The length of AES-GCM's initialisation vector, in bytes. */
const IV = 12;

/**
 * Makes access to the plans of one caller.
 *
 * @param store Where plans are kept.
 * @param owner Whose plans they are.
 */
export function createPlans(store: ChangeStore, owner: Owner): Plans {
  const placeOf = (id: string) => ({ kind: "plan", tenant: owner.scope, id });

  return {
    async make(planned) {
      const handle = PREFIX +
        toBase64Url(crypto.getRandomValues(new Uint8Array(RANDOM)));
      const until = Date.now() + PLAN_LIFETIME;
      const text = JSON.stringify({ ...planned, until });
      if (sizeOf(text) > MAX_PLAN) {
        throw new InputError(
          `This change is too large for a plan, which holds ${
            MAX_PLAN / 1024
          } KB with the record as it is: change fewer fields at once`,
        );
      }
      const { id, key } = await deriveFrom(handle, owner);
      const iv = crypto.getRandomValues(new Uint8Array(IV));
      const sealed = await crypto.subtle.encrypt(
        { name: "AES-GCM", iv },
        key,
        new TextEncoder().encode(text),
      );
      const record = `${toBase64Url(iv)}.${
        toBase64Url(new Uint8Array(sealed))
      }`;
      await store.put(placeOf(id), record, PLAN_LIFETIME);
      return { plan: handle, plan_expires: new Date(until).toISOString() };
    },

    async find(given, tool) {
      const handle = given.trim();
      if (!HANDLE.test(handle)) {
        throw new InputError(
          `${tool} was not sent: plan is not the handle of a plan. Give it as dry_run answered it, plan- and 24 characters`,
        );
      }
      const { id, key } = await deriveFrom(handle, owner);
      const record = await store.get(placeOf(id));
      const planned = record === undefined
        ? undefined
        : await open(record, key);
      if (!planned || planned.until <= Date.now()) throw unknown(tool);
      if (planned.tool !== tool) {
        throw new InputError(
          `${tool} was not sent: this plan is for ${planned.tool}`,
        );
      }
      return { ...planned, id: id.slice(0, SHORT), storeId: id };
    },

    async use({ storeId, tool }) {
      if (await store.take(placeOf(storeId)) === undefined) throw unknown(tool);
    },

    async remove(handle) {
      const { id } = await deriveFrom(handle.trim(), owner);
      await store.remove(placeOf(id));
    },
  };
}

function unknown(tool: string): InputError {
  return new InputError(
    `${tool} was not sent: you have no such plan. It was used, it has expired (after ${
      PLAN_LIFETIME / 60_000
    } minutes), or it was made by another caller or for another company. Make a new one with dry_run: true`,
  );
}

/**
 * Derives from a handle where its plan is kept, and the key that opens it. Only
 * the owner's handle leads there.
 */
async function deriveFrom(
  handle: string,
  { scope, principal }: Owner,
): Promise<{ readonly id: string; readonly key: CryptoKey }> {
  const base = await crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode(handle),
    "HKDF",
    false,
    ["deriveKey", "deriveBits"],
  );
  const hkdf = (purpose: string) => ({
    name: "HKDF",
    hash: "SHA-256",
    salt: new Uint8Array(),
    info: new TextEncoder().encode(JSON.stringify([purpose, scope, principal])),
  });
  const [bits, key] = await Promise.all([
    crypto.subtle.deriveBits(hkdf("qontak-mcp plan id"), base, 128),
    crypto.subtle.deriveKey(
      hkdf("qontak-mcp plan key"),
      base,
      { name: "AES-GCM", length: 256 },
      false,
      ["encrypt", "decrypt"],
    ),
  ]);
  return { id: toBase64Url(new Uint8Array(bits)), key };
}

/** Opens a plan; undefined if the key does not open it. */
async function open(
  record: string,
  key: CryptoKey,
): Promise<Planned & { readonly until: number } | undefined> {
  try {
    const [iv, sealed] = record.split(".").map(fromBase64Url);
    const text = await crypto.subtle.decrypt(
      { name: "AES-GCM", iv: iv! },
      key,
      sealed!,
    );
    return JSON.parse(new TextDecoder().decode(text));
  } catch {
    // Someone has put something else in its place.
    return undefined;
  }
}

function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_")
    .replace(/=+$/, "");
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return fromBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
}
