/** `setup`, and what the program offers at a terminal, as a person meets them. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { type RunningSandbox, serveSandbox } from "../../src/sandbox/mod.ts";
import { linkPackages } from "../support/deno_dir.ts";
import { bareEnv, program, root, run, WITH_KV } from "../support/process.ts";
import { noTerminal } from "../support/terminal.ts";
import { unless } from "../support/unless.ts";

/** A machine of one person: a home folder, and the sandbox for Qontak. */
async function createMachine() {
  const home = await Deno.makeTempDir();
  // Otherwise each program would download all packages into the new home.
  await linkPackages(`${home}/deno`);
  const sandbox: RunningSandbox = serveSandbox();
  const env = {
    HOME: home,
    DENO_DIR: `${home}/deno`,
    XDG_DATA_HOME: `${home}/data`,
    QONTAK_BASE_URL: sandbox.url,
  };
  return {
    sandbox,
    home,
    env,
    setup: (args: readonly string[], ...lines: readonly string[]) =>
      run([WITH_KV, "setup", ...args], {
        env,
        stdin: lines.map((line) => `${line}\n`).join(""),
      }),
    async [Symbol.asyncDispose]() {
      await sandbox.close();
      await Deno.remove(home, { recursive: true });
    },
  };
}

Deno.test("setup tests the token, keeps it, and adds the server to a client's file", async () => {
  await using machine = await createMachine();
  const { home, sandbox } = machine;
  const file = `${home}/.cursor/mcp.json`;
  const token = sandbox.refreshToken;
  await Deno.mkdir(`${home}/.cursor`);
  const before = `{"mcpServers": {"other": {"command": "x"}}, "theme": 1}`;
  await Deno.writeTextFile(file, before, { mode: 0o640 });

  const bad = await machine.setup(["cursor"], "not-a-token", "wrong");
  assertEquals(bad.code, 2, bad.stdout);
  assertStringIncludes(bad.stderr, "Qontak does not accept this token");
  assertEquals(await Deno.readTextFile(file), before);

  const no = await machine.setup(["cursor"], token, "no");
  assertEquals(no.code, 0, no.stderr);
  assertStringIncludes(no.stdout, "Qontak answers: 2 pipelines");
  assertStringIncludes(no.stderr, "Nothing was written");
  assertEquals(await Deno.readTextFile(file), before);

  const yes = await machine.setup(["cursor"], "", "yes");
  assertEquals(yes.code, 0, yes.stderr);
  assertStringIncludes(yes.stdout, "Cursor is configured");
  const written = JSON.parse(await Deno.readTextFile(file));
  assertEquals(written.theme, 1);
  assertEquals(written.mcpServers.other, { command: "x" });
  const { command, args, env } = written.mcpServers.qontak;
  assertEquals(env, { TOKEN_STORE: "kv", QONTAK_BASE_URL: sandbox.url });
  assert([command, ...args].includes("--unstable-kv"));
  assertEquals(await Deno.readTextFile(`${file}.before-qontak`), before);
  assertEquals((await Deno.stat(file)).mode! & 0o777, 0o640);
  for (const { stdout, stderr } of [bad, no, yes]) {
    assert(!`${stdout}${stderr}`.includes(token));
    assert(!`${stdout}${stderr}`.includes("not-a-token"));
  }
  // Without the variables of the client, doctor finds what setup kept.
  const found = await run([WITH_KV, "doctor"], { env: machine.env });
  assertEquals(found.code, 0, found.stdout);
  assertStringIncludes(found.stdout, "TOKEN_STORE=kv");
  // So do the other commands and the server, which say so.
  const here = "uses the token that setup keeps on this machine";
  const listed = await run([WITH_KV, "tenants", "list"], { env: machine.env });
  assertEquals(listed.code, 0, listed.stderr);
  assertStringIncludes(listed.stdout, "(the only company)");
  assertStringIncludes(listed.stderr, here);
  const served = await run([WITH_KV], { env: machine.env });
  assertEquals(served.code, 0, served.stderr);
  assertStringIncludes(served.stderr, here);
  // A store that the environment names is used, and no other.
  const named = await run([WITH_KV, "tenants", "list"], {
    env: { ...machine.env, TOKEN_STORE: "env" },
  });
  assertEquals(named.code, 2, named.stdout);
  // A server that is started so has the company.
  const checked = await run([WITH_KV, "doctor"], {
    env: { ...machine.env, ...env },
  });
  assertEquals(checked.code, 0, checked.stdout);
});

