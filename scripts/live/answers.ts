/**
 * Reads answers whose form is not certain.
 *
 * @module
 */
import { isObject, type JsonObject, toId } from "../../src/values/json.ts";
import type { Exchange } from "./wire.ts";

/** Whether an exchange succeeded, by its HTTP status and its `meta`. */
export function isGood({ status, body }: Exchange): boolean {
  return status >= 200 && status < 300 && body !== undefined &&
    !(metaStatusOf(body)! >= 400);
}

/** The `meta.status` of an answer. */
export function metaStatusOf(body: JsonObject | undefined): number | undefined {
  const meta = body?.meta;
  return isObject(meta) && typeof meta.status === "number"
    ? meta.status
    : undefined;
}

/** The objects in a list; other values are ignored. */
export function objectsIn(list: unknown): JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}

/** A single record; accepts a list with one record. */
export function recordIn(response: unknown): JsonObject {
  const record = Array.isArray(response) ? response[0] : response;
  return isObject(record) ? record : {};
}

/** The id of a record. */
export function idIn(response: unknown): number | undefined {
  return toId(recordIn(response).id) ?? undefined;
}
