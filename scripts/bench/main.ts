/**
 * Compares this server with what it stands on: `deno task bench --help`.
 *
 * Only ratios are compared between machines and runs, never times.
 *
 * @module
 */
import { ConfigError } from "../../src/errors.ts";
import { print, runCommand } from "../command.ts";
import { row } from "../figures.ts";
import { root } from "../program.ts";
import { type HttpFigures, measureHttp } from "./http.ts";
import { measureStarts, type Start } from "./starts.ts";

/** The ratios that --check compares with. */
const KEPT = `${root}scripts/bench/ratios.json`;

/**
 * How much worse than the kept ratio a ratio may be: on a shared machine, two
 * runs of the same code differ by up to a half.
 */
const TOLERANCE = 2;

/** A comparison. */
interface Ratio {
  readonly name: string;
  readonly ratio: number;
  /** Whether a larger ratio is better, as for calls per second. */
  readonly isMoreBetter: boolean;
  readonly baseline: string;
  readonly ours: string;
}

const perSecond = (value: number) => `${value.toFixed(0)}/s`;
const inMs = (value: number) => `${value.toFixed(2)} ms`;
const inMb = (value: number) => `${(value / 1e6).toFixed(0)} MB`;

/** A comparison of two values of one kind. */
function compare(
  name: string,
  [baseline, ours]: readonly [number, number],
  write: (value: number) => string,
  isMoreBetter = false,
): Ratio {
  return {
    name,
    ratio: Math.round(ours / baseline * 100) / 100,
    isMoreBetter,
    baseline: write(baseline),
    ours: write(ours),
  };
}

function httpRatios({ loads, memory }: HttpFigures): Ratio[] {
  return [
    ...Object.entries(loads).flatMap(([name, { bare, sdk, qontak }]) => {
      const pair = (key: "rate" | "p50" | "p99" | "cpu") =>
        [sdk![key], qontak![key]] as const;
      return [
        compare(`http ${name}, per second`, pair("rate"), perSecond, true),
        compare(`http ${name}, p50`, pair("p50"), inMs),
        compare(`http ${name}, p99`, pair("p99"), inMs),
        compare(`http ${name}, computing`, pair("cpu"), inMs),
        ...(bare
          ? [compare(
            `http ${name}, per second, to bare Deno.serve`,
            [bare.rate, qontak!.rate],
            perSecond,
            true,
          )]
          : []),
      ];
    }),
    ...(["idle", "loaded"] as const).map((when) =>
      compare(
        `http memory, ${when}`,
        [memory.sdk[when], memory.qontak[when]],
        inMb,
      )
    ),
  ];
}

function startRatios(starts: Readonly<Record<string, Start>>): Ratio[] {
  return Object.entries(starts).map(([name, { baseline, ours }]) =>
    compare(`cold ${name}`, [baseline, ours], inMs)
  );
}

/**
 * The ratios that --check compares: these vary least between runs. A start of a
 * bare Deno.serve is so short that other work on the machine decides its ratio.
 */
const CHECKED = /computing$|^cold stdio|memory/;

/** The ratios that are worse than the kept ones, as sentences. */
export function worse(
  found: readonly Pick<Ratio, "name" | "ratio" | "isMoreBetter">[],
  kept: Readonly<Record<string, number>>,
  tolerance: number = TOLERANCE,
): string[] {
  return found.flatMap(({ name, ratio, isMoreBetter }) => {
    const before = kept[name];
    if (before === undefined || !CHECKED.test(name)) return [];
    const factor = isMoreBetter ? before / ratio : ratio / before;
    return factor <= tolerance ? [] : [
      `${name}: the ratio is ${ratio}, and was ${before}: more than ${tolerance} times worse`,
    ];
  });
}

function table(ratios: readonly Ratio[]): string {
  const widths = [46, -14, -14, -8];
  return [
    row(widths, "", "baseline", "ours", "ratio"),
    ...ratios.map(({ name, baseline, ours, ratio }) =>
      row(widths, name, baseline, ours, ratio.toFixed(2))
    ),
  ].join("\n");
}

/** The flags. */
const flags = {
  only: {
    type: "string",
    value: "PART",
    help: "Measure only http or only cold",
  },
  rounds: {
    type: "string",
    value: "N",
    help: "How often each case is measured; 7 by default",
  },
  json: {
    type: "string",
    value: "FILE",
    help: "Write the ratios to a file as JSON",
  },
  check: {
    type: "boolean",
    help:
      `Fail if a ratio of computing, of a start over stdio or of memory is more than ${TOLERANCE} times worse than in scripts/bench/ratios.json`,
  },
} as const;

if (import.meta.main) {
  await runCommand({
    task: "bench",
    about:
      "Compares this server with the SDK's low-level handler and with a bare Deno.serve, which send the same requests. All take turns in one run; medians and ratios are printed.",
    flags,
    async run({ only, rounds = "7", json, check = false }) {
      const problems = [
        ...(only === undefined || only === "http" || only === "cold"
          ? []
          : ["--only takes http or cold"]),
        ...(/^[1-9]\d?$/.test(rounds) ? [] : ["--rounds takes 1 to 99"]),
      ];
      if (problems.length > 0) throw new ConfigError(problems);
      const times = Number(rounds);
      const ratios = [
        ...(only === "cold"
          ? []
          : httpRatios(await measureHttp({ rounds: times, ms: 1_000 }))),
        ...(only === "http" ? [] : startRatios(await measureStarts(times))),
      ];
      print(
        `${navigator.hardwareConcurrency} cores, Deno ${Deno.version.deno}, medians of ${times}, alternating`,
      );
      print(table(ratios));
      if (json) {
        const all = Object.fromEntries(
          ratios.map(({ name, ratio }) => [name, ratio]),
        );
        await Deno.writeTextFile(json, `${JSON.stringify(all, null, 2)}\n`);
      }
      if (!check) return 0;
      const kept = JSON.parse(await Deno.readTextFile(KEPT));
      const found = worse(ratios, kept);
      return print(
        found.join("\n") || "No checked ratio is worse than the kept one",
        found.length === 0 ? 0 : 1,
      );
    },
  });
}
