/**
 * Generates documentation from the tables in the code: `.env.example`, the parts
 * of documents between two markers, the page of field types, and a snapshot of
 * each tool.
 *
 * @module
 */
import {
  type ClientId,
  CLIENTS,
  configFor,
  fileOf,
  installLinks,
  logOf,
  nameOf,
  type Os,
  startsServers,
} from "../src/clients/clients.ts";
import { type Variable, variables } from "../src/app/variables.ts";
import { listPrompts } from "../src/mcp/prompts/prompts.ts";
import { SETUP_LIFETIME } from "../src/fields/setup.ts";
import { type FieldType, fieldTypes } from "../src/fields/types.ts";
import { MAX_BYTES } from "../src/qontak/envelope.ts";
import { ALL_BYTES, TENANT_BYTES } from "../src/snapshots/bounds.ts";
import { catalog } from "../src/tools/catalog.ts";
import { type JsonSchema, listed, TOOLSETS } from "../src/tools/outline.ts";
import type { Tool } from "../src/tools/tool.ts";
import { vaultPolicy } from "../src/tokens/stores/vault/policy.ts";
import { metricList, prometheusName } from "../src/telemetry/metrics.ts";
import { MAX_ANSWER, MAX_TEXT } from "../src/tools/kit/fit.ts";
import { answersOfSandbox } from "./examples.ts";
import { type Example, toolExamples } from "./tools/examples.ts";
import { ratioTable, type Run } from "./bench/ratio.ts";
import { carriesTables, type Result } from "./simulate/report.ts";
import { denoRun } from "./program.ts";
import { outlinesFile } from "./tools/outlines.ts";
import python from "../tests/fixtures/python_server.json" with { type: "json" };

const root = new URL("../", import.meta.url);

function envExample(): string {
  const entries = Object.entries(variables).map(([name, variable]) => {
    const { meaning, default: otherwise, shown }: Variable<unknown> = variable;
    return `# ${meaning}.\n# ${name}=${shown ?? otherwise ?? ""}\n`;
  });
  return `# Copy to .env and fill in what you need. What is set in the environment wins.\n\n${
    entries.join("\n")
  }`;
}

function variableTable(): string {
  const rows = Object.entries(variables).map(([name, variable]) => {
    const { meaning, default: otherwise, shown = otherwise }: Variable<
      unknown
    > = variable;
    return `| \`${name}\` | ${shown ? `\`${shown}\`` : ""} | ${meaning} |`;
  });
  return table("| variable | default | meaning |", rows);
}

/** Every tool by group: what it does, its arguments, and a call of it. */
async function toolPages(): Promise<string> {
  const examples = await toolExamples();
  return TOOLSETS.map((toolset) => {
    const tools = catalog.filter((tool) => tool.toolset === toolset);
    return [
      `## ${toolset[0]!.toUpperCase()}${toolset.slice(1)}`,
      ...tools.map((tool) => toolSection(tool, examples[tool.name]!)),
    ].join("\n\n");
  }).join("\n\n");
}

function toolSection(tool: Tool, { first, args, answer }: Example): string {
  const { name, title, effect, description } = tool;
  const { properties, required = [] } = listed(tool)
    .inputSchema as unknown as Arguments;
  const rows = Object.entries(properties).filter(([argument]) =>
    argument !== "user_id"
  ).map(([argument, schema]) =>
    `| \`${argument}\` | ${required.includes(argument) ? "required" : ""} | ${
      [typeOf(schema), schema.description ?? []].flat().join(": ")
        .replaceAll("|", "\\|")
    } |`
  );
  return [
    `### ${name}`,
    `**${title}** (${effect}). ${description}`,
    ...rows.length === 0 ? [] : [table("| argument | | takes |", rows)],
    ...first
      ? ["First:", jsonBlock({ name: first.tool, arguments: first.args })]
      : [],
    "Call:",
    jsonBlock({ name, arguments: args }),
    "Answer:",
    jsonBlock(answer),
  ].join("\n\n");
}

function jsonBlock(value: unknown): string {
  return `\`\`\`json\n${JSON.stringify(value)}\n\`\`\``;
}

