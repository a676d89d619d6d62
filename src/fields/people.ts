/**
 * "me" instead of a user of Qontak: the user of the token.
 *
 * @module
 */
import { nameKeyOf, PERSON_KEYS } from "../qontak/resources.ts";
import type { JsonObject } from "../values/json.ts";
import { fold } from "../values/words.ts";
import type { Setup } from "./setup.ts";

/** The longest text that may mean the user, in characters, with spaces. */
const MAX_ME = 16;

/** Whether a value means the user that calls are made as. */
export function isMe(value: unknown): boolean {
  return typeof value === "string" && value.length <= MAX_ME &&
    fold(value) === "me";
}

/**
 * Replaces "me" in the values of a write by the user's id.
 *
 * @param setup The company's setup.
 * @param values The values by body key.
 * @throws {CredentialsError} When it is not known who the user is.
 */
export async function withMe(
  setup: Setup,
  values: JsonObject,
): Promise<JsonObject> {
  const found = { ...values };
  for (const key of PERSON_KEYS) {
    const nameKey = nameKeyOf(key)!;
    const isNamed = isMe(found[nameKey]);
    if (isMe(found[key]) || (isNamed && found[key] === undefined)) {
      found[key] = await setup.me();
      if (isNamed) delete found[nameKey];
    }
  }
  return found;
}
