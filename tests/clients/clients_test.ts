import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  Client,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import {
  type ClientId,
  CLIENTS,
  commandOf,
  configFor,
  fileOf,
  installLinks,
  KEY,
  logOf,
  nameOf,
  type Os,
  startsServers,
  TOKEN,
} from "../../src/clients/clients.ts";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import {
  bareEnv,
  program,
  root,
  run,
  startHttp,
  stdFlags,
} from "../support/process.ts";

// deno-lint-ignore no-explicit-any -- tests read any field of a configuration
type Data = any;

const STDIO = { how: "stdio" } as const;
const URL_OF = "https://crm.example.com/mcp";
const HTTP = { how: "http", url: URL_OF, key: KEY } as const;
const RUN = ["run", "-A", "--unstable-kv", "jsr:@qontak/mcp"];

/** The server in the text to paste, without what surrounds it. */
async function serverIn(client: ClientId, text: string): Promise<Data> {
  if (client === "claude-code") return await fromShell(text);
  const { mcpServers, servers } = JSON.parse(text);
  return (mcpServers ?? servers).qontak;
}

/** The words that a shell makes of a `claude mcp add`, as Claude Code reads them. */
async function fromShell(text: string): Promise<Data> {
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", `claude() { printf '%s\\n' "$@"; }\n${text}`],
  }).output();
  const words = new TextDecoder().decode(stdout).trimEnd().split("\n");
  const split = words.indexOf("--");
  const [options, rest] = split < 0
    ? [words, []]
    : [words.slice(0, split), words.slice(split + 1)];
  const after = (flag: string) =>
    options.flatMap((word, i) => options[i - 1] === flag ? [word] : []);
  const pairs = (flag: string, mark: string) =>
    Object.fromEntries(
      after(flag).map((pair) => {
        const at = pair.indexOf(mark);
        return [pair.slice(0, at), pair.slice(at + mark.length)];
      }),
    );
  assertEquals(options.slice(0, 2), ["mcp", "add"]);
  // --env and --header take every word that follows, so the name comes first.
  const variadic = options.findIndex((w) => w === "--env" || w === "--header");
  assert(variadic < 0 || options.indexOf("qontak") < variadic);
  return {
    command: rest[0],
    args: rest.slice(1),
    env: pairs("--env", "="),
    url: options.find((word) => word.includes("://")),
    headers: pairs("--header", ": "),
    type: after("--transport")[0],
  };
}

Deno.test("configFor() gives every client a command that starts the server", async () => {
  for (const client of CLIENTS.filter(startsServers)) {
    const { text, language, instruction } = configFor(client, STDIO);
    assertEquals(language, client === "claude-code" ? "sh" : "json");
    assert(instruction.length > 20 && !instruction.endsWith("."));
    const { command, args, env } = await serverIn(client, text);
    assertEquals([command, args], ["deno", RUN], client);
    assertEquals(Object.keys(env), ["QONTAK_REFRESH_TOKEN"], client);
    // JSON as the clients' own editors indent it.
    if (language === "json") {
      assertEquals(text, JSON.stringify(JSON.parse(text), null, 2));
    }
    const sandbox = configFor(client, { ...STDIO, sandbox: true });
    const tried = await serverIn(client, sandbox.text);
    assertEquals(tried.args, [...RUN, "--sandbox"], client);
    assertEquals(tried.env ?? {}, {}, client);
    assert(!sandbox.text.includes("TOKEN"), "a sandbox needs no token");
  }
});

Deno.test("configFor() gives every client the address of a server over HTTP", async () => {
  const addresses: Partial<Record<ClientId, string>> = {
    windsurf: "serverUrl",
  };
  for (const client of CLIENTS.filter(startsServers)) {
    if (client === "claude-desktop") continue;
    const server = await serverIn(client, configFor(client, HTTP).text);
    assertEquals(server[addresses[client] ?? "url"], URL_OF, client);
    assertStringIncludes(server.headers.Authorization, "Bearer ");
    const open = configFor(client, { how: "http", url: URL_OF }).text;
    assert(!/authorization/i.test(open), `${client} sends a key without one`);
  }
  const { type } = await serverIn("vscode", configFor("vscode", HTTP).text);
  assertEquals(type, "http");
  const code = await serverIn(
    "claude-code",
    configFor("claude-code", HTTP).text,
  );
  assertEquals(code.type, "http");
});

