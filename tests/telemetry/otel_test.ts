/**
 * What a collector receives. The runtime itself exports the whole address of
 * each request. Everything personal or secret is a canary, and nothing that the
 * collector receives may contain one.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { sha256 } from "../../src/storage/hash.ts";
import { callTool } from "../support/call.ts";
import { type Collector, startCollector } from "../support/collector.ts";
import {
  permissions,
  projectFlags,
  root,
  run,
  runDeno,
  startHttp,
} from "../support/process.ts";
import { readMetrics } from "../support/prometheus.ts";
import { startVault } from "../support/vault.ts";
import { serveUpstream } from "../support/upstream.ts";
import { HANDSHAKE, post, toolCall, toStdin } from "../support/rpc.ts";

/** Secrets and personal data that must not reach a collector. */
const canaries = {
  name: "canaryname",
  phone: "628111222333",
  email: "canarymail@example.com",
  tenant: "canarytenant",
  note: "canarynote",
  key: "canarykey",
  id: "77665544",
};

/** The longest part of each that no encoding changes. */
const needles = Object.values(canaries).map((canary) => canary.split("@")[0]!);

function assertNoCanary(text: string, more: readonly string[] = []): void {
  for (const needle of [...needles, ...more]) {
    const at = text.indexOf(needle);
    assert(at < 0, `${needle} in …${text.slice(Math.max(0, at - 200), at)}`);
  }
}

function spanOf(collector: Collector, name: string) {
  const spans = collector.spans();
  const found = spans.find((span) => span.name === name);
  assert(found, `${name} is not among ${spans.map(({ name }) => name)}`);
  return found;
}

Deno.test("a collector receives the results of calls, and nothing personal or secret", async () => {
  await using sandbox = serveSandbox();
  const traces: (string | null)[] = [];
  await using qontak = serveUpstream(sandbox, (request, pass) => {
    traces.push(request.headers.get("traceparent"));
    return pass(request);
  });
  await using vault = startVault();
  await using collector = startCollector();
  const hash = await sha256(canaries.key);
  const env = {
    QONTAK_BASE_URL: qontak.url,
    QONTAK_RETRY_BUDGET_MS: "0",
    TOKEN_STORE: "vault",
    VAULT_ADDR: vault.url,
    VAULT_TOKEN: vault.token,
  };
  const { refreshToken } = sandbox;
  const added = await run(["tenants", "add", canaries.tenant], {
    env: { ...env, ...collector.env },
    stdin: `${refreshToken}\n`,
  });
  assertEquals(added.code, 0, added.stderr);
  const server = await startHttp([], {
    ...env,
    ...collector.env,
    MCP_API_KEYS: `${hash}:${canaries.tenant}:read+write+metrics`,
    MCP_METRICS: "true",
    LOG_LEVEL: "debug",
  });
  const headers = { authorization: `Bearer ${canaries.key}` };
  const { name, phone, email, note, id } = canaries;
  const call = (tool: string, args: Record<string, unknown>) =>
    callTool(server.url, tool, args, headers);

  await call("list_contacts", { name, phone, email });
  await call("create_contact", {
    first_name: name,
    email,
    telephone: phone,
    additional_fields: [{ id: Number(id), value: note }],
  });
  await call("get_contact", { contact_id: Number(id) });
  // The runtime's message about a failed connection contains the whole address.
  await qontak[Symbol.asyncDispose]();
  const cut = await call("list_contacts", { name, phone, email });
  assert(cut.isError, cut.text);
  await (await fetch(new URL("/nowhere", server.url))).body?.cancel();
  const page = await fetch(new URL("/metrics", server.url), { headers });
  const scraped = readMetrics(await page.text());
  assertEquals(
    scraped.get(
      'qontak_mcp_tool_calls_total{tool="list_contacts",effect="read",outcome="network"}',
    ),
    1,
  );
  const { code, stderr } = await server.stop("SIGTERM");
  assertEquals(code, 0, stderr);

  const spans = collector.spans();
  const tool = spanOf(collector, "tool list_contacts");
  assertEquals(tool.attributes, {
    tool: "list_contacts",
    effect: "read",
    outcome: "ok",
  });
  const request = spanOf(collector, "GET /contacts");
  assertEquals(request.parent, tool.id);
  assertEquals(request.attributes, {
    method: "GET",
    endpoint: "/contacts",
    outcome: "2xx",
  });
  const served = spans.find(({ id }) => id === tool.parent);
  assertEquals(served?.name, "POST /mcp");
  assertEquals(served?.attributes["http.route"], "/mcp");
  const refresh = spanOf(collector, "token refresh");
  assertEquals(refresh.attributes, { outcome: "ok" });
  assertEquals(spanOf(collector, "vault read").attributes, {
    store: "vault",
    operation: "read",
    outcome: "ok",
  });
  assertEquals(
    spanOf(collector, "GET /contacts/:id").attributes.outcome,
    "4xx",
  );
  const broken = spans.filter(({ name }) => name === "GET /contacts").at(-1);
  assertEquals(broken?.status, "network");
  spanOf(collector, "GET elsewhere");
  const metrics = collector.metrics();
  for (
    const metric of [
      "tool_calls",
      "tool_call_duration",
      "upstream_requests",
      "token_refreshes",
      "store_operations",
      "cache_lookups",
    ]
  ) assert(metrics.has(`qontak_mcp_${metric}`), metric);

  const told = collector.received.join("\n");
  assertNoCanary(told, [refreshToken, sandbox.refreshToken, vault.token]);
  // The canaries did reach the sandbox.
  const asked = JSON.stringify(sandbox.requests);
  for (const canary of [name, phone, email, id]) {
    assertStringIncludes(asked, canary);
  }
  // Qontak receives no trace ids either.
  assert(traces.length > 4);
  assertEquals(traces.filter((header) => header !== null), []);
});

