/**
 * Runs before the program and makes it fail unexpectedly, with messages that
 * contain a secret: MCP_TEST_CANARY.
 *
 * @module
 */
const canary = Deno.env.get("MCP_TEST_CANARY") ?? "";
// A message that looks like the frames of a stack after its first line.
const message = `${canary}\n    at ${canary}\n    at x (${canary}:1:1)`;

if (Deno.env.has("MCP_TEST_FAIL_AT_START")) {
  Deno.stdin.isTerminal = () => {
    throw new TypeError(message);
  };
}

const { fetch } = globalThis;
let hasFailed = false;

/**
 * The first request for pipelines also causes an error that no call waits for.
 */
globalThis.fetch = (input, init) => {
  if (!hasFailed && String(input).endsWith("/pipelines")) {
    hasFailed = true;
    setTimeout(() => {
      throw new RangeError(message);
    });
    Promise.reject(new TypeError(message));
    Promise.reject(message);
  }
  return fetch(input, init);
};
