/**
 * The package as others get it from JSR. A stand-in for JSR serves what
 * `deno publish` would upload, and a deno that does not know the project runs
 * and imports it from there.
 */
import {
  assert,
  assertEquals,
  assertNotMatch,
  assertStringIncludes,
} from "@std/assert";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { VERSION } from "../../src/version.ts";
import { callTool } from "../support/call.ts";
import { linkPackages } from "../support/deno_dir.ts";
import { bearer, HOST, keyEntry } from "../support/deployed.ts";
import { bareEnv, root, startServing } from "../support/process.ts";
import {
  type DryRun,
  dryRun,
  published,
  type Registry,
  serveRegistry,
  standIns,
} from "../support/registry.ts";
import {
  assertEnvFile,
  assertHttp,
  assertStdio,
  runShipped,
  type Shipped,
} from "../support/shipped.ts";

let asked: Promise<DryRun> | undefined;

/** The output of `deno publish --dry-run`, which runs once. */
function wouldPublish(): Promise<DryRun> {
  return asked ??= dryRun();
}

/** A machine with deno, an empty folder and a JSR that has the package. */
interface Machine extends AsyncDisposable {
  readonly cwd: string;
  readonly registry: Registry;
  /** Runs the package, or another program, with these flags. */
  deno(...args: string[]): Shipped;
}

async function newMachine(): Promise<Machine> {
  const { paths } = await wouldPublish();
  const registry = await serveRegistry({
    ...await standIns(),
    "@qontak/mcp": await published(paths),
  });
  const cwd = await Deno.makeTempDir();
  const cache = await Deno.makeTempDir();
  await linkPackages(cache);
  return {
    cwd,
    registry,
    deno: (...args) => ({
      command: Deno.execPath(),
      args,
      env: { JSR_URL: registry.url, DENO_DIR: cache, NO_COLOR: "1" },
      cwd,
    }),
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]();
      await Deno.remove(cwd, { recursive: true });
      await Deno.remove(cache, { recursive: true });
    },
  };
}

Deno.test("deno publish finds no problems, and uploads only what is meant for others", async () => {
  const { code, text, paths } = await wouldPublish();
  assertEquals(code, 0, text);
  assertStringIncludes(text, "Success Dry run complete");
  const notices = text.replace(/^ +file:.*$/gm, "");
  assertNotMatch(notices, /warning|error/i);
  for (const path of ["/mod.ts", "/src/deploy.ts", "/README.md", "/LICENSE"]) {
    assert(paths.includes(path), `${path} is not among ${paths.join(" ")}`);
  }
  const others = paths.filter((path) => !path.startsWith("/src/"));
  assertEquals(others.toSorted(), [
    "/.env.example",
    "/LICENSE",
    "/README.md",
    "/deno.json",
    "/deno.lock",
    "/mod.ts",
  ]);
  for (const path of paths) {
    assertNotMatch(path, /_test\.ts$|\.env$|secret/);
  }
});

Deno.test("deno run -A jsr:@qontak/mcp works on the sandbox", async () => {
  await using machine = await newMachine();
  const shipped = machine.deno("run", "-A", "jsr:@qontak/mcp");
  const { stdout } = await runShipped(shipped, ["--version"]);
  assertEquals(stdout, `${VERSION}\n`);
  await assertStdio(shipped);
  await assertHttp(shipped);
  // Nothing is loaded that it does not need.
  const { requests } = machine.registry;
  assert(!requests.some((path) => path.endsWith("/src/deploy.ts")));
});

Deno.test("the permissions of SETTINGS.md are enough, and no question is asked", async () => {
  await using machine = await newMachine();
  const settings = await Deno.readTextFile(`${root}.github/SETTINGS.md`);
  const [, command] =
    /^deno (run --allow-net=[\s\S]*?jsr:@qontak\/mcp@[\d.]+)$/m
      .exec(settings)!;
  const args = command!.replaceAll("\\\n", " ").split(/\s+/).map((arg) =>
    arg.startsWith("--allow-net=") ? "--allow-net=127.0.0.1" : arg
  );
  assert(!args.includes("-A"), command);
  // Everything that it needs is loaded; otherwise it would not start.
  await runShipped(machine.deno(...args), ["--version"]);
  const [run, ...flags] = args;
  const shipped = machine.deno(run!, "--no-prompt", ...flags);
  await assertStdio(shipped);
  await assertEnvFile(shipped);
});

