/**
 * Replaces `@std/assert` if JSR cannot be reached: the functions that the tests
 * use, with the same meaning, based on `node:assert`.
 *
 * @module
 */
import nodeAssert from "node:assert/strict";

export { AssertionError } from "node:assert/strict";

type ErrorClass<E extends Error> = abstract new (...args: never[]) => E;

export function assert(value: unknown, message?: string): asserts value {
  nodeAssert.ok(value, message);
}

export function fail(message = "Failed"): never {
  nodeAssert.fail(message);
}

export function assertEquals<T>(actual: T, expected: T, message?: string) {
  nodeAssert.deepStrictEqual(actual, expected, message);
}

export function assertNotEquals<T>(actual: T, expected: T, message?: string) {
  nodeAssert.notDeepStrictEqual(actual, expected, message);
}

export function assertExists<T>(
  actual: T,
  message?: string,
): asserts actual is NonNullable<T> {
  nodeAssert.ok(actual !== null && actual !== undefined, message);
}

export function assertMatch(
  actual: string,
  expected: RegExp,
  message?: string,
) {
  nodeAssert.match(actual, expected, message);
}

export function assertNotMatch(
  actual: string,
  expected: RegExp,
  message?: string,
) {
  nodeAssert.doesNotMatch(actual, expected, message);
}

export function assertStringIncludes(
  actual: string,
  expected: string,
  message = `Expected ${JSON.stringify(actual)} to contain ${
    JSON.stringify(expected)
  }`,
) {
  nodeAssert.ok(actual.includes(expected), message);
}

export function assertGreaterOrEqual(actual: number, expected: number) {
  nodeAssert.ok(actual >= expected, `Expected ${actual} >= ${expected}`);
}

export function assertLessOrEqual(actual: number, expected: number) {
  nodeAssert.ok(actual <= expected, `Expected ${actual} <= ${expected}`);
}

/** Passes if `actual` has everything that `expected` has, at any depth. */
export function assertObjectMatch(
  // deno-lint-ignore no-explicit-any -- the signature of @std/assert
  actual: Record<PropertyKey, any>,
  expected: Record<PropertyKey, unknown>,
  message?: string,
) {
  nodeAssert.partialDeepStrictEqual(actual, expected, message);
}

function check<E extends Error>(
  error: unknown,
  expected: ErrorClass<E> | undefined,
  includes: string | undefined,
): E {
  nodeAssert.ok(error instanceof Error, "Expected an Error to be thrown");
  if (expected) {
    nodeAssert.ok(
      error instanceof expected,
      `Expected ${expected.name}, got ${error.name}: ${error.message}`,
    );
  }
  if (includes !== undefined) assertStringIncludes(error.message, includes);
  return error as E;
}

export function assertThrows<E extends Error = Error>(
  run: () => unknown,
  expected?: ErrorClass<E>,
  includes?: string,
): E {
  try {
    run();
  } catch (error) {
    return check(error, expected, includes);
  }
  return fail("Expected the function to throw");
}

export async function assertRejects<E extends Error = Error>(
  run: () => PromiseLike<unknown>,
  expected?: ErrorClass<E>,
  includes?: string,
): Promise<E> {
  try {
    await run();
  } catch (error) {
    return check(error, expected, includes);
  }
  return fail("Expected the promise to reject");
}