Deno.test("setup keeps every copy of a client's file, and makes none of a file that stays as it is", async () => {
  await using machine = await createMachine();
  const { home, sandbox } = machine;
  const file = `${home}/.cursor/mcp.json`;
  const own = `{"mcpServers": {"other": {"command": "x"}}}`;
  await Deno.mkdir(`${home}/.cursor`);
  await Deno.writeTextFile(file, own, { mode: 0o640 });
  const first = await machine.setup(["cursor"], sandbox.refreshToken, "yes");
  assertEquals(first.code, 0, first.stderr);
  const written = await Deno.readTextFile(file);
  const same = await machine.setup(["cursor"], "", "yes");
  assertEquals(same.code, 0, same.stderr);
  const other = await machine.setup(["cursor", "--read-only"], "", "yes");
  assertEquals(other.code, 0, other.stderr);
  const again = await machine.setup(["cursor"], "", "yes");
  assertEquals(again.code, 0, again.stderr);
  const copies: Record<string, string> = {};
  for await (const { name } of Deno.readDir(`${home}/.cursor`)) {
    copies[name] = await Deno.readTextFile(`${home}/.cursor/${name}`);
  }
  assertEquals(Object.keys(copies).sort(), [
    "mcp.json",
    "mcp.json.before-qontak",
    "mcp.json.before-qontak-2",
    "mcp.json.before-qontak-3",
  ]);
  assertEquals(copies["mcp.json.before-qontak"], own);
  assertEquals(copies["mcp.json.before-qontak-2"], written);
  assertStringIncludes(copies["mcp.json.before-qontak-3"]!, "--read-only");
  const { mode } = await Deno.stat(`${file}.before-qontak`);
  assertEquals(mode! & 0o777, 0o640);
});

Deno.test({
  ...unless(
    Deno.build.os === "windows" ? "links need a right on Windows" : "",
    "setup writes to where the link of a client's file leads",
  ),
  async fn() {
    await using machine = await createMachine();
    const { home, sandbox } = machine;
    const own = `${home}/own.json`;
    await Deno.writeTextFile(own, `{"theme": 1}`);
    await Deno.mkdir(`${home}/.cursor`);
    await Deno.symlink(own, `${home}/.cursor/mcp.json`);
    const done = await machine.setup(["cursor"], sandbox.refreshToken, "yes");
    assertEquals(done.code, 0, done.stderr);
    assert((await Deno.lstat(`${home}/.cursor/mcp.json`)).isSymlink);
    const { theme, mcpServers } = JSON.parse(await Deno.readTextFile(own));
    assertEquals([theme, Object.keys(mcpServers)], [1, ["qontak"]]);
  },
});

Deno.test("migrate and seal work after setup; without its token, commands name setup", async () => {
  await using machine = await createMachine();
  const { env, sandbox } = machine;
  const command = (...args: string[]) => run([WITH_KV, ...args], { env });
  await machine.setup(["claude-code"], sandbox.refreshToken);
  const migrated = await command("migrate");
  assertEquals(migrated.code, 0, migrated.stdout);
  assertMatch(
    migrated.stdout,
    /^warn +store +kv: what is here was put in by qontak-mcp setup/m,
  );
  assertMatch(migrated.stdout, /in the folder of its \.env/);
  // doctor says that Deno KV is sealed.
  const sealed = await command("seal");
  assertEquals(sealed.code, 0, sealed.stderr);
  assertEquals(sealed.stdout, "Everything is sealed\n");
  // Redis has no sealing key, which seal says.
  const redis = await run([WITH_KV, "seal"], {
    env: { ...env, TOKEN_STORE: "redis", REDIS_URL: "redis://127.0.0.1:9" },
  });
  assertEquals(redis.code, 2, redis.stdout);
  assertMatch(
    redis.stderr,
    /nothing to seal with in TOKEN_STORE=redis\. Only Deno KV on this machine is sealed without it/,
  );
  const removed = await command("tenants", "remove", "--apply");
  assertEquals(removed.code, 0, removed.stderr);
  for (const args of [["tenants", "add"], ["keys", "list"], ["seal"]]) {
    const { code, stderr } = await command(...args);
    assertEquals(code, 2, stderr);
    assertStringIncludes(stderr, "qontak-mcp setup asks for a token");
  }
});

