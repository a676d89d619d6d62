/**
 * Tests with a client of each revision on stdio.
 *
 * @module
 */
import type { Client } from "@modelcontextprotocol/client";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { connectStdio, type Mode } from "./client.ts";

/** The revisions that clients begin with. */
export const MODES = ["auto", "legacy"] as const satisfies readonly Mode[];

/**
 * Tests something with a client that starts the program on a sandbox, once for
 * each revision.
 *
 * @param name The name of the tests, which the revision follows.
 * @param test The test.
 */
export function onStdio(
  name: string,
  test: (client: Client) => Promise<void>,
): void {
  for (const mode of MODES) {
    Deno.test({
      name: `${name} on stdio, ${mode} revision`,
      sanitizeOps: false,
      sanitizeResources: false,
      async fn() {
        await using sandbox = serveSandbox();
        const client = await connectStdio({
          QONTAK_BASE_URL: sandbox.url,
          QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
          QONTAK_RATE_PER_SEC: "1000",
          QONTAK_RATE_BURST: "1000",
        }, mode);
        try {
          await test(client);
        } finally {
          await client.close();
        }
      },
    });
  }
}
