import { assertEquals } from "@std/assert";
import { createProgress } from "../../src/cli/progress.ts";

/** What is written for steps at some times, in ms. */
function shown(times: readonly number[], isTerminal = true): string[] {
  const written: string[] = [];
  let time = 0;
  const screen = {
    isTerminal,
    write: (text: string) => written.push(text.replace("\r\x1b[K", "<")),
    now: () => time,
  };
  {
    using progress = createProgress(3, "companies", screen);
    for (const at of times) {
      time = at;
      progress.step();
    }
  }
  return written;
}

Deno.test("createProgress() counts after a second, and removes the line at the end", () => {
  assertEquals(shown([400, 1_200, 1_300]), [
    "<2 of 3 companies",
    "<3 of 3 companies",
    "<",
  ]);
});

Deno.test("createProgress() shows nothing in less than a second, or without a terminal", () => {
  assertEquals(shown([1, 2, 3]), []);
  assertEquals(shown([400, 1_200, 1_300], false), []);
});
