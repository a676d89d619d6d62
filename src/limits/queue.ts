/**
 * A queue in which tenants take turns: first come, first served among the
 * items of one, one item of each in a round.
 *
 * @module
 */

/** One tenant's place in the queue. */
export interface Lane<T> {
  /** What waits, the oldest first; changed by the queue only. */
  readonly waiting: T[];
}

/** The queue. */
export interface FairQueue<T, L extends Lane<T>> {
  /** How many items wait. */
  readonly size: number;
  /** The lanes in which something waits, in the order of their turns. */
  lanes(): Iterable<L>;
  /** Puts an item at the end of its lane. */
  push(lane: L, item: T): void;
  /** Puts an item back that was taken too early: it is the next again. */
  putBack(lane: L, item: T): void;
  /**
   * Takes the oldest item of the first lane that is ready. The lane's next
   * turn comes after everybody else's; lanes that were not ready keep theirs.
   */
  take(isReady: (lane: L) => boolean): T | undefined;
  /** Drops an item, if it waits. */
  remove(lane: L, item: T): void;
  /** How many items leave before the one that would be pushed next. */
  ahead(lane: L): number;
  /** The lane in which most items wait. */
  longest(): L | undefined;
}

/** Makes a queue, empty. */
export function createFairQueue<T, L extends Lane<T>>(): FairQueue<T, L> {
  // A Set keeps the order of insertion: the first lane has the next turn.
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
      // By then every other lane has had as many turns as this one.
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