Deno.test("deno install makes a command from the package, with the tested versions", async () => {
  await using machine = await newMachine();
  const { cwd, registry } = machine;
  await runShipped(
    machine.deno(
      "install",
      "-g",
      "-A",
      "--unstable-kv",
      "--root",
      cwd,
      "--name",
      "qontak-mcp",
      "jsr:@qontak/mcp",
    ),
    [],
  );
  assert(
    registry.requests.includes(`/@qontak/mcp/${VERSION}/deno.lock`),
    "the lock file was not asked for",
  );
  const { specifiers: tested } = JSON.parse(
    await Deno.readTextFile(`${root}deno.lock`),
  );
  const { specifiers: installed } = JSON.parse(
    await Deno.readTextFile(`${cwd}/bin/.qontak-mcp/deno.lock`),
  );
  const npm = Object.keys(installed).filter((name) => name.startsWith("npm:"));
  assert(npm.length >= 4, npm.join(" "));
  for (const name of npm) assertEquals(installed[name], tested[name], name);
});

Deno.test("jsr:@qontak/mcp/deploy serves callers with a key", async () => {
  await using machine = await newMachine();
  await using sandbox = serveSandbox();
  const { command, args, env, cwd } = machine.deno(
    "run",
    "-A",
    "jsr:@qontak/mcp/deploy",
  );
  const given = {
    ...env,
    ...HOST,
    QONTAK_BASE_URL: sandbox.url,
    QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
    MCP_API_KEYS: await keyEntry("a-key"),
  };
  await using server = await startServing(command, args, given, cwd);
  const call = (key: string) =>
    callTool(server.url, "list_pipelines", {}, bearer(key));
  assertEquals((await call("another-key")).status, 401);
  assertStringIncludes((await call("a-key")).text, "Corporate Sales");
  assertEquals((await server.stop("SIGINT")).code, 0);
});

/** Another program, which uses the types and a server. */
const CONSUMER = `
import {
  createHandler,
  createServer,
  type Handler,
  type QontakServer,
  type ServerOptions,
  type Toolset,
} from "jsr:@qontak/mcp";

const toolsets: readonly Toolset[] = ["pipelines"];
const options: ServerOptions = {
  refreshToken: Deno.env.get("QONTAK_REFRESH_TOKEN")!,
  baseUrl: Deno.env.get("QONTAK_BASE_URL")!,
  toolsets,
};
const server: QontakServer = createServer(options);
const handler: Handler = createHandler(server);
const http = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: () => {} },
  handler,
);
const response = await fetch(\`http://127.0.0.1:\${http.addr.port}/mcp\`, {
  method: "POST",
  headers: {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
  },
  body: JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "tools/call",
    params: { name: "list_pipelines", arguments: {} },
  }),
});
console.log(await response.text());
await http.shutdown();
await server.close();
`;

Deno.test("another program type-checks against the package, and runs", async () => {
  await using machine = await newMachine();
  await using sandbox = serveSandbox();
  const path = `${machine.cwd}/consumer.ts`;
  await Deno.writeTextFile(path, CONSUMER);
  await runShipped(machine.deno("check", path), []);
  const { stdout } = await runShipped(machine.deno("run", "-A", path), [], {
    QONTAK_BASE_URL: sandbox.url,
    QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
  });
  assertStringIncludes(stdout, "Corporate Sales");

  // The types are there: deno reports what they forbid.
  await Deno.writeTextFile(
    path,
    CONSUMER.replace('["pipelines"]', '["pipe"]'),
  );
  const wrong = machine.deno("check", path);
  const { code, stderr } = await new Deno.Command(wrong.command, {
    args: [...wrong.args],
    cwd: wrong.cwd,
    env: bareEnv(wrong.env),
    clearEnv: true,
  }).output();
  assertEquals(code, 1);
  assertStringIncludes(
    new TextDecoder().decode(stderr),
    `Type '"pipe"' is not assignable to type`,
  );
});
