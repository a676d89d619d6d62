/**
 * Long computations that let other calls run meanwhile.
 *
 * @module
 */

/** How long to compute before other calls get a turn, in ms. */
const TURN = 15;

/** A computation that waits for its turn. */
interface Waiting {
  /** How many events to handle before it. */
  events: number;
  /** Gives it its turn. */
  readonly give: () => void;
}

/** The computations that have begun, and those that wait to begin. */
const begun: Waiting[] = [], others: Waiting[] = [];

/**
 * How many events a call consists of, such as its connection, its body and its
 * answer.
 */
export const EVENTS_OF_A_CALL = 3;

/** How many calls are under way, and how many requests have come so far. */
let calls = 0, arrivals = 0;

/** How many of them had come when the last turn was given. */
let known = 0;

/** Counts a call until it is disposed of. */
export function countCall(): Disposable {
  calls++;
  return {
    [Symbol.dispose]() {
      calls--;
    },
  };
}

/** Notes that a request has come, which may become a call. */
export function noteArrival(): void {
  arrivals++;
}

/**
 * Waits for the next turn of a computation that has begun. Turns are given one
 * at a time: between any two, the server reads and answers other requests.
 *
 * @param events How many events to handle before it. After a long computation,
 * it should be those of a whole call, so that none waits for the next one too.
 * It is one if no other call is under way, and no request has come meanwhile.
 */
export function nextTurn(events = 1): Promise<void> {
  return wait(begun, events);
}

/**
 * Waits for the first turn of a computation. Those that have begun come before
 * it, so that each is done before the next one needs memory.
 */
export function firstTurn(): Promise<void> {
  return wait(others, 1);
}

function wait(queue: Waiting[], events: number): Promise<void> {
  const { promise, resolve: give } = Promise.withResolvers<void>();
  const isAlone = begun.length + others.length === 0;
  queue.push({ events, give });
  if (isAlone) handleEvent();
  return promise;
}

/** Gives turns as long as computations wait. */
function handleEvent(): void {
  setTimeout(() => {
    const queue = begun.length > 0 ? begun : others;
    const [first] = queue;
    const isAlone = calls <= 1 && arrivals === known;
    if (--first!.events === 0 || isAlone) {
      known = arrivals;
      queue.shift()!.give();
    }
    if (begun.length + others.length > 0) handleEvent();
  });
}

/**
 * Returns a function for a computation to call between its parts: it lets other
 * calls run if the last turn was more than a few ms long.
 */
export function createPauses(): () => Promise<void> {
  let start = performance.now();
  return async () => {
    if (performance.now() - start < TURN) return;
    await nextTurn();
    start = performance.now();
  };
}

/** What a search needs. */
export interface Search<Searched, T> {
  /** What is searched. */
  readonly of: Searched;
  /** Makes a copy that stays as it is now. It must cost nearly nothing. */
  readonly copy: (searched: Searched) => Searched;
  /** The search; it yields at points at which it can be interrupted. */
  readonly steps: (searched: Searched) => Generator<void, T>;
  /** Ends the search. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * After how many steps the clock is read. Reading it takes longer than most of
 * the steps.
 */
const STEPS = 16;

/**
 * Runs a search to its end, and lets other calls run every few ms. It searches a
 * copy, since the other calls may change what is searched.
 *
 * @param search The search.
 * @throws The reason of the signal.
 */
export async function inTurns<Searched, T>(
  { of, copy, steps: search, signal }: Search<Searched, T>,
): Promise<T> {
  // Many searches that arrive together would be one long turn.
  if (begun.length + others.length > 0) {
    await firstTurn();
    signal?.throwIfAborted();
  }
  const steps = search(copy(of));
  let start = performance.now();
  for (let count = 1;; count++) {
    const { done, value } = steps.next();
    if (done) return value;
    if (count % STEPS !== 0 || performance.now() - start < TURN) continue;
    await nextTurn();
    signal?.throwIfAborted();
    start = performance.now();
  }
}

/** Runs a short search to its end at once. */
export function atOnce<T>(steps: Generator<void, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