Deno.test("configFor() lets Claude Desktop reach HTTP through mcp-remote", () => {
  const { mcpServers } = JSON.parse(configFor("claude-desktop", HTTP).text);
  assertEquals(mcpServers.qontak, {
    command: "npx",
    args: [
      "-y",
      "mcp-remote",
      URL_OF,
      "--header",
      "Authorization:${AUTHORIZATION}",
    ],
    env: { AUTHORIZATION: `Bearer ${KEY}` },
  });
});

Deno.test("configFor() gives ChatGPT an address only, and says what it cannot do", () => {
  const { text, language, instruction } = configFor("chatgpt", HTTP);
  assertEquals([text, language], [URL_OF, "text"]);
  assertStringIncludes(instruction, "sends no key");
  assertStringIncludes(instruction, "MCP_SIGN_IN=qontak");
  try {
    configFor("chatgpt", STDIO);
    assert(false, "ChatGPT started a server");
  } catch (error) {
    assertStringIncludes((error as Error).message, "cannot start a server");
  }
});

Deno.test("configFor() makes VS Code ask for secrets", () => {
  for (
    const [connection, id] of [[STDIO, "qontak-token"], [
      HTTP,
      "qontak-key",
    ]] as const
  ) {
    const { text } = configFor("vscode", connection);
    const { inputs } = JSON.parse(text);
    assertEquals(inputs.length, 1);
    assertEquals([inputs[0].id, inputs[0].password], [id, true]);
    assertStringIncludes(text, `\${input:${id}}`);
    assert(!text.includes(TOKEN) && !text.includes(KEY));
  }
  const open = configFor("vscode", { ...STDIO, sandbox: true });
  assertEquals(JSON.parse(open.text).inputs, undefined);
});

Deno.test("configFor() quotes what a shell would split", async () => {
  const command = ["/Users/Siti A'la $HOME/deno", "run", 'a"b`c!'];
  const { text } = configFor("claude-code", { ...STDIO, command });
  const server = await fromShell(text);
  assertEquals([server.command, ...server.args], command);
  const url = "https://crm.example.com/mcp?a=1&b=2;c=$(id)";
  const http = configFor("claude-code", { ...HTTP, url });
  assertEquals((await fromShell(http.text)).url, url);
});

Deno.test({
  name: "configFor() gives commands with which a client can start the server",
  // Closing the SDK's stdio client leaves its kill timer behind.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const local = await program();
    for (const client of CLIENTS.filter(startsServers)) {
      const { text } = configFor(client, { ...STDIO, sandbox: true });
      const { command, args, env } = await serverIn(client, text);
      assertEquals(command, "deno");
      const from = args.indexOf("jsr:@qontak/mcp");
      const transport = new StdioClientTransport({
        command: Deno.execPath(),
        // JSR cannot be reached everywhere that tests run.
        args: [
          ...args.slice(0, from),
          ...local.slice(1),
          ...args.slice(from + 1),
        ],
        env: bareEnv(env),
        stderr: "ignore",
      });
      const mcp = new Client({ name: "tests", version: "1.0.0" });
      await mcp.connect(transport);
      assertEquals(mcp.getServerVersion()?.title, "Qontak CRM", client);
      await mcp.close();
    }
  },
});

Deno.test({
  name: "configFor() passes the refresh token to the server",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using sandbox = serveSandbox();
    const { text } = configFor("cursor", STDIO);
    const { env } = await serverIn(
      "cursor",
      text.replace(TOKEN, sandbox.refreshToken),
    );
    const mcp = new Client({ name: "tests", version: "1.0.0" });
    await mcp.connect(
      new StdioClientTransport({
        command: Deno.execPath(),
        args: await program(),
        env: bareEnv({ ...env, QONTAK_BASE_URL: sandbox.url }),
        stderr: "ignore",
      }),
    );
    const called = await mcp.callTool({
      name: "list_pipelines",
      arguments: {},
    });
    assertEquals(called.isError ?? false, false);
    await mcp.close();
  },
});

