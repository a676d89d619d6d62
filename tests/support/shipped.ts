/**
 * The program in a form in which people get it: a single file, a binary, a
 * package on JSR. The tests that each of them must pass are here.
 *
 * @module
 */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { catalog } from "../../src/tools/catalog.ts";
import { VERSION } from "../../src/version.ts";
import { callTool } from "./call.ts";
import { bareEnv, type Ended } from "./process.ts";
import { answersById, HANDSHAKE, request, toolCall, toStdin } from "./rpc.ts";

/** How to start the program in one form. */
export interface Shipped {
  readonly command: string;
  /** The arguments before the program's own arguments. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The folder to start it in: empty, and outside the project. */
  readonly cwd: string;
}

function spawn(
  { command, args, env, cwd }: Shipped,
  own: readonly string[],
  more: Readonly<Record<string, string>>,
): Deno.ChildProcess {
  return new Deno.Command(command, {
    args: [...args, ...own],
    cwd,
    env: bareEnv({ ...env, ...more }),
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs the program to its end, which must be a success. */
export async function runShipped(
  shipped: Shipped,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  stdin = "",
): Promise<Ended> {
  const child = spawn(shipped, args, env);
  await new Response(stdin).body!.pipeTo(child.stdin);
  const output = await child.output();
  const decoder = new TextDecoder();
  const ended = {
    code: output.code,
    stdout: decoder.decode(output.stdout),
    stderr: decoder.decode(output.stderr),
  };
  assertEquals(ended.code, 0, `${ended.stdout}${ended.stderr}`);
  return ended;
}

/** It writes only the protocol to stdout. */
export async function assertStdio(shipped: Shipped): Promise<void> {
  const { stdout } = await runShipped(
    shipped,
    ["--sandbox"],
    {},
    toStdin(
      ...HANDSHAKE,
      request(2, "tools/list"),
      toolCall(3, "list_pipelines"),
    ),
  );
  const answers = answersById(stdout);
  assertEquals(answers.size, 3, stdout);
  const [{ serverInfo }, { tools }, { content }] = ["init", 2, 3]
    .map((id) => answers.get(id).result);
  assertEquals(serverInfo.version, VERSION);
  assertEquals(tools.length, catalog.length);
  assertStringIncludes(content[0].text, "Corporate Sales");
}

/** It serves HTTP, and stops cleanly on a signal. */
export async function assertHttp(shipped: Shipped): Promise<void> {
  const child = spawn(shipped, ["--http", "--port", "0", "--sandbox"], {});
  const stdout = new Response(child.stdout).text();
  const lines = child.stderr.pipeThrough(new TextDecoderStream());
  try {
    await child.stdin.close();
    let said = "";
    for await (const chunk of lines.values({ preventCancel: true })) {
      said += chunk;
      const url = /"url":"([^"]+)"/.exec(said)?.[1];
      if (!url) continue;
      const health = await fetch(new URL("/health", url));
      const { status, version } = await health.json();
      assertEquals([status, version], ["ok", VERSION]);
      const { text } = await callTool(url, "list_pipelines");
      assertStringIncludes(text, "Corporate Sales");
      child.kill("SIGTERM");
      break;
    }
    for await (const chunk of lines) said += chunk;
    const { code } = await child.status;
    assertEquals([code, await stdout], [0, ""], said);
    assertStringIncludes(said, "finishing the requests under way");
  } finally {
    await end(child);
  }
}

/** Ends a process, if it has not ended. */
async function end(child: Deno.ChildProcess): Promise<void> {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended by itself.
  }
  await child.status;
}

/** It reads a `.env` file beside it, and stores the new refresh token there. */
export async function assertEnvFile(shipped: Shipped): Promise<void> {
  await using sandbox = serveSandbox();
  const path = `${shipped.cwd}/.env`;
  await Deno.writeTextFile(
    path,
    `# ours\nQONTAK_REFRESH_TOKEN=${sandbox.refreshToken}\n`,
    { mode: 0o600 },
  );
  try {
    const env = { QONTAK_BASE_URL: sandbox.url, TOKEN_CACHE: "memory" };
    for (let i = 0; i < 2; i++) {
      const { stdout } = await runShipped(shipped, ["doctor"], env);
      assertStringIncludes(stdout, "Qontak answers: 2 pipelines");
    }
    assertEquals(
      await Deno.readTextFile(path),
      `# ours\nQONTAK_REFRESH_TOKEN=${sandbox.refreshToken}\n`,
    );
  } finally {
    await Deno.remove(path);
  }
}

/** It adds a company to a store, lists it, and calls the CRM for it. */
export async function assertStore(
  shipped: Shipped,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  await using sandbox = serveSandbox();
  const all = { ...env, QONTAK_BASE_URL: sandbox.url };
  const token = `${sandbox.refreshToken}\n`;
  await runShipped(shipped, ["tenants", "add", "acme"], all, token);
  const { stdout } = await runShipped(shipped, ["tenants", "list"], all);
  assertMatch(stdout, /^acme +works +\d{4}-/m);
  const doctor = await runShipped(shipped, ["doctor", "acme"], all);
  assertStringIncludes(doctor.stdout, "Qontak answers: 2 pipelines");
}
