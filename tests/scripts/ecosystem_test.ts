/**
 * What other programs read about this server: its identity, its bundle, its
 * registry entry.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { AjvJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/ajv";
import {
  fileName,
  makeBundle,
  manifestFor,
  type Platform,
  platforms,
} from "../../scripts/release/mcpb.ts";
import { serverJson } from "../../scripts/release/registry.ts";
import { IDENTITY, VERSION } from "../../src/version.ts";
import {
  bareEnv,
  isOnPath,
  program,
  root,
  stdFlags,
} from "../support/process.ts";
import { unless } from "../support/unless.ts";

const PLATFORMS = Object.keys(platforms) as Platform[];

/** The problems of a value, by one of the schemas in fixtures. */
async function problems(
  schema: string,
  value: unknown,
): Promise<string | undefined> {
  const text = await Deno.readTextFile(`${root}tests/fixtures/${schema}`);
  return new AjvJsonSchemaValidator().getValidator(JSON.parse(text))(value)
    .errorMessage;
}

const identity = { name: "tests", version: "1.0.0" };

for (
  const [revision, mode] of [
    ["2025-11-25", "legacy"],
    ["2026-07-28", { pin: "2026-07-28" }],
  ] as const
) {
  Deno.test({
    name: `the server introduces itself in ${revision}`,
    // Closing the SDK's stdio client leaves its kill timer behind.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      const client = new Client(identity, { versionNegotiation: { mode } });
      await client.connect(
        new StdioClientTransport({
          command: Deno.execPath(),
          args: await program("--sandbox"),
          env: bareEnv(),
          stderr: "ignore",
        }),
      );
      const introduced = client.getServerVersion();
      assertEquals(client.getNegotiatedProtocolVersion(), revision);
      await client.close();
      assertEquals(introduced, IDENTITY);
    },
  });
}

Deno.test("IDENTITY is small, and has an icon that any client can show", () => {
  // Since 2026-07-28 every answer contains it.
  assert(JSON.stringify(IDENTITY).length < 600);
  const [icon] = IDENTITY.icons;
  assertEquals([icon!.mimeType, icon!.sizes], ["image/svg+xml", ["any"]]);
  const [start, data] = icon!.src.split(",") as [string, string];
  assertEquals(start, "data:image/svg+xml;base64");
  const svg = atob(data);
  assert(svg.startsWith("<svg ") && svg.endsWith("</svg>"), svg);
  assertStringIncludes(svg, 'xmlns="http://www.w3.org/2000/svg"');
  // Nothing that could run or that must be fetched.
  assert(!/script|href|url\(|on\w+=/.test(svg), svg);
  assertEquals(new URL(IDENTITY.websiteUrl).protocol, "https:");
});

Deno.test("manifestFor() describes the bundle of each system as the schema requires", async () => {
  for (const platform of PLATFORMS) {
    const manifest = manifestFor(platform);
    assertEquals(
      await problems("mcpb-manifest.schema.json", manifest),
      undefined,
      platform,
    );
    assertEquals(manifest.version, VERSION);
    const [os] = platform.split("-");
    assertEquals(manifest.compatibility.platforms, [os]);
    const { command, args } = manifest.server.mcp_config;
    const path = `\${__dirname}/${manifest.server.entry_point}`;
    assertEquals(command, os === "win32" ? path : "/bin/sh", platform);
    assertEquals(path.endsWith(".exe"), os === "win32");
    // Nothing that asks a person, and no permission for files but those of the
    // one folder that the shell names.
    assert(args.includes("--no-prompt") && args.includes("--unstable-kv"));
    assert(!args.some((arg) => /^(-A|--allow-(all|read|write|run))/.test(arg)));
    assertEquals(
      args.join(" ").match(/--allow-(read|write)\S*/g) ?? [],
      os === "win32" ? [] : [
        '--allow-read="$QONTAK_DATA_DIR"',
        '--allow-write="$QONTAK_DATA_DIR"',
      ],
    );
  }
  const { refresh_token } = manifestFor("darwin-arm64").user_config;
  assertEquals([refresh_token.sensitive, refresh_token.required], [true, true]);
  const { env } = manifestFor("win32-x64").server.mcp_config;
  assertEquals(env.QONTAK_REFRESH_TOKEN, "${user_config.refresh_token}");
});

Deno.test("the schema of manifests refuses what is wrong", async () => {
  const good = manifestFor("linux-x64");
  for (
    const bad of [
      { ...good, manifest_version: "9" },
      { ...good, server: { ...good.server, type: "deno" } },
      { ...good, mine: true },
    ]
  ) {
    assert(await problems("mcpb-manifest.schema.json", bad));
  }
});

const missing = !await isOnPath("npx")
  ? "npx is not on PATH"
  : Deno.build.os === "windows"
  ? "the runtime is stood in for by a shell script"
  : "";

/** Runs a program to its end, and returns its output. */
async function run(command: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args,
    cwd: root,
    stdin: "null",
  }).output();
  const [out, err] = [stdout, stderr].map((b) => new TextDecoder().decode(b));
  assertEquals(code, 0, `${command} ${args.join(" ")}: ${out}${err}`);
  return `${out}${err}`;
}