Deno.test("configFor() gives addresses and keys that a server over HTTP accepts", async () => {
  const digest = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode("a-key-of-the-operator"),
  );
  await using served = await startHttp(["--sandbox"], {
    MCP_API_KEYS: new Uint8Array(digest).toHex(),
  });
  const connection = {
    how: "http",
    url: served.url,
    key: "a-key-of-the-operator",
  } as const;
  for (
    const client of ["claude-code", "cursor", "windsurf", "generic"] as const
  ) {
    const server = await serverIn(client, configFor(client, connection).text);
    const mcp = new Client({ name: "tests", version: "1.0.0" });
    await mcp.connect(
      new StreamableHTTPClientTransport(
        new URL(server.url ?? server.serverUrl),
        { requestInit: { headers: server.headers } },
      ),
    );
    assertEquals(mcp.getServerVersion()?.title, "Qontak CRM", client);
    await mcp.close();
  }
});

Deno.test("installLinks() contain the text to paste", async () => {
  for (const connection of [STDIO, { ...STDIO, sandbox: true }, HTTP]) {
    const pasted = await serverIn(
      "cursor",
      configFor("cursor", connection).text,
    );
    const links = installLinks("cursor", connection)!;
    assert(
      links.app.startsWith("cursor://anysphere.cursor-deeplink/mcp/install?"),
    );
    assert(links.web.startsWith("https://cursor.com/en/install-mcp?"));
    for (const link of [links.app, links.web]) {
      const { searchParams } = new URL(link);
      assertEquals(searchParams.get("name"), "qontak");
      assertEquals(JSON.parse(atob(searchParams.get("config")!)), pasted);
    }

    const { servers, inputs } = JSON.parse(
      configFor("vscode", connection).text,
    );
    const code = installLinks("vscode", connection)!;
    const [start, json] = code.app.split("?") as [string, string];
    assertEquals(start, "vscode:mcp/install");
    assertEquals(JSON.parse(decodeURIComponent(json)), {
      name: "qontak",
      ...servers.qontak,
      ...(inputs ? { inputs } : {}),
    });
    const web = new URL(code.web);
    assertEquals(web.host, "insiders.vscode.dev");
    assertEquals(web.searchParams.get("url"), code.app);
  }
  // Letters beyond Latin-1 would break a plain btoa.
  const url = "https://crm.example.com/mcp?名=1";
  const { searchParams } = new URL(
    installLinks("cursor", { how: "http", url })!.app,
  );
  const bytes = Uint8Array.from(
    atob(searchParams.get("config")!),
    (char) => char.charCodeAt(0),
  );
  assertEquals(JSON.parse(new TextDecoder().decode(bytes)).url, url);
  assertEquals(installLinks("windsurf", STDIO), undefined);
});

Deno.test("fileOf() names the file of each client on each system", () => {
  const homes: Record<Os, string> = {
    darwin: "/Users/siti",
    windows: "C:\\Users\\siti",
    linux: "/home/siti",
  };
  const appData = "C:\\Users\\siti\\AppData\\Roaming";
  const table: [ClientId, string, string, string][] = [
    [
      "claude-desktop",
      "/Users/siti/Library/Application Support/Claude/claude_desktop_config.json",
      `${appData}\\Claude\\claude_desktop_config.json`,
      "/home/siti/.config/Claude/claude_desktop_config.json",
    ],
    [
      "claude-code",
      "/Users/siti/.claude.json",
      "C:\\Users\\siti\\.claude.json",
      "/home/siti/.claude.json",
    ],
    [
      "cursor",
      "/Users/siti/.cursor/mcp.json",
      "C:\\Users\\siti\\.cursor\\mcp.json",
      "/home/siti/.cursor/mcp.json",
    ],
    [
      "vscode",
      "/Users/siti/Library/Application Support/Code/User/mcp.json",
      `${appData}\\Code\\User\\mcp.json`,
      "/home/siti/.config/Code/User/mcp.json",
    ],
    [
      "windsurf",
      "/Users/siti/.codeium/windsurf/mcp_config.json",
      "C:\\Users\\siti\\.codeium\\windsurf\\mcp_config.json",
      "/home/siti/.codeium/windsurf/mcp_config.json",
    ],
  ];
  for (const [client, ...paths] of table) {
    const named = (["darwin", "windows", "linux"] as const).map((os) =>
      fileOf(client, { os, home: homes[os], appData })
    );
    assertEquals(named, paths);
  }
  assertEquals(fileOf("chatgpt", { os: "linux" }), undefined);
  assertEquals(fileOf("generic", { os: "darwin" }), undefined);
  assertEquals(fileOf("cursor", { os: "linux" }), "~/.cursor/mcp.json");
  assertEquals(
    fileOf("vscode", { os: "windows" }),
    "%APPDATA%\\Code\\User\\mcp.json",
  );
  // A dollar sign in a name has no special meaning.
  assertEquals(
    fileOf("cursor", { os: "linux", home: "/home/$&" }),
    "/home/$&/.cursor/mcp.json",
  );
});

