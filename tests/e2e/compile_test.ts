/**
 * The contents of a compiled file. The runtime here is Deno's own program, so
 * the file is complete but is not the server. It still shows what is embedded
 * and with which permissions. bundle_test.ts tests whether such a file runs.
 */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { Buffer } from "node:buffer";
import type { Bom } from "../../scripts/release/sbom.ts";
import { TARGETS } from "../../scripts/release/release.ts";
import { VERSION } from "../../src/version.ts";
import { denoInfo, linkPackages } from "../support/deno_dir.ts";
import { type Ended, root, stdFlags } from "../support/process.ts";
import { type Registry, serveRegistry, standIns } from "../support/registry.ts";

/** What must not be in any file that others get. */
const CANARY = "canary-7b1f2c55";

/** A copy of the project with secrets in its folder, and a JSR that answers. */
interface Copy extends AsyncDisposable {
  readonly dir: string;
  /** Runs a task there; a variable that is undefined is not set. */
  task(
    args: string[],
    env?: Record<string, string | undefined>,
  ): Promise<Ended>;
}

async function copyProject(): Promise<Copy> {
  const registry: Registry = await serveRegistry(await standIns());
  const dir = await Deno.makeTempDir();
  for (const name of ["deno.json", "deno.lock", "mod.ts", "src", "scripts"]) {
    await copy(`${root}${name}`, `${dir}/${name}`);
  }
  await Deno.writeTextFile(
    `${dir}/.env`,
    `QONTAK_REFRESH_TOKEN=${CANARY}\nMCP_API_KEYS=${CANARY}\n`,
  );
  const secrets = Object.fromEntries(
    ["QONTAK_REFRESH_TOKEN", "VAULT_TOKEN", "TOKEN_ENCRYPTION_KEY", "OTHER"]
      .map((name) => [name, CANARY]),
  );
  const cache = await cacheWithoutRuntimes();
  return {
    dir,
    async task(args, env = {}) {
      const all = {
        // With the variables that say how to reach npm.
        ...Deno.env.toObject(),
        NO_COLOR: "1",
        JSR_URL: registry.url,
        DENORT_BIN: Deno.execPath(),
        ...secrets,
        DENO_DIR: cache,
        ...env,
      };
      const { code, stdout, stderr } = await new Deno.Command(
        Deno.execPath(),
        {
          args: ["task", ...args],
          cwd: dir,
          env: Object.fromEntries(
            Object.entries(all).flatMap(([name, value]) =>
              value === undefined ? [] : [[name, value]]
            ),
          ),
          clearEnv: true,
        },
      ).output();
      const decoder = new TextDecoder();
      return {
        code,
        stdout: decoder.decode(stdout),
        stderr: decoder.decode(stderr),
      };
    },
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]();
      await Deno.remove(dir, { recursive: true });
      await Deno.remove(cache, { recursive: true });
    },
  };
}

/**
 * A DENO_DIR with the packages from npm, without a runtime to compile with: the
 * same on every machine, and nothing from a JSR that does not exist.
 */
async function cacheWithoutRuntimes(): Promise<string> {
  const cache = await Deno.makeTempDir();
  await linkPackages(cache);
  const { denoDir } = await denoInfo();
  // The bundler is stored beside the runtimes.
  await Deno.mkdir(`${denoDir}/dl`, { recursive: true });
  await Deno.mkdir(`${cache}/dl`);
  for await (const { name } of Deno.readDir(`${denoDir}/dl`)) {
    if (!name.startsWith("esbuild")) continue;
    await Deno.symlink(`${denoDir}/dl/${name}`, `${cache}/dl/${name}`);
  }
  return cache;
}

async function copy(from: string, to: string): Promise<void> {
  if ((await Deno.stat(from)).isFile) return await Deno.copyFile(from, to);
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) {
    await copy(`${from}/${name}`, `${to}/${name}`);
  }
}

/** The contents of a compiled file. */
interface Embedded {
  // deno-lint-ignore no-explicit-any -- tests read any field
  readonly metadata: any;
  /** The names of the files. */
  readonly files: readonly string[];
  /** All of it. */
  readonly bytes: Buffer;
}

async function readEmbedded(path: string): Promise<Embedded> {
  const whole = Buffer.from(await Deno.readFile(path));
  const start = whole.lastIndexOf('{"argv":');
  assert(start > 0, "there is no metadata");
  // The length of the metadata precedes it.
  const size = Number(whole.readBigUInt64LE(start - 8));
  const bytes = whole.subarray(start);
  const metadata = JSON.parse(bytes.subarray(0, size).toString());
  const tree = bytes.indexOf('[{"File":', size);
  assert(tree > 0, "there is no list of files");
  const list = bytes.subarray(tree, bytes.indexOf("}]", tree) + 2).toString();
  const files = JSON.parse(list).map((
    entry: { File: { n: string } },
  ) => entry.File.n);
  return { metadata, files, bytes };
}