Deno.test({
  ...unless(
    missing,
    "makeBundle() makes a bundle that a client unpacks and starts",
  ),
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const dir = await Deno.makeTempDir();
    try {
      const [script, deno, out] = ["qontak-mcp.js", "deno", "it.mcpb"]
        .map((name) => `${dir}/${name}`) as [string, string, string];
      await run(
        Deno.execPath(),
        "bundle",
        "--platform=deno",
        ...await stdFlags(),
        "-o",
        script,
        "mod.ts",
      );
      // Packing the runtime itself takes a quarter of a minute.
      await Deno.writeTextFile(
        deno,
        `#!/bin/sh\nexec "${Deno.execPath()}" "$@"\n`,
      );
      const platform: Platform = Deno.build.os === "darwin"
        ? "darwin-arm64"
        : "linux-x64";
      await makeBundle({ platform, program: script, deno, out });

      const unpacked = `${dir}/a folder`;
      await run(
        "npx",
        "-y",
        "@anthropic-ai/mcpb@2.1.2",
        "unpack",
        out,
        unpacked,
      );
      const manifest = JSON.parse(
        await Deno.readTextFile(`${unpacked}/manifest.json`),
      );
      assertEquals(manifest, manifestFor(platform));
      const icon = await Deno.readFile(`${unpacked}/${manifest.icon}`);
      const size = new DataView(icon.buffer);
      assertEquals([size.getUint32(16), size.getUint32(20)], [512, 512]);

      // As Claude Desktop for macOS unpacks it: no file is executable.
      await Deno.chmod(`${unpacked}/${manifest.server.entry_point}`, 0o600);
      const { command, args, env } = manifest.server.mcp_config;
      const filled = (text: string) =>
        text.replaceAll("${__dirname}", unpacked)
          .replace("${user_config.refresh_token}", "a-token")
          .replace("${user_config.read_only}", "true")
          // The built-in CRM is on this machine.
          .replace(/^--allow-net=.*/, "--allow-net=127.0.0.1");
      const client = new Client(identity);
      await client.connect(
        new StdioClientTransport({
          command,
          args: [...args.map(filled), "--sandbox"],
          env: bareEnv(
            Object.fromEntries(
              Object.entries<string>(env).map(([k, v]) => [k, filled(v)]),
            ),
          ),
          cwd: dir,
          stderr: "inherit",
        }),
      );
      const { tools } = await client.listTools();
      const called = await client.callTool({
        name: "list_pipelines",
        arguments: {},
      });
      await client.close();
      assertEquals(called.isError ?? false, false);
      // The person's choice arrives: only tools that read.
      assert(tools.length > 10 && tools.length < manifest.tools.length);
      const named = new Set(
        manifest.tools.map((t: { name: string }) => t.name),
      );
      for (const { name } of tools) assert(named.has(name), name);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

const release = {
  repository: "acme/qontak-mcp",
  bundles: PLATFORMS.map((platform) => ({
    name: fileName(platform),
    hash: "0".repeat(64),
  })),
  remote: "https://crm.example.com/mcp",
};

Deno.test("serverJson() describes a release as the schema of the registry requires", async () => {
  const { remote, ...bundlesOnly } = release;
  for (
    const offer of [release, bundlesOnly, { ...release, bundles: [], remote }]
  ) {
    const entry = serverJson(offer);
    assertEquals(await problems("server.schema.json", entry), undefined);
    assertEquals(entry.name, "io.github.acme/qontak-mcp");
    assertEquals("packages" in entry, offer.bundles.length > 0);
    assertEquals("remotes" in entry, "remote" in offer);
  }
  const { packages } = serverJson(release);
  for (const { identifier } of packages!) {
    // The registry takes only files of releases of this version.
    assertStringIncludes(
      identifier,
      `https://github.com/acme/qontak-mcp/releases/download/v${VERSION}/`,
    );
    assert(identifier.endsWith(".mcpb"));
  }
});

Deno.test("the schema of the registry refuses what is wrong", async () => {
  const good = serverJson(release);
  for (
    const bad of [
      { ...good, name: "qontak-mcp" },
      { ...good, description: "x".repeat(101) },
      { ...good, packages: [{ ...good.packages![0], fileSha256: "x" }] },
      { ...good, remotes: [{ type: "http", url: release.remote }] },
      { ...good, icons: [{ src: "icon" }] },
    ]
  ) {
    assert(await problems("server.schema.json", bad));
  }
});

Deno.test("serverJson() refuses a release that the registry cannot use", () => {
  const table: [Partial<typeof release>, string][] = [
    [{ repository: "acme" }, "--repository must be owner/name"],
    [{ repository: "https://github.com/acme/x" }, "must be owner/name"],
    [{ remote: "http://crm.example.com/mcp" }, "start with https://"],
    [{ remote: "crm" }, "--remote must be an address"],
  ];
  for (const [change, expected] of table) {
    let said = "";
    try {
      serverJson({ ...release, ...change });
    } catch (error) {
      said = (error as Error).message;
    }
    assertStringIncludes(said, expected);
  }
  try {
    serverJson({ repository: "acme/x", bundles: [] });
    assert(false, "an entry with nothing to install was made");
  } catch (error) {
    assertStringIncludes((error as Error).message, "nothing to install");
  }
});

Deno.test("the tasks say what is missing", async () => {
  const table: [string[], string][] = [
    [["scripts/release/registry.ts"], "--repository owner/name is needed"],
    [
      ["scripts/release/registry.ts", "--repo", "a/b"],
      "There is no flag --repo. Did you mean --repository?",
    ],
    [
      ["scripts/release/mcpb.ts", "amiga"],
      "There is no bundle for amiga: name all",
    ],
  ];
  for (const [args, expected] of table) {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "-A", ...await stdFlags(), ...args],
      cwd: root,
      env: bareEnv(),
      clearEnv: true,
    }).output();
    assertEquals(code, 2);
    assertStringIncludes(new TextDecoder().decode(stderr), expected);
  }
});
