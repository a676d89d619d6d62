/**
 * Tests that need something which a machine may lack.
 *
 * @module
 */

/**
 * The name of a test, and whether it is ignored.
 *
 * @param missing What is missing here; empty if nothing is.
 * @param name The name, to which the reason is added.
 */
export function unless(
  missing: string,
  name: string,
): Pick<Deno.TestDefinition, "name" | "ignore"> {
  return {
    name: missing ? `${name} (skipped: ${missing})` : name,
    ignore: missing !== "",
  };
}