Deno.test("commandOf() starts the server in the same way as this one was started", () => {
  const runtime = { standalone: false, version: "2.9.6" };
  const deno = "/Users/siti/.deno/bin/deno";
  assertEquals(
    commandOf({ ...runtime, os: "darwin", execPath: deno }),
    [deno, ...RUN],
  );
  const cached = "/home/siti/.npm/_npx/7a40/node_modules/deno/deno";
  assertEquals(
    commandOf({ ...runtime, os: "linux", execPath: cached }),
    ["npx", "-y", "deno@2.9.6", ...RUN],
  );
  assertEquals(
    commandOf({
      ...runtime,
      os: "windows",
      execPath: "C:\\npm-cache\\_npx\\7a40\\node_modules\\deno\\deno.exe",
    }),
    ["cmd", "/c", "npx", "-y", "deno@2.9.6", ...RUN],
  );
  // A clone has its own code, which is not on JSR.
  const file = "/home/siti/qontak mcp/mod.ts";
  assertEquals(
    commandOf({ ...runtime, os: "linux", execPath: cached, file }),
    ["npx", "-y", "deno@2.9.6", "run", "-A", "--unstable-kv", file],
  );
  const binary = "/usr/local/bin/qontak-mcp";
  assertEquals(
    commandOf({ os: "linux", execPath: binary, standalone: true, version: "" }),
    [binary],
  );
});

Deno.test("src/clients/clients.ts works without Deno, as in a page", async () => {
  const url = new URL("../../src/clients/clients.ts", import.meta.url).href;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `delete globalThis.Deno; delete globalThis.process;
       const { CLIENTS, configFor } = await import(${JSON.stringify(url)});
       console.log(CLIENTS.map((id) => configFor(id, ${
        JSON.stringify(HTTP)
      }).language).join());`,
    ],
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  assertEquals(
    new TextDecoder().decode(stdout).trim(),
    "json,sh,json,json,json,text,json",
  );
});

Deno.test("config prints the text to paste on stdout, and the rest on stderr", async () => {
  const home = Deno.env.get("HOME")!;
  for (const client of CLIENTS.filter(startsServers)) {
    const { code, stdout, stderr } = await run(["config", client]);
    assertEquals(code, 0, stderr);
    const { command, args } = await serverIn(client, stdout.trim());
    // The program runs from a file, so the client must start that file.
    assertEquals(
      [command, ...args],
      [Deno.execPath(), "run", "-A", "--unstable-kv", `${root}mod.ts`],
    );
    assertStringIncludes(stderr, nameOf(client));
    const file = fileOf(client, { os: "linux", home });
    if (file && Deno.build.os === "linux") {
      assertStringIncludes(stderr, `File: ${file}`);
    }
  }
  const link = await run(["config", "cursor", "--sandbox"]);
  assertStringIncludes(link.stderr, "Or open: cursor://");
  assert(!link.stderr.includes(TOKEN), link.stderr);
});

Deno.test({
  name: "config prints a command that starts the server, from any folder",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const flags = [
      "--sandbox",
      "--read-only",
      "--toolsets",
      "Deals, notes",
      "--tools=-Get_Note",
    ];
    const { stdout } = await run(["config", "generic", ...flags]);
    const { command, args } = await serverIn("generic", stdout);
    assertEquals(args.slice(-5), [
      "--sandbox",
      "--read-only",
      "--toolsets",
      "deals,notes",
      "--tools=-get_note",
    ]);
    const cwd = await Deno.makeTempDir();
    const mcp = new Client({ name: "tests", version: "1.0.0" });
    await mcp.connect(
      new StdioClientTransport({
        command,
        // JSR cannot be reached everywhere that tests run.
        args: ["run", ...await stdFlags(), ...args.slice(1)],
        env: bareEnv(),
        cwd,
        stderr: "ignore",
      }),
    );
    const names = (await mcp.listTools()).tools.map(({ name }) => name);
    await mcp.close();
    await Deno.remove(cwd, { recursive: true });
    assert(names.includes("get_deal") && names.includes("list_notes"));
    assert(!names.includes("update_deal"), "the server is not read-only");
    assert(!names.includes("get_note"), "the server has a tool left out");
    assert(!names.includes("get_contact"), "the server has other toolsets");
  },
});

