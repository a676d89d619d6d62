import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { run, startHttp, WITH_KV } from "../support/process.ts";
import { VERSION } from "../../src/version.ts";
import { toolCall, toStdin } from "../support/rpc.ts";

Deno.test("--help and --version answer on stdout", async () => {
  const help = await run(["--help"]);
  assertEquals(help.code, 0);
  for (const word of ["--http", "--sandbox", "QONTAK_REFRESH_TOKEN"]) {
    assertStringIncludes(help.stdout, word);
  }
  assertStringIncludes(help.stdout, "deno run -A --unstable-kv jsr:");
  const group = await run(["keys", "--help"]);
  assertEquals(group.code, 0);
  for (const name of ["create", "list", "revoke"]) {
    assertStringIncludes(
      group.stdout,
      `--unstable-kv jsr:@qontak/mcp keys ${name}`,
    );
  }
  assert(!group.stdout.includes("tenants add"), group.stdout);
  const serve = await run(["serve", "--help"]);
  assertStringIncludes(serve.stdout, "jsr:@qontak/mcp serve [flags]");
  assertEquals(await run(["-h"]), help);
  for (const flag of ["--version", "-V"]) {
    const version = await run([flag]);
    assertEquals([version.code, version.stdout], [0, `${VERSION}\n`]);
  }
});

Deno.test("--help after a command explains that command only", async () => {
  const { code, stdout } = await run(["keys", "create", "-h"]);
  assertEquals(code, 0);
  assertStringIncludes(stdout, "keys create [label] [flags]");
  assertStringIncludes(stdout, "--expires");
  assert(!stdout.includes("--sandbox"), stdout);
});

Deno.test("help does what --help does, of the program, a group and a command", async () => {
  for (const words of [[], ["keys"], ["try"], ["keys", "create"]]) {
    const { code, stdout } = await run(["help", ...words]);
    assertEquals(code, 0, stdout);
    assertEquals(stdout, (await run([...words, "--help"])).stdout);
  }
  // --http means something else after config.
  const meaning = "Serve MCP over HTTP instead of stdio";
  const ofServe = (await run(["help", "serve"])).stdout;
  assertStringIncludes(ofServe, meaning);
  assert(!ofServe.includes("config"), ofServe);
  const ofConfig = (await run(["help", "config"])).stdout;
  assertStringIncludes(ofConfig, "--http https://crm.example.com/mcp");
  assert(!ofConfig.includes(meaning), ofConfig);
});