/** Every prompt: its title, what it does, and its arguments. */
function promptTable(): string {
  const { prompts } = listPrompts({ has: () => true, isPinned: true });
  const rows = prompts.map(({ name, title, description, arguments: args }) =>
    `| \`${name}\` | ${title} | ${description} | ${
      args.filter(({ name }) => name !== "language")
        .map(({ name, required }) =>
          required ? `\`${name}\` (required)` : `\`${name}\``
        ).join(", ")
    } |`
  );
  return table("| prompt | title | what it does | arguments |", rows);
}

/** The schema of a tool's arguments, as far as it is shown. */
interface Arguments {
  readonly properties: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

/** What an argument takes, in words. */
function typeOf({ type, enum: words, items }: JsonSchema): string {
  const kinds = [type ?? []].flat().filter((kind) => kind !== "null");
  if (Array.isArray(words)) {
    return words.map((word) => `\`${String(word)}\``).join(", ");
  }
  const named = kinds.map((kind) =>
    kind === "array" ? `list of ${typeOf(items as JsonSchema ?? {})}` : kind
  );
  return named.join(" or ") || "anything";
}

function metricTable(): string {
  const rows = metricList.map(([name, { kind, help, labels }]) =>
    `| \`${prometheusName(name)}\` | ${kind} | ${
      labels.map((label) => `\`${label}\``).join(", ")
    } | ${help} |`
  );
  return table("| metric | kind | labels | what it tells |", rows);
}

/** The arguments of the Python server that ours does not take, and what to do. */
function migrationTable(): string {
  const changed = Object.entries(python.tools).flatMap(([name, args]) => {
    const { input, renamed = {} } = catalog.find((one) => one.name === name)!;
    return args.filter((argument) => !Object.hasOwn(input, argument)).map(
      (argument) => ({ name, argument, instead: renamed[argument] }),
    );
  });
  const rows = Map.groupBy(
    changed,
    ({ argument, instead }) => `| \`${argument}\` | ${instead} |`,
  );
  return table(
    "| argument | here | of |",
    [...rows].sort(([a], [b]) => a < b ? -1 : 1).map(([row, of]) =>
      `${row} ${of.map(({ name }) => `\`${name}\``).join(", ")} |`
    ),
  );
}

/** A sample value of each type, as a caller may write it. */
const examples: Readonly<Record<string, unknown>> = {
  text: "Meja rapat",
  text_area: "Dua baris",
  url: "https://example.co.id",
  number: "15000000",
  percentage: "12.5 %",
  date: "2026-11-30",
  date_time: "30/11/2026 14:00",
  select: "Tinggi",
  multiple_select: ["Rendah", "Tinggi"],
  association: 4242,
  gps: { lat: -6.2, long: 106.8 },
  checkin: { latitude: -6.2, longitude: 106.8 },
  checklist: [{ crm_additional_option_id: 12, completed: true }],
  upload: "https://example.co.id/berkas.pdf",
};

function fieldRow(type: FieldType): string {
  const options = [{ id: 7, name: "Rendah" }, { id: 9, name: "Tinggi" }];
  const code = (value: unknown) => `\`${JSON.stringify(value)}\``;
  const sent = (custom: boolean) => {
    const encoded = type.encode(examples[type.name], { custom, options });
    return "wire" in encoded ? code(encoded.wire) : "";
  };
  const given = type.instead ? "" : code(examples[type.name]);
  const takes = type.instead ? `nothing: ${type.instead}` : type.format;
  return `| \`${type.name}\` | ${
    type.qontak.join(", ")
  } | ${takes} | ${given} | ${sent(true)} | ${sent(false)} |`;
}