Deno.test("config --http adds what a public address needs", async () => {
  const table: [string[], string][] = [
    // If only a host is given, it is our own endpoint.
    [["cursor", "--http", "https://crm.example.com"], `"url": "${URL_OF}"`],
    [["cursor", "--http", URL_OF], `"Bearer ${KEY}"`],
    [["chatgpt", `--http=${URL_OF}`], `${URL_OF}\n`],
    [
      ["windsurf", "--http", "http://localhost:8000/mcp"],
      '"serverUrl": "http://localhost:8000/mcp"\n',
    ],
  ];
  for (const [args, expected] of table) {
    const { code, stdout, stderr } = await run(["config", ...args]);
    assertEquals(code, 0, stderr);
    assertStringIncludes(stdout, expected);
  }
  const local = await run([
    "config",
    "cursor",
    "--http",
    "http://127.0.0.1:1/mcp",
  ]);
  assert(!local.stdout.includes("Authorization"), local.stdout);
});

Deno.test("config refuses what cannot work, and says what does", async () => {
  const table: [string[], string][] = [
    [[], "config needs a client: one of claude-desktop"],
    [["curser"], "Did you mean cursor?"],
    [["hunter2hunter2"], "There are claude-desktop"],
    [["cursor", "vscode"], "config takes one client"],
    [["chatgpt"], "ChatGPT cannot start a server: give the public address"],
    [
      ["chatgpt", "--http", "http://127.0.0.1/mcp"],
      "cannot reach this machine",
    ],
    [
      ["chatgpt", "--http", "https://localhost/mcp"],
      "cannot reach this machine",
    ],
    [["cursor", "--http"], "--http needs a value"],
    [["cursor", "--http", "crm"], "--http must be a URL after config"],
    [["cursor", "--http", "ftp://x.example"], "--http must be a URL"],
    [["cursor", "--http", "http://x.example/mcp"], "must start with https://"],
    [
      ["cursor", "--http", "https://me:hunter2@x.example/mcp"],
      "without user, password",
    ],
    [
      ["cursor", "--sandbox", "--http", URL_OF],
      "--sandbox is for a server that the client starts",
    ],
    [
      ["cursor", "--read-only", "--http", URL_OF],
      "--read-only is for a server that the client starts",
    ],
    [
      ["cursor", "--toolsets", "deals", "--http", URL_OF],
      "--toolsets is for a server that the client starts",
    ],
    [["cursor", "--toolsets", "deal"], '--toolsets names "deal"'],
    [["cursor", "--port", "80"], "--port is for"],
  ];
  for (let i = 0; i < table.length; i += 2) {
    await Promise.all(
      table.slice(i, i + 2).map(async ([args, expected]) => {
        const { code, stdout, stderr } = await run(["config", ...args]);
        assertEquals([code, stdout], [2, ""], stderr);
        assertStringIncludes(stderr, expected);
        assert(!stderr.includes("hunter2"), "a secret was repeated");
      }),
    );
  }
});

Deno.test("CLIENTS.md shows what configFor() gives", async () => {
  const guide = await Deno.readTextFile(`${root}.github/CLIENTS.md`);
  for (const client of CLIENTS.filter(startsServers)) {
    assertStringIncludes(guide, configFor(client, STDIO).text);
    const links = installLinks(client, STDIO);
    if (links) assertStringIncludes(guide, `](${links.web})`);
  }
});

Deno.test("the documents say where the log of each client is that starts servers", async () => {
  const read = (path: string) => Deno.readTextFile(`${root}${path}`);
  const [, section = ""] = (await read(".github/CLIENTS.md")).split(
    "## Where a client's log is\n",
  );
  for (const client of CLIENTS.filter(startsServers)) {
    if (client === "generic") continue;
    assertStringIncludes(section, nameOf(client));
    assertStringIncludes(
      section,
      logOf(client) ?? "not found in its documents",
    );
  }
  assertStringIncludes(section, "~/Library/Logs/Claude/mcp*.log");
  assertStringIncludes(section, "%APPDATA%\\Claude\\logs\\mcp*.log");
  for (
    const [path, link] of [
      [".github/TROUBLESHOOTING.md", "CLIENTS.md#where-a-clients-log-is"],
      ["README.id.md", ".github/CLIENTS.md#where-a-clients-log-is"],
    ] as const
  ) assertStringIncludes(await read(path), `](${link})`);
});
