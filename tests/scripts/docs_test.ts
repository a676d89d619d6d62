/**
 * The documents: generated parts are current, and everything that they name
 * exists.
 */
import { assert, assertEquals } from "@std/assert";
import { generate, storedSnapshots } from "../../scripts/docs.ts";
import { dealTools } from "../../src/tools/deals.ts";
import type { Tool, ToolContext } from "../../src/tools/tool.ts";
import { VERSION } from "../../src/version.ts";
import { run } from "../support/process.ts";

const root = new URL("../../", import.meta.url);

/** Every file of a folder, as paths from the root. */
async function* filesIn(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(new URL(folder, root))) {
    if (entry.isDirectory) yield* filesIn(`${folder}${entry.name}/`);
    else yield `${folder}${entry.name}`;
  }
}

const paths = [
  "README.md",
  "README.id.md",
  ".ci/run",
  ...await Array.fromAsync(filesIn(".github/")),
];
const texts = new Map(
  await Promise.all(
    paths.map(async (path) =>
      [path, await Deno.readTextFile(new URL(path, root))] as const
    ),
  ),
);
const documents = [...texts].filter(([path]) => path.endsWith(".md"));

async function exists(url: URL): Promise<boolean> {
  return await Deno.stat(url).then(() => true, () => false);
}

/** The anchors of a document's headings, in GitHub's form. */
function anchorsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) =>
    heading!.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-")
  );
}

Deno.test("the documents and the snapshots of the tools match the code", async () => {
  const files = await generate();
  for (const [path, content] of Object.entries(files)) {
    assert(
      await exists(new URL(path, root)),
      `${path} is missing: run deno task docs`,
    );
    const stored = await Deno.readTextFile(new URL(path, root));
    assertEquals(stored, content, `${path} is old: run deno task docs`);
  }
  for (const path of storedSnapshots()) {
    assert(
      Object.hasOwn(files, path),
      `${path} is of a tool that is gone: run deno task docs`,
    );
  }
});

Deno.test("the documents name only this version, and always name it for production", () => {
  const versions = new Map<string, number>();
  const named =
    /(?:jsr:@qontak\/mcp@|\bqontak-mcp-)(\d[\w.]*?)(?=[-/"\s`.]*(?:[-/"\s`]|$))/g;
  for (const [path, text] of documents) {
    for (const [, version] of text.matchAll(named)) {
      assertEquals(version, VERSION, path);
      versions.set(path, (versions.get(path) ?? 0) + 1);
    }
  }
  assert(versions.get("README.md")! >= 1, String([...versions]));
  const deploy = texts.get(".github/DEPLOY.md")!;
  assert(!/jsr:@qontak\/mcp(?!@)/.test(deploy), "DEPLOY.md names no version");
  const limited = /^deno run --allow-net=[^]*?(jsr:\S+)$/m
    .exec(texts.get(".github/SETTINGS.md")!);
  assertEquals(limited?.[1], `jsr:@qontak/mcp@${VERSION}`);
});

Deno.test("the links between documents have targets", async () => {
  const broken: string[] = [];
  let count = 0;
  for (const [path, text] of documents) {
    const links = text.matchAll(/\]\((?![a-z]+:)([^)#\s]*)(?:#([^)\s]+))?\)/g);
    for (const [, target, anchor] of links) {
      count++;
      // Pages of the repository on GitHub, from a document at its root.
      if (
        !path.includes("/") && /^\.\.\/\.\.\/(?:releases|issues)$/.test(target!)
      ) continue;
      const url = new URL(target!, new URL(path, root));
      const place = target === "" ? path : url.href.slice(root.href.length);
      const isThere = anchor === undefined
        ? await exists(url)
        : anchorsOf(texts.get(place) ?? "").includes(anchor);
      if (!isThere) {
        broken.push(`${path}: ${target}${anchor ? `#${anchor}` : ""}`);
      }
    }
  }
  assert(count > 20, `only ${count} links were found`);
  assertEquals(broken, []);
});

Deno.test("the pictures are shown, small, and described in words", async () => {
  const shown = documents.flatMap(([path, text]) =>
    Array.from(
      text.matchAll(/!\[([^\]]*)\]\((\S+\.png)\)/g),
      ([, words, file]) => ({
        words: words!,
        file: new URL(file!, new URL(path, root)).href.slice(root.href.length),
      }),
    )
  );
  const files = await Array.fromAsync(filesIn(".github/pictures/"));
  assertEquals(
    [...new Set(shown.map(({ file }) => file))].sort(),
    files.sort(),
  );
  for (const { words, file } of shown) {
    assert(words.split(/\s+/).length >= 4, `${file}: "${words}"`);
    const { size } = await Deno.stat(new URL(file, root));
    assert(size < 60_000, `${file} has ${size} bytes`);
  }
});

Deno.test("the paths that documents name exist", async () => {
  const missing: string[] = [];
  let count = 0;
  for (const [path, text] of texts) {
    const named = text.matchAll(
      /(?<![\w./<-])((?:src|tests|scripts|\.github|\.ci)\/[\w./-]*[\w/])(?![<*])/g,
    );
    for (const [, name] of named) {
      count++;
      if (!await exists(new URL(name!, root))) missing.push(`${path}: ${name}`);
    }
  }
  assert(count > 50, `only ${count} paths were found`);
  assertEquals(missing, []);
});

Deno.test("the tasks that documents name are in deno.json", async () => {
  const { tasks } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", root)),
  );
  const unknown: string[] = [];
  let count = 0;
  for (const [path, text] of texts) {
    const named = text.matchAll(
      /\b(?:deno(?:@[\d.]+)?|`)\s?task\s([a-z][\w:]*)/g,
    );
    for (const [, name] of named) {
      count++;
      if (!Object.hasOwn(tasks, name!)) unknown.push(`${path}: ${name}`);
    }
  }
  assert(count > 20, `only ${count} tasks were found`);
  assertEquals(unknown, []);
});

