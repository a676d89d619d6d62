/**
 * Limits on what callers over HTTP make the server hold and do: the bytes of
 * requests, and of answers that are not read yet, for each caller and in all;
 * and how many calls a caller may make that send nothing to Qontak. Requests to
 * Qontak have limits of their own.
 *
 * @module
 */
import {
  type Bucket,
  CALL_RATE,
  createBucket,
  type Rate,
} from "../limits/bucket.ts";
import { createPauses } from "../values/turns.ts";
import { createLru } from "../storage/lru.ts";
import { ProtocolError } from "./protocol.ts";

/** What is counted for an answer until its size is known, in bytes. */
const RESERVED = 64 * 1024;

/**
 * How much the answers to one request may take before its next call starts, in
 * bytes. In a batch, further calls wait until the caller has read.
 */
const REQUEST_MOST = 512 * 1024;

/** How much one caller may make the server hold, in bytes. */
const CALLER_MOST = 32 * 1024 * 1024;

/** How much all callers together may make the server hold, in bytes. */
const ALL_MOST = 96 * 1024 * 1024;

/**
 * The part of that room in which something new may start. The rest is for
 * answers that are larger than what was reserved for them.
 */
const FOR_NEW = 1 / 2;

/** How many callers are remembered; the least recent one is dropped first. */
const CALLERS = 10_000;

/** When to try again if too much is held, in seconds. */
const TRY_AGAIN = 1;

/** The JSON-RPC error code of these refusals. */
const CODE = -32_000;

/** A request or a call is refused because its caller is over a limit. */
export class OverLimitError extends ProtocolError {
  /** When to try again, in whole seconds. */
  readonly retryAfter: number;

  /**
   * @param message The reason, and what to do, as a sentence.
   * @param retryAfter When to try again, in whole seconds.
   */
  constructor(message: string, retryAfter: number) {
    super(CODE, message, { retryAfter });
    this.retryAfter = retryAfter;
  }
}

