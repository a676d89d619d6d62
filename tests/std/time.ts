/**
 * Replaces `@std/testing/time` if JSR cannot be reached: the part of FakeTime
 * that the tests use, based on the mock timers of `node:test`.
 *
 * @module
 */
import { mock } from "node:test";

export class FakeTime {
  constructor(start: number | string | Date = Date.now()) {
    mock.timers.enable({
      apis: ["Date", "setTimeout", "setInterval"],
      now: new Date(start).getTime(),
    });
  }

  get now(): number {
    return Date.now();
  }

  tick(ms = 0): void {
    mock.timers.tick(ms);
  }

  restore(): void {
    mock.timers.reset();
  }

  [Symbol.dispose](): void {
    this.restore();
  }
}
