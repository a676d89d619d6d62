import { assert, assertEquals, assertMatch } from "@std/assert";
import { bareEnv, root } from "../support/process.ts";
import { type Package, serveRegistry } from "../support/registry.ts";

/** Runs scripts/std.ts against a registry, with nothing cached. */
async function std(registry: string) {
  const dir = await Deno.makeTempDir();
  try {
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "-A", "--no-lock", `${root}scripts/std.ts`],
      env: { ...bareEnv(), DENO_DIR: dir, JSR_URL: registry },
      clearEnv: true,
      stderr: "null",
      // Within 5 s, no matter what the registry does.
      signal: AbortSignal.timeout(5_000),
    }).output();
    return { code, stdout: new TextDecoder().decode(stdout) };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

function standard(version: string, ...paths: string[]): Package {
  return {
    version,
    exports: Object.fromEntries(
      paths.map((path) => [path, "./mod.ts"]),
    ),
    files: { "/mod.ts": "export const real = true;\n" },
  };
}

Deno.test("scripts/std.ts prints only the lock if JSR answers", async () => {
  await using registry = await serveRegistry({
    "@std/assert": standard("1.0.14", "."),
    "@std/dotenv": standard("0.225.5", "./stringify"),
    "@std/testing": standard("1.0.15", "./time"),
  });
  const { code, stdout } = await std(registry.url);
  assertEquals(code, 0);
  assertMatch(stdout, /^--lock=\S+\/\.deno\/deno\.lock$/);
});

Deno.test("scripts/std.ts maps every import if JSR refuses or does not answer", async () => {
  // Accepts connections and never answers.
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  for (const port of [9, silent.addr.port]) {
    const { code, stdout } = await std(`http://127.0.0.1:${port}/`);
    assertEquals(code, 0);
    assertMatch(
      stdout,
      /^--lock=\S+ --import-map=data:application\/json,\S+$/,
    );
    const json = decodeURIComponent(stdout.slice(stdout.indexOf(",") + 1));
    const { imports } = JSON.parse(json) as { imports: Record<string, string> };
    for (const [name, target] of Object.entries(imports)) {
      assert(!target.startsWith("jsr:"), `${name} → ${target}`);
      if (target.startsWith("file:")) await Deno.stat(new URL(target));
    }
    assertEquals(
      imports["zod/"],
      imports["zod"]!.replace("npm:", "npm:/") + "/",
    );
  }
});
