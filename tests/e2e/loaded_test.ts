/** What a server loads before its first answers. */
import { assert, assertEquals } from "@std/assert";
import { denoRun, root } from "../../scripts/program.ts";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { bearer, keyEntry, startDeployed } from "../support/deployed.ts";
import { HANDSHAKE, post, request, toolCall, toStdin } from "../support/rpc.ts";

/**
 * How many modules of each room a server on stdio loads until it has answered
 * `initialize` and `tools/list`, and what for. Each costs a cold start about
 * 0.15 ms, and a room that is not here costs nothing: tools, fields, prompts and
 * the sandbox are loaded with the first request that needs them. So is the SDK,
 * which costs as much as all of these together. A number may
 * only become smaller, unless the pull request says why a server cannot list its
 * tools without the module. Only the small files of cli and values have some room
 * to grow.
 */
const ROOMS: Readonly<Record<string, number>> = {
  // What the command line and the settings say.
  cli: 14,
  app: 13,
  clients: 1,
  // The errors that settings and options can have, and the log.
  advice: 1,
  "errors.ts": 1,
  logging: 4,
  values: 20,
  "version.ts": 1,
  // Stdio, and what clients see of the tools.
  "server.ts": 1,
  mcp: 19,
  tools: 3,
  apps: 1,
  // Rules for options, and the constants of settings.
  auth: 3,
  changes: 3,
  snapshots: 1,
  // Tokens and connections, which connect to nothing yet.
  tokens: 18,
  storage: 8,
  limits: 10,
  qontak: 11,
  net: 8,
  audit: 4,
  telemetry: 6,
  // createHandler() of mod.ts, without the page.
  http: 7,
};

/** The modules of src/ that a run of the program loads. */
async function loadedBy(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  requests: readonly object[],
): Promise<readonly string[]> {
  const folder = await Deno.makeTempDir();
  try {
    const [run, ...others] = await denoRun("mod.ts", ...args);
    const child = new Deno.Command(Deno.execPath(), {
      // Coverage names every module that was run.
      args: [run!, `--coverage=${folder}/coverage`, ...others],
      cwd: folder,
      env: { ...env, XDG_DATA_HOME: folder },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(toStdin(...requests)));
    await writer.close();
    const { stdout } = await child.output();
    const answers = new TextDecoder().decode(stdout).trim().split("\n");
    assertEquals(answers.length, requests.length - 1);
    return await modulesIn(`${folder}/coverage`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The modules of src/ that a coverage names. */
async function modulesIn(coverage: string): Promise<readonly string[]> {
  const places: string[] = [];
  for await (const { name } of Deno.readDir(coverage)) {
    const text = await Deno.readTextFile(`${coverage}/${name}`);
    const { url } = JSON.parse(text) as { readonly url: string };
    const place = url.split(`${root}src/`)[1];
    if (place !== undefined) places.push(place);
  }
  return places;
}

/** How many modules there are of each room. */
function countRooms(
  places: readonly string[],
): Readonly<Record<string, number>> {
  const rooms: Record<string, number> = {};
  for (const place of places) {
    const [room] = place.split("/");
    rooms[room!] = (rooms[room!] ?? 0) + 1;
  }
  return rooms;
}

/** The module with which the SDK and zod are loaded. */
const SDK = "mcp/sdk.ts";

const TOKEN = { QONTAK_REFRESH_TOKEN: "a-token-that-is-only-configured-here" };

const OPENING = [...HANDSHAKE, request(2, "tools/list")];

for (
  const [name, args, env] of [
    ["with a token", [], TOKEN],
    ["on the sandbox", ["--sandbox"], {}],
  ] as const
) {
  Deno.test(`a server ${name} loads only what its first answers need`, async () => {
    const rooms = countRooms(await loadedBy(args, env, OPENING));
    assert((rooms.mcp ?? 0) > 5, "Coverage names no modules");
    const more = Object.entries(rooms).filter(([room, count]) =>
      count > (ROOMS[room] ?? 0)
    );
    assertEquals(more, []);
  });
}

Deno.test("a server loads the tools with the first call, and the SDK with what needs it", async () => {
  const messages = [...OPENING, toolCall(3, "list_pipelines")];
  const called = await loadedBy(["--sandbox"], {}, messages);
  const rooms = countRooms(called);
  assert(rooms.tools! > ROOMS.tools!);
  assert(rooms.sandbox! > 0);
  assert(!called.includes(SDK));
  const further = [...messages, request(4, "prompts/list")];
  assert((await loadedBy(["--sandbox"], {}, further)).includes(SDK));
});

/** The modules that the deploy entry loads for some messages. */
async function loadedByDeploy(
  ...messages: readonly object[]
): Promise<readonly string[]> {
  const folder = await Deno.makeTempDir();
  try {
    await using sandbox = serveSandbox();
    await using server = await startDeployed({
      QONTAK_BASE_URL: sandbox.url,
      QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
      MCP_API_KEYS: await keyEntry("a-key"),
      DENO_COVERAGE_DIR: `${folder}/coverage`,
    });
    for (const message of messages) {
      const response = await fetch(server.url, post(message, bearer("a-key")));
      assertEquals(response.status, 200, await response.text());
    }
    await server.stop("SIGTERM");
    return await modulesIn(`${folder}/coverage`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the deploy entry answers first messages, lists and calls without the SDK", async () => {
  const plain = await loadedByDeploy(
    HANDSHAKE[0]!,
    request(1, "tools/list"),
    toolCall(2, "list_pipelines"),
  );
  assert(plain.includes("mcp/calls.ts"), "Coverage names no modules");
  assert(!plain.includes(SDK));
  assert((await loadedByDeploy(request(1, "ping"))).includes(SDK));
});
