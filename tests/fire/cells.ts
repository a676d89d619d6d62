/**
 * Tests the cells of the fault matrix on a server. In each cell the answer is
 * the promised one, nothing is written twice, and the next call works.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { RunningSandbox } from "../../src/sandbox/mod.ts";
import { toStderr } from "../../src/logging/log.ts";
import type { Called } from "../support/client.ts";
import {
  type Call,
  isWrite,
  type Kind,
  kinds,
  type Prepared,
  promised,
  type Sent,
} from "./matrix.ts";
import { sleep } from "../support/time.ts";

/** How long a call may take here, in ms; enough for a busy machine. */
const TIMEOUT = 20_000;

/** The same if Qontak answers too late, in ms. */
const SHORT_TIMEOUT = 4_000;

/** How long a call waits in total before it repeats requests, in ms. */
export const RETRY_BUDGET = 2_000;

/** A server under test, and the CRM behind it. */
export interface Place extends AsyncDisposable {
  readonly sandbox: RunningSandbox;
  call(name: string, args?: Record<string, unknown>): Promise<Called>;
}

let marks = 0;

async function prepare(place: Place, call: Call): Promise<Prepared> {
  const ok = async (name: string, args?: Record<string, unknown>) => {
    const { isError, text, data } = await place.call(name, args);
    assert(!isError, `${name}: ${text}`);
    return data;
  };
  return await call.prepare({ ok, mark: `matrix ${++marks}` });
}

/** The requests to the API after the first `before` requests. */
function since({ sandbox }: Place, before: number): Sent[] {
  return sandbox.requests.slice(before)
    .filter(({ path }) => path !== "/oauth/token")
    .map(({ method, path }) => `${method} ${path.replace(/\d+/g, ":id")}`);
}

/** The requests of a call without a fault. */
export async function requestsOf(place: Place, call: Call): Promise<Sent[]> {
  const { tool, args } = await prepare(place, call);
  const before = place.sandbox.requests.length;
  const { isError, text } = await place.call(tool, args);
  assert(!isError, `${tool}: ${text}`);
  return since(place, before);
}

/** One call, one of its requests, and one fault. */
export interface Cell {
  readonly call: Call;
  readonly requests: readonly Sent[];
  readonly at: number;
  readonly kind: Kind;
  readonly forGood: boolean;
}

/** The cells of a call. */
export function cellsOf(call: Call, requests: readonly Sent[]): Cell[] {
  return requests.flatMap((_, at) =>
    kinds.flatMap((kind) =>
      [false, true].map((forGood) => ({ call, requests, at, kind, forGood }))
    )
  );
}

/** Whether Qontak answers after the time limit. */
function isLate({ kind }: Cell): boolean {
  return kind.fault.kind === "delay";
}

async function tryCell(place: Place, cell: Cell): Promise<void> {
  const { call, requests, at, kind, forGood } = cell;
  const name = `${call.name}, ${kind.name} at ${requests[at]} (${
    at + 1
  } of ${requests.length}) ${forGood ? "for good" : "once"}`;
  const { sandbox } = place;
  const { tool, args, written } = await prepare(place, call);
  const before = sandbox.requests.length;
  const method = requests[at]!.split(" ")[0]!;
  sandbox.inject({
    fault: kind.fault,
    path: "/api/v3.1/*",
    // The fault of a write must not hit a read: one that searches for a lost
    // record, or one that reads the owner again.
    ...(method === "GET"
      ? { skip: at }
      : { method, skip: requests.slice(0, at).filter(isWrite).length }),
    times: forGood ? 100 : 1,
  });
  const { isError, text } = await place.call(tool, args);
  sandbox.clearFaults();
  const expected = promised(call, requests, at, kind, forGood);
  const [least, most] = expected.sent;
  const isMeant = (one: Sent) => one === requests[at];
  // Equal requests before it had no fault.
  const equal = requests.slice(0, at).filter(isMeant).length;
  const count = () => since(place, before).filter(isMeant).length - equal;
  // It is carried out and counted after the call has ended.
  for (let i = 0; isLate(cell) && count() < least && i < 200; i++) {
    await sleep(50);
  }
  const sent = since(place, before);
  const what = `${name}\nanswered: ${text.slice(0, 600)}\nsent: ${sent}`;
  assertEquals(!isError, expected.ok, what);
  for (const part of expected.says) assertStringIncludes(text, part, what);
  assert(count() >= least, `too few: ${count()}\n${what}`);
  const isLast = requests.indexOf(requests[at]!, at + 1) < 0;
  if (isLast) assert(count() <= most, `too many: ${count()}\n${what}`);
  const writes = sent.filter(isWrite).length;
  const mayRepeat = ["turned away", "renewed"].includes(kind.write) &&
    isWrite(requests[at]!);
  assert(writes <= (mayRepeat ? most : 1), `writes: ${writes}\n${what}`);
  if (written && expected.written !== undefined) {
    assertEquals(await written(), expected.written, what);
  }
  const next = await place.call("list_pipelines");
  assert(!next.isError, `the next call: ${next.text}\n${what}`);
}

/** How cells are tested. */
export interface Trial {
  /** Opens a server with a time limit for calls, in ms. */
  readonly open: (timeout: number) => Promise<Place>;
  /** How many cells are tested at the same time. */
  readonly atOnce: number;
  /** Whether many cells use one server; otherwise each has its own. */
  readonly isKept: boolean;
}

/** Tests the cells, several at a time, and reports those that fail. */
export async function tryAll(
  cells: readonly Cell[],
  { open, atOnce, isKept }: Trial,
): Promise<void> {
  const failures: string[] = [];

  async function work(queue: Cell[], timeout: number): Promise<void> {
    let place: Place | undefined;
    for (let cell = queue.shift(); cell; cell = queue.shift()) {
      place ??= await open(timeout);
      try {
        // A write that was refused makes the server forget the company's setup.
        if (isKept) await requestsOf(place, cell.call);
        await tryCell(place, cell);
      } catch (error) {
        failures.push((error as Error).message);
      }
      if (isKept) continue;
      await place[Symbol.asyncDispose]();
      place = undefined;
    }
    await place?.[Symbol.asyncDispose]();
  }

  const workers = Array.from({ length: atOnce });
  const late = cells.filter(isLate);
  await Promise.all(workers.map(() => work(late, SHORT_TIMEOUT)));
  const others = cells.filter((cell) => !isLate(cell));
  await Promise.all(workers.map(() => work(others, TIMEOUT)));
  toStderr(`${cells.length} cells of the matrix, ${failures.length} failed`);
  assertEquals(
    failures.length,
    0,
    `${failures.length} of ${cells.length} cells:\n\n${
      failures.slice(0, 8).join("\n\n")
    }`,
  );
}
