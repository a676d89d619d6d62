/**
 * What is known about each command in the documents: the documents' test runs
 * it as it is written, another test runs it, or a reason why none does.
 *
 * @module
 */

/** A command that the test runs in bash, on a machine of its own. */
export interface Step {
  readonly command: string;
  /** The lines that are typed; `token:n` is the sandbox's token number n. */
  readonly lines?: readonly string[];
  /** What replaces `<…>` in the command. */
  readonly fill?: "acme" | "cursor" | "the key";
  /** A text that it prints. */
  readonly says?: string;
  /** Whether it needs a Redis. */
  readonly redis?: true;
}

const step = (command: string, more: Omit<Step, "command"> = {}): Step => ({
  command,
  ...more,
});

/** A person's day: each command finds what those before it left. */
export const session: readonly Step[] = [
  step("openssl rand -base64 32"),
  step(
    "key=$(openssl rand -hex 32); printf %s \"$key\" | sha256sum | cut -d' ' -f1",
  ),
  step('key=$(openssl rand -hex 32); printf %s "$key" | sha256sum'),
  step("deno task", { says: "Available tasks" }),
  step("deno task load --help", { says: "--seconds" }),
  step("deno task try get_deal_stage_history deal_id=48283761"),
  step("qontak-mcp --version"),
  step("qontak-mcp doctor --sandbox", { says: "Qontak answers" }),
  step("qontak-mcp demo", { says: "requests to Qontak" }),
  step("deno run -A jsr:@qontak/mcp demo", { says: "requests to Qontak" }),
  step("qontak-mcp try", { says: "query_records" }),
  step("qontak-mcp try get_deal deal_id=48283761", { says: '{"record"' }),
  step(
    "qontak-mcp try query_records resource=deals group_by=stage measures=count --json",
    { says: '"count"' },
  ),
  step("qontak-mcp config <client>", { fill: "cursor", says: "mcpServers" }),
  step("deno run -A jsr:@qontak/mcp config <client>", { fill: "cursor" }),
  step("qontak-mcp tenants add", { lines: ["token:0"], says: "pipelines" }),
  step("deno run -A --unstable-kv jsr:@qontak/mcp setup", {
    lines: ["", "cursor", "yes"],
    says: "Cursor is configured",
  }),
  step("qontak-mcp setup", { lines: ["", "cursor", "yes"] }),
  step("qontak-mcp tenants add acme", { lines: ["token:1"] }),
  step("qontak-mcp tenants list", { says: "acme" }),
  step("qontak-mcp tenants check acme", { says: "pipelines" }),
  step("qontak-mcp tenants check --all", { says: "acme" }),
  step("qontak-mcp doctor"),
  step("deno run -A --unstable-kv jsr:@qontak/mcp doctor"),
  step("qontak-mcp doctor --all", { says: "acme" }),
  step("qontak-mcp keys create", { says: "qmcp_" }),
  step("key=$(qontak-mcp keys create me)"),
  step("qontak-mcp keys create prometheus --scopes metrics"),
  step(
    'qontak-mcp keys create "Ratna\'s laptop" --tenants acme,beta --scopes read,write --expires 90d',
    { says: "qmcp_" },
  ),
  step("qontak-mcp keys list", { says: "Ratna's laptop" }),
  step("qontak-mcp keys revoke <id>", { fill: "the key" }),
  step("qontak-mcp audit"),
  step("qontak-mcp audit --tenant acme --since 2h"),
  step("qontak-mcp seal"),
  step('eval "$(qontak-mcp completion bash)"'),
  step("qontak-mcp migrate"),
  step("qontak-mcp migrate --apply"),
  step("qontak-mcp tenants remove acme"),
  step("qontak-mcp tenants add <id> --replace", {
    fill: "acme",
    lines: ["token:2"],
  }),
  step("qontak-mcp tenants move acme --to redis", {
    lines: ["yes"],
    redis: true,
  }),
  step("qontak-mcp tenants move --to redis", { lines: ["yes"], redis: true }),
];

/** Commands that need a server; the test starts one on a free port. */
export const toServer: readonly string[] = [
  "curl http://127.0.0.1:8000/health",
  `curl http://127.0.0.1:8000/mcp -H "Authorization: Bearer $key" -H 'content-type: application/json' -d '{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_pipelines", "arguments": {}}}'`,
];

