/**
 * The signals that tell a program to end: Ctrl+C, and what hosts send.
 *
 * @module
 */

/**
 * Starts to watch for the signals. Without this, a process with the id 1, as in
 * a container, would ignore them, and any other would stop in the middle of a
 * write.
 *
 * @returns Fires at the first signal. A wrapper may pass on Ctrl+C, so a process
 * can receive it twice; the later ones change nothing.
 */
export function watchSignals(): AbortSignal {
  const controller = new AbortController();
  const signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM"];
  for (const signal of signals) {
    Deno.addSignalListener(
      signal,
      () =>
        controller.abort(new DOMException("The program ends", "AbortError")),
    );
  }
  return controller.signal;
}
