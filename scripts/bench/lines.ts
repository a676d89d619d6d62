/**
 * A load generator for stdio: it keeps a number of requests under way, one a
 * line, and waits for their answers, which may come in any order.
 *
 * @module
 */
import { freePort } from "../../tests/support/free_port.ts";
import { sleep } from "../../tests/support/time.ts";
import { denoRun } from "../program.ts";
import { type Era, ERAS, HANDSHAKE, type Requests } from "./cases.ts";
import { type SubjectOptions, usageOf } from "./shared.ts";
import { check, type Load, loadOf, type LoadOptions } from "./wire.ts";

const NEWLINE = 0x0a;

/** A client on stdio. */
export interface Lines extends AsyncDisposable {
  /** Where the server says what it has used. */
  readonly url: string;
  /** Repeats requests. */
  load(requests: Requests, options: LoadOptions): Promise<Load>;
}

/** Splits a stream into lines. */
async function* linesOf(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let pieces: Uint8Array[] = [];
  for await (const chunk of stream) {
    let from = 0;
    for (let at; (at = chunk.indexOf(NEWLINE, from)) >= 0; from = at + 1) {
      pieces.push(chunk.subarray(from, at));
      yield pieces.map((piece) => decoder.decode(piece, { stream: true }))
        .join("");
      pieces = [];
    }
    pieces.push(chunk.subarray(from));
  }
}

/**
 * Starts a subject on stdio, and begins as a client of an era does.
 *
 * @param name The subject.
 * @param options What it serves.
 * @param era The era.
 */
export async function openLines(
  name: string,
  options: Omit<SubjectOptions, "wire" | "usagePort">,
  era: Era,
): Promise<Lines> {
  const usagePort = freePort();
  const given: SubjectOptions = { ...options, wire: "stdio", usagePort };
  const child = new Deno.Command(Deno.execPath(), {
    args: await denoRun(
      "scripts/bench/subject.ts",
      name,
      JSON.stringify(given),
    ),
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  const lines = linesOf(child.stdout);
  const encoder = new TextEncoder();
  const write = (text: string) => writer.write(encoder.encode(`${text}\n`));
  async function next(): Promise<string> {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${name} ended on stdio`);
    return value;
  }
  const url = `http://127.0.0.1:${usagePort}/`;
  for (let tries = 0;; tries++) {
    try {
      await usageOf(url);
      break;
    } catch (error) {
      if (tries === 200) throw error;
      await sleep(50);
    }
  }
  if (era === ERAS[0]) {
    const [first, second] = HANDSHAKE;
    await write(JSON.stringify(first));
    await next();
    await write(JSON.stringify(second));
  }
  let count = 0;

  async function load(
    requests: Requests,
    { atOnce, ms }: LoadOptions,
  ): Promise<Load> {
    const texts = Array.from(
      { length: atOnce },
      (_, slot) =>
        requests(slot).map(({ message: { id: _, ...rest } }) =>
          JSON.stringify(rest).slice(1)
        ),
    );
    /** What is under way, by the number in its id. */
    const sent = new Map<number, { slot: number; turn: number; at: number }>();
    const send = (slot: number, turn: number) => {
      const id = count++;
      const all = texts[slot]!;
      sent.set(id, { slot, turn, at: performance.now() });
      return write(`{"id":"bench-${id}",${all[turn % all.length]}`);
    };
    const times: number[] = [];
    const start = performance.now();
    for (let slot = 0; slot < atOnce; slot++) await send(slot, 0);
    while (sent.size > 0) {
      const line = await next();
      const id = Number(/"id":"bench-(\d+)"/.exec(line)?.[1]);
      const found = sent.get(id);
      // Anything else is a notification.
      if (!found) continue;
      sent.delete(id);
      const now = performance.now();
      times.push(now - found.at);
      const { slot, turn } = found;
      if (turn < texts[slot]!.length) check(line);
      if (now - start < ms) await send(slot, turn + 1);
    }
    return loadOf(times, performance.now() - start);
  }

  return {
    url,
    load,
    async [Symbol.asyncDispose]() {
      await writer.close();
      child.kill("SIGKILL");
      await lines.return();
      await child.status;
    },
  };
}