function fieldsPage(): string {
  const kib = (bytes: number) => `${bytes / 1024} KiB`;
  return [
    "# Field types and limits",
    "Made from the tables in `src/fields/types.ts` and the code's own limits by `deno task docs`.",
    "## Types",
    "What a field of each type takes, and how the value travels: custom fields in `additional_fields`, standard fields under their own key. Labels of options are accepted wherever ids are; the options here are `Rendah` (7) and `Tinggi` (9). Standard dates of contacts and tickets are sent day first, those of deals and tasks as shown. A day that is sent day first has no time: if one was given, a note of the answer names it.",
    table(
      "| type | Qontak's name | takes | for example | sent as custom | sent as standard |",
      fieldTypes.map(fieldRow),
    ),
    "A type that is not in this table is passed on as it is given. How a checklist, a GPS field and a check-in are written is not documented by Qontak: `deno task test:live --write` reports what a real account does.",
    "## Limits",
    table("| what | limit |", [
      "| records a page | 100 (25 unless asked) |",
      `| records in memory, for questions and for filters that Qontak does not have | ${
        kib(TENANT_BYTES)
      } a company, ${kib(ALL_BYTES)} in all, unless set otherwise |`,
      `| one answer | about ${MAX_ANSWER} characters unless fields is given; what is left out is counted or named |`,
      `| one text in such an answer | ${MAX_TEXT} characters or fewer, unless fields is given; a cut text says so |`,
      `| one answer of Qontak's | ${kib(MAX_BYTES)} |`,
      `| templates and pipelines are kept for | ${
        SETUP_LIFETIME / 60_000
      } minutes |`,
    ]),
  ].join("\n\n");
}

/**
 * The text to paste into each client; clients with the same text share a block.
 */
function clientSection(): string {
  const connection = { how: "stdio" } as const;
  const names = (ids: readonly ClientId[]) =>
    ids.map((id) => `**${nameOf(id)}**`).join(", ");
  const starters = CLIENTS.filter(startsServers);
  const blocks = [
    ...Map.groupBy(starters, (id) => configFor(id, connection).text),
  ].map(([text, ids]) => {
    const { language } = configFor(ids[0]!, connection);
    return `${names(ids)}\n\n\`\`\`${language}\n${text}\n\`\`\``;
  });
  const systems = { darwin: "macOS", windows: "Windows", linux: "Linux" };
  const files = CLIENTS.filter((id) => fileOf(id, { os: "linux" })).map((id) =>
    `| ${nameOf(id)} | ${
      Object.keys(systems).map((os) => `\`${fileOf(id, { os: os as Os })}\``)
        .join(" | ")
    } |`
  );
  const others = CLIENTS.filter((id) => !startsServers(id));
  return [
    CLIENTS.map(button).filter((text) => text !== "").join("\n"),
    ...blocks,
    `${
      names(others)
    } cannot start a server: it needs the public address of one that runs.`,
    table(`| file | ${Object.values(systems).join(" | ")} |`, files),
  ].join("\n\n");
}

/** Where each client shows what the server wrote. */
function logSection(): string {
  const starters = CLIENTS.filter((id) =>
    startsServers(id) && id !== "generic"
  );
  const rows = starters.filter(logOf).map((id) =>
    `| ${nameOf(id)} | ${logOf(id)} |`
  );
  const others = starters.filter((id) => !logOf(id)).map(nameOf);
  return `${table("| client | log |", rows)}\n\n${
    others.join(", ")
  }: not found in its documents. There, and in other clients, run the command of the configuration in a terminal: it writes the same on stderr.`;
}

/**
 * A badge that installs the server in a client, if the client supports that.
 */
function button(client: ClientId): string {
  const links = installLinks(client, { how: "stdio" });
  if (!links) return "";
  const label = `Add to ${nameOf(client)}`;
  return `[![${label}](https://img.shields.io/badge/${
    encodeURIComponent(label)
  }-0f766e)](${links.web})`;
}

function table(head: string, rows: readonly string[]): string {
  const rule = head.replace(/[^|]+/g, " --- ");
  return [head, rule, ...rows].join("\n");
}

/** A file of scripts/deploy, as a block of code. */
function deployed(name: string, language: string): string {
  const text = Deno.readTextFileSync(new URL(`scripts/deploy/${name}`, root));
  return `\`\`\`${language}\n${text}\`\`\``;
}

/** What a task has measured and kept. */
function readKept(task: "bench"): Run;
function readKept(task: "simulate"): Result;
function readKept(task: string): unknown {
  return JSON.parse(
    Deno.readTextFileSync(new URL(`scripts/${task}/result.json`, root)),
  );
}

/** Replaces the text between two markers with generated text. */
function fill(text: string, name: string, content: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = text.indexOf(start), to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`There is no ${start} to fill`);
  return `${text.slice(0, from)}${start}\n\n${content}\n\n${text.slice(to)}`;
}

