/**
 * Writes `.env.example` and the generated parts of the README from the code's
 * own tables.
 *
 * @module
 */
import { type Variable, variables } from "../src/config.ts";
import { catalog } from "../src/tools/catalog.ts";

const root = new URL("../", import.meta.url);

function envExample(): string {
  const entries = Object.entries(variables).map(([name, variable]) => {
    const { meaning, default: otherwise }: Variable<unknown> = variable;
    return `# ${meaning}.\n# ${name}=${otherwise ?? ""}\n`;
  });
  return `# Copy to .env and fill in what you need. What is set in the environment wins.\n\n${
    entries.join("\n")
  }`;
}

function variableTable(): string {
  const rows = Object.entries(variables).map(([name, variable]) => {
    const { meaning, default: otherwise }: Variable<unknown> = variable;
    return `| \`${name}\` | ${
      otherwise ? `\`${otherwise}\`` : ""
    } | ${meaning} |`;
  });
  return table("| variable | default | meaning |", rows);
}

function toolTable(): string {
  const rows = catalog.map(({ name, effect, description }) =>
    `| \`${name}\` | ${effect} | ${description} |`
  );
  return table("| tool | effect | what it does |", rows);
}

function table(head: string, rows: readonly string[]): string {
  const rule = head.replace(/[^|]+/g, " --- ");
  return [head, rule, ...rows].join("\n");
}

/** Puts generated text between its two markers. */
function fill(text: string, name: string, content: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = text.indexOf(start), to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`README.md has no ${start}`);
  return `${text.slice(0, from)}${start}\n\n${content}\n\n${text.slice(to)}`;
}

/** Markdown as `deno fmt` leaves it. */
async function formatted(markdown: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", "md", "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(markdown));
  await writer.close();
  const { stdout, success } = await child.output();
  if (!success) throw new Error("deno fmt failed on the README");
  return new TextDecoder().decode(stdout);
}

/** The generated files: path and content as they should be. */
export async function generate(): Promise<Record<string, string>> {
  let readme = Deno.readTextFileSync(new URL("README.md", root));
  readme = fill(readme, "variables", variableTable());
  readme = fill(readme, "tools", toolTable());
  return { ".env.example": envExample(), "README.md": await formatted(readme) };
}

if (import.meta.main) {
  for (const [path, content] of Object.entries(await generate())) {
    Deno.writeTextFileSync(new URL(path, root), content);
  }
}
