/**
 * Messages as JSON. An answer is in its message twice, as text and as data, and
 * becomes JSON only once.
 *
 * @module
 */
import { isObject, type JsonObject } from "../values/json.ts";

/** The structured contents of results as JSON. */
const known = new WeakMap<JsonObject, string>();

/**
 * Notes what the structured content of a result is as JSON.
 *
 * @param data The structured content; nothing changes it from now on.
 * @param json What `JSON.stringify` makes of it.
 */
export function noteJson(data: JsonObject, json: string): void {
  known.set(data, json);
}

/**
 * A JSON-RPC message as JSON, as `JSON.stringify` writes it.
 *
 * @param message The message. In a response, the result comes first.
 */
export function jsonOf(message: object): string {
  const { result, ...others } = message as JsonObject;
  const [first] = Object.keys(message);
  const data = first === "result" && isObject(result)
    ? result.structuredContent
    : undefined;
  const json = isObject(data) ? known.get(data) : undefined;
  if (json === undefined) return JSON.stringify(message);
  const parts = Object.entries(result as JsonObject)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) =>
      `${JSON.stringify(key)}:${value === data ? json : JSON.stringify(value)}`
    );
  return `{"result":{${parts.join(",")}},${JSON.stringify(others).slice(1)}`;
}
