/**
 * MCP's own conformance suite, in both of its versions, against two servers.
 * The real server may fail only checks that need a fixture of the suite. The
 * same HTTP layer around the fixtures fails nothing of 2026-07-28, and of the
 * older revisions only what needs a session.
 */
import { assertEquals } from "@std/assert";
import { startHttp } from "../support/process.ts";
import { serveFixtures } from "./fixtures.ts";
import { judge, readBaseline, runSuite, whyNot } from "./suite.ts";
import { unless } from "../support/unless.ts";

/** Checks that any server can pass, so no baseline may list them. */
const ANY = [
  "dns-rebinding-protection",
  "prompts-list",
  "resources-list",
  "tools-list",
];
const ANY_OLDER = [...ANY, "ping", "server-initialize"];
const ANY_2026 = [
  ...ANY,
  "caching",
  "http-header-validation",
  "input-required-result-unsupported-methods",
  "sep-2164-resource-not-found",
  "server-sse-multiple-streams",
];

/** The lists of scenarios: the flags for each, and how many it must have. */
const runs = [
  {
    name: "2026-07-28",
    version: "0.2.0-alpha.12",
    args: ["--requirements", "2026-07-28"],
    scenarios: 50,
    baseline: "2026-07-28",
    any: ANY_2026,
  },
  {
    name: "2025-11-25",
    version: "0.2.0-alpha.12",
    args: ["--requirements", "2025-11-25"],
    scenarios: 33,
    baseline: "older",
    any: ANY_OLDER,
  },
  {
    name: "the older revisions",
    version: "0.1.16",
    args: ["--suite", "all"],
    scenarios: 32,
    baseline: "older",
    any: ANY_OLDER,
  },
];

const servers = [
  { server: "server", start: () => startHttp(["--sandbox"]) },
  { server: "fixtures", start: serveFixtures },
];

const versions = [...new Set(runs.map(({ version }) => version))];
const reasons = new Map(
  await Promise.all(
    versions.map(async (version) => [version, await whyNot(version)] as const),
  ),
);

for (const { server, start } of servers) {
  for (const { name, version, args, scenarios, baseline, any } of runs) {
    const reason = reasons.get(version)!;
    Deno.test({
      ...unless(
        reason,
        `suite ${version} finds the ${server} conform to ${name}`,
      ),
      async fn() {
        const file = new URL(`${server}.${baseline}.yml`, import.meta.url);
        const entries = await readBaseline(file);
        assertEquals(
          entries.filter((entry) => any.includes(entry.split(":")[0]!)),
          [],
          "any server can pass these",
        );
        await using target = await start();
        const { code, output, results } = await runSuite(
          version,
          target.url,
          file,
          args,
        );
        assertEquals(judge(results, entries), []);
        assertEquals(results.size, scenarios, output);
        assertEquals(code, 0, output);
      },
    });
  }
}
