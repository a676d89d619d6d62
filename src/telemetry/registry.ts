/**
 * Keeps the values of metrics in memory, and writes them in Prometheus' text
 * format (version 0.0.4).
 *
 * @module
 */
import {
  BUCKETS,
  metricList,
  type MetricName,
  metrics,
  prometheusName,
} from "./metrics.ts";

/** The values of all metrics. */
export interface Registry {
  /** Adds to a counter. */
  add(
    name: MetricName,
    labels: Readonly<Record<string, string>>,
    n: number,
  ): void;
  /** Adds a value, in seconds, to a histogram. */
  put(
    name: MetricName,
    labels: Readonly<Record<string, string>>,
    seconds: number,
  ): void;
  /** Sets where the value of a gauge is read, each time it is shown. */
  gauge(name: MetricName, read: () => number): void;
  /** All values in Prometheus' text format. */
  text(): string;
}

/** The values for one set of labels. */
interface Series {
  /** The labels in the text format, without braces. */
  readonly labels: string;
  /** The count, or the sum in seconds. */
  total: number;
  /** The number of values in each bucket, and above the last. */
  readonly buckets: number[];
}

/**
 * The most sets of labels of one metric. The tables already limit them; this is
 * a second limit in case of a mistake.
 */
export const MAX_SERIES = 2_000;

/**
 * Makes a registry.
 *
 * @returns The registry, with all values at zero.
 */
export function createRegistry(): Registry {
  const all = new Map(
    metricList.map(([name]) => [name, new Map<string, Series>()]),
  );

  const gauges = new Map<MetricName, () => number>();

  function find(
    name: MetricName,
    labels: Readonly<Record<string, string>>,
  ): Series {
    const ours = all.get(name)!;
    const names: readonly string[] = metrics[name].labels;
    let key = "";
    for (const label of names) key += `${labels[label] ?? ""}\0`;
    let series = ours.get(key);
    if (series) return series;
    let values = names.map((label) => labels[label] ?? "");
    if (ours.size >= MAX_SERIES) {
      values = names.map(() => "other");
      key = "other";
      series = ours.get(key);
    }
    if (!series) {
      series = {
        labels: names.map((label, i) => `${label}="${escape(values[i]!)}"`)
          .join(),
        total: 0,
        buckets: metrics[name].kind === "histogram"
          ? Array(BUCKETS.length + 1).fill(0)
          : [],
      };
      ours.set(key, series);
    }
    return series;
  }

  return {
    add(name, labels, n) {
      find(name, labels).total += n;
    },
    put(name, labels, seconds) {
      const series = find(name, labels);
      const bucket = BUCKETS.findIndex((bound) => seconds <= bound);
      series.buckets[bucket < 0 ? BUCKETS.length : bucket]!++;
      series.total += seconds;
    },
    gauge(name, read) {
      gauges.set(name, read);
    },
    text: () =>
      metricList.map(([name, { kind, help }]) => {
        const full = prometheusName(name);
        const write = kind === "counter" ? counterLines : histogramLines;
        const read = gauges.get(name);
        return [
          `# HELP ${full} ${help.replaceAll("\\", "\\\\")}`,
          `# TYPE ${full} ${kind}`,
          ...read ? [line(full, "", read())] : [],
          ...[...all.get(name)!.values()].flatMap((series) =>
            write(full, series)
          ),
        ].map((line) => `${line}\n`).join("");
      }).join(""),
  };
}

function counterLines(name: string, { labels, total }: Series): string[] {
  return [line(name, labels, total)];
}

/** In Prometheus, a bucket also counts the values of all smaller buckets. */
function histogramLines(
  name: string,
  { labels, total, buckets }: Series,
): string[] {
  let sum = 0;
  const lines = buckets.map((count, i) => {
    sum += count;
    const bound = `le="${BUCKETS[i] ?? "+Inf"}"`;
    return line(`${name}_bucket`, labels ? `${labels},${bound}` : bound, sum);
  });
  return [
    ...lines,
    line(`${name}_sum`, labels, total),
    line(`${name}_count`, labels, sum),
  ];
}

function line(name: string, labels: string, value: number): string {
  return `${name}${labels && `{${labels}}`} ${value}`;
}

function escape(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')
    .replaceAll("\n", "\\n");
}
