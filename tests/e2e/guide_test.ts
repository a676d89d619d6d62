/** The program accepts what the guides tell people to type. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { variables } from "../../src/app/variables.ts";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { callTool } from "../support/call.ts";
import { bearer, startDeployed } from "../support/deployed.ts";
import { freePort } from "../support/free_port.ts";
import {
  bareEnv,
  type Ended,
  endedOf,
  isOnPath,
  root,
  run,
  startHttp,
} from "../support/process.ts";
import { sleep } from "../support/time.ts";
import { unless } from "../support/unless.ts";

const guide = await Deno.readTextFile(`${root}.github/DEPLOY.md`);
const http = await Deno.readTextFile(`${root}.github/HTTP.md`);

/** The first group of a pattern's match in the guide. */
function inGuide(pattern: RegExp): string {
  const [, found] = pattern.exec(guide) ?? [];
  assert(found !== undefined, `The guide has no ${pattern}`);
  return found;
}

/** Runs a command as a person would, in bash. */
async function bash(
  command: string,
  env: Record<string, string> = {},
): Promise<Ended> {
  const dir = await Deno.makeTempDir();
  try {
    const output = await new Deno.Command("bash", {
      args: ["-c", command],
      cwd: dir,
      env: bareEnv(env),
      clearEnv: true,
      stdin: "null",
    }).output();
    return endedOf(output);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const hasTools = await isOnPath("bash") &&
  (await bash("command -v openssl && command -v sha256sum")).code === 0;
const noBash = hasTools ? "" : "bash, openssl or sha256sum is not on PATH";

/** The key that the documents make, and its entry in MCP_API_KEYS. */
async function makeKey(): Promise<{ key: string; entry: string }> {
  const command = inGuide(/`(key=\$\(openssl[^`]*)`/);
  assertStringIncludes(http, command);
  const { stdout, stderr } = await bash(`${command}; echo "$key"`);
  const [sum, key] = stdout.trim().split("\n");
  assert(key, stderr);
  return { key, entry: sum!.split(" ")[0]! };
}

Deno.test("the unit, the container and the guide use existing flags and commands", async () => {
  const lines = [
    inGuide(/^ExecStart=\S+ (.*)$/m).split(" "),
    JSON.parse(inGuide(/^CMD (\[.*\])$/m)),
    inGuide(/qontak-mcp\.env --volume \S+ qontak-mcp ([^`]*)`/).split(" "),
    ...Array.from(
      guide.matchAll(/^qontak-mcp ([\w -]+)$/gm),
      ([, args]) => args!.trim().split(" "),
    ),
  ];
  assert(lines.length >= 5);
  for (const args of lines) {
    const { code, stderr } = await run([...args, "--help"]);
    assertEquals(code, 0, `${args.join(" ")}: ${stderr}`);
  }
});

Deno.test("the documents name only existing variables", async () => {
  const others = ["README.md", "README.id.md"].concat(
    [
      "CLIENTS",
      "MIGRATION",
      "OPERATIONS",
      "SETTINGS",
      "TOKENS",
      "TROUBLESHOOTING",
    ]
      .map((name) => `.github/${name}.md`),
    ["alerts.yaml", "compose.yaml", "kubernetes.yaml", "qontak-mcp.service"]
      .map((name) => `scripts/deploy/${name}`),
  );
  const texts = await Promise.all(
    others.map((path) => Deno.readTextFile(`${root}${path}`)),
  );
  const names = new Set(
    Array.from(
      [guide, http, ...texts].join("\n").matchAll(
        /\b(?:QONTAK|MEKARI|TOKEN|REDIS|VAULT|MCP)_[A-Z_]+\b/g,
      ),
      ([name]) => name,
    ),
  );
  assert(names.size > 20);
  for (const name of names) {
    assert(Object.hasOwn(variables, name), `There is no variable ${name}`);
  }
});

Deno.test({
  ...unless(
    noBash,
    "the container's health check tells a server that is alive from one that is not",
  ),
  async fn() {
    const [, , command] = JSON.parse(inGuide(/^ +CMD (\["bash".*\])$/m));
    await using server = await startHttp(["--sandbox"]);
    const { port } = new URL(server.url);
    const check = () => bash(command.replace("8000", port));
    assertEquals((await check()).code, 0);
    await server.stop("SIGTERM");
    assert((await check()).code !== 0);
  },
});

Deno.test({
  ...unless(
    noBash,
    "the unit waits until a server answers, and fails if none does",
  ),
  async fn() {
    // systemd reads \\ as \, in quotation marks too.
    const command = inGuide(/^ExecStartPost=\/bin\/bash -c '(.*)'$/m)
      .replaceAll("\\\\", "\\");
    const probe = (port: string) =>
      bash(command.replace("8000", port).replace("{1..50}", "{1..100}"));
    const none = bash(command.replace("8000", "9").replace("50", "2"));
    assertEquals((await none).code, 1);
    await using server = await startHttp(["--sandbox"]);
    assertEquals((await probe(new URL(server.url).port)).code, 0);
    // A port that opens later is waited for.
    const port = freePort();
    const waiting = probe(String(port));
    await sleep(500);
    await using late = Deno.serve(
      { hostname: "127.0.0.1", port, onListen() {} },
      () => new Response(),
    );
    assertEquals((await waiting).code, 0);
    assert(late);
  },
});

const noNpx = noBash || (await isOnPath("npx") ? "" : "npx is not on PATH");

Deno.test({
  ...unless(noNpx, "the guide leads from a key to the first call"),
  async fn() {
    await using sandbox = serveSandbox();
    const { key, entry } = await makeKey();
    await using server = await startDeployed({
      QONTAK_BASE_URL: sandbox.url,
      QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
      MCP_API_KEYS: entry,
    });
    const { text } = await callTool(
      server.url,
      "list_pipelines",
      {},
      bearer(key),
    );
    assertStringIncludes(text, "Corporate Sales");
    const command = inGuide(/^ +(npx -y @modelcontextprotocol[^`]*)```/m)
      .replace("https://<app>/mcp", server.url);
    const { code, stdout, stderr } = await bash(command, { key });
    assertEquals(code, 0, stderr);
    assertStringIncludes(stdout, "Corporate Sales");
  },
});