/** A part of answers that is the same for many callers, so it is made once. */
export interface Shared {
  /** Its placeholder in an answer, alone in an array; it cannot be guessed. */
  readonly mark: string;
  /** The array, as JSON. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Makes a shared part of answers. */
export function createShared(list: readonly unknown[]): Shared {
  return {
    mark: crypto.randomUUID(),
    bytes: new TextEncoder().encode(JSON.stringify(list)),
  };
}

/**
 * Puts a shared part into an answer.
 *
 * @param text The answer, as JSON, with the placeholder of the part.
 * @returns The bytes of the answer, in pieces; undefined if the part is not in
 * it.
 */
export function splitAt(
  text: string,
  { mark, bytes }: Shared,
): Uint8Array<ArrayBuffer>[] | undefined {
  const [before, after] = text.split(JSON.stringify([mark]));
  if (after === undefined) return undefined;
  const encoder = new TextEncoder();
  return [encoder.encode(before), bytes, encoder.encode(after)];
}

/**
 * The most that an answer with a shared part has in addition to it, in bytes.
 */
const BESIDE = 4_096;

/** One HTTP request, and what the server holds for it until it ends. */
export interface Exchange {
  /**
   * Counts bytes of the request, until the exchange ends.
   *
   * @throws {OverLimitError} When too much is held.
   */
  receive(bytes: number): void;
  /**
   * Counts the messages of the request as calls.
   *
   * @throws {OverLimitError} When the caller makes too many.
   */
  count(messages: number): void;
  /** Counts one call less: it sends something to Qontak. */
  uncount(): void;
  /**
   * Makes one answer. Waits while the answers to this request take much room
   * and the caller does not read them.
   *
   * @param make Makes the answer.
   * @param options The signal fires when the caller cancels the call. The
   * answer to a write is kept in any case: it says what happened.
   * @throws {OverLimitError} When too much is held.
   */
  answer<T>(
    make: () => T | Promise<T>,
    options: { readonly signal: AbortSignal; readonly isWrite?: boolean },
  ): Promise<T>;
  /**
   * Puts a shared part into the next answer. It takes no room.
   *
   * @returns What the answer has in its place.
   */
  share(shared: Shared): string[];
  /**
   * Passes a response on. Each part counts until the caller has read it; then
   * the exchange ends.
   */
  pass(response: Response): Response;
  /**
   * Makes the response to one request that is answered at once. It counts until
   * it is delivered; then the exchange ends.
   *
   * @param body The whole body.
   * @param headers Its headers.
   * @param delivery Settles when the caller has it, or is gone.
   */
  whole(
    body: string,
    headers: Readonly<Record<string, string>>,
    delivery: Promise<void>,
  ): Response;
  /** Ends the exchange: nothing is held for it any more. */
  end(): void;
}

/** What is held for all callers. */
export interface Answers {
  /** How many bytes are held now. */
  readonly held: number;
  /**
   * Begins an exchange.
   *
   * @param caller The name of the caller.
   * @throws {OverLimitError} When too much is held.
   */
  open(caller: string): Exchange;
}

/** One caller. */
interface Account {
  /** How many bytes are held for it. */
  held: number;
  readonly calls: Bucket;
}

/**
 * Makes the limits.
 *
 * @param rate How many calls each caller may make that send nothing to Qontak.
 * @param now The clock, in ms; the system clock if omitted.
 */
export function createAnswers(
  rate: Rate = CALL_RATE,
  now: () => number = () => performance.now(),
): Answers {
  const accounts = createLru<Account>(CALLERS);
  let all = 0;

  function accountOf(caller: string): Account {
    const known = accounts.get(caller);
    if (known) return known;
    const account = { held: 0, calls: createBucket(rate) };
    accounts.set(caller, account);
    return account;
  }

  return {
    get held() {
      return all;
    },
    open(caller) {
      const account = accountOf(caller);
      const { calls } = account;
      const ledger: Ledger = {
        hold(bytes) {
          account.held += bytes;
          all += bytes;
        },
        // A caller holds at most as much as is free: there is room for others.
        demandRoom(bytes, part = 1) {
          const most = Math.min(CALLER_MOST, ALL_MOST - all);
          if (account.held + bytes <= most * part) return;
          throw new OverLimitError(
            `Your requests, and the answers that you have not read, take ${account.held} bytes of this server's memory. Read the answers or close their connections, then send this again`,
            TRY_AGAIN,
          );
        },
        take(count) {
          const time = now();
          const wait = Math.ceil(calls.wait(time, count) / 1_000);
          if (wait > 0) {
            throw new OverLimitError(
              `You make more than ${rate.perSecond} calls a second: send this again in ${wait} s`,
              wait,
            );
          }
          for (let i = 0; i < count; i++) calls.take(time);
        },
        giveBack: () => calls.giveBack(),
      };
      ledger.demandRoom(RESERVED, FOR_NEW);
      return createExchange(ledger);
    },
  };
}

/** Where an exchange is counted: for its caller, and in all. */
interface Ledger {
  /** Holds a number of bytes more; fewer if negative. */
  hold(bytes: number): void;
  /** Throws if a number of bytes more is too much for a part of the room. */
  demandRoom(bytes: number, part?: number): void;
  /** Counts calls, or throws if there are too many. */
  take(calls: number): void;
  /** Counts one call less. */
  giveBack(): void;
}

/**
 * About how many bytes an answer takes: the text of a tool's result is in it
 * twice.
 */
function sizeOf(answer: unknown): number {
  const { content, contents } = answer as Texts;
  if (content) {
    return content.reduce((sum, { text = "" }) => sum + 2 * text.length, 0);
  }
  if (!contents) return RESERVED;
  return contents.reduce((sum, { text }) => sum + text.length, 0);
}

/** An answer with texts: the result of a tool, or a resource. */
interface Texts {
  /** Links have no text. */
  readonly content?: readonly { readonly text?: string }[];
  readonly contents?: readonly { readonly text: string }[];
}

/** Whether a response comes in parts. Others are small and whole. */
function isStream(
  response: Response,
): response is Response & { readonly body: ReadableStream<Uint8Array> } {
  // To look at its body would turn a whole one into a stream.
  return response.headers.get("content-type") === "text/event-stream" &&
    response.body !== null;
}

/** All pieces as one. */
function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const size = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const all = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.byteLength;
  }
  return all;
}

/** A part of a response. */
interface Part {
  readonly bytes: Uint8Array;
  /** What is held for it, in bytes. */
  readonly held: number;
}