Deno.test("main() refuses unknown words, and suggests the nearest", async () => {
  const table: [string[], Record<string, string>, string][] = [
    [["--htpp"], {}, "Did you mean --http?"],
    [["--sandbx"], {}, "Did you mean --sandbox?"],
    [["-v"], {}, "There is no flag -v. Did you mean -V?"],
    [["help", "tyr"], {}, "Did you mean try?"],
    [["sandbox"], {}, "Did you mean --sandbox?"],
    [
      ["--http", "--port", "eighty"],
      {},
      '--port must be a whole number from 0 to 65535, not "eighty"',
    ],
    [["--http", "--port", "70000"], {}, 'not "70000"'],
    [["--http", "--port"], {}, "--port needs a value"],
    [["config", "generic", "--http"], {}, "such as --http https://"],
    [
      ["audit", "--tool", "update_dael"],
      { QONTAK_AUDIT: "off" },
      "Did you mean update_deal?",
    ],
    [
      ["--sandbox", "--http", "--host", "0.0.0.0"],
      { MCP_PUBLIC_URL: "https://crm.example.com" },
      "MCP_PUBLIC_URL has no path, and this server answers at /mcp: set it to https://crm.example.com/mcp, unless a proxy passes on / as /mcp",
    ],
    [
      ["--sandbox", "--http", "--host", "0.0.0.0"],
      { MCP_PUBLIC_URL: "https://example.com/crm/" },
      "MCP_PUBLIC_URL has the path /crm, and this server answers at /mcp: set it to https://example.com/mcp, unless a proxy passes on /crm as /mcp",
    ],
    [
      ["--sandbox", "--http", "--port", "0"],
      { MCP_SIGN_IN: "qontak" },
      "--port 0 takes any free port, and people sign in at a known address: name the port, or set MCP_PUBLIC_URL",
    ],
    [["config", "claud"], {}, "Did you mean claude-desktop or claude-code?"],
    [
      ["keys", "create", "x", "--scopes", "read,wrte"],
      { TOKEN_STORE: "redis", REDIS_URL: "redis://127.0.0.1:1" },
      'not "wrte". Did you mean write?',
    ],
    [["--port", "80"], {}, "--port is for --http"],
    [
      ["sessions", "list", "--sandbox"],
      {},
      "--sandbox is for serve, doctor, config. demo and try always use the built-in CRM. No other command can see it: it is in the memory of the server",
    ],
    [["--sandbox=yes"], {}, "--sandbox takes no value"],
    [["--sandbox", "--http", "--host", "0.0.0.0"], {}, "MCP_API_KEYS"],
    [[], {}, "QONTAK_REFRESH_TOKEN is not set"],
    [[], {}, "qontak-mcp setup asks for the token and keeps it"],
    [[], { QONTAK_REFRESH_TOKEN: " " }, "QONTAK_REFRESH_TOKEN is not set"],
    [["tenants", "list"], {}, "set TOKEN_STORE to redis, vault or kv"],
    [["tenants", "add", "acme"], {}, "set TOKEN_STORE to redis, vault or kv"],
    [["keys", "list"], {}, "set TOKEN_STORE to redis, vault or kv"],
    [["tenant", "--help"], {}, '"tenant" is not a command'],
    [
      [],
      { QONTAK_TIMEOUT_MS: "soon" },
      'QONTAK_TIMEOUT_MS must be a whole number from 1 to 600000, not "soon"',
    ],
    [
      [],
      { QONTAK_RATE_LIMIT: "fast" },
      "QONTAK_RATE_LIMIT must be requests per second",
    ],
    [[], { QONTAK_LIMITS: "radis" }, "Did you mean redis?"],
    [
      [],
      { QONTAK_LIMITS: "kv", QONTAK_REFRESH_TOKEN: "x" },
      "QONTAK_LIMITS=kv needs Deno KV",
    ],
    [["--sandbox", "--toolsets", "deal"], {}, '--toolsets names "deal"'],
    [["--sandbox", "--toolsets="], {}, "--toolsets needs a value"],
    [
      ["--sandbox"],
      { QONTAK_TOOLSETS: "deals,x" },
      'QONTAK_TOOLSETS names "x"',
    ],
    [["--sandbox"], { QONTAK_READ_ONLY: "maybe" }, "must be true or false"],
    [[], { QONTAK_BASE_URL: "qontak" }, "QONTAK_BASE_URL must be a URL"],
    [
      [],
      { QONTAK_BASE_URL: "http://crm.example.com" },
      "must start with https://",
    ],
    [[], { LOG_LEVEL: "warning" }, "Did you mean warn?"],
    [[], { MCP_API_KEYS: "hunter2" }, "MCP_API_KEYS must hold SHA-256 hashes"],
  ];
  // Two at a time: each is a process.
  for (let i = 0; i < table.length; i += 2) {
    await Promise.all(
      table.slice(i, i + 2).map(async ([args, env, expected]) => {
        const { code, stdout, stderr } = await run(args, { env });
        assertEquals([code, stdout], [2, ""], stderr);
        assertStringIncludes(stderr, expected);
        assert(!stderr.includes("hunter2"), "a secret was repeated");
      }),
    );
  }
});

Deno.test("doctor warns of a public address without the path of MCP", async () => {
  const { code, stdout } = await run(["doctor", "--sandbox"], {
    env: { MCP_PUBLIC_URL: "https://example.com" },
  });
  assertEquals(code, 0);
  assertStringIncludes(stdout, "set it to https://example.com/mcp, unless");
});

Deno.test("main() reads .env without overriding what is set", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      `${dir}/.env`,
      "# comment\nQONTAK_TIMEOUT_MS=soon\nLOG_LEVEL=loud\n",
    );
    const { code, stderr } = await run(["--sandbox"], {
      cwd: dir,
      env: { LOG_LEVEL: "error" },
    });
    assertEquals(code, 2);
    assertStringIncludes(stderr, "QONTAK_TIMEOUT_MS must be");
    assert(!stderr.includes("LOG_LEVEL"), stderr);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("--http logs where MCP and the page are", async () => {
  await using server = await startHttp(["--sandbox"]);
  const page = new URL("/", server.url).href;
  const shown = await fetch(page);
  assertStringIncludes(await shown.text(), "<!doctype html>");
  const { stderr } = await server.stop("SIGTERM");
  assertStringIncludes(stderr, `"page":"${page}"`);
  assertStringIncludes(stderr, `"url":"${page}mcp"`);
});

Deno.test("--http says so when the port is taken", async () => {
  await using server = await startHttp(["--sandbox"]);
  const { port } = new URL(server.url);
  const { code, stderr } = await run(["--sandbox", "--http", "--port", port]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, "the port is in use");
});

Deno.test("--sandbox keeps nothing in Deno KV", async () => {
  const dir = await Deno.makeTempDir();
  const path = `${dir}/kv.sqlite3`;
  const { code, stdout } = await run([WITH_KV, "--sandbox"], {
    env: { DENO_KV_DEFAULT_PATH: path },
    stdin: toStdin(toolCall(1, "get_deal_template")),
  });
  assertEquals(code, 0);
  assertStringIncludes(stdout, "fields");
  await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
  await Deno.remove(dir, { recursive: true });
});

Deno.test("--sandbox does not ask for a Deno KV that it would not use", async () => {
  await using served = await startHttp(["--sandbox"]);
  for (const path of ["/health", "/ready"]) {
    const { kv, note } = await (await fetch(new URL(path, served.url))).json();
    assertEquals([kv, note], ["unused", undefined], path);
  }
});