Deno.test("OpenTelemetry works with the permissions of the documents", async () => {
  await using sandbox = serveSandbox();
  await using collector = startCollector();
  const { name, phone, email } = canaries;
  const { code, stdout } = await runDeno([
    "run",
    "-q",
    ...permissions(),
    ...await projectFlags(),
    `${root}mod.ts`,
  ], {
    env: {
      ...collector.env,
      QONTAK_BASE_URL: sandbox.url,
      QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
    },
    stdin: toStdin(
      ...HANDSHAKE,
      toolCall(2, "list_contacts", { name, phone, email }),
    ),
  });
  assertEquals(code, 0);
  assertStringIncludes(stdout, '"id":2');
  const tool = spanOf(collector, "tool list_contacts");
  assertEquals(tool.attributes.outcome, "ok");
  assertEquals(spanOf(collector, "GET /contacts").parent, tool.id);
  assertNoCanary(collector.received.join("\n"));
});

/** Calls a tool in a separate process, after `before` has run there. */
async function callAlone(
  before: string,
  env: Record<string, string>,
): Promise<string> {
  await using sandbox = serveSandbox();
  const script = `${before}
    const { createServer } = await import(${JSON.stringify(`${root}mod.ts`)});
    const server = createServer({
      baseUrl: ${JSON.stringify(sandbox.url)},
      refreshToken: ${JSON.stringify(sandbox.refreshToken)},
    });
    const response = await server.fetch(
      new Request(
        "http://127.0.0.1/mcp",
        ${JSON.stringify(post(toolCall(1, "list_pipelines")))},
      ),
    );
    console.log(await response.text(), server.metrics());
    await server.close();`;
  const { code, stdout, stderr } = await runDeno(
    ["eval", "-q", ...await projectFlags(), script],
    { env },
  );
  assertEquals(code, 0, stderr);
  return stdout;
}

Deno.test("nothing breaks if OpenTelemetry is off, incomplete or missing", async () => {
  await using collector = startCollector();
  const gone =
    'Object.defineProperty(Deno, "telemetry", { value: undefined });';
  for (
    const [before, env] of [
      ["", {}],
      ["", { OTEL_SDK_DISABLED: "true", OTEL_DENO: "true" }],
      ["", { ...collector.env, OTEL_DENO_METRICS: "false" }],
      ["", { ...collector.env, OTEL_DENO_TRACING: "false" }],
      ["", { ...collector.env, OTEL_TRACES_SAMPLER: "always_off" }],
      [gone, {}],
      [gone, collector.env],
    ] as const
  ) {
    const said = await callAlone(before, env);
    assertStringIncludes(
      said,
      'tool_calls_total{tool="list_pipelines",effect="read",outcome="ok"} 1',
      JSON.stringify(env),
    );
  }
});
