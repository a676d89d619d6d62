/**
 * Comparisons of this server with a baseline: their table, their file, and the
 * check against kept ones. Only ratios are compared between machines and runs,
 * never times.
 *
 * @module
 */
import { markdownTable, row } from "../figures.ts";
import { ERAS, nameOf } from "./cases.ts";

/** A comparison. */
export interface Ratio {
  /** What is compared, such as `http 2025-11-25 read, 16 at once: p50`. */
  readonly name: string;
  /** Ours, as a multiple of the baseline. */
  readonly ratio: number;
  /** The value of the baseline, as text. */
  readonly baseline: string;
  /** Ours, as text. */
  readonly ours: string;
  /** Whether a larger ratio is better, as for calls per second. */
  readonly isMoreBetter: boolean;
  /**
   * Whether --check compares it with the kept one: these vary least between
   * runs.
   */
  readonly isChecked: boolean;
}

export const perSecond = (value: number): string => `${value.toFixed(0)}/s`;
export const inMs = (value: number): string => `${value.toFixed(2)} ms`;
export const inMicroseconds = (ms: number): string =>
  `${(ms * 1_000).toFixed(1)} µs`;
export const inMb = (value: number): string => `${(value / 1e6).toFixed(1)} MB`;

/**
 * Compares two values of one kind.
 *
 * @param name What is compared.
 * @param values The values.
 * @param write Writes a value with its unit.
 * @param kind Whether more is better, and whether it is checked; by default
 * neither.
 */
export function compare(
  name: string,
  [baseline, ours]: readonly [baseline: number, ours: number],
  write: (value: number) => string,
  { isMoreBetter = false, isChecked = false }: Partial<Ratio> = {},
): Ratio {
  return {
    name,
    ratio: Math.round(ours / baseline * 100) / 100,
    baseline: write(baseline),
    ours: write(ours),
    isMoreBetter,
    isChecked,
  };
}

/**
 * How much worse than the kept ratio a ratio may be: on a shared machine, two
 * runs of the same code differ by up to a half.
 */
export const TOLERANCE = 2;

/**
 * Ratios that are this many times better than the baseline count as equal: with
 * so little left to measure, they differ more between runs.
 */
const FAR_BETTER = 2;

/** How many times worse a ratio is than the kept one. */
function timesWorse(
  { ratio, isMoreBetter }: Ratio,
  { ratio: kept }: Ratio,
): number {
  return isMoreBetter
    ? Math.min(kept, FAR_BETTER) / ratio
    : ratio / Math.max(kept, 1 / FAR_BETTER);
}

/** How to keep new ratios, for messages. */
const RENEW = "deno task bench --keep keeps new ones";

/**
 * Finds the checked ratios that are worse than the kept ones.
 *
 * @param found The ratios.
 * @param kept The kept ones.
 * @param tolerance How many times worse a ratio may be.
 * @returns A sentence for each that is worse, or that only one side has.
 */
export function worse(
  found: readonly Ratio[],
  kept: readonly Ratio[],
  tolerance: number = TOLERANCE,
): string[] {
  const before = new Map(kept.map((one) => [one.name, one]));
  const now = new Set(found.map(({ name }) => name));
  return [
    ...found.filter(({ isChecked }) => isChecked).flatMap(
      (one) => {
        const { name, ratio } = one;
        const known = before.get(name);
        if (!known) return [`${name}: no ratio is kept: ${RENEW}`];
        return timesWorse(one, known) <= tolerance ? [] : [
          `${name}: the ratio is ${ratio}, and was ${known.ratio}: more than ${tolerance} times worse`,
        ];
      },
    ),
    ...kept.filter(({ name, isChecked }) => isChecked && !now.has(name))
      .map(({ name }) => `${name}: it was not measured: ${RENEW}`),
  ];
}

/** The ratios as a table for the terminal. */
export function table(ratios: readonly Ratio[]): string {
  const widths = [70, -12, -26, -8];
  return [
    row(widths, "", "baseline", "ours", "ratio"),
    ...ratios.map(({ name, baseline, ours, ratio }) =>
      row(widths, name, baseline, ours, ratio.toFixed(2))
    ),
  ].join("\n");
}

/** A run of the benchmark: what `scripts/bench/result.json` holds. */
export interface Run {
  /** The day, such as 2026-11-27. */
  readonly date: string;
  /** The machine, in words. */
  readonly machine: string;
  /** How often each case was measured. */
  readonly rounds: number;
  /** After how many calls memory was measured. */
  readonly calls: number;
  readonly ratios: readonly Ratio[];
}

/** Describes this machine. */
export function machine(): string {
  const gib = Math.round(Deno.systemMemoryInfo().total / 2 ** 30);
  return `${navigator.hardwareConcurrency} cores, ${gib} GiB, ${Deno.build.os} ${Deno.build.arch}, Deno ${Deno.version.deno}`;
}

/** The comparisons that the README shows, by their names here. */
const shownOf = (
  { calls }: Run,
): readonly (readonly [words: string, name: string])[] => [
  [
    "reads a second, HTTP",
    `${nameOf("http", ERAS[1], "read", 16)}: per second`,
  ],
  [
    "reads a second, stdio",
    `${nameOf("stdio", ERAS[1], "read", 16)}: per second`,
  ],
  [
    "`tools/list` a second, HTTP",
    `${nameOf("http", ERAS[1], "list", 16)}: per second`,
  ],
  ["start to first answer, stdio", "cold stdio: first answer"],
  [`memory after ${calls} calls`, "memory: after the calls"],
];

/**
 * The README's table of a run.
 *
 * @throws {Error} When the run lacks a comparison that it shows.
 */
export function ratioTable(run: Run): string {
  const rows = shownOf(run).map(([words, name]) => {
    const found = run.ratios.find((one) => one.name === name);
    if (!found) throw new Error(`The kept run lacks ${name}: ${RENEW}`);
    return [words, found.baseline, found.ours, found.ratio.toFixed(2)];
  });
  const head = [`${run.date}, ${run.machine}`, "SDK", "this server", "ratio"];
  return markdownTable(head, rows);
}