Deno.test("the program's modules are src, and six packages from npm", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", ...await stdFlags(), "mod.ts"],
    cwd: root,
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
    modules: { specifier: string; npmPackage?: string }[];
  };
  const ours = modules.filter(({ specifier }) => specifier.startsWith("file:"))
    .map(({ specifier }) => new URL(specifier).pathname.slice(root.length));
  assertEquals(
    ours.filter((path) => !/^(mod\.ts|src\/)/.test(path)),
    [],
  );
  const packages = modules.flatMap(({ npmPackage }) =>
    npmPackage?.replace(/(.)@.*$/, "$1") ?? []
  );
  assertEquals([...new Set(packages)].sort(), [
    "@modelcontextprotocol/client",
    "@modelcontextprotocol/server",
    "ioredis",
    "jose",
    "node-vault",
    "zod",
  ]);
});

Deno.test("deno task compile embeds one file, with these permissions and no secret", async () => {
  await using project = await copyProject();
  const { code, stderr } = await project.task(["compile"]);
  assertEquals(code, 0, stderr);
  const exe = Deno.build.os === "windows" ? ".exe" : "";
  const { metadata, files, bytes } = await readEmbedded(
    `${project.dir}/dist/qontak-mcp${exe}`,
  );
  assertEquals(files, ["qontak-mcp.js"]);
  const program = await Deno.readFile(`${project.dir}/dist/qontak-mcp.js`);
  assert(bytes.includes(Buffer.from(program)), "the file is not the bundle");

  // An empty list means everything, and null means nothing.
  assertEquals(metadata.permissions, {
    allow_env: [
      "QONTAK_*",
      "MEKARI_*",
      "TOKEN_*",
      "REDIS_*",
      "VAULT_*",
      "MCP_*",
      "LOG_LEVEL",
    ],
    deny_env: null,
    ignore_env: [],
    allow_net: [],
    deny_net: null,
    allow_ffi: null,
    deny_ffi: null,
    allow_read: [".env", ".env.lock"],
    deny_read: null,
    ignore_read: null,
    allow_run: null,
    deny_run: null,
    allow_sys: null,
    deny_sys: null,
    allow_write: [".env", ".env.lock"],
    deny_write: null,
    allow_import: metadata.permissions.allow_import,
    deny_import: [],
    prompt: false,
  });
  assertEquals(metadata.app_name, "qontak-mcp");
  assertEquals(metadata.unstable_config.features, ["kv"]);
  assertEquals(metadata.env_vars_from_env_file, {});
  // Nothing from deno.json.
  assertEquals(metadata.workspace_resolver.import_map, null);
  assertEquals(metadata.argv, []);
  assertEquals(metadata.ca_data, null);
  assertEquals(metadata.unsafely_ignore_certificate_errors, null);

  const home = Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE");
  const absent = [
    CANARY,
    project.dir,
    root,
    (await denoInfo()).denoDir,
    `${home}/`,
    // As a part of a path.
    "registry.npmjs.org/",
    "tests/std",
  ];
  for (const text of absent) {
    const at = bytes.indexOf(text);
    assertEquals(
      at < 0 ? "" : bytes.subarray(at - 40, at + 60).toString(),
      "",
      `${text} is in the file`,
    );
  }
});

/** The names in a folder, in order. */
function list(dir: string): string[] {
  return Array.from(Deno.readDirSync(dir), ({ name }) => name).toSorted();
}

/** The system of this machine. */
const HERE = Deno.build.target;

Deno.test("scripts/release/release.ts makes the files, their checksums and a bill", async () => {
  await using project = await copyProject();
  const { code, stdout, stderr } = await project.task([
    "release",
    "--rehearsal",
    "--tag",
    `v${VERSION}`,
    "--target",
    HERE,
  ]);
  assertEquals(code, 0, stderr);
  const dir = `${project.dir}/dist/rehearsal`;
  const exe = Deno.build.os === "windows" ? ".exe" : "";
  const program = `qontak-mcp-${VERSION}-${HERE}${exe}`;
  const bill = `qontak-mcp-${VERSION}.cdx.json`;
  const names = [program, bill, "SHA256SUMS"];
  assertEquals(
    stdout.trim().split("\n"),
    names.map((name) => `dist/rehearsal/${name}`),
  );
  assertEquals(list(dir), names.toSorted());

  const sums = await Deno.readTextFile(`${dir}/SHA256SUMS`);
  const expected = [];
  for (const name of [program, bill]) {
    const bytes = await Deno.readFile(`${dir}/${name}`);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    expected.push(`${hash.toHex()}  ${name}\n`);
  }
  assertEquals(sums, expected.join(""));

  const { metadata } = await readEmbedded(`${dir}/${program}`);
  assertEquals(metadata.permissions.prompt, false);
  assertEquals(metadata.app_name, "qontak-mcp");
  checkBill(JSON.parse(await Deno.readTextFile(`${dir}/${bill}`)));
});

