/**
 * Measures how long a client waits for the first answer over stdio, compared
 * with a bare server of the same SDK with as many tools. The two alternate in
 * one run, so that the ratio is comparable between machines. The target is at
 * most 1.3.
 *
 * @module
 */
import { catalog } from "../../src/tools/catalog.ts";
import { print } from "../command.ts";
import { median, ms, row } from "../figures.ts";
import { denoRun, root } from "../program.ts";

/** Runs of each; the median is printed. */
const RUNS = 15;

const OPENING = [
  {
    id: 1,
    method: "initialize",
    params: {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "bench", version: "1.0.0" },
    },
  },
  { method: "notifications/initialized" },
  { id: 2, method: "tools/list" },
].map((message) => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);

/** Milliseconds until the answers to `initialize` and to `tools/list`. */
async function measure(args: string[]): Promise<[number, number]> {
  const start = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd: root,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  const lines = child.stdout.pipeThrough(new TextDecoderStream());
  await writer.write(new TextEncoder().encode(OPENING[0]));
  const times: number[] = [];
  let text = "";
  for await (const chunk of lines) {
    text += chunk;
    const answers = text.split("\n").length - 1;
    while (times.length < answers) times.push(performance.now() - start);
    if (answers === 1 && times.length === 1) {
      await writer.write(new TextEncoder().encode(OPENING[1]! + OPENING[2]!));
    }
    if (answers >= 2) break;
  }
  await writer.close();
  await child.status;
  return [times[0]!, times[1]!];
}

const subjects = {
  "bare SDK server": await denoRun(
    "scripts/bench/bare.ts",
    `${catalog.length}`,
  ),
  "qontak-mcp --sandbox": await denoRun("mod.ts", "--sandbox"),
};
const times: Record<string, [number, number][]> = {};
for (const args of Object.values(subjects)) await measure(args);
for (let run = 0; run < RUNS; run++) {
  for (const [name, args] of Object.entries(subjects)) {
    (times[name] ??= []).push(await measure(args));
  }
}
const [bare, ours] = Object.keys(subjects).map((name) => ({
  name,
  first: median(times[name]!.map(([first]) => first)),
  list: median(times[name]!.map(([, list]) => list)),
}));
const widths = [24];
const report = [
  `${catalog.length} tools, stdio, median of ${RUNS}, alternating`,
  row(widths, "", "first answer", "tools/list answered"),
  ...[bare!, ours!].map(({ name, first, list }) =>
    row(widths, name, ms(first), ms(list))
  ),
  row(
    widths,
    "ratio",
    (ours!.first / bare!.first).toFixed(2),
    (ours!.list / bare!.list).toFixed(2),
  ),
];
print(report.join("\n"));