/** Formats Markdown, or another language, as `deno fmt` does. */
async function formatted(text: string, language = "md"): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", language, "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { stdout, success } = await child.output();
  if (!success) throw new Error("deno fmt failed on a document");
  return new TextDecoder().decode(stdout);
}

/** What servers list: the examples are calls of such a server. */
const OUTLINES = "src/tools/outlines.json";

/** Whether that file is current. */
function hasOutlines(): boolean {
  return Deno.readTextFileSync(new URL(OUTLINES, root)) === outlinesFile();
}

/**
 * The generated files: their paths and expected content.
 *
 * @throws {Error} If the list of tools is old, because the answers are made with
 * it.
 */
export async function generate(): Promise<Record<string, string>> {
  if (!hasOutlines()) throw new Error(`${OUTLINES} is old: run deno task docs`);
  const policy = `${vaultPolicy("tokens")}\n${vaultPolicy("keys")}`;
  const parts: [path: string, name: string, content: string][] = [
    [".github/CLIENTS.md", "clients", clientSection()],
    [".github/CLIENTS.md", "logs", logSection()],
    [".github/DEPLOY.md", "unit", deployed("qontak-mcp.service", "ini")],
    [".github/DEPLOY.md", "container", deployed("Containerfile", "dockerfile")],
    [".github/MIGRATION.md", "arguments", migrationTable()],
    [".github/OPERATIONS.md", "carries", carriesTables(readKept("simulate"))],
    [".github/OPERATIONS.md", "metrics", metricTable()],
    [".github/SETTINGS.md", "variables", variableTable()],
    [".github/TOKENS.md", "policy", `\`\`\`hcl\n${policy}\`\`\``],
    [".github/TOOLS.md", "prompts", promptTable()],
    [".github/TOOLS.md", "tools", await toolPages()],
    ["README.md", "ratios", ratioTable(readKept("bench"))],
  ];
  const documents: Record<string, string> = {};
  for (const [path, name, content] of parts) {
    const text = documents[path] ??
      await Deno.readTextFile(new URL(path, root));
    documents[path] = await formatted(fill(text, name, content));
  }
  return {
    ".env.example": envExample(),
    ".github/FIELDS.md": await formatted(fieldsPage()),
    "src/http/page/answers.ts": await answersFile(),
    [OUTLINES]: outlinesFile(),
    ...documents,
    ...snapshots(),
  };
}

/** The answers that the page at / shows. */
async function answersFile(): Promise<string> {
  return await formatted(
    `/**
 * The answers to the questions of the page, made by \`deno task docs\` from the
 * sandbox.
 *
 * @module
 */
import type { Answer } from "./examples.ts";

/** What the page keeps of each answer, by the question. */
export const answers: Readonly<Record<string, Answer>> = ${
      JSON.stringify(await answersOfSandbox(), null, 2)
    };
`,
    "ts",
  );
}

/** The folder of the tools' snapshots. */
export const SNAPSHOTS = "tests/tools/snapshots";

/** Every tool as clients see it, so that a diff shows every change. */
function snapshots(): Record<string, string> {
  return Object.fromEntries(
    catalog.map((tool) => [
      `${SNAPSHOTS}/${tool.name}.json`,
      `${JSON.stringify(listed(tool), null, 2)}\n`,
    ]),
  );
}

/** The paths of the stored snapshots, including those of removed tools. */
export function storedSnapshots(): string[] {
  return [...Deno.readDirSync(new URL(SNAPSHOTS, root))]
    .map(({ name }) => `${SNAPSHOTS}/${name}`);
}

/** Writes the list of tools, and the rest in a process that has read it. */
async function startAgain(): Promise<never> {
  Deno.writeTextFileSync(new URL(OUTLINES, root), outlinesFile());
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: await denoRun("scripts/docs.ts"),
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  Deno.exit(code);
}

if (import.meta.main) {
  if (!hasOutlines()) await startAgain();
  const files = await generate();
  Deno.mkdirSync(new URL(SNAPSHOTS, root), { recursive: true });
  for (const path of storedSnapshots()) {
    if (!Object.hasOwn(files, path)) Deno.removeSync(new URL(path, root));
  }
  for (const [path, content] of Object.entries(files)) {
    Deno.writeTextFileSync(new URL(path, root), content);
  }
}
