/**
 * Compares this server with what it stands on: `deno task bench --help`.
 *
 * @module
 */
import { ConfigError } from "../../src/errors.ts";
import { print, runCommand } from "../command.ts";
import { root } from "../program.ts";
import { type Effort, measureLoads } from "./loads.ts";
import { measureMemory } from "./memory.ts";
import {
  machine,
  type Ratio,
  type Run,
  table,
  TOLERANCE,
  worse,
} from "./ratio.ts";
import { measureStarts } from "./starts.ts";
import { measureTelemetry } from "./telemetry.ts";

/** The kept run, which --check compares with and the README shows. */
const KEPT = "scripts/bench/result.json";

/** The parts of the benchmark. The names of their ratios begin with a prefix. */
const PARTS: Readonly<
  Record<string, {
    readonly prefix: RegExp;
    readonly measure: (effort: Effort) => Promise<readonly Ratio[]>;
  }>
> = {
  loads: { prefix: /^(?:http|stdio) /, measure: measureLoads },
  cold: { prefix: /^cold /, measure: measureStarts },
  memory: { prefix: /^memory:/, measure: measureMemory },
  telemetry: { prefix: /^telemetry,/, measure: measureTelemetry },
};

/** What is measured by default, and with --short. */
const EFFORTS = {
  full: { rounds: 7, ms: 400, calls: 100_000, companies: 10_000 },
  short: { rounds: 3, ms: 150, calls: 4_000, companies: 1_000 },
} as const satisfies Readonly<Record<string, Effort>>;

/** The flags. */
const flags = {
  only: {
    type: "string",
    value: "PART",
    help: `Measure only one part: ${Object.keys(PARTS).join(", ")}`,
  },
  short: {
    type: "boolean",
    help: "Measure for one minute instead of about seven",
  },
  rounds: {
    type: "string",
    value: "N",
    help: "How often each case is measured; 7 by default, 3 with --short",
  },
  calls: {
    type: "string",
    value: "N",
    help:
      "After how many calls memory is measured; 100000 by default, 4000 with --short",
  },
  json: {
    type: "string",
    value: "FILE",
    help: "Write the run to a file as JSON",
  },
  keep: {
    type: "boolean",
    help:
      `Write the run to ${KEPT}, which --check compares with; deno task docs then puts it into the README`,
  },
  check: {
    type: "boolean",
    help:
      `Fail if a ratio of computing, of a start or of memory is more than ${TOLERANCE} times worse than the kept one in each of two measurements, or is missing`,
  },
} as const;

if (import.meta.main) {
  await runCommand({
    task: "bench",
    about:
      "Compares this server with the SDK's low-level handler and with a bare Deno.serve, which send the same requests. All take turns in one run; medians and ratios are printed.",
    flags,
    async run({ only, short = false, rounds, calls, json, keep, check }) {
      const names = Object.keys(PARTS);
      const problems = [
        ...(only === undefined || names.includes(only)
          ? []
          : [`--only takes ${names.join(", ")}`]),
        ...(rounds === undefined || /^[1-9]\d?$/.test(rounds)
          ? []
          : ["--rounds takes 1 to 99"]),
        ...(calls === undefined || /^[1-9]\d{2,5}$/.test(calls)
          ? []
          : ["--calls takes 100 to 999999"]),
        ...(keep && check
          ? ["--keep replaces what --check compares with: use one of them"]
          : []),
        ...(keep && (short || only !== undefined)
          ? ["--keep needs a whole run, without --only and --short"]
          : []),
      ];
      if (problems.length > 0) throw new ConfigError(problems);
      const usual = EFFORTS[short ? "short" : "full"];
      const effort = {
        ...usual,
        ...(rounds ? { rounds: Number(rounds) } : {}),
        ...(calls ? { calls: Number(calls) } : {}),
      };
      const parts = Object.entries(PARTS).filter(([name]) =>
        only === undefined || name === only
      );
      print(`${machine()}; medians of ${effort.rounds}, taking turns`);
      const kept = `${root}${KEPT}`;
      const before: Run | undefined = check
        ? JSON.parse(await Deno.readTextFile(kept))
        : undefined;
      const ratios: Ratio[] = [];
      const found: string[] = [];
      for (const [, { prefix, measure }] of parts) {
        const known = before?.ratios.filter(({ name }) => prefix.test(name));
        let measured = await measure(effort);
        print(table(measured));
        let slower = known ? worse(measured, known) : [];
        if (slower.length > 0) {
          // Another program can slow one side of a short run.
          print(`${slower.join("\n")}\nIt is measured once more`);
          measured = await measure(effort);
          print(table(measured));
          const first = slower;
          const wasSlower = ({ name }: Ratio) =>
            first.some((line) => line.startsWith(`${name}: `));
          slower = worse(
            measured.filter(wasSlower),
            known!.filter(wasSlower),
          );
        }
        ratios.push(...measured);
        found.push(...slower);
      }
      const run: Run = {
        date: new Date().toISOString().slice(0, 10),
        machine: machine(),
        rounds: effort.rounds,
        calls: effort.calls,
        ratios,
      };
      const text = `${JSON.stringify(run, null, 2)}\n`;
      if (json) await Deno.writeTextFile(json, text);
      if (!check) {
        if (keep) await Deno.writeTextFile(kept, text);
        return 0;
      }
      return print(
        found.join("\n") || "No checked ratio is worse than the kept one",
        found.length === 0 ? 0 : 1,
      );
    },
  });
}
