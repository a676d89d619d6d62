/**
 * Owners: who owns a record, and how it moves to another user.
 *
 * @module
 */

import { type Answer, Refusal } from "../answer.ts";
import { choice, type Key } from "../keys.ts";
import { type Stored, userOf } from "../records.ts";
import type { Call } from "../router.ts";
import { note } from "./timeline.ts";

/**
 * The owner. Qontak's collection: a create without a valid one takes the current
 * user, and so does an update of a contact or a deal without one, which
 * `resets` says. Assumed: an update with an invalid one is refused.
 */
export function owner(resets: boolean): Key {
  const pair = choice("creator");
  return {
    ...pair,
    read(reading) {
      const { call, creating, values } = reading;
      const read = pair.read!({
        ...reading,
        fail: creating ? () => {} : reading.fail,
      });
      if (read !== undefined && read !== null) return read;
      return creating || (resets && call.resetOwner)
        ? call.user.id
        : values.creator_id;
    },
  };
}

/**
 * Gives a record to another user. The collection says "Will return error" for
 * deals. Assumed: a 422, for contacts too.
 */
export function updateOwner(
  record: Stored,
  name: string,
  call: Call,
): Answer {
  const owner = userOf(call.world, call.body.creator_id);
  if (!owner) {
    throw new Refusal(422, "Validation failed: creator_id is not a user");
  }
  record.values = { ...record.values, creator_id: owner.id };
  record.updatedAt = Date.now();
  note(record, "assigned", `'${name}' to ${owner.name}.`, call);
  return {};
}