/** What CycloneDX 1.6 requires, and the contents of the file. */
function checkBill(bom: Bom): void {
  assertEquals([bom.bomFormat, bom.specVersion, bom.version], [
    "CycloneDX",
    "1.6",
    1,
  ]);
  assertMatch(bom.serialNumber, /^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-/);
  const { component } = bom.metadata;
  assertEquals(component.purl, `pkg:jsr/%40qontak/mcp@${VERSION}`);
  assertEquals([component.type, component.group, component.name], [
    "application",
    "@qontak",
    "mcp",
  ]);
  const parts = new Map(bom.components.map((one) => [one["bom-ref"], one]));
  assertEquals(parts.size, bom.components.length);
  const purls = [...parts.keys()];
  for (const name of ["pkg:github/denoland/deno@v", "pkg:npm/zod@"]) {
    assert(purls.some((purl) => purl.startsWith(name)), name);
  }
  for (const dev of ["%40modelcontextprotocol/sdk", "%40std/assert"]) {
    assert(!purls.some((purl) => purl.includes(dev)), dev);
  }
  for (const { purl, name, version, licenses, hashes } of bom.components) {
    assertMatch(purl, /^pkg:(npm|jsr|github)\/[^@\s]+@[^@\s]+$/);
    assert(name !== "" && version !== "", purl);
    assert(licenses!.length > 0, purl);
    if (!purl.startsWith("pkg:npm/")) continue;
    assertMatch(hashes![0]!.content, /^[0-9a-f]{128}$/);
    assertEquals(hashes![0]!.alg, "SHA-512");
  }
  const zod = bom.components.find(({ name }) => name === "zod");
  assertStringIncludes(JSON.stringify(zod), '"id":"MIT"');
  assertStringIncludes(JSON.stringify(zod), "Permission is hereby granted");

  const needed = new Map(bom.dependencies.map((d) => [d.ref, d.dependsOn]));
  const reached = new Set([component["bom-ref"]]);
  for (const ref of reached) {
    for (const one of needed.get(ref) ?? []) reached.add(one);
  }
  reached.delete(component["bom-ref"]);
  assertEquals([...reached].toSorted(), purls.toSorted());
}

Deno.test("scripts/release/release.ts makes nothing if one system fails, and names each that does", async () => {
  await using project = await copyProject();
  const out = `${project.dir}/out`;
  await Deno.mkdir(out);
  await Deno.writeTextFile(`${out}/SHA256SUMS`, "of an older release\n");
  const release = ["release", "--rehearsal", "--out", "out"];
  // The deno of this machine is not a runtime for another system.
  const other = HERE.includes("windows")
    ? "aarch64-apple-darwin"
    : "x86_64-pc-windows-msvc";
  const mixed = await project.task([
    ...release,
    ...[HERE, other].flatMap((target) => ["--target", target]),
  ]);
  assertEquals(mixed.code, 1, mixed.stderr);
  assertStringIncludes(mixed.stderr, "nothing was made");
  assertStringIncludes(mixed.stderr, `${other}: deno compile failed: error:`);
  assert(!mixed.stderr.includes(`${HERE}:`), mixed.stderr);
  assertEquals(list(out), ["SHA256SUMS"]);

  // A runtime cannot be downloaded through a proxy that does not exist.
  const offline = await project.task(release, {
    DENORT_BIN: undefined,
    HTTPS_PROXY: "http://127.0.0.1:9",
  });
  assertEquals(offline.code, 1, offline.stderr);
  for (const target of TARGETS) {
    assertMatch(
      offline.stderr,
      new RegExp(`  ${target}: deno compile failed: .*/denort-${target}.zip`),
    );
  }
  assertEquals(list(out), ["SHA256SUMS"]);
  assertEquals(
    await Deno.readTextFile(`${out}/SHA256SUMS`),
    "of an older release\n",
  );
});

Deno.test("scripts/release/release.ts refuses what must not become a release", async () => {
  await using project = await copyProject();
  const real = { DENORT_BIN: undefined, JSR_URL: undefined };
  const table: [
    string[],
    Record<string, string | undefined>,
    string[],
  ][] = [
    [[], {}, ["JSR_URL is set", "DENORT_BIN is set"]],
    [["--tag", "v9.9.9"], real, [
      `The tag v9.9.9 is not that of version ${VERSION}`,
    ]],
    [["--rehearsal"], { JSR_URL: "http://127.0.0.1:9/" }, [
      "JSR could not be reached: the stand-ins of tests/std",
    ]],
    [["--target", "riscv"], real, ["--target must be one of x86_64-"]],
    [["--tagg", "v1"], real, ["--tagg"]],
  ];
  for (const [flags, env, sentences] of table) {
    const { code, stderr } = await project.task(
      ["release", ...flags],
      env,
    );
    assertEquals(
      code,
      flags[0] === "--target" || flags[0] === "--tagg" ? 2 : 1,
    );
    for (const sentence of sentences) assertStringIncludes(stderr, sentence);
  }
  const path = `${project.dir}/deno.json`;
  const config = await Deno.readTextFile(path);
  await Deno.writeTextFile(
    path,
    config.replace(`"version": "${VERSION}"`, '"version": "9.9.9"'),
  );
  const { code, stderr } = await project.task(["release"], real);
  assertEquals(code, 1);
  assertStringIncludes(
    stderr,
    `deno.json says version 9.9.9 and src/version.ts ${VERSION}`,
  );
  assert(!list(project.dir).includes("dist"), "something was made");
});