/** Commands that the test does not run, and one statement about them. */
export interface Row {
  /** The test that does the same, with its own addresses and folders. */
  readonly test?: { readonly file: string; readonly name: string };
  /** Why no test runs them. */
  readonly not?: string;
  readonly commands: readonly string[];
}

const inTest = (file: string, name: string, ...commands: string[]): Row => ({
  test: { file: `tests/${file}_test.ts`, name },
  commands,
});

const not = (reason: string, ...commands: string[]): Row => ({
  not: reason,
  commands,
});

/** Every other command in the documents. */
export const elsewhere: readonly Row[] = [
  inTest(
    "e2e/jsr",
    "deno run -A jsr:@qontak/mcp works on the sandbox",
    "deno run -A jsr:@qontak/mcp --sandbox --http",
    "deno run -A --unstable-kv jsr:@qontak/mcp",
  ),
  inTest(
    "e2e/jsr",
    "the permissions of SETTINGS.md are enough, and no question is asked",
    "deno run --allow-net=*.qontak.com:443 --allow-read=.env,.env.lock --allow-write=.env,.env.lock --allow-env=QONTAK_*,TOKEN_*,MCP_*,LOG_LEVEL --ignore-env jsr:@qontak/mcp@0.1.0",
  ),
  inTest(
    "cli/main",
    "--http logs where MCP and the page are",
    "deno task start --sandbox --http",
    "qontak-mcp --http",
  ),
  inTest(
    "cli/sessions",
    "--sandbox --http lets a person try to sign in",
    "MCP_SIGN_IN=qontak deno task start --sandbox --http",
  ),
  inTest(
    "cli/sessions",
    "people sign in at two servers with one Redis, and sessions revoke holds at both within 60 s",
    "qontak-mcp sessions list",
    "qontak-mcp sessions revoke <id>",
  ),
  inTest(
    "cli/seal",
    "seal shows what is not sealed, and seals it once if a person confirms",
    "TOKEN_ENCRYPTION_KEY=… qontak-mcp seal",
  ),
  inTest(
    "cli/completion",
    "completion prints a script for PowerShell too, and names the shells",
    "qontak-mcp completion bash|zsh|fish|powershell",
    'eval "$(qontak-mcp completion zsh)"',
    "qontak-mcp completion fish",
    "qontak-mcp completion powershell",
  ),
  inTest(
    "e2e/guide",
    "the guide leads from a key to the first call",
    'npx -y @modelcontextprotocol/inspector@2.12.0 --cli https://<app>/mcp --transport http --header "Authorization: Bearer $key" --method tools/call --tool-name list_pipelines',
  ),
  inTest(
    "e2e/mcp_remote",
    "mcp-remote signs a person in, and reads the pipelines",
    "npx mcp-remote <address>",
  ),
  inTest(
    "e2e/compile",
    "deno task compile embeds one file, with these permissions and no secret",
    "deno compile",
    "deno task compile",
  ),
  inTest(
    "e2e/compile",
    "scripts/release/release.ts makes the files, their checksums and a bill",
    "deno task release",
    "deno task release --rehearsal",
    "deno task release --tag v0.1.0",
  ),
  inTest(
    "e2e/bundle",
    "a bundle without the client for Vault is smaller, runs, and says what it lacks",
    "deno run --no-remote --no-npm … qontak-mcp.js",
    "deno task bundle",
    "deno task bundle:small",
  ),
  inTest(
    "scripts/ecosystem",
    "makeBundle() makes a bundle that a client unpacks and starts",
    "deno task mcpb",
  ),
  inTest(
    "scripts/lock",
    "the lock file of a release adds the entries of JSR, and is otherwise the same",
    "deno task lock",
  ),
  inTest(
    "scripts/docs",
    "the documents and the snapshots of the tools match the code",
    "deno task docs",
  ),
  inTest(
    "scripts/simulate",
    "deno task simulate prints what calls ask of Deno KV",
    "deno task simulate",
    "deno task simulate --keep",
  ),
  inTest(
    "scripts/live",
    "test:live finds out which assumptions are wrong",
    "deno task test:live",
    "deno task test:live --write",
  ),
  inTest(
    "sandbox/main",
    "readFlags() reads every flag",
    "deno task sandbox --reusable-tokens",
  ),
  inTest(
    "scripts/ci",
    ".ci/run runs every part of deno task ok, and each once",
    "deno fmt",
    "deno task attack",
    "deno task bench:check",
    "deno task bench:tokens",
    "deno task check",
    "deno task demo",
    "deno task gate",
    "deno task ok",
    "deno task test",
    "deno task test tests/fields",
    "deno task test tests/tools",
    'deno task test tests/tools/deals_test.ts --filter "create_deal names every"',
    "npx -y deno@2.9.6 task demo",
    "npx -y deno@2.9.6 task test",
  ),

  not(
    "it names a command, or a part of one, that stands whole elsewhere",
    "claude mcp add",
    "deno bundle",
    "deno run",
    "deno run --unstable-kv",
    "deno test",
    "npx -y deno@2.9.6",
    "qontak-mcp config",
    "qontak-mcp tenants move",
  ),
  not(
    "it takes minutes, or a quiet machine: people run it by hand",
    "deno task bench",
    "deno task bench --keep",
    "deno task bench --only cold",
    "deno task bench --only telemetry",
    "deno task bench:query",
    "deno task fire",
    "deno task fuzz",
  ),
  not(
    "it writes into the repository, from packages of npm and PyPI or in Chromium: people run it by hand, and tests compare what it wrote",
    "deno task converters",
    "deno task pictures",
    "deno task pictures --all",
    "deno task views",
  ),
  not(
    "it would remove the cache of deno that the tests need",
    "deno clean",
  ),
  not(
    "it asks a server of the npm registry or JSR that the tests must not need",
    "deno audit",
    "deno install -gA -n qontak-mcp --unstable-kv jsr:@qontak/mcp",
    "deno run --reload=jsr:@qontak/mcp -A --unstable-kv jsr:@qontak/mcp --version",
    "deno run --reload=jsr:@qontak/mcp -A jsr:@qontak/mcp --version",
  ),
  not(
    "it needs the files of a release, and there is none yet",
    "gh attestation verify FILE --repo OWNER/REPOSITORY",
    "install -m 755 qontak-mcp-*-x86_64-unknown-linux-gnu /usr/local/bin/qontak-mcp",
    "sha256sum --ignore-missing --check SHA256SUMS",
  ),
  not(
    "it needs systemd as the first process, and root",
    "install -m 600 /dev/null /etc/qontak-mcp.env",
    "journalctl -u qontak-mcp -o cat",
    "systemctl daemon-reload",
    "systemctl enable --now qontak-mcp",
    'systemd-run --pipe --wait --collect --property=User=qontak-mcp --property=DynamicUser=yes --property=StateDirectory=qontak-mcp --property=EnvironmentFile=/etc/qontak-mcp.env --setenv=XDG_DATA_HOME=/var/lib/qontak-mcp /usr/local/bin/qontak-mcp keys create "my laptop"',
  ),
  not(
    "it needs a container engine",
    "podman build --format docker -t qontak-mcp -f scripts/deploy/Containerfile .",
    "podman compose -f scripts/deploy/compose.yaml up --detach --build",
    'podman exec qontak-mcp qontak-mcp keys create "my laptop"',
    "podman run --detach --name qontak-mcp --read-only --cap-drop=all --security-opt=no-new-privileges --volume qontak-mcp:/data --publish 127.0.0.1:8000:8000 --env-file qontak-mcp.env qontak-mcp",
    "podman run --rm --interactive --read-only --cap-drop=all --env-file qontak-mcp.env --volume qontak-mcp:/data qontak-mcp serve",
  ),
  not(
    "it needs a cluster",
    "kubectl apply -f scripts/deploy/kubernetes.yaml",
    "kubectl create secret generic qontak-mcp --from-env-file=qontak-mcp.env",
    'kubectl exec statefulset/qontak-mcp -- qontak-mcp keys create "my laptop"',
    "kubectl rollout status statefulset/qontak-mcp",
  ),
  not(
    "it needs promtool; a test runs it where it is on PATH",
    "promtool check rules",
  ),
  not(
    "it needs Claude Code, and writes its settings",
    "claude --debug",
    "claude mcp add --transport http qontak <address>",
    "claude mcp add --transport http qontak http://127.0.0.1:8000/mcp",
    "claude mcp add qontak --env QONTAK_REFRESH_TOKEN=YOUR_REFRESH_TOKEN -- deno run -A --unstable-kv jsr:@qontak/mcp",
  ),
];