function createExchange(ledger: Ledger): Exchange {
  /** What the answers take, and what the request takes, in bytes. */
  let answers = 0, received = 0;
  /** What is held for answers that are not part of the response yet. */
  const made: number[] = [];
  /** The shared parts of these answers. */
  const shared: Shared[] = [];
  let isOver = false;
  /** How many calls have begun. */
  let begun = 0;
  const pause = createPauses();
  let change = Promise.withResolvers<void>();

  /** Wakes what waits for room or for a part of the response. */
  function wake(): void {
    change.resolve();
    change = Promise.withResolvers();
  }

  function hold(bytes: number): void {
    if (isOver) return;
    answers += bytes;
    ledger.hold(bytes);
    wake();
  }

  function end(): void {
    if (isOver) return;
    isOver = true;
    ledger.hold(-answers - received);
    wake();
  }

  /** Splits a text at the mark of a shared part; undefined if it has none. */
  function split(text: string): Uint8Array<ArrayBuffer>[] | undefined {
    for (const [index, part] of shared.entries()) {
      const pieces = splitAt(text, part);
      if (!pieces) continue;
      shared.splice(index, 1);
      return pieces;
    }
    return undefined;
  }

  /** The same for a part of a response. */
  function splitPart(part: Uint8Array): Uint8Array[] {
    if (shared.length === 0 || part.byteLength > BESIDE) return [part];
    return split(new TextDecoder().decode(part)) ?? [part];
  }

  /** Takes the parts of a response as they are made, and counts them. */
  async function* collect(
    reader: ReadableStreamDefaultReader<Uint8Array>,
  ): AsyncGenerator<Part> {
    for (;;) {
      const { value, done } = await reader.read();
      if (done || isOver) return;
      hold(-(made.shift() ?? 0));
      hold(value.byteLength);
      const pieces = splitPart(value);
      for (const [index, bytes] of pieces.entries()) {
        // A shared part is in the middle.
        yield { bytes, held: index === 0 ? value.byteLength : 0 };
      }
    }
  }

  const isFull = () =>
    !isOver && answers > 0 && answers + RESERVED > REQUEST_MOST;

  return {
    receive(bytes) {
      ledger.demandRoom(bytes);
      received += bytes;
      ledger.hold(bytes);
    },
    count: ledger.take,
    uncount: ledger.giveBack,
    async answer(make, { signal, isWrite = false }) {
      // Between the calls of a batch, other callers have their turn.
      if (begun++ > 0) await pause();
      while (isFull()) await change.promise;
      signal.throwIfAborted();
      ledger.demandRoom(RESERVED, FOR_NEW);
      hold(RESERVED);
      let size = RESERVED;
      try {
        const answer = await make();
        const more = sizeOf(answer) - RESERVED;
        if (more > 0 && !isWrite) ledger.demandRoom(more);
        hold(more);
        size += more;
        return answer;
      } finally {
        made.push(size);
      }
    },
    share(part) {
      shared.push(part);
      return [part.mark];
    },
    pass(response) {
      if (!isStream(response)) {
        end();
        return response;
      }
      const reader = response.body.getReader();
      const parts: Part[] = [];
      let taken = 0;
      let isComplete = false;
      let failure: unknown;
      (async () => {
        for await (const part of collect(reader)) {
          parts.push(part);
          wake();
        }
      })().catch((error) => failure = error).finally(() => {
        isComplete = true;
        wake();
      });
      const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
          // Only now the part before has left this process.
          hold(-taken);
          taken = 0;
          while (parts.length === 0 && !isComplete) await change.promise;
          const part = parts.shift();
          if (part) {
            taken = part.held;
            controller.enqueue(part.bytes);
            return;
          }
          end();
          if (failure === undefined) controller.close();
          else controller.error(failure);
        },
        async cancel(reason) {
          end();
          await reader.cancel(reason);
        },
      }, { highWaterMark: 0 });
      return new Response(body, response);
    },
    whole(body, headers, delivery) {
      delivery.then(end, end);
      const pieces = shared.length > 0 ? split(body) : undefined;
      return new Response(pieces ? joined(pieces) : body, { headers });
    },
    end,
  };
}