Deno.test("a misspelled variable is named together with the token that is missing", async () => {
  await using machine = await createMachine();
  const env = { ...machine.env, QONTAK_REFESH_TOKEN: "hunter2" };
  const meant =
    "QONTAK_REFESH_TOKEN is not a variable of this program and has no effect. Did you mean QONTAK_REFRESH_TOKEN?";
  for (const args of [[], ["--http"], ["tenants", "list"]]) {
    const { code, stderr } = await run(args, { env });
    assertEquals(code, 2, stderr);
    assertStringIncludes(stderr, "QONTAK_REFRESH_TOKEN is not set");
    assertStringIncludes(stderr, meant);
    assert(!stderr.includes("hunter2"));
  }
  const checked = await run(["doctor", "--json"], { env });
  assertEquals(checked.code, 1, checked.stderr);
  const [{ detail, ...missing }, unknown] = JSON.parse(checked.stdout);
  assertEquals(missing, { check: "configuration", status: "fail" });
  assertStringIncludes(detail, "QONTAK_REFRESH_TOKEN is not set");
  assertEquals(unknown, { check: "variables", status: "warn", detail: meant });
  // So it is with a value that cannot be read.
  const wrong = await run([], { env: { ...env, QONTAK_TIMEOUT_MS: "soon" } });
  assertStringIncludes(wrong.stderr, "QONTAK_TIMEOUT_MS");
  assertStringIncludes(wrong.stderr, meant);
});

Deno.test("setup asks again after a wrong paste", async () => {
  await using machine = await createMachine();
  const { refreshToken } = machine.sandbox;
  const { code, stdout, stderr } = await machine.setup(
    ["cursor"],
    `"${refreshToken}"`,
    "",
    refreshToken,
    "yes",
  );
  assertEquals(code, 0, stderr);
  assertStringIncludes(stderr, "is in quotation marks");
  assertStringIncludes(stderr, "nothing was given");
  assertStringIncludes(stdout, "Cursor is configured");
});

Deno.test({
  ...unless(
    Deno.build.os === "linux" ? "" : "the language is not that of LANG here",
    "setup speaks Indonesian where the system does",
  ),
  async fn() {
    await using machine = await createMachine();
    const { code, stdout, stderr } = await run([WITH_KV, "setup"], {
      env: { ...machine.env, LANG: "id_ID.UTF-8" },
      stdin: `wrong-token\n${machine.sandbox.refreshToken}\ncursor\nya\n`,
    });
    assertEquals(code, 0, stderr);
    assertStringIncludes(stderr, "Buat token di https://crm.qontak.com/");
    assertStringIncludes(stderr, "Qontak tidak menerima token ini");
    assertStringIncludes(stderr, "Aplikasi tempat Anda berbicara");
    assertStringIncludes(stdout, "Token Anda disimpan di komputer ini");
    assertStringIncludes(stderr, "Token itu berfungsi");
    assertStringIncludes(stdout, "Cursor sudah diatur");
  },
});

Deno.test({
  ...unless(
    Deno.build.os === "linux" ? "" : "the language is not that of LANG here",
    "setup says in Indonesian why it does not go further",
  ),
  async fn() {
    await using machine = await createMachine();
    const { home, sandbox } = machine;
    const file = `${home}/.cursor/mcp.json`;
    await Deno.mkdir(`${home}/.cursor`);
    const setup = async (
      args: readonly string[],
      lines: readonly string[],
      env: Record<string, string> = {},
    ) => {
      const { code, stderr } = await run([WITH_KV, "setup", ...args], {
        env: { ...machine.env, LANG: "id_ID.UTF-8", ...env },
        stdin: lines.map((line) => `${line}\n`).join(""),
      });
      return `${code}: ${stderr}`;
    };
    const token = sandbox.refreshToken;
    // Without a connection, the token was not sent.
    assertMatch(
      await setup(["cursor"], [token], {
        QONTAK_BASE_URL: "http://127.0.0.1:9",
      }),
      /^1: .*Qontak tidak dapat dihubungi\. Periksa sambungan internet/s,
    );
    // Qontak takes the token, and the CRM is not for that person.
    sandbox.inject({
      path: "/api/v3.1/pipelines",
      fault: { kind: "status", status: 403 },
    });
    assertMatch(
      await setup(["cursor"], [token]),
      /^1: .*Token disimpan, tetapi pemeriksaan yang bertanda fail gagal/s,
    );
    assertMatch(
      await setup([], [], { TOKEN_STORE: "vault" }),
      /^2: .*sedangkan TOKEN_STORE adalah vault/s,
    );
    assertMatch(
      await setup(["chatgpt"], []),
      /^2: .*ChatGPT tidak dapat memulai server di komputer ini/s,
    );
    assertMatch(
      await setup(["cursro"], []),
      /^2: .*Ketik salah satu dari nama ini: claude-desktop, .*cursor/s,
    );
    for (
      const [text, why] of [
        [`{ // mine\n "mcpServers": {} }`, "tanda kurung yang kurang"],
        [`{"mcpServers": []}`, "bentuk mcpServers di dalamnya tidak dikenal"],
        [`{"n": 12345678901234567890}`, "angka yang lebih panjang"],
      ] as const
    ) {
      await Deno.writeTextFile(file, text);
      const refused = await setup(["cursor"], [token]);
      assertStringIncludes(refused, `${file} tidak diubah: `);
      assertStringIncludes(refused, why);
      assertStringIncludes(
        refused,
        "Cursor: Tempel teks di atas ke berkas itu",
      );
      assertStringIncludes(refused, `. Berkas: ${file}`);
    }
    const printed = await setup(["claude-code"], [""]);
    assertStringIncludes(printed, "Claude Code: Jalankan di terminal");
    assertMatch(
      await setup(["cursor"], ["a", "b", "c"]),
      /^2: .*Pengaturan belum selesai.*ketik dulu kata baru/s,
    );
  },
});

