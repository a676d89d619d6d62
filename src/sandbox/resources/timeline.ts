/**
 * Timelines, which contacts, companies and deals have.
 *
 * @module
 */

import { type Stored, userOf, type World } from "../records.ts";
import type { Call } from "../router.ts";
import { toTimeline } from "../time.ts";

/** Adds the caller's action to a record's timeline. */
export function note(
  record: Stored,
  how: string,
  content: string,
  { user, world }: Call,
): void {
  const id = world.nextId();
  record.timeline.push({ id, userId: user.id, how, content, at: Date.now() });
}

/**
 * A timeline, newest first, with the keys of Qontak's collection. `what` is the
 * kind of record, such as `a deal`.
 */
export function showTimeline(
  { timeline }: Stored,
  what: string,
  world: World,
): Record<string, unknown>[] {
  return timeline.toReversed().map(({ id, userId, how, content, at }) => {
    const user = userOf(world, userId);
    return {
      who: user ? `${user.name} (${user.email})` : "<deleted user>",
      what,
      why: `${how[0]!.toUpperCase()}${how.slice(1)} ${
        what.slice(2)
      } ${content}`,
      when: toTimeline(at),
      how: `${how} `,
      content,
      id,
      task_id: null,
      ticket_id: null,
      auditable_id: null,
      email_id: userId,
      crm_deal_id: null,
    };
  });
}
