/**
 * Runs the converters with which agents' SDKs turn the schemas of tools into
 * those of a model's provider, over every tool, and writes what they lose to
 * tests/tools/converters.json. It installs what it needs of PyPI into a folder
 * that it removes. With `--npm`, it prints what those of npm lose, as JSON, and
 * writes nothing.
 *
 * @module
 */
import { catalog } from "../../src/tools/catalog.ts";
import { listed } from "../../src/tools/outline.ts";
import type { JsonSchema } from "../../src/tools/outline.ts";
import { root } from "../program.ts";
import { npmVerdicts } from "./npm.ts";
import { hashOfSchemas, type Verdict, verdictOf } from "./verdict.ts";

/** The packages of PyPI. */
const PACKAGES = [
  "openai-agents==0.24.0",
  "google-genai==2.34.0",
  "pydantic-ai-slim==2.68.0",
  "mcp==1.30.0",
];

const tools = catalog.map(listed);

async function runPython(folder: string): Promise<Verdict[]> {
  const command = async (name: string, args: string[], input = "") => {
    const child = new Deno.Command(name, {
      args,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
    const { success, stdout } = await child.output();
    if (!success) throw new Error(`${name} ${args[0]} failed`);
    return new TextDecoder().decode(stdout);
  };
  await command("python3", ["-m", "venv", folder]);
  await command(`${folder}/bin/pip`, ["install", "-q", ...PACKAGES]);
  const made: {
    name: string;
    version: string;
    made: Record<string, { schema?: JsonSchema; error?: string }>;
  }[] = JSON.parse(
    await command(
      `${folder}/bin/python`,
      [`${root}scripts/converters/pypi.py`],
      JSON.stringify(
        tools.map(({ name, description, inputSchema }) => ({
          name,
          description,
          inputSchema,
        })),
      ),
    ),
  );
  return made.map(({ made, ...converter }) =>
    verdictOf(tools, converter, (tool) => {
      const { schema, error } = made[tool] ?? {};
      return error === undefined ? schema : new Error(error);
    })
  );
}

/** Runs all of them, and writes and prints what they lose. */
async function runAll(): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const verdicts = [...await npmVerdicts(tools), ...await runPython(folder)];
    const report = {
      date: new Date().toISOString().slice(0, 10),
      schemas: await hashOfSchemas(tools),
      verdicts,
    };
    await Deno.writeTextFile(
      `${root}tests/tools/converters.json`,
      `${JSON.stringify(report, null, 2)}\n`,
    );
    for (const { name, version, lost } of verdicts) {
      // deno-lint-ignore no-console -- a report for people
      console.log(
        `${name} ${version}: ${Object.keys(lost).length} tools lose something`,
      );
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (Deno.args[0] === "--npm") {
  // deno-lint-ignore no-console -- the test of the tools reads it
  console.log(JSON.stringify(await npmVerdicts(tools)));
} else await runAll();