Deno.test("setup asks for the client, and changes no file that it does not understand", async () => {
  await using machine = await createMachine();
  const { home, sandbox } = machine;
  const asked = await machine.setup(
    [],
    sandbox.refreshToken,
    "cursro",
    "cursor",
    "ya",
  );
  assertEquals(asked.code, 0, asked.stderr);
  assertStringIncludes(asked.stderr, "claude-desktop  Claude Desktop");
  assertStringIncludes(
    asked.stderr,
    '"cursro" is not a known client. Did you mean cursor?',
  );
  // A word that may be a token is not repeated.
  const secret = "0123456789abcdef0123456789abcdef";
  const long = await machine.setup([secret]);
  assertEquals(long.code, 2);
  assertStringIncludes(long.stderr, "What you gave as the client is not");
  assert(!long.stderr.includes(secret), long.stderr);
  const generic = await machine.setup(["generic"], "");
  assertStringIncludes(
    generic.stderr,
    "Put it into the file of your client's MCP servers",
  );
  const file = `${home}/.cursor/mcp.json`;
  assertEquals((await Deno.stat(file)).mode! & 0o777, 0o600);
  for (
    const [text, why] of [
      [`{ // mine\n "mcpServers": {} }`, "or a bracket is missing"],
      [`{"mcpServers": []}`, "its mcpServers has an unexpected form"],
      [`{"n": 12345678901234567890}`, "more digits"],
    ] as const
  ) {
    await Deno.writeTextFile(file, text);
    const refused = await machine.setup(["cursor"], "", "yes");
    assertEquals(refused.code, 1, refused.stdout);
    assertStringIncludes(refused.stderr, why);
    assertEquals(await Deno.readTextFile(file), text);
  }
  // A token that is pasted too early is not taken for Enter.
  const early = await machine.setup(["cursor"], "abc", "def", "ghi");
  assertEquals(early.code, 2, early.stdout);
  assertStringIncludes(early.stderr, "type the word new first");
  assert(!early.stderr.includes("--help lists"), early.stderr);
  const printed = await machine.setup(["claude-code"], "");
  assertEquals(printed.code, 0, printed.stderr);
  assertMatch(printed.stdout, /^claude mcp add qontak --env TOKEN_STORE=kv/m);
  const remote = await machine.setup(["chatgpt"], "");
  assertEquals(remote.code, 2);
  assertStringIncludes(remote.stderr, "cannot start a server");
});

Deno.test({
  ...unless(
    noTerminal,
    "the program offers setup and the sandbox at a terminal, and not to a client",
  ),
  async fn() {
    await using machine = await createMachine();
    const words = [Deno.execPath(), ...await program()];
    const quoted = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
    const child = new Deno.Command("script", {
      args: ["-qec", `stty cols 60; ${quoted.join(" ")}`, "/dev/null"],
      cwd: root,
      clearEnv: true,
      env: bareEnv(machine.env),
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode("\n"));
    const { code, stdout } = await child.output();
    await writer.close().catch(() => {});
    const text = new TextDecoder().decode(stdout);
    assertEquals(code, 2, text);
    assertStringIncludes(text, "setup    asks for a token");
    assertStringIncludes(text, "--sandbox");
    for (const line of text.split(/\r?\n/)) assert(line.length <= 60, line);
    const piped = await run([], { env: machine.env });
    assertEquals(piped.code, 2);
    assertEquals(piped.stdout, "");
    assertStringIncludes(piped.stderr, "QONTAK_REFRESH_TOKEN is not set");
  },
});