Deno.test("the commands and flags that documents name are those of --help", async () => {
  const { stdout } = await run(["--help"]);
  const known = new Set(
    Array.from(
      stdout.matchAll(/^ {2}([a-z]+(?: [a-z]+)?)(?= )/gm),
      ([, name]) => name!,
    ),
  );
  const flags = new Set(stdout.match(/--[a-z-]+/g));
  const wrong: string[] = [];
  let count = 0;
  for (const [path, text] of documents) {
    const named = text.matchAll(
      /\bqontak-mcp ([a-z]+)(?![\w-])(?: ([a-z]+)\b)?([^`\n]*)/g,
    );
    for (const [whole, first, second, rest] of named) {
      count++;
      const isCommand = known.has(first!) || known.has(`${first} ${second}`);
      const given = rest!.match(/(?<=\s)--[a-z-]+/g) ?? [];
      if (!isCommand || given.some((f) => !flags.has(f))) {
        wrong.push(`${path}: ${whole}`);
      }
    }
  }
  assert(count > 10, `only ${count} commands were found`);
  assertEquals(wrong, []);
});

/** The TypeScript that CONTRIBUTING.md shows. */
const shown: readonly string[] = Array.from(
  texts.get(".github/CONTRIBUTING.md")!.matchAll(/```ts ignore\n([^]*?)```/g),
  ([, code]) => code!,
);

Deno.test("the examples in CONTRIBUTING.md are the code that they show", async () => {
  const bare = (code: string) =>
    code.replace(/^\s*\/\/.*$|\s\/\/ .*$/gm, "").replace(/\s+/g, "");
  const files = await Promise.all(
    [
      "src/qontak/endpoints.ts",
      "src/changes/task_category.ts",
      "src/tools/deals.ts",
      "src/tools/tasks.ts",
      "tests/tools/endpoints_test.ts",
    ].map(async (path) => bare(await Deno.readTextFile(new URL(path, root)))),
  );
  // A full tool is the result of a function of the kit for the real one.
  const real = shown.filter((code) => !code.includes("run:"));
  assertEquals(real.length, 6);
  for (const code of real) {
    assert(
      files.some((file) => file.includes(bare(code).replace(/,$/, ""))),
      code,
    );
  }
});

Deno.test("the full tool in CONTRIBUTING.md is the real one", async () => {
  const [code, ...others] = shown.filter((code) => code.includes("run:"));
  assert(code !== undefined && others.length === 0);
  const folder = await Deno.makeTempDir();
  try {
    // Its imports are those of a file in src/tools/.
    const path = `${folder}/tool.ts`;
    await Deno.writeTextFile(
      path,
      code.replace(
        /(?<= from )"(.+)"/g,
        (_, to) => JSON.stringify(new URL(`src/tools/${to}`, root).href),
      ).replace(/^tool\(/m, "export default tool(").replace(/,\s*$/, ";"),
    );
    const { default: example }: { default: Tool } = await import(
      `file://${path}`
    );
    const real = dealTools.find(({ name }) => name === example.name);
    assert(real, `there is no tool ${example.name}`);
    const dataOf = (tool: Tool) => JSON.parse(JSON.stringify(tool));
    assertEquals(dataOf(example), dataOf(real));
    const answerOf = async (tool: Tool) => {
      const calls: unknown[] = [];
      const crm = {
        call(endpoint: unknown, { path, query = {} }: Record<string, unknown>) {
          calls.push([endpoint, path, query]);
          return Promise.resolve({ response: [{ id: 1, name: "Won" }] });
        },
      };
      const answer = await tool.run(
        { crm } as unknown as ToolContext,
        { deal_id: 7, page: 1 } as never,
      );
      return { calls, answer };
    };
    assertEquals(await answerOf(example), await answerOf(real));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the test filters in documents match a test", async () => {
  let count = 0;
  for (const [path, text] of documents) {
    const shown = text.matchAll(
      /deno task test (\S+_test\.ts) --filter "([^"]+)"/g,
    );
    for (const [, file, filter] of shown) {
      count++;
      const source = await Deno.readTextFile(new URL(file!, root));
      const names = Array.from(
        source.matchAll(/(?:Deno\.test\(|name: )["`](.+?)["`],/g),
        ([, name]) => name!,
      );
      assert(
        names.some((name) => name.includes(filter!)),
        `${path}: no test in ${file} has ${filter} in its name`,
      );
    }
  }
  assert(count > 0, "no filter was found");
});

Deno.test("every test that SECURITY.md names exists", async () => {
  const security = texts.get(".github/SECURITY.md")!;
  const named = [
    ...security.matchAll(/`(tests\/[\w/]+_test\.ts)`: ("[^|;`]+")/g),
  ].flatMap(([, path, list]) =>
    [...list!.matchAll(/"([^"]+)"/g)].map(([, name]) => [path!, name!] as const)
  );
  assert(named.length > 30, `only ${named.length} tests are named`);
  const missing: string[] = [];
  for (const [path, name] of named) {
    const source = await Deno.readTextFile(new URL(path, root));
    if (!source.includes(name)) missing.push(`${path}: ${name}`);
  }
  assertEquals(missing, []);
});
