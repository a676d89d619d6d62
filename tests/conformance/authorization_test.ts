/**
 * MCP's conformance suite against the authorization server of the endpoint. The
 * suite prints where a person must sign in; a browser of the tests does.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { freePort } from "../support/free_port.ts";
import {
  createBrowser,
  createRawClient,
  serveEndpoint,
  serveQontak,
} from "../support/sign_in.ts";
import { unless } from "../support/unless.ts";
import { whyNot } from "./suite.ts";

/** The version of the suite that has these scenarios. */
const VERSION = "0.2.0-alpha.12";

/** How long the run may take, in ms. */
const LIMIT = 60_000;

Deno.test({
  ...unless(
    await whyNot(VERSION),
    "the authorization server passes the conformance suite",
  ),
  async fn() {
    await using qontak = serveQontak();
    await using endpoint = await serveEndpoint({ qontak });
    const port = String(freePort());
    const client = await createRawClient(
      endpoint,
      "Conformance",
      `http://127.0.0.1:${port}/callback`,
    );
    const cwd = await Deno.makeTempDir();
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-q", "-A"],
        `npm:@modelcontextprotocol/conformance@${VERSION}`,
        ...["authorization", "--url", endpoint.origin, "--port", port],
        ...["--client-id", client.id, "--resource", endpoint.url],
      ],
      cwd,
      env: { NO_COLOR: "1", BROWSER: "true" },
      stdin: "null",
      stdout: "piped",
      stderr: "null",
      signal: AbortSignal.timeout(LIMIT),
    }).spawn();
    let said = "";
    let signedIn: Promise<unknown> | undefined;
    for await (
      const part of child.stdout.pipeThrough(new TextDecoderStream())
    ) {
      said += part;
      const [url] = /http:\S+\/oauth\/authorize\?\S+(?=\s)/.exec(said) ?? [];
      if (url) signedIn ??= createBrowser().allow(url);
    }
    await signedIn;
    const { code } = await child.status;
    await Deno.remove(cwd, { recursive: true });
    assertEquals(code, 0, said);
    for (
      const scenario of [
        "✓ authorization-server-metadata-endpoint",
        "✓ authorization-code-grant",
      ]
    ) assertStringIncludes(said, scenario);
  },
});
