/**
 * A fair queue: each round takes one item of each tenant, and a tenant's items
 * are taken in order of arrival.
 *
 * @module
 */

/** One tenant's lane in the queue. */
export interface Lane<T> {
  /** The waiting items, oldest first; only the queue changes them. */
  readonly waiting: T[];
}

/** A fair queue. */
export interface FairQueue<T, L extends Lane<T>> {
  /** How many items are waiting. */
  readonly size: number;
  /** The lanes with waiting items, in the order of their turns. */
  lanes(): Iterable<L>;
  /** Adds an item to the end of its lane. */
  push(lane: L, item: T): void;
  /** Returns an item that was taken too early; it is next again. */
  putBack(lane: L, item: T): void;
  /**
   * Takes the oldest item of the first lane that is ready. That lane then moves
   * behind all others; lanes that were not ready keep their place.
   */
  take(isReady: (lane: L) => boolean): T | undefined;
  /** Removes an item, if it is waiting. */
  remove(lane: L, item: T): void;
  /** How many items would be taken before a newly added one. */
  ahead(lane: L): number;
  /** The lane with the most waiting items. */
  longest(): L | undefined;
}

/** Makes an empty queue. */
export function createFairQueue<T, L extends Lane<T>>(): FairQueue<T, L> {
  // A Set keeps insertion order: the first lane has the next turn.
  const turns = new Set<L>();
  let size = 0;

  function push(lane: L, item: T): void {
    lane.waiting.push(item);
    turns.add(lane);
    size++;
  }

  return {
    get size() {
      return size;
    },
    lanes: () => turns.values(),
    push,
    putBack(lane, item) {
      lane.waiting.unshift(item);
      size++;
      const others = [...turns].filter((other) => other !== lane);
      turns.clear();
      for (const next of [lane, ...others]) turns.add(next);
    },
    take(isReady) {
      for (const lane of turns) {
        if (!isReady(lane)) continue;
        turns.delete(lane);
        const item = lane.waiting.shift();
        if (lane.waiting.length > 0) turns.add(lane);
        size--;
        return item;
      }
      return undefined;
    },
    remove(lane, item) {
      const at = lane.waiting.indexOf(item);
      if (at < 0) return;
      lane.waiting.splice(at, 1);
      size--;
      if (lane.waiting.length === 0) turns.delete(lane);
    },
    ahead(lane) {
      // By then, every other lane has had as many turns as this one.
      let count = lane.waiting.length;
      for (const { waiting } of turns) {
        if (waiting === lane.waiting) continue;
        count += Math.min(waiting.length, lane.waiting.length + 1);
      }
      return count;
    },
    longest() {
      let found: L | undefined;
      for (const lane of turns) {
        if (lane.waiting.length > (found?.waiting.length ?? 0)) found = lane;
      }
      return found;
    },
  };
}
