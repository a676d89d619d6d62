/**
 * Chat histories, which contacts and deals have.
 *
 * @module
 */

import type { Answer } from "../answer.ts";
import type { ChatLine } from "../records.ts";
import type { Call } from "../router.ts";
import { toIso } from "../time.ts";

/**
 * The collection shows one room; third-party code reads an array of rooms.
 * Assumed: the answer if there is no chat.
 */
export function chatHistory(
  { id, chat }: { readonly id: number; readonly chat: readonly ChatLine[] },
  { observed }: Call,
): Answer {
  const room = {
    room_id: chat.length > 0 ? id.toString(16).padStart(32, "0") : null,
    chat_contents: chat.map(({ user, message, at, type }) => ({
      user,
      message,
      timestamp: toIso(at),
      type,
    })),
  };
  if (!observed) return { response: room };
  return { response: chat.length > 0 ? [room] : [] };
}
